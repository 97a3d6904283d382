"""Functions of bit strings, `(..., 2^n)`: what acts on every wire alike costs n·2^n, never 4^n."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from qce import _checks
from qce.typing import Array


def wires(name: str, x: Array) -> int:
    """Number of wires n of an array `(..., 2^n)`, n ≥ 1."""
    size = np.shape(x)[-1] if np.ndim(x) else 0
    if size < 2 or size & (size - 1):
        but = f"its shape is {_checks.shape_of(x)}"
        remedy = "one entry for each bit string"
        raise _checks.error(name, "have shape (..., 2^n) with n >= 1", but, remedy)
    return size.bit_length() - 1


def on_every_wire(xp: Any, x: Array, step: Callable[[Array, Array], tuple[Array, Array]]) -> Array:
    """Apply (entries with bit 0, entries with bit 1) → the same, on one wire after the other."""
    shape, size, stride = x.shape, x.shape[-1], 1
    while stride < size:
        x = xp.reshape(x, (*shape[:-1], size // (2 * stride), 2, stride))
        x = xp.stack(step(x[..., 0, :], x[..., 1, :]), -2)
        stride *= 2
    return xp.reshape(x, shape)


def walsh_hadamard(xp: Any, x: Array) -> Array:
    """Σ_x (−1)^{A·x} f(x) for every set A of wires, written as a bit string, `(..., 2^n)`."""
    return on_every_wire(xp, x, lambda zero, one: (zero + one, zero - one))


@lru_cache(maxsize=32)
def weights(n: int) -> np.ndarray:
    """Number of ones of every bit string, `(2^n,)`."""
    ones = np.zeros(1, dtype=int)
    for _ in range(n):
        ones = np.concatenate([ones, ones + 1])
    ones.setflags(write=False)
    return ones
