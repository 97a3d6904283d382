"""What divergences of two probability vectors have in common: checks, the unit, and ratios."""

from __future__ import annotations

from typing import Any

from qce import _checks
from qce._arrays import Functional, log_ratio
from qce._checks import truth
from qce.classical.kernels.entropies import beside_one
from qce.typing import Array

VECTOR = (-1,)


UNIT_SUM = "`x / x.sum(axis=-1, keepdims=True)`"
ANY_SUM = f"{UNIT_SUM}; or check=False for weights of any sum"


def check_pair(data: Array, model: Array, remedy: str = UNIT_SUM) -> None:
    """Check two probability vectors of one size; `remedy` is for a model whose sum is not 1."""
    _checks.probabilities("data", data)
    _checks.probabilities("model", model, remedy)
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
    """Check, compute and convert the unit; `power` is 2 for squares of logarithms."""
    unit = _checks.log_base(base) ** power
    if truth("check", check):
        check_pair(data, model, ANY_SUM)
    value = _checks.in_unit(functional(data, model), unit)
    _checks.within_support(value, support)
    return value


def missing_mass(xp: Any, p: Array, q: Array) -> Array:
    return xp.sum(xp.where(q > 0, 0.0, p), axis=-1)


def log_ratios(xp: Any, p: Array, q: Array) -> tuple[Array, Array]:
    """Where both are positive, and log(p/q) there."""
    inside = (p > 0) & (q > 0)
    return inside, log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))


def sizes(xp: Any, *distributions: Array) -> list[Array]:
    """Sums; exactly 1 where they are 1 within √ε."""
    return [beside_one(xp, xp.sum(p, axis=-1)) for p in distributions]


def normalised(xp: Any, p: Array) -> Array:
    """Weights over their sum, as they are where that is 1 within √ε."""
    return p / sizes(xp, p)[0][..., None]


def ones(xp: Any, p: Array, q: Array) -> Array:
    return xp.ones_like(p + q)
