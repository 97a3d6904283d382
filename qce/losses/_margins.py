"""Losses as functions of a margin, of predictions and of measured observables alike."""

from __future__ import annotations

from typing import Any

from qce.losses._arrays import positive_part, softplus
from qce.typing import Array


def hinge(xp: Any, margin: Array) -> Array:
    return positive_part(xp, 1 - margin)


def squared_hinge(xp: Any, margin: Array) -> Array:
    return positive_part(xp, 1 - margin) ** 2


def perceptron(xp: Any, margin: Array) -> Array:
    return positive_part(xp, -margin)


def logistic(xp: Any, margin: Array) -> Array:
    return softplus(xp, -margin)


def exponential(xp: Any, margin: Array) -> Array:
    return xp.exp(-margin)
