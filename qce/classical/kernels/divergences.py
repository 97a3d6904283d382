"""The sums behind the divergences: values on weights, in plain operations.

As in `entropies` nothing is checked, and 0 means 0. `qce.quantum` calls these very functions with
pairs of eigenvectors: `weight` is |⟨i|j⟩|², 1 for probabilities, and `delta` is p − q times
√weight, subtracted before anything is multiplied; a function without arguments where it is costly
and not always needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qce._arrays import certain, log_ratio, log_rise, power_bregman, power_gap, safe_log
from qce.classical.kernels.entropies import beside_one
from qce.typing import Array, Scalar

# The logarithm of a sum near 1, right to ε, has the relative error ε/0.05 here. Below this, terms
# that do not cancel are summed instead, which costs little.
_ONE_DIGIT = 0.05


def renyi(
    xp: Any,
    weight: Array,
    delta: Callable[[], Array],
    p: Array,
    q: Array,
    missing: Scalar,
    sizes: Sequence[Scalar],
    alpha: float,
    axes: tuple[int, ...],
) -> Array:
    """log(Σ w p^α q^{1−α}/t)/(α−1), by log(1 + (α−1) Σ B) with terms B ≥ 0 where it is small.

    `missing` is the weight of the data outside the model's support; `sizes` are the total weights
    of the data, t, and of the model; all `(...)`.
    """
    log_sum = log_power_sum(xp, weight, p, q, alpha, axes) - xp.log(sizes[0])
    # Without any overlap the sum is 0: infinite for α < 1, and for α > 1 by the support rule.
    value = xp.where(xp.isfinite(log_sum), log_sum / (alpha - 1), xp.inf)
    far = xp.abs(log_sum) > _ONE_DIGIT
    if not certain(far):
        value = xp.where(far, value, _small_renyi(xp, delta(), p, q, missing, sizes, alpha, axes))
    return value if alpha < 1 else xp.where(missing > 0, xp.inf, value)


def _small_renyi(
    xp: Any,
    delta: Array,
    p: Array,
    q: Array,
    missing: Scalar,
    sizes: Sequence[Scalar],
    alpha: float,
    axes: tuple[int, ...],
) -> Array:
    """log(1 + x)/(α−1) with x = (α−1) (Σ B + t − s)/t, for |x| of at most about `_ONE_DIGIT`."""
    inside = q > 0
    terms = power_bregman(xp, delta, p, xp.where(inside, q, 1.0), alpha)
    rise = xp.sum(xp.where(inside, terms, 0.0), axis=axes)
    if alpha < 1:
        rise = rise + missing * (alpha / (1 - alpha))
    rise = (rise + (sizes[0] - sizes[1])) / sizes[0]
    x = (alpha - 1) * rise
    small = (xp.abs(x) < 2 * _ONE_DIGIT) & (x != 0)
    x = xp.where(small, x, 1.0)
    return xp.where(small, rise * (xp.log1p(x) / x), 0.0)


def excess(xp: Any, value: Array, log_sum: Array, alpha: float) -> Array:
    """(Q/t − 1)/(α−1) from the divergence log(Q/t)/(α−1); from log Q where that is infinite."""
    value = xp.where(xp.isfinite(value), value, log_sum / (alpha - 1))
    return xp.expm1((alpha - 1) * value) / (alpha - 1)


def log_power_sum(
    xp: Any, weight: Array, p: Array, q: Array, s: Scalar, axes: tuple[int, ...]
) -> Array:
    """Log Σ w p^s q^{1−s}, which neither overflows nor underflows; −∞ for an empty sum."""
    inside = (p > 0) & (q > 0) & (weight > 0)
    if certain(inside):
        exponents = xp.log(weight) + s * xp.log(p) + (1 - s) * xp.log(q)
        largest = xp.amax(exponents, axis=axes)
        shift = largest[(..., *(None for _ in axes))]
        return xp.log(xp.sum(xp.exp(exponents - shift), axis=axes)) + largest
    exponents = (
        xp.log(xp.where(inside, weight, 1.0))
        + s * xp.log(xp.where(inside, p, 1.0))
        + (1 - s) * xp.log(xp.where(inside, q, 1.0))
    )
    largest = xp.amax(xp.where(inside, exponents, -xp.inf), axis=axes)
    shift = xp.where(xp.isfinite(largest), largest, 0.0)[(..., *(None for _ in axes))]
    total = xp.sum(xp.exp(xp.where(inside, exponents - shift, -xp.inf)), axis=axes)
    return xp.where(total > 0, xp.log(xp.where(total > 0, total, 1.0)) + largest, -xp.inf)


def chernoff_exponent(xp: Any, weight: Array, p: Array, q: Array, axes: tuple[int, ...]) -> Array:
    """The s in [0, 1] where the convex Σ w p^s q^{1−s} is least: Newton's steps in a bracket.

    Σ w (p − q) is 0 for states and is subtracted from the slope term by term: for close states the
    rounding of eigenvalues would exceed all that depends on s.
    Where supports differ the least value may be a limit at an end of the interval, so the ends are
    tried first. After that a step that leaves the bracket is replaced by its middle. A slope within
    rounding counts as 0: so s = ½ for equal arguments, where any s is best. An error of s changes
    the value by its square.
    """
    spread = (..., *(None for _ in axes))
    inside = (p > 0) & (q > 0)
    length = log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    rises = length > 0
    mass = xp.where(inside, weight * xp.where(rises, p, q), 0.0)

    def slope_and_bend(s: Array) -> tuple[Array, Array]:
        """Of terms written with the larger of p and q: no exponential is above 1."""
        s = s[spread]
        slopes = mass * xp.exp(xp.where(rises, s - 1, s) * length) * length
        slope = xp.sum(slopes - weight * (p - q), axis=axes)
        rounding = _ROUNDING * xp.finfo(p.dtype).eps * xp.sum(xp.abs(slopes), axis=axes)
        bend = xp.sum(slopes * length, axis=axes)
        return xp.where(xp.abs(slope) > rounding, slope, 0.0), bend

    zero = xp.zeros_like(xp.sum(mass, axis=axes))
    high = xp.where(slope_and_bend(zero)[0] > 0, 0.0, zero + 1.0)
    low = xp.where(slope_and_bend(zero + 1.0)[0] < 0, 1.0, zero)
    s = (low + high) / 2
    for _ in range(_STEPS):
        slope, bend = slope_and_bend(s)
        low, high = xp.where(slope < 0, s, low), xp.where(slope > 0, s, high)
        step = s - slope / xp.where(bend > 0, bend, 1.0)
        last, s = s, xp.where((step >= low) & (step <= high), step, (low + high) / 2)
        s = xp.where(slope == 0, last, s)
        if certain(xp.abs(s - last) <= _NEAR_ENOUGH):
            break
    return s


def chernoff_mobility(
    xp: Any, weight: Array, p: Array, q: Array, s: Array, axes: tuple[int, ...]
) -> Array:
    """How far the best s moves for a slope of Σ w p^s q^{1−s} there: 1/bend.

    0 at an end of the interval, where the slope does not vanish, and where nothing depends on s.
    """
    inside = (p > 0) & (q > 0)
    length = log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    terms = weight * xp.where(inside, q * xp.exp(s[(..., *(None for _ in axes))] * length), 0.0)
    slope = xp.sum(terms * length - weight * (p - q), axis=axes)
    bend = xp.sum(terms * length**2, axis=axes)
    within = (bend > 0) & (xp.abs(slope) < FLAT * bend)
    return xp.where(within, 1.0 / xp.where(within, bend, 1.0), 0.0)


FLAT = 1e-6  # where slope over bend is below this, the optimum is known to 1e-6
_STEPS = 20  # few of them are needed; compiled code always takes them all
_ROUNDING = 4.0
_NEAR_ENOUGH = 1e-8  # Newton's next step is the square of this: no gradient would notice it


def chernoff(
    xp: Any,
    weight: Array,
    delta: Callable[[], Array],
    p: Array,
    q: Array,
    missing: Scalar,
    s: Array,
    axes: tuple[int, ...],
) -> Array:
    """−log Σ w p^s q^{1−s}, as −log(1 − T) with T a sum of terms that are never negative."""
    spread = (..., *(None for _ in axes))
    value = -log_power_sum(xp, weight, p, q, s[spread], axes)
    far = value > _ONE_DIGIT
    if certain(far):
        return value
    inside = q > 0
    terms = power_gap(xp, delta(), p, xp.where(inside, q, 1.0), s[spread])
    gap = xp.sum(xp.where(inside, terms, 0.0), axis=axes) + s * missing
    return xp.where(far, value, -xp.log1p(-xp.where(far, 0.0, gap)))


def variance(
    xp: Any,
    overlap: Array,
    delta: Array,
    p: Array,
    q: Array,
    mean: Array,
    size: Array,
    axes: tuple[int, ...],
) -> Array:
    """Σ w p log²(p/q) − D² with D = `mean`, the square taken of √w log(p/q) − √w D.

    `size` is all of the data's weight, (...).
    """
    inside = (p > 0) & (q > 0)
    rise = log_rise(xp, delta, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    spread = (..., *(None for _ in axes))
    terms = p * xp.abs(rise - mean[spread] * overlap) ** 2
    return xp.sum(xp.where(inside, terms, 0.0), axis=axes) + (1 - size) * mean**2


def cross_variance(xp: Any, p: Array, q: Array) -> Array:
    """Σ p (log q)² − H² with H = −Σ p log q, as Σ p (log q + H)²."""
    logarithm = safe_log(xp, q)
    p = xp.where(p > 0, p, 0.0)  # a weight below 0 is rounding
    mean, size = xp.sum(p * logarithm, axis=-1), beside_one(xp, xp.sum(p, axis=-1))
    squares = xp.sum(p * (logarithm - mean[..., None]) ** 2, axis=-1)
    return squares + (1 - size) * mean**2
