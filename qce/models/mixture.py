"""Mixtures of outcome models: several trainings of one tree, or different models, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.circuits.circuit import parameters
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.models import _outcomes
from qce.typing import Array, OutcomeModel

_GAP = 1e-8  # nats a row by which the likelihood of the weights may be below the best
_STEPS = 10_000


@dataclass(frozen=True, repr=False)
class Mixture(Shown):
    r"""A mixture of models of bits: $p(x) = \sum_k w_k p_k(x)$.

    Averaging probabilities of trainings from several seeds lowers the cross entropy: −ln is convex,
    so that the cross entropy of an equal mixture is at most the mean of those of the models.

    Parameters are one flat vector: K logits, whose softmax is w, then those of each model.

    Args:
        models: one or more models of outcomes, on the same wires.

    Source: convexity of −ln (Jensen's inequality).

    Example:
        >>> from qce import models
        >>> bits = np.array([[0, 0], [1, 1], [1, 1]])
        >>> tree, params = models.TensorTree.from_chow_liu(bits, bond=2, smoothing=0)
        >>> other = models.MatrixProduct(2, bond=2)
        >>> mixture = Mixture((tree, other))
        >>> both = mixture.joined([params, other.initial(0)])
        >>> mixture.log_prob(both, bits).shape
        (3,)
    """

    models: tuple[OutcomeModel, ...]

    def __post_init__(self) -> None:
        given = _checks.sequence("models", self.models, "(first, second)")
        if not given:
            raise error("models", "not be empty", "it is", "at least one model")
        for model in given:
            if not isinstance(model, OutcomeModel):
                must, but = "be models of outcomes", f"one is {_checks.shown(model)}"
                raise error("models", must, but, "models with `log_prob` and `sample`", TypeError)
            if model.wires != given[0].wires:
                but = f"they have {given[0].wires} and {model.wires}"
                raise error("models", "be on the same wires", but, "models of one data set")
        object.__setattr__(self, "models", tuple(given))

    @property
    def wires(self) -> int:
        """Number of wires."""
        return self.models[0].wires

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.models) + sum(model.size for model in self.models)

    def initial(self, seed: int) -> np.ndarray:
        """Return equal weights and a random start of each model, shape `(size,)`."""
        seeds = np.random.SeedSequence(_checks.seed("seed", seed)).generate_state(len(self.models))
        starts = [m.initial(int(s)) for m, s in zip(self.models, seeds, strict=True)]
        return np.concatenate([np.zeros(len(self.models)), *starts])

    def joined(self, params: Sequence[Array], bits: Any = None) -> np.ndarray:
        """Return the parameters of the mixture from those of its models.

        Args:
            params: of each model, shapes `(size_k,)`.
            bits: rows `(N, n)` that were not trained on, whose likelihood chooses the weights, by
                expectation maximisation to 1e-8 nats a row; `None` for equal weights.

        Returns:
            Shape `(size,)`.

        Raises:
            ValueError: a vector is not of the size of its model, or a row is impossible in each.

        Example:
            >>> from qce import models
            >>> chain = models.MatrixProduct(3, bond=2)
            >>> mixture = Mixture((chain, chain))
            >>> mixture.joined([chain.initial(0), chain.initial(1)])[:2].tolist()
            [0.0, 0.0]
        """
        given = _checks.sequence("params", params, "those of each model")
        if len(given) != len(self.models):
            but = f"there are {len(given)} for {len(self.models)} models"
            raise error("params", "be one vector for each model", but, "those of each model")
        pairs = zip(self.models, given, strict=True)
        flat = [np.asarray(_checks.vector("params", x, model.size)) for model, x in pairs]
        logits = np.zeros(len(flat))
        if bits is not None:
            logits = self._best_logits(flat, bits)
        return np.concatenate([logits, *flat])

    def _best_logits(self, params: Sequence[np.ndarray], bits: Any) -> np.ndarray:
        rows = seen_bits("bits", bits)
        wires_of("bits", rows, self.wires)
        rows = rows.reshape(-1, self.wires)
        if not len(rows):
            raise error("bits", "not be empty", "there is no row", "rows that were not trained on")
        pairs = zip(self.models, params, strict=True)
        logs = np.stack([np.asarray(m.log_prob(x, rows), dtype=float) for m, x in pairs], axis=-1)
        if not np.isfinite(logs.max(axis=1)).all():
            raise error(
                "bits", "be possible", "a row has probability 0 in each model", "other rows"
            )
        return _largest_likelihood(logs)

    def weights(self, params: Array) -> Array:
        """Return w, shape `(K,)`."""
        return jax.nn.softmax(parameters("params", params, self.size)[: len(self.models)])

    def log_prob(self, params: Array, bits: Array) -> Array:
        r"""Return $\ln p(x) = \ln \sum_k w_k p_k(x)$ in nats; of the marginal for open wires.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; a wire that was not seen is −1, or NaN among floats.

        Returns:
            Shape `(...)`; −inf where p(x) = 0. As accurate as the models.
        """
        return self._log_prob(params, bits, "log_prob")

    def log_prob_of_complete(self, params: Array, bits: Array) -> Array:
        """Return `log_prob` of rows in which every wire was seen.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`.
        """
        return self._log_prob(params, bits, "log_prob_of_complete")

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings, exactly: integers 0 or 1, shape `(shots, n)`.

        Args:
            params: shape `(size,)`.
            shots: how many.
            seed: of the random numbers.
        """
        shots = _outcomes.read_shots(shots, self.wires)
        rng = _checks.rng("seed", seed)
        weights, parts = self._parts(_outcomes.finite_params(params, self.size))
        counts = rng.multinomial(shots, np.asarray(jnp.exp(weights), dtype=float))
        drawn = [
            np.asarray(model.sample(part, int(count), int(rng.integers(2**32))))
            for model, part, count in zip(self.models, parts, counts, strict=True)
            if count
        ]
        return rng.permutation(np.concatenate(drawn))

    def fill_in(self, params: Array, bits: Array, seed: int) -> np.ndarray:
        """Draw the wires that were not seen, given those that were, exactly.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, where to draw.
            seed: of the random numbers.

        Returns:
            Integers 0 or 1, of the shape of `bits`.

        Raises:
            ValueError: a row has probability 0 under the mixture.
            TypeError: a model of the mixture cannot fill in.
        """
        known = seen_bits("bits", bits)
        wires_of("bits", known, self.wires)
        rng = _checks.rng("seed", seed)
        rows = known.reshape(-1, self.wires)
        flat = _outcomes.finite_params(params, self.size)
        each = self._each(flat, rows, "log_prob")
        each, shares = np.asarray(each), np.asarray(jax.nn.log_softmax(each, axis=-1))
        if np.isnan(each).any():
            remedy = "those of a training, or `initial(seed)`"
            raise error("params", "make a distribution", "a probability is NaN", remedy)
        if np.isnan(shares).any():
            raise error("bits", "be possible", "a row has probability 0", "other rows")
        # A model is drawn as the largest of ln w_k p_k plus Gumbel noise.
        chosen = np.argmax(shares + rng.gumbel(size=shares.shape), axis=-1)
        found = np.where(rows == OPEN, 0, rows)
        for k, (model, part) in enumerate(zip(self.models, self._parts(flat)[1], strict=True)):
            filler = getattr(model, "fill_in", None)
            if filler is None:
                but = f"{type(model).__name__} has no `fill_in`"
                raise error("models", "fill in", but, "tensor trees", TypeError)
            if (mine := chosen == k).any():
                found[mine] = filler(part, rows[mine], int(rng.integers(2**32)))
        return found.astype(int).reshape(known.shape)

    def _parts(self, params: Array) -> tuple[Array, list[Array]]:
        """Logarithms of w, and the parameters of each model."""
        flat = parameters("params", params, self.size)
        ends = np.cumsum([len(self.models), *(model.size for model in self.models)])
        parts = [flat[start:stop] for start, stop in zip(ends[:-1], ends[1:], strict=True)]
        return jax.nn.log_softmax(flat[: ends[0]]), parts

    def _each(self, params: Array, bits: Array, way: str) -> Array:
        """Logarithms of w_k p_k(x), shape `(..., K)`."""
        weights, parts = self._parts(params)
        pairs = zip(self.models, parts, strict=True)
        logs = [getattr(model, way, model.log_prob)(part, bits) for model, part in pairs]
        return jnp.stack(logs, axis=-1) + weights

    def _log_prob(self, params: Array, bits: Array, way: str) -> Array:
        return jax.nn.logsumexp(self._each(params, bits, way), axis=-1)


def _largest_likelihood(logs: np.ndarray) -> np.ndarray:
    """Logarithms of the weights that maximise the likelihood of rows, from ln p_k, `(N, K)`.

    The likelihood is concave in w: with the mean ratios r_k = ⟨p_k/p⟩ it is at most max r − 1 below
    its maximum, and w_k ← w_k r_k raises it.
    """
    scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.full(logs.shape[1], 1 / logs.shape[1])
    for _ in range(_STEPS):
        ratios = (scaled / (scaled @ weights)[:, None]).mean(axis=0)
        if ratios.max() - 1 <= _GAP:
            break
        weights *= ratios
    return np.log(np.maximum(weights, np.finfo(float).tiny))
