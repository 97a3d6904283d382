"""Divided differences of the exponential, for Gibbs states that are known by their logarithms."""

from __future__ import annotations

from typing import Any

from qce.typing import Array


def exp_slope(xp: Any, x: Array, y: Array) -> Array:
    """(eˣ − eʸ)/(x − y), eˣ where x = y: from the larger one, so that nothing overflows."""
    gap = xp.abs(x - y)
    apart = xp.where(gap > 0, gap, 1.0)
    return xp.exp(xp.maximum(x, y)) * xp.where(gap > 0, -xp.expm1(-apart) / apart, 1.0)
