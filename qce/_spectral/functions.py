"""Spectral functions and their divided differences, for equal, close and far eigenvalues.

An eigenvalue outside the support is set to exactly 0 (by `eigen`), and every function here is
continued by f = 0 in a neighbourhood of 0. This is the rule `0 log 0 = 0` for divided differences:
for states of constant rank, values and derivatives of every order are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qce._arrays.choices import certain
from qce._arrays.differences import CLOSE, TERMS, log_rise
from qce._spectral.frechet import Derivatives
from qce.typing import Array


@dataclass(frozen=True)
class SpectralFunction(Derivatives):
    """A real function on (0, ∞) that can be applied to Hermitian matrices and differentiated.

    Attributes:
        value: (xp, x) → f(x).
        slope: (xp, x, y) → first divided difference (f(x) − f(y))/(x − y), f′(x) where x = y,
            to a few machine epsilons everywhere.
        taylor: (xp, x, k) → xᵏ f⁽ᵏ⁾(x)/k!, for k ≥ 2: with the power of x, which underflows alone.
    """

    value: Callable[[Any, Array], Array]
    slope: Callable[[Any, Array, Array], Array]
    taylor: Callable[[Any, Array, int], Array]

    def on_support(self, xp: Any, x: Array) -> Array:
        """f(x) where x > 0, and 0 where x = 0."""
        inside = x > 0
        return xp.where(inside, self.value(xp, xp.where(inside, x, 1.0)), 0.0)

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        """f[x, y], with f = 0 around 0."""
        inside_x, inside_y = x > 0, y > 0
        if certain(inside_x) and certain(inside_y):
            return self.slope(xp, x, y)
        slope = self.slope(xp, xp.where(inside_x, x, 1.0), xp.where(inside_y, y, 1.0))
        total = x + y  # the one that is not 0, where only one is
        edge = (self.on_support(xp, x) + self.on_support(xp, y)) / xp.where(total > 0, total, 1.0)
        return xp.where(inside_x & inside_y, slope, edge)

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        """f[x, y, z], with f = 0 around 0."""
        high = xp.maximum(xp.maximum(x, y), z)
        low = xp.minimum(xp.minimum(x, y), z)
        middle = xp.maximum(xp.minimum(x, y), xp.minimum(xp.maximum(x, y), z))
        far = high - low > CLOSE * high
        quotient = (
            self.first_difference(xp, high, middle) - self.first_difference(xp, middle, low)
        ) / xp.where(far, high - low, 1.0)
        inside = low > 0
        series = self._close_second_difference(
            xp, *(xp.where(inside & ~far, v, 1.0) for v in (x, y, z))
        )
        return xp.where(far, quotient, xp.where(inside, series, 0.0))

    def _close_second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        """Σ_k f⁽ᵏ⁺²⁾(c)/(k+2)! cᵏ h_k(x/c − 1, y/c − 1, z/c − 1), Taylor around the mean c.

        The h_k are the complete homogeneous symmetric polynomials. Around the mean the first
        elementary symmetric polynomial vanishes, which leaves the
        recurrence h_k = −e₂ h_{k−2} + e₃ h_{k−3}.
        """
        c = (x + y + z) / 3
        u, v, w = (x - c) / c, (y - c) / c, (z - c) / c
        e2, e3 = u * v + v * w + w * u, u * v * w
        h = [xp.ones_like(c), xp.zeros_like(c), -e2]
        for k in range(3, TERMS):
            h.append(e3 * h[k - 3] - e2 * h[k - 2])
        return sum(self.taylor(xp, c, k + 2) * h[k] for k in range(TERMS)) / c / c


def _log_slope(xp: Any, x: Array, y: Array) -> Array:
    return log_rise(xp, 1.0, x, y)


def _log_taylor(xp: Any, x: Array, k: int) -> Array:
    return xp.ones_like(x) * ((-1.0) ** (k - 1) / k)


LOG = SpectralFunction(lambda xp, x: xp.log(x), _log_slope, _log_taylor)
SURPRISAL = SpectralFunction(
    lambda xp, x: -xp.log(x),
    lambda xp, x, y: log_rise(xp, -1.0, x, y),
    lambda xp, x, k: -_log_taylor(xp, x, k),
)
LOG_PLUS_ONE = SpectralFunction(lambda xp, x: xp.log(x) + 1.0, _log_slope, _log_taylor)
