"""Differences of logarithms and of powers, accurate for equal, close and far numbers.

They are the terms of entropies and divergences, of probabilities or eigenvalues, without
cancellation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._arrays.choices import certain
from qce.typing import Array, Scalar

# Above this relative distance a difference quotient loses at most a factor of ten, below it the
# Taylor series around the mean (relative distances <= 1/15) reaches machine precision with this
# many terms.
CLOSE = 0.1
TERMS = 14
# Of artanh(t)/t, for |t| <= CLOSE: the next one, 0.1¹⁴/17 times 0.11, is below 1e-16.
ARTANH_TERMS = 7
# A shift of z that does not change log(1 + z)/z in any precision, and avoids 0/0.
_NOT_ZERO = 1e-17
# An exponential above this power of e would overflow, and counts as infinite.
_LARGEST = 0.9


def safe_log(xp: Any, x: Array) -> Array:
    """Log x on the support, 0 outside it; differentiable to every order in every library."""
    inside = x > 0
    return xp.where(inside, xp.log(xp.where(inside, x, 1.0)), 0.0)


def log_rise(xp: Any, delta: Scalar, x: Array, y: Array) -> Array:
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


def log_ratio(xp: Any, x: Array, y: Array) -> Array:
    """log(x/y) for x, y > 0, relatively exact for close arguments."""
    gap = x - y
    near = xp.abs(gap) < 0.5 * y
    close = xp.log1p(xp.where(near, gap, 0.0) / y)
    return xp.where(near, close, xp.log(x) - xp.log(y))


def overlap(xp: Any, size: Array, gap: Array, near: Array) -> Array:
    """|⟨i|j⟩| = |δ|/|p − q| where that is not near 0/0, and never above 1.

    δ still includes what the support rule has removed from p or q, which matters beside a small q.
    """
    return xp.minimum(size / xp.where(near, 1.0, xp.abs(gap)), xp.ones_like(size))


def bregman(xp: Any, delta: Array, p: Array, q: Array) -> Array:
    r"""|δ|² (p log(p/q) − p + q)/(p − q)² ≥ 0 for p ≥ 0, q > 0, with the limit |δ|²/(2q) at p = q.

    The terms of a relative entropy. For probabilities δ = p − q; for states δ_ij = ⟨i|ρ − σ|j⟩
    between eigenvectors of ρ and of σ, which is (p_i − q_j)⟨i|j⟩. It is subtracted before anything
    is multiplied, so that a small result is a sum of small terms, each relatively accurate.
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
    # No difference of two logarithms, whose error would be that of the logarithms themselves.
    rise = log_rise(xp, gap, xp.where(p > 0, p, 1.0), q)
    far = overlap(xp, size, gap, near) ** 2 * (p * rise - gap)
    return xp.where(near, close, far)


def power_bregman(xp: Any, delta: Array, p: Array, q: Array, alpha: float) -> Array:
    r"""|δ|² B/(p − q)² with B = (αp + (1−α)q − p^α q^{1−α})/(1−α) ≥ 0, for p ≥ 0 and q > 0.

    The terms of a Rényi divergence, log(1 + (α−1) Σ B)/(α−1); at α = 1 they are those of the
    relative entropy, `bregman`. The difference δ is taken first for the same reason.
    """
    gap, size = p - q, xp.abs(delta)
    near = xp.abs(gap) <= CLOSE / max(1.0, abs(alpha)) * q
    far = overlap(xp, size, gap, near) ** 2 * _power_rise(xp, p, q, alpha)
    if certain(~near):
        return far
    x = xp.where(near, gap, 0.0) / q
    close = size / xp.where(near, q, 1.0) * size * (alpha / 2 * _binomial_tail(xp, x, alpha))
    return xp.where(near, close, far)


def power_gap(xp: Any, delta: Array, p: Array, q: Array, s: Array) -> Array:
    """|δ|² (sp + (1−s)q − p^s q^{1−s})/(p − q)² >= 0 for an array s in [0, 1].

    Relatively exact where p and q are close.
    """
    gap, size = p - q, xp.abs(delta)
    near = xp.abs(gap) <= CLOSE * q
    x = xp.where(near, gap, 0.0) / q
    unit = size / xp.where(near, q, 1.0) * size
    inside = p > 0
    length = log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    rise = xp.where(inside, xp.expm1(s * length), -1.0)
    close = unit * s * (1 - s) / 2 * _binomial_tail(xp, x, s)
    far = overlap(xp, size, gap, near) ** 2 * (s * gap - q * rise)
    return xp.where(near, close, far)


def _binomial_tail(xp: Any, x: Array, a: Scalar) -> Array:
    """((1+x)^a − 1 − ax)·2/(a(a−1)x²) = 1 + (a−2)/3 x + …, for |a x| <= CLOSE."""
    tail = xp.ones_like(x)
    for n in reversed(range(1, TERMS + 2)):
        tail = 1.0 + (a - n - 1) / (n + 2) * x * tail
    return tail


def _power_rise(xp: Any, p: Array, q: Array, alpha: float) -> Array:
    """(αp + (1−α)q − p^α q^{1−α})/(1−α), by (p/q)^α for α < ½ and by (p/q)^{α−1} up to α = 1."""
    inside = p > 0
    length = log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))
    if alpha < 0.5:
        ratio = xp.where(inside, xp.expm1(alpha * length), -1.0)
        return (alpha * (p - q) - q * ratio) / (1 - alpha)
    rest = 1 - alpha
    if rest:
        largest = _LARGEST * float(np.log(xp.finfo(q.dtype).max))
        exponent = -rest * length
        exponent = xp.where(exponent > largest, largest, exponent)
        length = -xp.expm1(exponent) / rest
    return p * length - (p - q)
