r"""Rényi divergences of Gaussian fermions where logarithms cancel: near α = 1, of close states.

Both families are $D_α = φ(α)/(α - 1)$ with $φ(t) = \log \mathrm{Tr}\, μ^t σ^{1-κt}$, convex, and 0
at 0 and 1: μ = ρ and κ = 1 for Petz, μ the sandwich and κ = 1/α for the other. So

    D_α = φ'(1) + (α − 1) ∫₀¹ (1 − u) φ''(1 + (α − 1) u) du,
    φ(α) = −(1 − α) ∫₀^α t φ'' dt − α ∫_α^1 (1 − t) φ'' dt          for α < 1,

and with C and D = (1 + iΓ)/2 of μ and σ, h = log C/C̄ − κ log D/D̄, and y = 1 − κt

    φ'' = ½ Tr h Ḡ h G,  G = D̄^y (2 Re C^t D^y)⁻¹ C^t,

which is never negative, so that nothing cancels. φ'' is analytic within π/‖h‖ of the real axis,
where it grows like the exponential of t times differences of log-odds. Both tell how many nodes
Gauss' quadrature needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

NEAR = 1.0  # |α − 1| ‖h‖ up to which few nodes do
NODES = 40
_FROZEN = 50.0  # modes of more than this fluctuate by less than rounding
_DIGITS = 36.0  # e^−36 is rounding


@dataclass(frozen=True, eq=False)
class Modes:
    """Log-odds `(2n,)` of C, and its eigenvectors in columns."""

    log_odds: np.ndarray
    vectors: np.ndarray

    def power(self, exponent: float) -> np.ndarray:
        """C^exponent."""
        return self._matrix(np.exp(exponent * log_expit(self.log_odds)))

    def logarithm(self, most: float = math.inf) -> np.ndarray:
        """Log C/C̄, without modes beyond `most`."""
        return self._matrix(np.where(np.abs(self.log_odds) <= most, self.log_odds, 0.0))

    def _matrix(self, values: np.ndarray) -> np.ndarray:
        return (self.vectors * values) @ self.vectors.conj().T


@dataclass(frozen=True, eq=False)
class Path:
    """φ of two states: modes of μ and of σ, κ, and ln Z of σ less that of ρ."""

    first: Modes
    second: Modes
    rate: float
    offset: float

    def renyi(self, alpha: float, start: Callable[[], float]) -> float:
        """D_α from φ'(1) = `start()`, or by φ'' alone; NaN where that takes too many nodes."""
        other = self.rate * self.second.logarithm()
        size = float(np.linalg.norm(self.first.logarithm() - other, 2))
        if (nodes := self._count(size, max(1.0, alpha))) <= NODES:
            return self._from_curvature(alpha, nodes)
        live = self.first.logarithm(_FROZEN) - other
        if abs(alpha - 1) * np.linalg.norm(live, 2) > NEAR:
            return math.nan
        nodes = self._count(NEAR / abs(alpha - 1), abs(alpha - 1))
        return start() + (alpha - 1) * self._remainder(alpha, live, nodes)

    def _count(self, size: float, length: float) -> int:
        """Nodes for an interval of t, h having this norm."""
        reach = 2 * math.pi / max(size * length, 1e-12)
        swing = length * (
            np.abs(self.first.log_odds).max() + self.rate * np.abs(self.second.log_odds).max()
        )
        return math.ceil(_DIGITS / 2 / math.asinh(reach) + min(swing, 1e3) / 2) + 6

    def slope(self) -> float:
        """φ'(1)."""
        y = 1 - self.rate
        c, d = self.first.power(1.0), self.second.power(y)
        h = self.first.logarithm() - self.rate * self.second.logarithm()
        middle = d @ np.linalg.solve(2 * (c @ d).real, c)
        return float(np.sum(h.T * middle).real) / 2 + self.offset

    def _from_curvature(self, alpha: float, nodes: int) -> float:
        h = self.first.logarithm() - self.rate * self.second.logarithm()
        u, w = unit_nodes(nodes)
        if alpha > 1:
            begin = float(sum(b * a * self._curvature(h, a) for a, b in zip(u, w, strict=True)))
            return begin + (alpha - 1) * self._remainder(alpha, h, nodes)
        below = sum(b * a * self._curvature(h, alpha * a) for a, b in zip(u, w, strict=True))
        return float(alpha**2 * below) + alpha * (1 - alpha) * self._remainder(
            alpha, h, nodes, weight=lambda v: v
        )

    def _remainder(
        self,
        alpha: float,
        h: np.ndarray,
        nodes: int,
        weight: Callable[[float], float] = lambda u: 1 - u,
    ) -> float:
        """∫ weight(u) φ''(1 + (α − 1) u) du from 0 to 1."""
        u, w = unit_nodes(nodes)
        terms = (
            b * weight(a) * self._curvature(h, 1 + (alpha - 1) * a)
            for a, b in zip(u, w, strict=True)
        )
        return float(sum(terms))

    def _curvature(self, h: np.ndarray, t: float) -> float:
        """φ''(t)."""
        c, d = self.first.power(t), self.second.power(1 - self.rate * t)
        g = d.conj() @ np.linalg.solve(2 * (c @ d).real, c)
        return float(np.sum((h @ g.conj()) * (h @ g).T).real) / 2


def unit_nodes(count: int) -> tuple[list[float], list[float]]:
    """Gauss' nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(count)
    return ((1 + x) / 2).tolist(), (w / 2).tolist()
