"""Powers and related spectral functions, for Rényi divergences.

A difference of powers is written as x^a (1 − (y/x)^a), by `expm1` and `log1p`: relatively accurate
for close and far arguments, and for exponents near 0, where all x^a are near 1.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce._arrays.differences import log_ratio
from qce._spectral.frechet import Derivatives
from qce._spectral.functions import LOG, SpectralFunction
from qce.typing import Array

_ALMOST = 0.999


@functools.lru_cache(maxsize=256)
def power(a: float) -> SpectralFunction:
    """x^a; `power(0)` is the projector on the support."""
    if a == 0:
        return SUPPORT
    return SpectralFunction(
        lambda xp, x: x**a,
        lambda xp, x, y: a * _deformed_slope(xp, x, y, a),
        lambda xp, x, k: _binomial(a, k) * x**a,
    )


@functools.lru_cache(maxsize=256)
def deformed_log(a: float) -> SpectralFunction:
    """(x^a − 1)/a, which is log x for a = 0."""
    if a == 0:
        return LOG
    return SpectralFunction(
        lambda xp, x: xp.expm1(a * xp.log(x)) / a,
        lambda xp, x, y: _deformed_slope(xp, x, y, a),
        lambda xp, x, k: _binomial(a, k) / a * x**a,
    )


def _deformed_slope(xp: Any, x: Array, y: Array, a: float) -> Array:
    """(x^a − y^a)/(a (x − y))."""
    high, low = xp.maximum(x, y), xp.minimum(x, y)
    gap = high - low
    length = log_ratio(xp, high, low)
    if a > 0:
        rise = -(high**a) * xp.expm1(-a * length)
    else:
        rise = low**a * xp.expm1(a * length)
    quotient = rise / (a * xp.where(gap == 0, 1.0, gap))
    return xp.where(gap == 0, high ** (a - 1), quotient)


def power_difference(xp: Any, x: Array, y: Array, s: Array) -> Array:
    """First divided difference of x^s with x^s = 0 around 0, for an array s in [0, 1]."""
    high, low = xp.maximum(x, y), xp.minimum(x, y)
    inside, gap = low > 0, high - low
    top = xp.where(high > 0, high, 1.0)
    length = log_ratio(xp, top, xp.where(inside, low, top))
    rise = top**s * xp.where(inside, -xp.expm1(-s * length), 1.0)
    quotient = rise / xp.where(gap == 0, 1.0, gap)
    return xp.where(high > 0, xp.where(gap == 0, s * top ** (s - 1), quotient), 0.0)


def _binomial(a: float, k: int) -> float:
    return float(np.prod([(a - n) / (n + 1) for n in range(k)]))


SUPPORT = SpectralFunction(
    lambda xp, x: xp.ones_like(x),
    lambda xp, x, y: xp.zeros_like(x + y),
    lambda xp, x, k: xp.zeros_like(x),
)

# x log x, which is 0 at 0 of itself
X_LOG_X = SpectralFunction(
    lambda xp, x: x * xp.log(x),
    lambda xp, x, y: xp.log(xp.maximum(x, y)) + xp.minimum(x, y) * LOG.slope(xp, x, y),
    lambda xp, x, k: (-1.0) ** k / (k * (k - 1)) * x,
)


@dataclass(frozen=True)
class Step(Derivatives):
    """A step at 0, for eigenvalues of either sign: a spectral function without a support rule.

    Attributes:
        below: Its value below 0.
        above: Its value above 0.
        at: Its value at 0.
    """

    below: float = -1.0
    above: float = 1.0
    at: float = 0.0

    def on_support(self, xp: Any, x: Array) -> Array:
        return xp.where(x > 0, self.above, xp.where(x < 0, self.below, self.at + 0 * x))

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        gap = x - y
        rise = self.on_support(xp, x) - self.on_support(xp, y)
        return rise / xp.where(gap == 0, 1.0, gap)

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        high = xp.maximum(xp.maximum(x, y), z)
        low = xp.minimum(xp.minimum(x, y), z)
        middle = x + y + z - high - low
        gap = xp.where(high == low, 1.0, high - low)
        rise = self.first_difference(xp, high, middle) - self.first_difference(xp, middle, low)
        return rise / gap


SIGN = Step()  # −1, 0 or 1


@dataclass(frozen=True)
class Once(Derivatives):
    """Zero, whose derivative is refused: for gradients that cannot be differentiated again."""

    why: str = (
        "The result of an optimisation is differentiable once, but a second derivative was "
        "asked for. Pass a quantity in closed form, such as relative_entropy."
    )

    def on_support(self, xp: Any, x: Array) -> Array:
        return xp.zeros_like(x)

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        raise NotImplementedError(self.why)

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        raise NotImplementedError(self.why)


ONCE = Once()


def safe_power(xp: Any, x: Array, a: float) -> Array:
    """x^a on the support, limited to the range of floating point, and 0 outside it."""
    least = float(xp.finfo(x.dtype).max) ** (_ALMOST / a) if a < 0 else 0.0
    if least:
        x = xp.where((x > 0) & (x < least), least, x)
    return power(a).on_support(xp, x)


__all__ = [
    "ONCE",
    "SIGN",
    "SUPPORT",
    "X_LOG_X",
    "Once",
    "Step",
    "deformed_log",
    "power",
    "power_difference",
    "safe_power",
]
