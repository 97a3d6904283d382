"""Outcomes of a model that can write down the probabilities of all of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.typing import Array


def log_prob(p: Array, bits: Array, wires: int) -> Array:
    """Return ln p(x) of bit strings, summed over the wires that were not seen.

    Args:
        p: probabilities of all outcomes, shape `(2^n,)`.
        bits: 0, 1, or −1 where not seen, shape `(..., n)`; may be traced by JAX.
        wires: n.
    """
    if isinstance(bits, jax.core.Tracer):
        wires_of("bits", bits, wires)
        found = _traced(p, bits, wires)
    else:
        known = seen_bits("bits", bits)
        wires_of("bits", known, wires)
        found = _marginals(p, known.reshape(-1, wires)).reshape(known.shape[:-1])
    # A probability of 0 has no slope to follow, and its logarithm is −inf.
    return jnp.where(found > 0, jnp.log(jnp.where(found > 0, found, 1.0)), jnp.where(
        jnp.isnan(found), jnp.nan, -jnp.inf))  # fmt: skip


def _marginals(p: Array, rows: np.ndarray) -> Array:
    """Probability of each row, from one table for all rows that have the same wires open."""
    wires = rows.shape[1]
    table = p.reshape((2,) * wires)
    patterns, which = np.unique(rows == OPEN, axis=0, return_inverse=True)
    found = jnp.zeros(len(rows), dtype=p.dtype)
    for k, pattern in enumerate(patterns):
        here = np.flatnonzero(which.reshape(-1) == k)
        left = table.sum(axis=tuple(np.flatnonzero(pattern).tolist())).reshape(-1)
        seen = rows[here][:, ~pattern].astype(np.int64)
        index = seen @ (1 << np.arange(seen.shape[1])[::-1]) if seen.shape[1] else 0
        found = found.at[here].set(left[index])
    return found


def _traced(p: Array, bits: Array, wires: int) -> Array:
    """The same for rows that are not known yet: of complete ones by their index."""
    powers = 1 << np.arange(wires)[::-1]
    return jax.lax.cond(
        (bits == OPEN).any(),
        lambda: _matching(p, bits, wires),
        lambda: p[(jnp.maximum(bits, 0) * powers).sum(axis=-1)],
    )


def _matching(p: Array, bits: Array, wires: int) -> Array:
    """Of each row the outcomes that agree with it, added up."""
    every = (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1
    agrees = ((bits[..., None, :] == OPEN) | (bits[..., None, :] == every)).all(axis=-1)
    return agrees.astype(p.dtype) @ p


def sample(p: Array, wires: int, shots: int, seed: int) -> np.ndarray:
    """Draw bit strings from probabilities of all outcomes: integers, shape `(shots, n)`."""
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    rng = _checks.rng("seed", seed)
    p = np.asarray(p, dtype=float)
    if not np.isfinite(p).all():
        raise error("params", "be finite", "probabilities of them are NaN", "finite angles")
    drawn = rng.choice(p.size, size=shots, p=p / p.sum())
    return (drawn[:, None] >> np.arange(wires)[::-1]) & 1
