"""What divergences of two states have in common: their eigenbases, checks, and the unit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, adjoint, certain, hermitian
from qce._checks import truth
from qce._density import Checked
from qce._spectral import data_weights, decompose
from qce.classical import _kernels
from qce.typing import Array

MATRIX = (-2, -1)
_UNCHECKED: AbstractContextManager[None] = nullcontext()
CANCELLING = 0.01  # a smaller difference of numbers near 1 loses two digits and more


def both(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    """Spectrum p and eigenvectors U of the data, q and V of the model."""
    return decompose(xp, rho, sigma)


def difference(xp: Any, rho: Array, sigma: Array, u: Array, v: Array) -> Array:
    """⟨i|ρ − σ|j⟩ between eigenvectors of ρ and of σ: the difference comes first."""
    return adjoint(xp, u) @ (hermitian(xp, rho - sigma) @ v)


def model_weights(xp: Any, rho: Array, q: Array, v: Array) -> tuple[Array, Array]:
    """The data's weights ⟨j|ρ|j⟩ in the model's eigenbasis, and their sum outside its support."""
    a = data_weights(xp, rho, q, v)
    return a, xp.sum(xp.where(q > 0, 0.0, a), axis=-1)


def outside(xp: Any, rho: Array, q: Array, v: Array) -> Array:
    """The data's weight outside the model's support; (...), or the batch axes of the model alone.

    Without a kernel there is none, and it need not be summed.
    """
    if certain(q > 0):
        return xp.zeros_like(q[..., 0])
    return model_weights(xp, rho, q, v)[1]


def sizes(xp: Any, *matrices: Array) -> list[Array]:
    """Traces, 1 where they are that within √ε."""
    # By what is left of a matrix, because autograd cannot differentiate `diagonal`.
    diagonals = (xp.real(xp.tril(xp.triu(x))) for x in matrices)
    return [_kernels.beside_one(xp, xp.sum(x, axis=MATRIX)) for x in diagonals]


def by_bases(value: Callable[..., Array], prepare: Callable[..., tuple]) -> Callable[..., Array]:
    """The way through eigenvectors, for NumPy arrays."""
    return lambda *arguments: value(np, *arguments, *prepare(np, *arguments))


def refined(value: Array, close: Array, exact: Callable[..., Array], *states: np.ndarray) -> Array:
    """NumPy values, with those of `close` states computed once more by a way that does not cancel.

    As a rule a short way loses less than two digits on all others.
    """
    if not np.any(close):
        return value
    value, close = np.array(value), np.asarray(close)
    shape = (*value.shape, *states[0].shape[-2:])
    value[close] = exact(*(np.broadcast_to(x, shape)[close] for x in states))
    return value[()]


ANY_TRACE = "`x / np.trace(x)`; or check=False for a positive model of any trace"


def check_state(name: str, x: Array) -> None:
    """Density matrices, or a ket."""
    _checks.states(name, x, kets=True)


def checked(check: Any, **states: Array) -> AbstractContextManager[None]:
    """The check of one or two states around what is computed from them; none if it is false."""
    if not truth("check", check):
        return _UNCHECKED
    found = Checked(ANY_TRACE, **states)
    if len(states) == 2:
        (first, x), (second, y) = states.items()
        _checks.same_dimension(first, x, second, y)
    return found


def value_of(functional: Callable[..., Array], check: Any, **states: Array) -> Array:
    """Check the states and call: the check takes the eigenvalues that the value needs anyway."""
    with checked(check, **states):
        return functional(*states.values())


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
    with checked(check, data=data, model=model):
        value = functional(data, model)
    return finished(value, unit, support)


def finished(value: Array, unit: float, support: str) -> Array:
    """A value in nats turned to its unit, and refused where `support` says so."""
    _checks.within_support(value, support)
    return _checks.in_unit(value, unit)
