"""Spectral functions and their divided differences, right for equal, close and far eigenvalues.

An eigenvalue outside the support is exactly 0 (`eigen` puts it there), and every function here is
continued by f = 0 in a neighbourhood of 0. That is the rule `0 log 0 = 0` in the language of
divided differences: for states that keep their rank, values and derivatives of every order are the
exact ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce.typing import Array

# Above this relative distance a difference quotient loses at most a factor of ten, below it the
# Taylor series around the mean (relative distances <= 1/15) reaches machine precision with this
# many terms.
CLOSE = 0.1
TERMS = 14
# Of artanh(t)/t, for |t| <= CLOSE: the next one, 0.1¹⁴/17 times 0.11, is below 1e-16.
ARTANH_TERMS = 7
# A shift of z that log(1 + z)/z does not notice in any precision, and that spares it 0/0.
_NOT_ZERO = 1e-17


def certain(condition: Array) -> bool:
    """Whether a condition holds everywhere, as far as one can look: never under tracing.

    For shortcuts in the common case that everything lies in the support.
    """
    try:
        return bool(condition.all())
    except (RuntimeError, TypeError):  # what PyTorch's and JAX's transformations raise
        return False


def where_needed(xp: Any, condition: Array, exact: Callable[[], Array], value: Array) -> Array:
    """`exact()` where a condition holds, else `value`; not computed where it holds nowhere."""
    if certain(~condition):
        return value
    if xp.__name__ == "jax.numpy":
        from qce._spectral.compiled import where_needed

        return where_needed(condition, exact, value)
    return xp.where(condition, exact(), value)


@dataclass(frozen=True)
class SpectralFunction:
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


def safe_log(xp: Any, x: Array) -> Array:
    """Log x on the support, 0 outside it; differentiable to every order in every library."""
    return LOG.on_support(xp, x)


def log_rise(xp: Any, delta: Array, x: Array, y: Array) -> Array:
    """δ (log x − log y)/(x − y) = δ log(1 + z)/(z min(x, y)) with z = |x − y|/min(x, y).

    No difference of two logarithms, which would cancel where both are large. For |δ| <= |x − y|
    nothing overflows, however small x and y are.
    """
    low, gap = xp.minimum(x, y), xp.abs(x - y)
    with np.errstate(over="ignore", invalid="ignore"):  # subnormal ones are for the last line
        z = gap / low
        z += _NOT_ZERO
        rise = xp.log1p(z)
        rise /= z
        # Not divided by z and then by low: XLA would divide by their product, which underflows.
        rise = rise * (delta / low)
        finite = xp.isfinite(rise)
        if certain(finite):
            return rise
        finite = finite | (gap == 0)
        far = xp.abs(xp.log(x) - xp.log(y)) * (delta / xp.where(gap > 0, gap, 1.0))
    return xp.where(finite, rise, far)


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


def overlap(xp: Any, size: Array, gap: Array, near: Array) -> Array:
    """|⟨i|j⟩| = |δ|/|p − q| where that is not near 0/0, and never above 1.

    δ keeps what the support rule has taken from p or q: beside a small q it would count for much.
    """
    return xp.minimum(size / xp.where(near, 1.0, xp.abs(gap)), xp.ones_like(size))


def bregman(xp: Any, delta: Array, p: Array, q: Array) -> Array:
    r"""|δ|² (p log(p/q) − p + q)/(p − q)² ≥ 0 for p ≥ 0, q > 0, with the limit |δ|²/(2q) at p = q.

    The terms of a relative entropy. For probabilities δ = p − q; for states δ_ij = ⟨i|ρ − σ|j⟩
    between eigenvectors of ρ and of σ, which is (p_i − q_j)⟨i|j⟩. The difference is taken before
    anything is multiplied, so a small result is a sum of small terms, each of them relatively
    exact.
    """
    gap, total, size = p - q, p + q, xp.abs(delta)
    t = gap / total
    near = xp.abs(t) <= CLOSE
    # With log(p/q) = 2 artanh t all of it is |δ|²/(p+q) (1 + (t + t²) w), w = 1/3 + t²/5 + t⁴/7 …
    square = xp.where(near, t * t, 0.0)
    w = xp.zeros_like(square)
    for n in reversed(range(ARTANH_TERMS)):
        w = 1.0 / (2 * n + 3) + square * w
    close = size / total * size * (1.0 + (t + square) * w)
    # No difference of two logarithms: it would be as exact as these, not as what is left of them.
    rise = log_rise(xp, gap, xp.where(p > 0, p, 1.0), q)
    far = overlap(xp, size, gap, near) ** 2 * (p * rise - gap)
    return xp.where(near, close, far)
