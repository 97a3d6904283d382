"""Quadrature of eigenvalues and projectors, piece by piece between generalised eigenvalues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from qce._spectral import ZERO

EPS = float(np.finfo(float).eps)
_HALVINGS = 200  # intervals at most, of each piece
# Σ of ε‖ρ‖/γ over the nodes towards γ = 0: at most ln of the ratio of the largest and the least.
TOWARDS_ZERO = 50.0

Value = TypeVar("Value", float, np.ndarray)


class Integral(NamedTuple, Generic[Value]):
    """An integral, with a bound on its error from rounding and quadrature.

    Args:
        value: A number, or a matrix `(d, d)`.
        error: Bound on its error; for a matrix in the operator norm.

    Example:
        >>> from qce.laws import frenkel_integral
        >>> value, error = frenkel_integral([[1, 0], [0, 0]], [[0.5, 0], [0, 0.5]])
        >>> print(abs(value - np.log(2)) <= error)
        True
    """

    value: Value
    error: float


@dataclass(frozen=True)
class Hockey:
    """Tr (ρ − γσ)_± dγ/γ on both sides of γ = 1, for σ of full rank.

    Args:
        apart: ρ − σ.
        sigma: σ.
        ratios: generalised eigenvalues of ρ with σ, ascending, exactly 0 on the kernel of ρ.
        least: the least eigenvalue of σ.
    """

    apart: np.ndarray
    sigma: np.ndarray
    ratios: np.ndarray
    least: float

    def parts(self) -> Iterator[Integral[float]]:
        """Integrals over all pieces."""
        positive = self.ratios[self.ratios > 0]
        yield Integral(0.0, self._misplaced(positive))
        logs = np.log(positive)
        for low, high in pairwise(np.unique([0.0, *logs[logs > 0]])):
            yield self._above(low, high)
        for low, high in pairwise(np.unique([*logs[logs < 0], 0.0])):
            yield self._below(low, high)
        if len(positive) < len(self.ratios):
            yield self._towards_zero(min(1.0, float(positive[0])))

    def _above(self, low: float, high: float) -> Integral[float]:
        """∫ Tr (ρ − e^t σ)_+ dt."""
        m = int(np.sum(self.ratios > np.exp((low + high) / 2)))

        def trace(t: float) -> float:
            return float(np.linalg.eigvalsh(self._at(t))[-m:].sum())

        return _quadrature(trace, low, high, self._rounding(high, high - low))

    def _below(self, low: float, high: float) -> Integral[float]:
        """∫ Tr (e^t σ − ρ)_+ dt."""
        m = int(np.sum(self.ratios < np.exp((low + high) / 2)))

        def trace(t: float) -> float:
            return -float(np.linalg.eigvalsh(self._at(t))[:m].sum())

        return _quadrature(trace, low, high, self._rounding(low, high - low))

    def _towards_zero(self, high: float) -> Integral[float]:
        """∫_0 Tr (γσ − ρ)_+ dγ/γ, whose integrand is the weight of σ on the kernel at γ = 0."""
        m = int(np.sum(self.ratios == 0))

        def trace(gamma: float) -> float:
            rest = self.apart + (1 - gamma) * self.sigma
            return -float(np.linalg.eigvalsh(rest)[:m].sum()) / gamma

        size = norm(self.apart) + norm(self.sigma)
        return _quadrature(trace, 0.0, high, _rounding(len(self.sigma), size) * TOWARDS_ZERO)

    def _misplaced(self, ratios: np.ndarray) -> float:
        """Rounding of ρ and σ moves a ratio by δ, and an eigenvalue near 0 is counted on it."""
        size, d = norm(self.sigma), len(self.sigma)
        moved = ZERO * EPS * d * (norm(self.apart) + (1 + ratios) * size) / self.least
        return float(np.sum(size * moved**2 / ratios))

    def _at(self, t: float) -> np.ndarray:
        return self.apart - np.expm1(t) * self.sigma

    def _rounding(self, t: float, length: float) -> float:
        size = norm(self.apart) + abs(np.expm1(t)) * norm(self.sigma)
        return _rounding(len(self.sigma), size) * length


@dataclass(frozen=True)
class Layers:
    """Projectors {H > γB} over γ > 0 less {H ≤ γB} over γ < 0, for B of full rank.

    Args:
        h: H.
        b: B, diagonal.
        ratios: generalised eigenvalues of H with B, ascending.
    """

    h: np.ndarray
    b: np.ndarray
    ratios: np.ndarray

    def parts(self) -> Iterator[Integral[np.ndarray]]:
        """Integrals over all pieces."""
        d = len(self.b)
        # Rounding of H and B by ε d of their norms moves generalised eigenvalues by so much, and
        # at each of them a projector of rank 1 begins or ends.
        least, most = self.b[0, 0], self.b[-1, -1]
        ends = float(ZERO * EPS * d**2 * norm(self.h) / least * (1 + most / least))
        yield Integral(np.zeros((d, d)), ends)
        for low, high in pairwise(np.unique([0.0, *self.ratios])):
            yield self._between(low, high)

    def _between(self, low: float, high: float) -> Integral[np.ndarray]:
        m = int(np.sum(self.ratios > (low + high) / 2))
        sign = 1 if high > 0 else -1
        chosen = slice(len(self.b) - m, None) if sign > 0 else slice(0, len(self.b) - m)
        gaps: list[float] = []

        def projector(gamma: float) -> np.ndarray:
            rest = self.h - gamma * self.b
            values, vectors = np.linalg.eigh(rest)
            if 0 < m < len(values):
                gap = values[len(values) - m] - values[len(values) - m - 1]
                gaps.append(max(abs(values[0]), abs(values[-1])) / gap)
            return sign * vectors[:, chosen] @ vectors[:, chosen].conj().T

        value, missed = _quadrature(projector, low, high, 0.0)
        # An eigenvector of a matrix that rounding moved by ε d‖·‖ turns by that over the gap.
        turned = ZERO * EPS * len(self.b) * max(gaps, default=1.0)
        return Integral(value, missed + turned * (high - low))


def _quadrature(
    function: Callable[[float], Value], low: float, high: float, rounding: float
) -> Integral[Value]:
    """∫ to rounding, and the error of quadrature and rounding together."""
    from scipy.integrate import quad_vec

    value, missed = quad_vec(
        function, low, high, epsabs=rounding, epsrel=1e-13, norm="max", limit=_HALVINGS
    )
    size = np.size(value) ** 0.5  # of a matrix in the largest entry
    return Integral(value, float(missed) * size + rounding)


def total(parts: Iterator[Integral[Value]]) -> Integral[Value]:
    """The sum of integrals, and of their bounds."""
    whole, bound = next(parts)
    for value, missed in parts:
        whole, bound = whole + value, bound + missed
    return Integral(whole, float(bound))


def _rounding(d: int, size: float) -> float:
    """The rounding error of a sum of eigenvalues of a d×d matrix of this norm."""
    return ZERO * EPS * d**2 * size


def ratios_of(h: np.ndarray, q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Generalised eigenvalues of H with B = v diag(q) v†, ascending, 0 where within rounding."""
    root = v / np.sqrt(q)
    ratios = np.linalg.eigvalsh(root.conj().T @ h @ root)
    cut = ZERO * len(q) * EPS * np.abs(ratios).max()
    return np.where(np.abs(ratios) > cut, ratios, 0.0)


def norm(x: np.ndarray) -> float:
    """The largest singular value."""
    return float(np.linalg.norm(x, 2)) if x.size else 0.0
