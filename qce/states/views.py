"""A state as data: weights in a basis, expectation values, marginals.

There are three forms of data. For kets a weight is a sum of squared overlaps, so that it is
relatively accurate however small; for a matrix its error is ε·d of the trace. A diagonal matrix, or
a mixture of basis vectors, is exact, and in a basis that is exact as well only 0 counts as 0. Its
marginals are exact only if it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce._spectral.eigen import is_diagonal
from qce.states.known import Known, epsilon, squared
from qce.typing import Array, Scalar

ROUNDING = 2.0  # amplitudes, and entries of a matrix, carry this many ε·d


@dataclass(frozen=True, eq=False)
class Weights:
    """A diagonal matrix diag(p), which is exact."""

    p: np.ndarray

    def resolve(self, known: Known) -> tuple[Array, Array]:
        """⟨j|ρ|j⟩, and the weight outside the support."""
        if known.basis is None:
            return self.p, outside(known, self.p, 0.0, 0.0, True)
        w = squared(known.basis).T @ self.p
        rest = 0.0 if known.complete else self.p @ known.rest(np.eye(len(self.p)))
        return w, outside(known, w, rest, (ROUNDING * epsilon(known.basis)) ** 2, True)

    def expectation(self, operator: Any) -> float:
        """Tr ρ A."""
        return float(self.p @ operator.diagonal().real)

    def marginal(self, dimensions: tuple[int, ...], k: int) -> Weights:
        """The state of the k-th factor."""
        others = tuple(i for i in range(len(dimensions)) if i != k)
        return Weights(self.p.reshape(dimensions).sum(axis=others))


@dataclass(frozen=True, eq=False)
class Factor:
    """A state A A†, with A `(d, N)` its weighted kets in columns.

    `exactly_diagonal` where these are basis vectors, which are exact.
    """

    a: np.ndarray
    exactly_diagonal: bool | None = None  # None to look

    def __post_init__(self) -> None:
        if self.exactly_diagonal is None:
            written = bool((np.count_nonzero(self.a, axis=0) <= 1).all())
            object.__setattr__(self, "exactly_diagonal", written)

    def resolve(self, known: Known) -> tuple[Array, Array]:
        """⟨j|ρ|j⟩ = Σ_k |⟨j|a_k⟩|², and the weight outside the support."""
        w = squared(known.coordinates(self.a)).sum(axis=1)
        rest = known.rest(self.a).sum()
        return w, outside(known, w, rest, (ROUNDING * epsilon(self.a)) ** 2, self.exactly_diagonal)

    def expectation(self, operator: Any) -> float:
        """Tr ρ A."""
        return float(np.sum(self.a.conj() * (operator @ self.a)).real)

    def marginal(self, dimensions: tuple[int, ...], k: int) -> Factor:
        """The state of the k-th factor; more kets, and no matrix."""
        kets = np.moveaxis(self.a.reshape(*dimensions, -1), k, 0)
        return Factor(kets.reshape(dimensions[k], -1), self.exactly_diagonal)


@dataclass(frozen=True, eq=False)
class Matrices:
    """Density matrices `(..., d, d)`, `exactly_diagonal` `(...)` where they are diagonal."""

    rho: np.ndarray
    exactly_diagonal: Array | None = None  # None to look

    def __post_init__(self) -> None:
        if self.exactly_diagonal is None:
            object.__setattr__(self, "exactly_diagonal", is_diagonal(np, self.rho))

    def resolve(self, known: Known) -> tuple[Array, Array]:
        """⟨j|ρ|j⟩ `(..., r)`, and the weight outside the support `(...)`."""
        p = np.diagonal(self.rho, axis1=-2, axis2=-1).real
        if known.basis is None:
            w = p
        else:
            w = np.sum((known.basis.conj() * (self.rho @ known.basis)).real, axis=-2)
        rest = 0.0 if known.complete else p.sum(axis=-1) - w.sum(axis=-1)
        if not known.complete and np.any(self.exactly_diagonal):
            rest = np.where(
                np.asarray(self.exactly_diagonal), p @ known.rest(np.eye(p.shape[-1])), rest
            )
        return w, outside(known, w, rest, ROUNDING * epsilon(self.rho), self.exactly_diagonal)

    def expectation(self, operator: Any) -> Array:
        """Tr ρ A `(...)`."""
        stack = self.rho.reshape(-1, *self.rho.shape[-2:])
        values = np.array([(operator @ rho).trace().real for rho in stack])
        return values.reshape(self.rho.shape[:-2])[()]

    def marginal(self, dimensions: tuple[int, ...], k: int) -> Matrices:
        """The partial trace over all factors but the k-th."""
        before, after = math.prod(dimensions[:k]), math.prod(dimensions[k + 1 :])
        shape = (before, dimensions[k], after)
        split = self.rho.reshape(*self.rho.shape[:-2], *shape, *shape)
        return Matrices(np.einsum("...aibajb->...ij", split), self.exactly_diagonal)


View = Weights | Factor | Matrices


def outside(
    known: Known, w: Array, rest: Scalar, rounding: float, written: Array | bool | None
) -> Array:
    """Weight on the kernel, 0 where it is within rounding of data and basis, (...)."""
    kernel = np.isneginf(known.logs)
    mass = np.sum(np.where(kernel, w, 0.0), axis=-1) + rest
    leaked = np.sum(np.abs(w) * known.angles**2, axis=-1)
    exact = np.asarray(written, dtype=bool) & known.exactly_diagonal
    explained = np.where(exact, 0.0, rounding + leaked)
    return np.where(mass > explained, mass, 0.0)[()]
