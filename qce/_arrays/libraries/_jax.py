"""JAX: custom JVP rules, so that jit, vmap, grad, forward mode and repeated derivatives follow."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from qce._arrays.compiled import product as _by_real_products
from qce._arrays.compiled import together as together
from qce._arrays.compiled import where_needed as where_needed
from qce._concrete import portable

xp = jnp
_WIDE = 64  # from this dimension on three real products cost less than a complex one
_OPS = sys.modules[__name__]  # the operations in which gradients are written


def convert(arrays: tuple[Any, ...]) -> tuple[jax.Array, ...]:
    return tuple(_inexact(jnp.asarray(portable(x))) for x in arrays)


@partial(jax.jit, static_argnums=0)  # one compiled call for those who do not compile themselves
def apply(functional: Any, arguments: tuple[jax.Array, ...]) -> jax.Array:
    values = map(jax.lax.stop_gradient, arguments)
    return _apply(functional, arguments, functional.prepare(jnp, *values))


def again(
    functional: Any, arguments: tuple[jax.Array, ...], constants: tuple[jax.Array, ...]
) -> jax.Array:
    return _apply(functional, arguments, constants)


def frechet(
    f: Any, matrix: jax.Array, q: jax.Array, v: jax.Array, *directions: jax.Array, image: Any = None
) -> jax.Array:
    return _derivative(f, image, matrix, (q, v), directions)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _apply(functional: Any, arguments: Any, constants: Any) -> jax.Array:
    return functional.value(jnp, *arguments, *constants)


def _apply_jvp(functional: Any, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    arguments, constants = primals
    value = _apply(functional, arguments, constants)
    tangent = jnp.zeros_like(value)
    for gradient, direction in zip(functional.gradients, tangents[0], strict=True):
        if not isinstance(direction, SymbolicZero):
            conjugate = jnp.conj(gradient(_OPS, *arguments, *constants))
            tangent += jnp.sum(jnp.real(conjugate * direction), axis=functional.axes)
    return value, tangent


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _derivative(f: Any, image: Any, matrix: jax.Array, eigen: Any, directions: Any) -> jax.Array:
    return f.derivative(jnp, *eigen, *directions, image=image)


def _derivative_jvp(f: Any, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    image, matrix, eigen, directions = primals
    _, step, _, steps = tangents
    value = _derivative(f, image, matrix, eigen, directions)
    tangent = jnp.zeros_like(value)
    if not isinstance(step, SymbolicZero):
        tangent += _derivative(f, image, matrix, eigen, (*directions, step))
    for slot, direction in enumerate(steps):
        if not isinstance(direction, SymbolicZero):
            moved = (*directions[:slot], direction, *directions[slot + 1 :])
            moved_image = image if slot else None  # it belongs to the first direction
            tangent += _derivative(f, moved_image, matrix, eigen, moved)
    return value, tangent


_apply.defjvp(_apply_jvp, symbolic_zeros=True)
_derivative.defjvp(_derivative_jvp, symbolic_zeros=True)


def product(a: jax.Array, b: jax.Array) -> jax.Array:
    return _by_real_products(a, b) if b.shape[-1] >= _WIDE else a @ b


# What is decomposed is Hermitian already.
eigh = partial(jnp.linalg.eigh, symmetrize_input=False)
eigvalsh = partial(jnp.linalg.eigvalsh, symmetrize_input=False)


def svd(matrix: jax.Array) -> tuple[jax.Array, ...]:
    linalg = jax.lax.linalg
    return linalg.svd(matrix, full_matrices=False, algorithm=linalg.SvdAlgorithm.QR)


def on_host(function: Any, *arrays: jax.Array) -> jax.Array:
    """Call a NumPy function of stacked matrices, also from compiled code."""
    shape = jnp.broadcast_shapes(*(x.shape for x in arrays))
    result = jax.ShapeDtypeStruct(shape, jnp.result_type(*arrays, jnp.complex64))
    return jax.pure_callback(
        lambda *x: function(*map(np.asarray, x)), result, *arrays, vmap_method="expand_dims"
    )


constant = jax.lax.stop_gradient
repeat = jax.lax.while_loop


def beside(x: Any, other: Any) -> jax.Array:
    del other
    return jnp.asarray(x)


def like(x: Any, other: Any) -> jax.Array:
    return jnp.asarray(x).astype(jnp.real(other).dtype)


def take_along(x: jax.Array, order: jax.Array) -> jax.Array:
    return jnp.take_along_axis(x, order, -1)


def log_factorial(n: jax.Array) -> jax.Array:
    return jax.scipy.special.gammaln(n + 1)


def _inexact(x: jax.Array) -> jax.Array:
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)
