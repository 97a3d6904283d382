"""Messages from the leaves of a tree to its roots, for all rows at once, and their derivative.

A message is a vector `(D, rows)` of amplitudes or weights, or a matrix `(D, D, rows)`. One compiled
step does one node and is scanned over all of them, so that compilation does not grow with the tree.
Each message is divided by a power of two near its largest entry, which rounds nothing; the
exponents are added up apart. Nothing under- or overflows at any number of wires.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from qce.models._tree_order import Order, order_of
from qce.typing import Array


def amplitudes(parents: tuple[int, ...], tensors: Array, seen: Array) -> tuple[Array, Array]:
    """Return ψ(x) of each row as mantissa and exponent of two; every wire of it has to be seen.

    Args:
        parents: of each wire.
        tensors: K, shape `(n, 2, D, D)`, or `(n, 1, 2, D, D)`.
        seen: whether a row allows bit x on a wire, shape `(n, 2, rows)`.

    Returns:
        Two arrays of shape `(rows,)`.
    """
    return _root(parents, None, tensors.reshape(-1, *tensors.shape[-3:]), seen)


def weights(parents: tuple[int, ...], tensors: Array, seen: Array) -> tuple[Array, Array]:
    """Return Σ_z Π_i |K_i|², the weight of each row at coherence 0, as mantissa and exponent."""
    squares = (tensors.real**2 + tensors.imag**2).sum(1)
    return _root(parents, None, squares, seen)


def densities(
    parents: tuple[int, ...], coherence: float, tensors: Array, seen: Array
) -> tuple[Array, Array]:
    """Return the weight of each row at any coherence, as mantissa and exponent."""
    mantissa, exponent = _root(parents, coherence, tensors, seen)
    return mantissa.real, exponent


def _vector(tensor: Array, seen: Array, child: Array) -> Array:
    """Σ_x seen_x K_x v, shape `(D, rows)`."""
    both = tensor.reshape(-1, tensor.shape[-1]) @ child
    return (both.reshape(2, -1, child.shape[-1]) * seen[:, None]).sum(0)


def _matrix(coherence: float, tensor: Array, seen: Array, child: Array) -> Array:
    """Σ_kx seen_x K_kx Λ(M) K_kx†, shape `(D, D, rows)`; Λ keeps the diagonal, and what coheres."""
    size, rows = child.shape[0], child.shape[-1]
    eye = jnp.eye(size, dtype=seen.dtype)[..., None]
    kept = child * (coherence + (1 - coherence) * eye)
    left = tensor.reshape(-1, size) @ kept.reshape(size, -1)
    left = left.reshape(-1, 2, size, size, rows) * seen[None, :, None, None]
    return jnp.einsum("kxacr,kxdc->adr", left, tensor.conj())


def _local(coherence: float | None, tensor: Array, seen: Array, child: Array) -> Array:
    """The message of one node from the product of those of its children."""
    if coherence is None:
        return _vector(tensor, seen, child)
    return _matrix(coherence, tensor, seen, child)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _root(
    parents: tuple[int, ...], coherence: float | None, tensors: Array, seen: Array
) -> tuple[Array, Array]:
    """Mantissa and exponent of the product of the roots' messages; `None`: of vectors."""
    return _upward(parents, coherence, tensors, seen)[0]


def _upward(
    parents: tuple[int, ...], coherence: float | None, tensors: Array, seen: Array
) -> tuple[tuple[Array, Array], Any]:
    """The root, and what the way back needs: products of siblings, messages and their scales."""
    order = order_of(parents)
    size, rows = tensors.shape[-1], seen.shape[-1]
    shape = (size, rows) if coherence is None else (size, size, rows)
    products = jnp.ones((len(parents) + 1, *shape), tensors.dtype)

    def step(carried: tuple[Array, Array], node: Any) -> Any:
        products, exponents = carried
        slot, tensor, allowed, child, sibling = node
        below, before = jax.lax.optimization_barrier((products[child], products[sibling]))
        message = _local(coherence, tensor, allowed, below)
        power = _exponent(message * before)
        scale = jnp.ldexp(jnp.ones_like(seen, shape=rows), -power)
        message, product = jax.lax.optimization_barrier((message * scale, message * scale * before))
        products = jax.lax.dynamic_update_index_in_dim(products, product, slot, 0)
        return (products, exponents + power), (message, scale)

    start = products, jnp.zeros(rows, jnp.int32)
    (products, exponents), (messages, scales) = jax.lax.scan(
        step, start, _steps(order, tensors, seen)
    )
    root = products[len(parents) - 1].reshape(-1, rows)[0]
    return (root, exponents.astype(seen.dtype)), (products, messages, scales)


def _steps(order: Order, tensors: Array, seen: Array) -> tuple[Array, ...]:
    """What each step of a scan reads, in its order."""
    slots = jnp.arange(len(order.nodes))
    return slots, tensors[order.nodes], seen[order.nodes], order.child, order.sibling


def _exponent(message: Array) -> Array:
    """The power of two next above the largest entry of each row; 0 where all are 0 or one is NaN.

    It stays where its inverse is a normal number of single precision.
    """
    size = jnp.abs(message.real)
    if jnp.iscomplexobj(message):
        size = jnp.maximum(size, jnp.abs(message.imag))
    largest = size.max(axis=tuple(range(size.ndim - 1)))
    return jnp.clip(jnp.frexp(largest)[1], -125, 125).astype(jnp.int32)


def _forward(parents: tuple[int, ...], coherence: float | None, tensors: Array, seen: Array) -> Any:
    root, kept = _upward(parents, coherence, tensors, seen)
    return root, (tensors, seen, kept)


def _backward(parents: tuple[int, ...], coherence: float | None, kept: Any, slope: Any) -> Any:
    """Derivatives of all tensors by one walk from the roots to the leaves.

    Exponents are constants here: what they take from a mantissa they give back to the logarithm.
    """
    tensors, seen, (products, messages, scales) = kept
    order, rows = order_of(parents), seen.shape[-1]
    slopes = jnp.zeros_like(products)
    last = slopes[0].reshape(-1, rows).at[0].set(slope[0]).reshape(slopes.shape[1:])
    slopes = slopes.at[len(parents) - 1].set(last)

    def step(slopes: Array, node: Any) -> tuple[Array, Array]:
        (slot, tensor, allowed, child, sibling), message, scale = node
        of_product = jax.lax.optimization_barrier(slopes[slot])
        _, pull = jax.vjp(lambda k, v: _local(coherence, k, allowed, v), tensor, products[child])
        of_tensor, of_child = pull(of_product * products[sibling] * scale)
        of_child, of_before = jax.lax.optimization_barrier((of_child, of_product * message))
        # Each product is used once, so its slope is set and not added; slot n takes what none uses.
        slopes = jax.lax.dynamic_update_index_in_dim(slopes, of_before, sibling, 0)
        slopes = jax.lax.dynamic_update_index_in_dim(slopes, of_child, child, 0)
        return slopes, of_tensor

    steps = (_steps(order, tensors, seen), messages, scales)
    _, of_tensors = jax.lax.scan(step, slopes, steps, reverse=True)
    return jnp.zeros_like(tensors).at[order.nodes].set(of_tensors), jnp.zeros_like(seen)


_root.defvjp(_forward, _backward)
