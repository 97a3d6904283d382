"""Messages from the leaves of a tree to its roots, for all rows at once, and their derivative.

A message is a vector `(D, rows)` of amplitudes or weights, or a matrix `(D, D, rows)`. One compiled
step does one node and is scanned over all of them, so that compilation does not grow with the tree.
Each message is divided by a power of two near its largest entry, which is exact; the exponents
are summed separately. Nothing under- or overflows at any number of wires.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

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
    return hidden_weights(parents, (tensors.real**2 + tensors.imag**2).sum(1), seen)


def hidden_weights(parents: tuple[int, ...], tables: Array, seen: Array) -> tuple[Array, Array]:
    """Return Σ_z Π_i tables_i[x_i, z_parent, z_i] of each row, as mantissa and exponent."""
    return _root(parents, None, tables, seen)


def allowed(bits: Array, dtype: Any) -> Array:
    """Return whether a row allows bit 0, and bit 1, on a wire: `(rows, n)` → `(n, 2, rows)`.

    Both are allowed where the wire was not seen, that is, where the bit is neither.
    """
    return (jnp.asarray(bits).T[:, None] != jnp.array([1, 0])[:, None]).astype(dtype)


def densities(
    parents: tuple[int, ...], coherence: float, tensors: Array, seen: Array
) -> tuple[Array, Array]:
    """Return the weight of each row at any coherence, as mantissa and exponent."""
    mantissa, exponent = _root(parents, coherence, tensors, seen)
    return mantissa.real, exponent


def _vector(tensor: Array, seen: Array, child: Array) -> Array:
    """Σ_x seen_x K_x v, shape `(D, rows)`."""
    size = child.shape[0]
    both = tensor.reshape(2 * size, size) @ child
    return both[:size] * seen[0] + both[size:] * seen[1]


def _matrix(coherence: float, tensor: Array, seen: Array, child: Array) -> Array:
    """Σ_kx seen_x K_kx Λ(M) K_kx†, shape `(D, D, rows)`; Λ scales what is off the diagonal."""
    size, rows = child.shape[0], child.shape[-1]
    eye = jnp.eye(size, dtype=seen.dtype)[..., None]
    kept = child * (coherence + (1 - coherence) * eye)
    left = tensor.reshape(-1, size) @ kept.reshape(size, size * rows)
    left = left.reshape(len(tensor), 2, size, size, rows) * seen[None, :, None, None]
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
    """Mantissa and exponent of the product of the roots' messages; vectors if coherence is None."""
    return _upward(parents, coherence, tensors, seen)[0]


def _upward(
    parents: tuple[int, ...], coherence: float | None, tensors: Array, seen: Array
) -> tuple[tuple[Array, Array], Any]:
    """The root, and what the way back needs of each step: factors and scale of its product."""
    order = order_of(parents)
    size, rows = tensors.shape[-1], seen.shape[-1]
    shape = (size, rows) if coherence is None else (size, size, rows)

    def step(carried: tuple[Array, Array, Array], node: Any) -> Any:
        last, stack, exponents = carried
        tensor, allowed, leaf, first, place = node
        below = jnp.where(leaf, 1, last)
        before = jnp.where(first, 1, jnp.where(leaf, last, stack[place]))
        stack = _put(stack, last, place)
        message = _local(coherence, tensor, allowed, below)
        power = exponent_of(message * before)
        scale = jnp.ldexp(jnp.ones(rows, seen.dtype), -power)
        message = message * scale
        return (message * before, stack, exponents + power), (below, before, message, scale)

    ones = jnp.ones(shape, tensors.dtype)
    start = ones, jnp.ones((order.height, *shape), tensors.dtype), jnp.zeros(rows, jnp.int32)
    (root, _, exponents), kept = jax.lax.scan(step, start, _steps(order, tensors, seen))
    return (root[(0,) * (root.ndim - 1)], exponents.astype(seen.dtype)), kept


def _steps(order: Order, tensors: Array, seen: Array) -> tuple[Array, ...]:
    """What each step of a scan reads, in its order."""
    return tensors[order.nodes], seen[order.nodes], order.leaf, order.first, order.place


def _put(stack: Array, entry: Array, place: Array) -> Array:
    return jax.lax.dynamic_update_index_in_dim(stack, entry, place, 0)


def exponent_of(message: Array) -> Array:
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

    Exponents are constants here: what is divided out of a mantissa is added to the logarithm.
    """
    tensors, seen, factors = kept
    order, shape = order_of(parents), factors[0].shape[1:]
    last = jnp.zeros(shape, tensors.dtype).at[(0,) * (len(shape) - 1)].set(slope[0])
    stack = jnp.zeros((order.height, *shape), tensors.dtype)

    def step(carried: tuple[Array, Array], node: Any) -> Any:
        slope, stack = carried
        (tensor, allowed, leaf, first, place), (below, before, message, scale) = node
        _, pull = jax.vjp(lambda k, v: _local(coherence, k, allowed, v), tensor, below)
        of_tensor, of_below = pull(slope * before * scale)
        of_before = slope * message
        # The slope of an entry read from the stack is put there for the step that wrote it.
        onward = jnp.where(leaf, jnp.where(first, stack[place], of_before), of_below)
        return (onward, _put(stack, of_before, place)), of_tensor

    steps = (_steps(order, tensors, seen), factors)
    _, of_tensors = jax.lax.scan(step, (last, stack), steps, reverse=True)
    return of_tensors[np.argsort(order.nodes)], jnp.zeros_like(seen)


_root.defvjp(_forward, _backward)
