"""The sums behind the entropies of order α: values on `(..., k)` weights, in plain operations.

As in `entropies` nothing is checked, and 0 means 0. `qce.quantum` calls these very functions with
spectra, or with the logarithms of those of factorised states, which may be as small as one likes.
"""

from __future__ import annotations

import math
from typing import Any

from qce.typing import Array

# As in `divergences`: the logarithm of a sum near 1, right to ε, has the relative error ε/0.05.
_ONE_DIGIT = 0.05


def logarithms(xp: Any, p: Array) -> Array:
    """Log p, −∞ at 0; NaN stays NaN."""
    outside = p <= 0
    return xp.where(outside, -xp.inf, xp.log(xp.where(outside, 1.0, p)))


def tsallis(xp: Any, log_p: Array, alpha: float) -> Array:
    """Σ (p^α − p)/(1−α) from log p, a sum of terms that are never negative; −Σ p log p at α = 1."""
    if alpha == math.inf:
        return 0.0 * xp.sum(xp.exp(log_p), axis=-1)
    outside = log_p == -xp.inf
    log_p = xp.where(outside, 0.0, log_p)  # whose term is 0
    if alpha == 1:
        terms = -log_p * xp.exp(log_p)
    else:
        larger = xp.exp(min(alpha, 1.0) * log_p)
        terms = -larger * xp.expm1(abs(1 - alpha) * log_p) / abs(1 - alpha)
    return xp.sum(terms, axis=-1) + 0.0


def log_power_sum(xp: Any, log_p: Array, alpha: float) -> Array:
    """Log Σ p^α from log p, where there is a p > 0; neither overflows nor underflows."""
    outside = log_p == -xp.inf
    exponents = alpha * xp.where(outside, 0.0, log_p)
    largest = xp.amax(xp.where(outside, -xp.inf, exponents), axis=-1)
    terms = xp.where(outside, 0.0, xp.exp(exponents - largest[..., None]))
    return xp.log(xp.sum(terms, axis=-1)) + largest


def renyi(xp: Any, log_p: Array, alpha: float) -> Array:
    """log(Σ p^α)/(1−α) from log p, by log(1 + (1−α)T)/(1−α) with Tsallis' T where it is small."""
    if alpha == math.inf:
        return -xp.amax(log_p, axis=-1) + 0.0
    total = tsallis(xp, log_p, alpha)
    if alpha == 1:
        return total
    log_sum = log_power_sum(xp, log_p, alpha)
    x = (1 - alpha) * total
    small = (xp.abs(log_sum) <= _ONE_DIGIT) & (x != 0)
    x = xp.where(small, x, 1.0)
    close = xp.where(small, total * (xp.log1p(x) / x), total)
    return xp.where(xp.abs(log_sum) <= _ONE_DIGIT, close, log_sum / (1 - alpha))
