"""The likelihood as a function of parameters and of the measured outcomes, for error bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce._wires import bits_of
from qce.data import PauliOutcomes
from qce.data.pauli_outcomes import as_pauli_outcomes
from qce.data.rows import as_rows
from qce.data.shadows import as_shadow
from qce.models.thermal import born
from qce.objectives.measured import measured_likelihood, observed
from qce.objectives.objective import Objective
from qce.typing import Array, PauliModel


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The parts of a measured likelihood.

    Args:
        counts: of all outcomes in each basis, shape `(bases, 2^n)`.
        distributions: JAX-traceable, `params →` probabilities of these outcomes.
        frequencies: in the computational basis; `None` where nothing was measured in it.
    """

    counts: np.ndarray
    distributions: Callable[[Array], Array]
    frequencies: np.ndarray | None = None

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, objective: Objective) -> Likelihood:
        """Return the parts of a simulated likelihood of outcomes.

        Raises:
            ValueError: The objective is another one, on a device, or of probabilities.
        """
        made = objective.recipe
        if made is None or getattr(made.build, "__name__", "") != measured_likelihood.__name__:
            but, remedy = f"it is {objective.name}", "qce.objectives.measured_likelihood(…)"
            raise error("objective", "be a likelihood of measured outcomes", but, remedy)
        if objective.evaluate is None:
            remedy = "measured_likelihood(model, data) without device and shots"
            raise error("objective", "be simulated", "it is measured on a device", remedy)
        model, data = objective.model, made.arguments["data"]
        if isinstance(model, PauliModel):
            return cls._of_rows(model, as_pauli_outcomes("data", data) or _in_z(data, model.wires))
        data = data.counts() if isinstance(data, PauliOutcomes) else as_shadow(data)
        found, total = observed(data, model.wires)
        if total is None:
            but, remedy = "its data are probabilities", "counts, or bits of shape (N, n), as data"
            raise error("objective", "be of outcomes that can be counted", but, remedy)

        def distributions(params: Array) -> Array:
            weights, kets = model.mixture(params)
            return jnp.stack([weights @ born(o.turn.evolve(kets, jnp.zeros(0))) for o in found])

        counts = np.array([np.rint(o.frequencies * o.share * total) for o in found])
        plain = [o.frequencies for o in found if _is_computational(o.turn, 2**model.wires)]
        return cls(counts, distributions, plain[0] if plain else None)

    @classmethod
    def _of_rows(cls, model: PauliModel, outcomes: PauliOutcomes) -> Likelihood:
        """For a model of single outcomes: the probabilities of all of them, in each basis."""
        n, by_basis = outcomes.wires, outcomes.counts().by_basis
        _checks.numbers_fit("data", len(by_basis) * 2**n, "outcomes of all bases", "fewer wires")
        bits = bits_of(np.arange(2**n), n)
        every = [PauliOutcomes(basis, bits).effects for basis in by_basis]

        def distributions(params: Array) -> Array:
            return jnp.exp(model.log_prob_of_effects(params, constant(np.array(every))))

        plain = by_basis.get("Z" * n)
        frequencies = None if plain is None else plain / plain.sum()
        return cls(np.array(list(by_basis.values())), distributions, frequencies)

    def loss(self, params: Array, counts: Array) -> Array:
        """Return −Σ n ln p / N of other outcomes."""
        distributions = self.distributions(params).reshape(-1)
        seen = counts > 0
        # No logarithm is taken for outcomes that were not seen; p = 0 of one that was gives +inf.
        terms = jnp.where(seen, counts * jnp.log(jnp.where(seen, distributions, 1.0)), 0.0)
        return -jnp.sum(terms) / jnp.sum(counts)

    def drawn(self, params: Array, seed: tuple[int, ...]) -> np.ndarray:
        """Return counts drawn from the model, as many in each basis as in the data, flat."""
        rng = np.random.default_rng(seed)
        distributions = np.maximum(np.asarray(self.distributions(params), dtype=float), 0.0)
        distributions /= distributions.sum(axis=1, keepdims=True)
        rows = zip(self.counts.sum(axis=1).astype(int), distributions, strict=True)
        return np.concatenate(
            [rng.multinomial(total, distribution) for total, distribution in rows]
        ).astype(float)


def _in_z(data: Any, wires: int) -> PauliOutcomes:
    """Outcomes of the computational basis alone, one by one."""
    rows = as_rows("data", data, wires=wires)
    if rows.total is None:
        but, remedy = "its data are probabilities", "counts, or bits of shape (N, n), as data"
        raise error("objective", "be of outcomes that can be counted", but, remedy)
    times = np.rint(rows.frequencies * rows.total).astype(int)
    return PauliOutcomes("Z" * wires, np.repeat(rows.bits, times, axis=0))


def _is_computational(turn: Any, d: int) -> bool:
    """Whether a basis is the one that kets are written in."""
    return bool(np.array_equal(born(turn.evolve(jnp.eye(d), jnp.zeros(0))), np.eye(d)))
