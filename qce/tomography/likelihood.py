"""The loss of tomography, its gradient, and a bound on its distance from the least value."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import xlogy

from qce.tomography.povm import Povm

# A gap below this multiple of ε cannot be distinguished from rounding of Tr ρG = 1.
ROUNDING = 64.0


@dataclass(frozen=True)
class Point:
    """A state with its loss and the parts of its gradient.

    Args:
        rho: the state `(d, d)`.
        value: loss in nats; +∞ where the state excludes an outcome that was seen.
        probability: of the outcomes that were seen, flat.
        spectrum: eigenvalues and eigenvectors, where penalties need them.
    """

    rho: np.ndarray = field(repr=False)
    value: float
    probability: np.ndarray = field(repr=False)
    spectrum: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)


class Likelihood:
    r"""Loss $-\sum_k f_k \ln \mathrm{Tr}\,ρΠ_k - \frac{β}{N} \ln\det ρ - λ S(ρ)$, convex in ρ.

    Args:
        povm: the measurement.
        frequencies: f, relative frequencies of shape `povm.outcomes`.
        hedge: β/N, weight of the determinant.
        entropy: λ, weight of the entropy.
    """

    def __init__(self, povm: Povm, frequencies: np.ndarray, hedge: float, entropy: float):
        self.povm, self.hedge, self.entropy = povm, hedge, entropy
        flat = frequencies.reshape(-1)
        self._seen = np.flatnonzero(flat)  # most outcomes of many wires never occur
        self.frequencies = flat[self._seen]
        self._weights = np.zeros(frequencies.shape)

    @property
    def penalised(self) -> bool:
        """Whether there is a penalty, so that the best state has full rank."""
        return self.hedge > 0 or self.entropy > 0

    def at(self, rho: np.ndarray) -> Point:
        """Evaluate the loss."""
        p = self.povm.probabilities(rho).reshape(-1)[self._seen]
        if p.min() <= 0:
            return Point(rho, np.inf, p)
        value = -float(self.frequencies @ np.log(p))
        if not self.penalised:
            return Point(rho, value, p)
        w, v = np.linalg.eigh(rho)
        if w[0] <= 0 and self.hedge > 0:
            return Point(rho, np.inf, p)
        w = np.maximum(w, np.finfo(float).tiny)  # rounding; 0 log 0 = 0
        value += -self.hedge * float(np.log(w).sum()) + self.entropy * float(xlogy(w, w).sum())
        return Point(rho, value, p, (w, v))

    def ascent(self, point: Point) -> np.ndarray:
        """Minus the gradient: G = R + (β/N) ρ⁻¹ − λ (ln ρ + 1), with R = Σ (f_k/p_k) Π_k."""
        self._weights.reshape(-1)[self._seen] = self.frequencies / point.probability
        r = self.povm.operator(self._weights)
        if point.spectrum is None:
            return r
        w, v = point.spectrum
        return r + (v * (self.hedge / w - self.entropy * (np.log(w) + 1))) @ v.conj().T


def certificate(rho: np.ndarray, ascent: np.ndarray) -> float:
    """Upper bound λ_max(G) − Tr ρG on the distance to the least value.

    A convex function is nowhere below its tangent, which is lowest over all states at a pure
    state. Without penalties Tr ρG = 1.
    """
    gap = float(np.linalg.eigvalsh(ascent)[-1] - np.vdot(rho, ascent).real)
    return max(gap, ROUNDING * np.finfo(float).eps)
