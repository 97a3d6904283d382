"""The sums behind the classical quantities: values on `(..., k)` weights, in plain operations.

Nothing is checked, and 0 means 0: p log q is 0 where p = 0 and −∞ where only q = 0. `qce.quantum`
calls these very functions with spectra and with weights in an eigenbasis.
"""

from __future__ import annotations

import math
from typing import Any

from qce._arrays import bregman, certain, safe_log
from qce.typing import Array


def entropy(xp: Any, p: Array) -> Array:
    """−Σ p log p."""
    return -(p * safe_log(xp, p)).sum(axis=-1)


def never_negative(xp: Any, value: Array) -> Array:
    """A value that is 0 or more in theory: values within √ε below 0 become +0.

    That is by how much the checks let a sum of probabilities differ from 1. For other sums, which
    only `check=False` allows, the value keeps its sign.
    """
    if certain(value > 0):
        return value
    rounding = xp.finfo(value.dtype).eps ** 0.5
    return value - xp.where((value <= 0) & (value >= -rounding), value, 0.0)


def cross_entropy(xp: Any, p: Array, q: Array) -> Array:
    """−Σ p log q."""
    if certain(q > 0):
        return -(p * xp.log(q)).sum(axis=-1)
    return -(p * safe_log(xp, q)).sum(axis=-1) + outside(xp, p, q)


def relative_entropy(xp: Any, delta: Array, p: Array, q: Array) -> Array:
    """Σ p log(p/q) − p + q, with δ = p − q, as a sum of terms that are never negative."""
    inside = q > 0
    terms = xp.where(inside, bregman(xp, delta, p, xp.where(inside, q, 1.0)), 0.0)
    return xp.sum(terms, axis=-1)


def outside(xp: Any, p: Array, q: Array) -> Array:
    """+∞ where data lie outside the model's support, else 0."""
    violation = xp.where((p > 0) & (q <= 0), xp.inf, xp.zeros_like(p))
    return xp.sum(violation, axis=-1)


def trace_defect(xp: Any, p: Array, q: Array) -> Array:
    """Σ p − Σ q; 0 where it is within √ε, which the checks let pass as rounding."""
    defect = xp.sum(p - q, axis=-1)
    rounding = xp.finfo(p.dtype).eps ** 0.5
    return xp.where(xp.abs(defect) > rounding, defect, 0.0)


def beside_one(xp: Any, total: Array) -> Array:
    """A trace or a sum; exactly 1 where it is 1 within √ε, as the checks allow."""
    rounding = xp.finfo(total.dtype).eps ** 0.5
    return xp.where(xp.abs(total - 1) > rounding, total, 1.0)


def length(xp: Any, delta: Array, axes: tuple[int, ...]) -> Array:
    """√Σ|δ|², whose squares do not underflow."""
    size = xp.abs(delta)
    largest = xp.amax(size, axis=axes)
    unit = xp.where(largest > 0, largest, 1.0)
    scaled = size / unit[(..., *(None for _ in axes))]
    return unit * xp.sqrt(xp.sum(scaled**2, axis=axes))


def hellinger(xp: Any, size: Array, p: Array, q: Array, axes: tuple[int, ...]) -> Array:
    """½ Σ (√p − √q)², with |δ| = |p − q| as `size`; ½ Σ |⟨i|j⟩|² (√p − √q)² with δ = (p − q)⟨i|j⟩.

    √p − √q is computed as |δ|/(√p + √q). Where p and q are far apart, |δ| is at most |p − q|, up to
    what the support rule has removed from either.
    """
    p, q = (xp.where(x < 0, 0.0, x) for x in (p, q))  # by rounding, and NaN stays
    gap, total = xp.abs(p - q), p + q
    size = xp.where(gap <= _NEAR * total, size, xp.minimum(size, gap))
    roots = xp.sqrt(p) + xp.sqrt(q)
    terms = xp.where(total > 0, size / xp.where(total > 0, roots, 1.0), 0.0)
    return xp.sum(terms**2, axis=axes) / 2


def angle(xp: Any, chord: Array) -> Array:
    """2 arcsin(H/√2), at most π/2."""
    value = 2 * xp.arcsin(chord / 2**0.5)
    return xp.where(value > _RIGHT, _RIGHT, value)


_NEAR = 0.1
_RIGHT = math.pi / 2
