"""Overlap losses as functions of a Bures distance, between distributions and states alike."""

from __future__ import annotations

from typing import Any

from qce.losses.region import focal_power
from qce.typing import Array


def infidelity(distance: Array) -> Array:
    """1 − F from b = √(2 − 2√F), without the difference."""
    return distance**2 * (1 - distance**2 / 4)


def tversky_of(apart: Array, alpha: float, beta: float) -> Array:
    """1 − F/(F + (α + β)(1 − F))."""
    wrong = (alpha + beta) * apart
    return wrong / (1 - apart + wrong)


def focal_of(xp: Any, apart: Array, alpha: float, beta: float, gamma: float) -> Array:
    return focal_power(xp, tversky_of(apart, alpha, beta), gamma)
