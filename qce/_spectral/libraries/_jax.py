"""JAX: custom JVP rules, so that jit, vmap, grad, forward mode and repeated derivatives follow."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from qce._spectral import frechet as _frechet
from qce._spectral.eigen import Eigen

xp = jnp
_OPS = sys.modules[__name__]  # the operations in which gradients are written


def convert(arrays: tuple[Any, ...]) -> tuple[jax.Array, ...]:
    return tuple(_inexact(jnp.asarray(x)) for x in arrays)


@partial(jax.jit, static_argnums=0)  # one compiled call for those who do not compile themselves
def apply(functional: Any, arguments: tuple[jax.Array, ...]) -> jax.Array:
    constants = tuple(jax.lax.stop_gradient(x) for x in arguments)
    return _apply(functional, arguments, functional.eigens(jnp, constants))


def frechet(f: Any, matrix: jax.Array, eigen: Eigen, *directions: jax.Array) -> jax.Array:
    return _derivative(f, matrix, eigen, directions)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _apply(functional: Any, arguments: Any, eigens: Any) -> jax.Array:
    return functional.value(jnp, *arguments, *eigens)


def _apply_jvp(functional: Any, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    arguments, eigens = primals
    value = _apply(functional, arguments, eigens)
    tangent = jnp.zeros_like(value)
    for gradient, direction in zip(functional.gradients, tangents[0], strict=True):
        if not isinstance(direction, SymbolicZero):
            conjugate = jnp.conj(gradient(_OPS, *arguments, *eigens))
            tangent += jnp.sum(jnp.real(conjugate * direction), axis=functional.axes)
    return value, tangent


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _derivative(f: Any, matrix: jax.Array, eigen: Eigen, directions: Any) -> jax.Array:
    return _frechet.frechet(jnp, f, eigen, *directions)


def _derivative_jvp(f: Any, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    matrix, eigen, directions = primals
    step, _, steps = tangents
    value = _derivative(f, matrix, eigen, directions)
    tangent = jnp.zeros_like(value)
    if not isinstance(step, SymbolicZero):
        moved = (*directions, _frechet.hermitian(jnp, step))
        tangent += _derivative(f, matrix, eigen, moved)
    for slot, direction in enumerate(steps):
        if not isinstance(direction, SymbolicZero):
            direction = _frechet.hermitian(jnp, direction)
            moved = (*directions[:slot], direction, *directions[slot + 1 :])
            tangent += _derivative(f, matrix, eigen, moved)
    return value, tangent


_apply.defjvp(_apply_jvp, symbolic_zeros=True)
_derivative.defjvp(_derivative_jvp, symbolic_zeros=True)


def _inexact(x: jax.Array) -> jax.Array:
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)
