"""Semi-quantum restricted Boltzmann machine: quantum hidden units, summed out in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce._wires import all_bits
from qce.circuits.circuit import parameters
from qce.models import _outcomes
from qce.models._hidden_units import Half, log_sum, log_two_cosh, log_weights
from qce.models.boltzmann import BoltzmannMachine
from qce.models.pauli import PauliTerms
from qce.typing import Array

_TOGETHER = 1024  # rows whose fields, or marginals, are held at once


@dataclass(frozen=True, repr=False)
class SemiQuantumBoltzmann(Shown):
    r"""The outcomes of a Boltzmann machine whose terms are diagonal on the visible wires.

    $$p(x) = \frac1Z e^{-a\cdot s} \prod_j 2\cosh\Bigl\|b_j + \sum_i s_i W_{ij}\Bigr\|,
    \qquad s_i = 1 - 2 x_i,$$

    with a vector of three components, one a letter, for each hidden unit and each coupling: this is
    $\langle x|\operatorname{Tr}_h e^{-H}|x\rangle / Z$ of $H = \sum_i a_i Z_i + \sum_j b_j\cdot
    \vec\sigma_j + \sum_{ij} W_{ij} Z_i \cdot\vec\sigma_j$. With one letter, or where the other
    components are 0, it is the restricted Boltzmann machine, the classical twin.

    Parameters are one flat vector: a `(n,)`, b `(hidden, letters)`, W `(n, hidden, letters)`, in
    the order of `PauliTerms.restricted`. Z is exact: a sum over 2^n strings in parts, with its
    slope in the same pass. Cost: O(2^n · hidden) a step, O(n · hidden) more a row.

    Args:
        visible: number of visible wires n.
        hidden: number of hidden units; with none the bits are independent.
        letters: components of a unit's field, of "XYZ"; "Z" alone for the classical machine.

    Raises:
        ValueError: a number is out of range, or the sum over 2^n strings does not fit into memory.

    Source: M. Demidik et al., arXiv:2502.17562.

    Example:
        >>> model = SemiQuantumBoltzmann(2, hidden=1)
        >>> model.size
        11
        >>> every = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> params = np.zeros(11)
        >>> params[[5, 8]] = 1.0  # W of wire 0 along X, and of wire 1
        >>> np.exp(model.log_prob(params, every)).round(4).tolist()
        [0.395, 0.105, 0.105, 0.395]
    """

    visible: int
    hidden: int
    letters: str = "XYZ"

    # All rows share the sum over strings, which a likelihood in batches would repeat for each.
    rows_at_once: ClassVar[int] = 2**62

    def __post_init__(self) -> None:
        for name, least in (("visible", 1), ("hidden", 0)):
            remedy = f"{name}=2, for example"
            given = _checks.integer(name, getattr(self, name), remedy, least=least)
            object.__setattr__(self, name, given)
        object.__setattr__(self, "letters", _letters(self.letters))
        # The table of all strings, where bits were not seen, its slope, and what sums it.
        _checks.wires_fit("visible", self.visible, numbers=4)
        _checks.numbers_fit("hidden", 3 * self.size, "parameters with slopes", "fewer units")

    @property
    def wires(self) -> int:
        """Number of visible wires."""
        return self.visible

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.visible + (1 + self.visible) * self.hidden * len(self.letters)

    @property
    def machine(self) -> BoltzmannMachine:
        """The same machine as a state, with the same parameters."""
        terms = PauliTerms.restricted(self.visible, self.hidden, self.letters)
        return BoltzmannMachine(terms, self.hidden)

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start near the uniform distribution, shape `(size,)`."""
        return _checks.rng("seed", seed).normal(0.0, 0.1, self.size)

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x), in nats, exact and normalised; of the marginal where wires are open.

        Args:
            params: shape `(size,)`; fields from 1e-150 to 1e150 in size, or 0.
            bits: 0 or 1, shape `(..., n)`; a wire that was not seen is −1, or NaN among floats:
                such rows share a table of all 2^n probabilities.

        Returns:
            Shape `(...)`, to about 1e-16 of the largest energy; where wires are open −inf for
            marginals below 1e-308.

        Raises:
            ValueError: a bit is another number, or the shapes are others.

        Example:
            >>> model = SemiQuantumBoltzmann(3, hidden=2)
            >>> abs(model.log_prob(model.initial(0), [-1, -1, -1]).round(12)).tolist()
            0.0
        """
        rows = _outcomes.read_bits(bits, self.wires)
        return self._of(params, partial(self._log_prob, rows=rows))

    def log_prob_of_complete(self, params: Array, bits: Array) -> Array:
        """Return `log_prob` of rows in which every wire was seen.

        Where bits are traced by JAX, `log_prob` has to allow for wires that were not seen.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; not checked where they are traced.

        Raises:
            ValueError: a wire was not seen.
        """
        rows = _outcomes.read_bits(bits, self.wires)
        if not isinstance(rows, jax.core.Tracer) and (rows < 0).any():
            raise error("bits", "be complete", "a bit was not seen", "such rows to `log_prob`")
        return self._of(params, partial(self._complete, rows=rows))

    def log_partition(self, params: Array) -> Array:
        """Return ln Z, in nats."""
        return self._of(params, self._log_partition)

    def probabilities(self, params: Array) -> Array:
        """Return p(x) of all bit strings, shape `(2^n,)`."""
        return self._of(params, self._probabilities)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings, exactly: integers 0 or 1, shape `(shots, n)`."""
        params = _checks.concrete("params", _checks.vector("params", params, self.size))
        p = self.probabilities(np.asarray(params, dtype=float))
        return _outcomes.sample(p, self.wires, shots, seed)

    def _of(self, params: Array, function: Callable[[Array], Array]) -> Array:
        return _outcomes.as_given(lambda p: function(parameters("params", p, self.size)), params)

    def _log_prob(self, params: Array, *, rows: Array) -> Array:
        found = _outcomes.by_rows(
            rows.reshape(-1, self.wires),
            lambda x: self._complete(params, rows=x),
            lambda x: self._marginals(params, rows=x),
        )
        return found.reshape(rows.shape[:-1])

    @partial(jax.jit, static_argnums=0)
    def _complete(self, params: Array, rows: Array) -> Array:
        a, b, w = self._split(params)

        def log_weight(row: Array) -> Array:
            s = 1 - 2 * row.astype(params.dtype)
            fields = b + jnp.tensordot(s, w, axes=1)
            return log_two_cosh((fields**2).sum(axis=1)).sum() - s @ a

        flat = rows.reshape(-1, self.wires)
        found = jax.lax.map(jax.checkpoint(log_weight), flat, batch_size=_TOGETHER)
        return (found - log_sum(*self._halves(params))).reshape(rows.shape[:-1])

    @partial(jax.jit, static_argnums=0)
    def _marginals(self, params: Array, rows: Array) -> Array:
        p = self._probabilities(params)
        one = jax.checkpoint(lambda row: _outcomes.marginals(p, row[None])[0])
        return _outcomes.logarithm(jax.lax.map(one, jnp.asarray(rows), batch_size=_TOGETHER))

    @partial(jax.jit, static_argnums=0)
    def _log_partition(self, params: Array) -> Array:
        return log_sum(*self._halves(params))

    @partial(jax.jit, static_argnums=0)
    def _probabilities(self, params: Array) -> Array:
        first, last = self._halves(params)
        return jnp.exp(log_weights(first, last) - log_sum(first, last))

    def _split(self, params: Array) -> tuple[Array, Array, Array]:
        """a, b and W."""
        n, unit = self.visible, (self.hidden, len(self.letters))
        fields = n + self.hidden * len(self.letters)
        return params[:n], params[n:fields].reshape(unit), params[fields:].reshape(n, *unit)

    def _halves(self, params: Array) -> tuple[Half, Half]:
        """Contributions of the first wires, including the units' own fields, and of the last."""
        a, b, w = self._split(params)
        cut = self.visible // 2
        first, last = (
            Half(-s @ a[part], jnp.einsum("ui,ijc->jcu", s, w[part]))
            for part in (slice(cut), slice(cut, None))
            for s in [_signs(len(range(self.visible)[part])).astype(params.dtype)]
        )
        return Half(first.weight, first.fields + b[:, :, None]), last


def _signs(wires: int) -> np.ndarray:
    """1 − 2x of all strings, `(2^k, k)`."""
    return 1.0 - 2.0 * all_bits(wires)


def _letters(given: Any) -> str:
    if not (isinstance(given, str) and given and set(given) <= set("XYZ")):
        but = f"it is {_checks.shown(given)}"
        raise error("letters", "be letters X, Y, Z", but, '"XYZ", or "Z" for a classical machine')
    if len(set(given)) < len(given):
        raise error("letters", "differ", f"they are {given!r}", "each letter once")
    return given
