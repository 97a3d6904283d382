"""What divergences of two probability vectors have in common: checks, the unit, and ratios."""

from __future__ import annotations

from typing import Any

from qce import _checks
from qce._checks import truth
from qce._spectral import Functional, log_ratio

Array = Any

VECTOR = (-1,)


def check_pair(data: Array, model: Array) -> None:
    """Two probability vectors of one size."""
    _checks.probabilities("data", data)
    _checks.probabilities("model", model)
    _checks.same_dimension("data", data, "model", model)


def divergence(
    functional: Functional,
    data: Array,
    model: Array,
    *,
    base: float | None,
    support: str,
    check: bool,
    power: int = 1,
) -> Array:
    """Check, call, turn the unit: `power` is 2 for squares of logarithms."""
    unit = _checks.log_base(base) ** power
    if truth("check", check):
        check_pair(data, model)
    value = _checks.in_unit(functional(data, model), unit)
    _checks.within_support(value, support)
    return value


def missing_mass(xp: Any, p: Array, q: Array) -> Array:
    return xp.sum(xp.where(q > 0, 0.0, p), axis=-1)


def log_ratios(xp: Any, p: Array, q: Array) -> tuple[Array, Array]:
    """Where both are positive, and log(p/q) there."""
    inside = (p > 0) & (q > 0)
    return inside, log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))


def ones(xp: Any, p: Array, q: Array) -> Array:
    return xp.ones_like(p + q)
