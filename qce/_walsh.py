"""The Walsh-Hadamard transform under JAX, between functions of all bit strings and of a few.

Strings of n bits are integers, wire 0 the most significant bit. For a sum over few strings, or
values at few, only some of the wires are transformed: over the others direct sums are cheaper.
"""

from __future__ import annotations

from functools import lru_cache, reduce

import jax
import jax.numpy as jnp
import numpy as np

from qce._concrete import constant
from qce.typing import Array

# Wires at once: a product with H⊗H⊗H⊗H costs less than reading and writing the array four times.
# Measured best of 2 to 8, at 16 and at 22 wires.
_AT_ONCE = 4


def walsh_hadamard(x: Array) -> Array:
    """Return Σ_z (−1)^{g·z} f(z) for every string g, `(..., 2^n)` → `(..., 2^n)`.

    It is its own transpose, and 2^n times its own inverse.
    """
    return _from_front(x, x.shape[-1].bit_length() - 1)


def walsh_at(x: Array, strings: Array) -> Array:
    """Return Σ_z (−1)^{g·z} f(z) only at some strings g, `(..., 2^n)`, `(N,)` → `(..., N)`."""
    wires = x.shape[-1].bit_length() - 1
    last = _transformed(wires, strings.shape[0])
    table = _to_front(x, last).reshape(*x.shape[:-1], 2**last, -1)
    rows = table[..., strings & (2**last - 1), :]
    return jnp.sum(rows * _signs_of(strings >> last, wires - last, x.dtype), axis=-1)


def walsh_of(values: Array, strings: Array, wires: int) -> Array:
    """Return Σ_g v_g (−1)^{g·z} for every string z, `(N,)`, `(N,)` → `(2^n,)`."""
    last = _transformed(wires, strings.shape[0])
    rows = values[:, None] * _signs_of(strings >> last, wires - last, values.dtype)
    table = jnp.zeros((2**last, 2 ** (wires - last)), values.dtype)
    table = table.at[strings & (2**last - 1)].add(rows)
    return _from_front(table.reshape(-1), last)


def _transformed(wires: int, strings: int) -> int:
    """How many wires to transform: one more pass costs about as much as 2^n/4 products of signs."""
    passes = -(-(4 * max(strings, 1) - 1).bit_length() // _AT_ONCE)
    return min(wires, passes * _AT_ONCE)


def _from_front(x: Array, wires: int) -> Array:
    """Transform the first wires, which go to the end in their order."""
    shape = x.shape
    for now in _passes(wires):
        x = x.reshape(*shape[:-1], 2**now, -1)
        x = _product("...gm,gz->...mz", x, now).reshape(shape)
    return x


def _to_front(x: Array, wires: int) -> Array:
    """Transform the last wires, which go to the front in their order: its transpose."""
    shape = x.shape
    for now in reversed(_passes(wires)):
        x = x.reshape(*shape[:-1], -1, 2**now)
        x = _product("...mg,gz->...zm", x, now).reshape(shape)
    return x


def _product(sum_over: str, x: Array, wires: int) -> Array:
    signs = constant(_signs(wires)).astype(x.dtype)
    return jnp.einsum(sum_over, x, signs, precision=jax.lax.Precision.HIGHEST)


def _passes(wires: int) -> list[int]:
    whole, rest = divmod(wires, _AT_ONCE)
    return [_AT_ONCE] * whole + ([rest] if rest else [])


@lru_cache(maxsize=_AT_ONCE)
def _signs(wires: int) -> np.ndarray:
    return reduce(np.kron, [np.array([[1.0, 1.0], [1.0, -1.0]])] * wires)


def _signs_of(strings: Array, wires: int, dtype: np.dtype) -> Array:
    """(−1)^{g·z} of the given strings g and of every z, `(N, 2^n)`."""
    common = strings[:, None] & jnp.arange(2**wires, dtype=strings.dtype)
    return (1 - 2 * (jax.lax.population_count(common) & 1)).astype(dtype)
