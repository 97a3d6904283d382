"""Outcomes of models that write down the probabilities of all 2^n bit strings."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._wires import bits_of
from qce.circuits.circuit import real_array
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.typing import Array


def log_prob(p: Array, bits: Array, wires: int) -> Array:
    """Return ln p(x) of bit strings, summed over the wires that were not seen.

    Args:
        p: probabilities of all outcomes, shape `(2^n,)`.
        bits: 0, 1, or −1 (NaN among floats) where not seen, shape `(..., n)`; may be traced.
        wires: n.
    """
    rows = read_bits(bits, wires)
    flat = rows.reshape(-1, wires)
    found = by_rows(flat, lambda x: p[strings(x)], lambda x: marginals(p, x))
    return logarithm(found).reshape(rows.shape[:-1])


def read_bits(bits: Array, wires: int) -> Array:
    """Bits as integers, −1 where not seen; values are checked unless they are traced."""
    if not isinstance(bits, jax.core.Tracer):
        rows = seen_bits("bits", bits)
    elif jnp.issubdtype(bits.dtype, jnp.floating):
        rows = jnp.where(jnp.isnan(bits), OPEN, bits).astype(jnp.int8)
    else:
        rows = bits.astype(jnp.int8)
    wires_of("bits", rows, wires)
    return rows


def read_shots(shots: int, wires: int) -> int:
    """How many strings to draw; refused where they would not fit into memory."""
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    _checks.memory("shots", f"{shots} bit strings", 16.0 * shots * wires, None, "fewer at a time")
    return shots


def finite_params(params: Array, size: int) -> np.ndarray:
    """Parameters to draw with; refused unless finite."""
    given = real_array("params", _checks.vector("params", params, size))
    flat = np.asarray(given, dtype=float)
    if not np.isfinite(flat).all():
        raise error("params", "be finite", "one is infinite or NaN", "finite numbers")
    return flat


def by_rows(rows: Array, seen: Callable[[Array], Array], some: Callable[[Array], Array]) -> Array:
    """Probabilities of rows: by `seen` if no bit of any row is missing, else by `some`."""
    if isinstance(rows, np.ndarray):
        return some(rows) if (rows == OPEN).any() else seen(rows)
    return jax.lax.cond(jnp.any(jnp.equal(rows, OPEN)), some, seen, rows)


def as_given(function: Callable[[Array], Array], params: Array) -> Array:
    """Arrays of JAX keep their precision; all others are computed in double precision."""
    if isinstance(params, jax.Array):
        return function(params)
    with jax.enable_x64(True):
        return np.asarray(function(np.asarray(_checks.array("params", params), dtype=float)))


def logarithm(p: Array) -> Array:
    """Ln p: −inf where p is 0, which has no slope to follow; NaN stays NaN."""
    ordinary = p > 0
    edge = jnp.where(jnp.isnan(p), jnp.nan, -jnp.inf)
    return jnp.where(ordinary, jnp.log(jnp.where(ordinary, p, 1.0)), edge)


def strings(rows: Array) -> Array:
    """Rows of bits as integers, wire 0 the most significant bit, `(N, n)` → `(N,)`."""
    return rows.astype(np.int32) @ (1 << np.arange(rows.shape[1], dtype=np.int32)[::-1])


def marginals(p: Array, rows: Array) -> Array:
    """Sum the probabilities of all strings, `(2^n,)`, that agree with rows where these were seen.

    A string agrees where both of its halves do, so that the sums are a product of matrices.
    """
    half = rows.shape[1] // 2
    first, last = _agreeing(rows[:, :half]), _agreeing(rows[:, half:])
    exact = jax.lax.Precision.HIGHEST
    sums = jnp.matmul(first.astype(p.dtype), p.reshape(2**half, -1), precision=exact)
    return jnp.sum(sums * last.astype(p.dtype), axis=1)


def _agreeing(rows: Array) -> Array:
    """Whether each string of these wires agrees with each row where it was seen, `(N, 2^k)`."""
    xp = np if isinstance(rows, np.ndarray) else jnp  # XLA takes long to fold constants
    agrees = xp.ones((rows.shape[0], 1), dtype=bool)
    for wire in range(rows.shape[1]):
        bit = rows[:, wire, None]
        both = xp.stack([bit != 1, bit != 0], axis=-1)  # what was not seen agrees with either
        agrees = (agrees[:, :, None] & both).reshape(rows.shape[0], -1)
    return agrees


def sample(p: Array, wires: int, shots: int, seed: int) -> np.ndarray:
    """Draw bit strings from probabilities of all outcomes: integers, shape `(shots, n)`."""
    shots = read_shots(shots, wires)
    rng = _checks.rng("seed", seed)
    p = np.asarray(p, dtype=float)
    if not np.isfinite(p).all():
        raise error("params", "be finite", "probabilities of them are NaN", "finite angles")
    drawn = rng.choice(p.size, size=shots, p=p / p.sum())
    return bits_of(drawn, wires)
