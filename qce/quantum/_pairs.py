"""What divergences of two states have in common: their eigenbases, checks, and the unit."""

from __future__ import annotations

from typing import Any

from qce import _checks
from qce._spectral import Functional, adjoint, decompose, hermitian, weights

Array = Any

MATRIX = (-2, -1)


def both(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    """Spectrum p and eigenvectors U of the data, q and V of the model."""
    return *decompose(xp, rho), *decompose(xp, sigma)


def difference(xp: Any, rho: Array, sigma: Array, u: Array, v: Array) -> Array:
    """⟨i|ρ − σ|j⟩ between eigenvectors of ρ and of σ: the difference comes first."""
    return adjoint(xp, u) @ (hermitian(xp, rho - sigma) @ v)


def model_weights(xp: Any, rho: Array, q: Array, v: Array) -> tuple[Array, Array]:
    """The data's weights ⟨j|ρ|j⟩ in the model's eigenbasis, and their sum outside its support."""
    a = weights(xp, rho, q, v, rho @ v)
    return a, xp.sum(xp.where(q > 0, 0.0, a), axis=-1)


def check_pair(data: Array, model: Array) -> None:
    _checks.states("data", data)
    _checks.states("model", model)
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
    if check:
        check_pair(data, model)
    value = functional(data, model) * unit
    _checks.within_support(value, support)
    return value
