"""What divergences of two states have in common: their eigenbases, differences and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qce._arrays import adjoint, certain, hermitian
from qce._spectral import data_weights, decompose
from qce.classical.kernels import entropies as _kernels
from qce.quantum._bases import Pair
from qce.typing import Array

MATRIX = (-2, -1)
# A difference of numbers near 1, each right to ε, has the relative error ε/0.01 here: below this,
# differences are replaced by sums that do not cancel.
TWO_DIGITS = 0.01


def both(xp: Any, rho: Array, sigma: Array) -> Pair:
    """Spectrum p and eigenvectors U of the data, q and V of the model."""
    return Pair(*decompose(xp, rho, sigma))


def difference(xp: Any, rho: Array, sigma: Array, u: Array, v: Array) -> Array:
    """⟨i|ρ − σ|j⟩ between eigenvectors of ρ and of σ; the matrices are subtracted first."""
    return adjoint(xp, u) @ (hermitian(xp, rho - sigma) @ v)


def model_weights(xp: Any, rho: Array, q: Array, v: Array) -> tuple[Array, Array]:
    """The data's weights ⟨j|ρ|j⟩ in the model's eigenbasis, and their sum outside its support."""
    a = data_weights(xp, rho, q, v)
    return a, xp.sum(xp.where(q > 0, 0.0, a), axis=-1)


def outside(xp: Any, rho: Array, q: Array, v: Array) -> Array:
    """The data's weight outside the model's support; (...), or the batch axes of the model alone.

    It is 0, and not summed, where the model has full rank.
    """
    if certain(q > 0):
        return xp.zeros_like(q[..., 0])
    return model_weights(xp, rho, q, v)[1]


def sizes(xp: Any, *matrices: Array) -> list[Array]:
    """Traces; exactly 1 where they are 1 within √ε."""
    # By what is left of a matrix, because autograd cannot differentiate `diagonal`.
    diagonals = (xp.real(xp.tril(xp.triu(x))) for x in matrices)
    return [_kernels.beside_one(xp, xp.sum(x, axis=MATRIX)) for x in diagonals]


def by_bases(
    value: Callable[..., Array], prepare: Callable[..., tuple[Any, ...]]
) -> Callable[..., Array]:
    """The value computed from eigenvectors, for NumPy arrays."""
    return lambda *arguments: value(np, *arguments, *prepare(np, *arguments))


def refined(value: Array, close: Array, exact: Callable[..., Array], *states: np.ndarray) -> Array:
    """NumPy values, with those of `close` states computed again by `exact`, which does not cancel.

    For all others the difference loses less than two digits as a rule.
    """
    if not np.any(close):
        return value
    value, close = np.array(value), np.asarray(close)
    shape = (*value.shape, *states[0].shape[-2:])
    value[close] = exact(*(np.broadcast_to(x, shape)[close] for x in states))
    return value[()]
