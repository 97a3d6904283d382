"""The sums behind the divergences: values on weights, in plain operations.

As in `_kernels` nothing is checked, and 0 means 0. `qce.quantum` calls these very functions with
pairs of eigenvectors: `weight` is |⟨i|j⟩|², 1 for probabilities, and `delta` is the difference
p − q times √weight, taken before anything is multiplied.
"""

from __future__ import annotations

from typing import Any

from qce._spectral import LOG, certain, log_ratio, power_bregman, power_gap, safe_log

Array = Any

# Where a logarithm of a sum near 1 is smaller than this, it would lose more than a digit.
_CANCELLING = 0.05


def renyi(
    xp: Any,
    weight: Array,
    delta: Array,
    p: Array,
    q: Array,
    missing: Array,
    alpha: float,
    axes: tuple[int, ...],
) -> Array:
    """log(Σ w p^α q^{1−α})/(α−1), by log(1 + (α−1) Σ B) with terms B ≥ 0 where it is small.

    `missing` is the weight of the data outside the model's support, (...).
    """
    inside = q > 0
    terms = power_bregman(xp, delta, p, xp.where(inside, q, 1.0), alpha)
    rise = xp.sum(xp.where(inside, terms, 0.0), axis=axes)
    if alpha < 1:
        rise = rise + missing * (alpha / (1 - alpha))
    x = (alpha - 1) * rise
    small = xp.abs(x) < _CANCELLING
    x = xp.where(small & (x != 0), x, 1.0)
    shrink = xp.where(small & (rise > 0), xp.log1p(x) / x, 1.0)
    direct = log_power_sum(xp, weight, p, q, alpha, axes) / (alpha - 1)
    # Without any overlap the sum is 0: infinite for α < 1, and for α > 1 by the support rule.
    direct = xp.where(xp.isfinite(direct), direct, xp.inf)
    value = xp.where(small, xp.where(small, rise, 0.0) * shrink, direct)
    return value if alpha < 1 else xp.where(missing > 0, xp.inf, value)


def log_power_sum(
    xp: Any, weight: Array, p: Array, q: Array, s: Array, axes: tuple[int, ...]
) -> Array:
    """Log Σ w p^s q^{1−s}, which neither overflows nor underflows; −∞ for an empty sum."""
    inside = (p > 0) & (q > 0) & (weight > 0)
    exponents = (
        xp.log(xp.where(inside, weight, 1.0))
        + s * xp.log(xp.where(inside, p, 1.0))
        + (1 - s) * xp.log(xp.where(inside, q, 1.0))
    )
    largest = xp.amax(xp.where(inside, exponents, -xp.inf), axis=axes)
    shift = xp.where(xp.isfinite(largest), largest, 0.0)[(..., *(None for _ in axes))]
    total = xp.sum(xp.where(inside, xp.exp(exponents - shift), 0.0), axis=axes)
    return xp.where(total > 0, xp.log(xp.where(total > 0, total, 1.0)) + largest, -xp.inf)


def chernoff_exponent(
    xp: Any,
    weight: Array,
    delta: Array,
    p: Array,
    q: Array,
    missing: Array,
    axes: tuple[int, ...],
) -> Array:
    """The s in [0, 1] where the convex Σ w p^s q^{1−s} is least: Newton's steps in a bracket.

    Where supports differ the least value may lie at an end, as a limit: the ends are looked at
    first. After that a step that leaves the bracket is replaced by its middle.
    """
    spread = (..., *(None for _ in axes))
    inside, positive = (p > 0) & (q > 0), q > 0
    length = log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))

    def slope_at(s: Array) -> Array:
        _, turns = power_gap(xp, delta, p, xp.where(positive, q, 1.0), s[spread])
        return -xp.sum(xp.where(positive, turns, 0.0), axis=axes) - missing

    low = xp.zeros_like(missing)
    high = xp.where(slope_at(low) > 0, 0.0, low + 1.0)
    low = xp.where(slope_at(low + 1.0) < 0, 1.0, low)
    s = (low + high) / 2
    for _ in range(_STEPS):
        slope = slope_at(s)
        bends = xp.where(inside, weight * q * xp.exp(s[spread] * length) * length**2, 0.0)
        bend = xp.sum(bends, axis=axes)
        low, high = xp.where(slope < 0, s, low), xp.where(slope > 0, s, high)
        step = s - slope / xp.where(bend > 0, bend, 1.0)
        bracketed = xp.where((step >= low) & (step <= high), step, (low + high) / 2)
        last, s = s, xp.where(slope == 0, s, bracketed)
        if certain(xp.abs(s - last) <= 2 * xp.finfo(p.dtype).eps):
            break
    return s


_STEPS = 20  # few of them are needed; compiled code always takes them all


def chernoff(
    xp: Any,
    weight: Array,
    delta: Array,
    p: Array,
    q: Array,
    missing: Array,
    s: Array,
    axes: tuple[int, ...],
) -> Array:
    """−log Σ w p^s q^{1−s}, as −log(1 − T) with T a sum of terms that are never negative."""
    inside = q > 0
    spread = (..., *(None for _ in axes))
    terms, _ = power_gap(xp, delta, p, xp.where(inside, q, 1.0), s[spread])
    gap = xp.sum(xp.where(inside, terms, 0.0), axis=axes) + s * missing
    small = gap < 0.5
    direct = -log_power_sum(xp, weight, p, q, s[spread], axes)
    return xp.where(small, -xp.log1p(-xp.where(small, gap, 0.0)), direct)


def variance(
    xp: Any, overlap: Array, delta: Array, p: Array, q: Array, mean: Array, axes: tuple[int, ...]
) -> Array:
    """Σ w p (log(p/q) − D)² with D = `mean`, the square taken of √w log(p/q) − √w D."""
    inside = (p > 0) & (q > 0)
    slope = LOG.slope(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    spread = (..., *(None for _ in axes))
    terms = p * xp.abs(slope * delta - mean[spread] * overlap) ** 2
    return xp.sum(xp.where(inside, terms, 0.0), axis=axes)


def cross_variance(xp: Any, p: Array, q: Array) -> Array:
    """Σ p (log q + H)² with H = −Σ p log q."""
    logarithm = safe_log(xp, q)
    mean = xp.sum(p * logarithm, axis=-1)
    return xp.sum(p * (logarithm - mean[..., None]) ** 2, axis=-1)
