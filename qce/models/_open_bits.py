"""Rows of bits in which some wires were not seen, and their probabilities from a list of all."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce.typing import Array


def read_bits(name: str, bits: Any, wires: int) -> Array:
    """0, 1, and −1 for a wire that was not seen, `(..., n)`; NaN among floats is −1 too.

    Values are looked at where there are any: not under transformations of JAX.
    """
    rows = _checks.concrete(name, bits)
    if rows.ndim == 0 or rows.shape[-1] != wires:
        must, but = f"have shape (..., {wires})", f"its shape is {rows.shape}"
        raise error(name, must, but, "one bit a wire of the model, wire 0 first")
    if isinstance(rows, _checks.Abstract):
        floats = jnp.issubdtype(bits.dtype, jnp.floating)
        return (jnp.where(jnp.isnan(bits), -1, bits) if floats else bits).astype(jnp.int32)
    must, remedy = "be 0 or 1, or −1 where a wire was not seen", "bits, not ±1 or probabilities"
    if rows.dtype.kind == "f":
        rows = np.where(np.isnan(rows), -1.0, rows)
    whole = _checks.whole(name, rows, remedy, must)
    if whole.size and (whole.min() < -1 or whole.max() > 1):
        raise error(
            name, must, f"one is {whole.min() if whole.min() < -1 else whole.max()}", remedy
        )
    return whole.astype(np.int32)


def as_strings(rows: Array) -> Array:
    """Rows of bits as integers, wire 0 the most significant bit, `(N, n)` → `(N,)`."""
    return rows @ (1 << np.arange(rows.shape[1], dtype=np.int32)[::-1])


def marginals(p: Array, rows: Array) -> Array:
    """Sum the probabilities of all strings, `(2^n,)`, that agree with rows where these were seen.

    A string agrees where both of its halves do, so that the sums are a product of matrices.
    """
    half = rows.shape[1] // 2
    first, last = _fitting(rows[:, :half]), _fitting(rows[:, half:])
    exact = jax.lax.Precision.HIGHEST
    sums = jnp.matmul(first.astype(p.dtype), p.reshape(2**half, -1), precision=exact)
    return jnp.sum(sums * last.astype(p.dtype), axis=1)


def _fitting(rows: Array) -> Array:
    """Whether each string of these wires agrees with each row where it was seen, `(N, 2^k)`."""
    xp = np if isinstance(rows, np.ndarray) else jnp  # XLA takes long to fold constants
    fits = xp.ones((rows.shape[0], 1), dtype=bool)
    for wire in range(rows.shape[1]):
        bit = rows[:, wire, None]
        both = xp.stack([bit != 1, bit != 0], axis=-1)  # −1 agrees with either
        fits = (fits[:, :, None] & both).reshape(rows.shape[0], -1)
    return fits
