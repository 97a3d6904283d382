"""Outcomes drawn under JAX: from keys alone, so that a step can be drawn again."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qce.typing import Array


def base_key(seed: int | None) -> Array:
    """Return the key of a seed of any size; of `None` one that was never used."""
    words = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    return folded(jax.random.key(0), *(jnp.asarray(word) for word in words))


def folded(key: Array, *numbers: Array | int) -> Array:
    """Return a key with whole numbers folded in, one after the other, all 64 bits of them."""
    for number in numbers:
        whole = jnp.asarray(number).astype(jnp.uint64)
        for word in (whole >> jnp.uint64(32), whole & jnp.uint64(2**32 - 1)):
            key = jax.random.fold_in(key, word.astype(jnp.uint32))
    return key


def draw(distributions: Array, rows: Array, key: Array) -> Array:
    """Draw one outcome from each of the distributions named by `rows`.

    A uniform number of 52 bits is located in the cumulative distribution by bisection; outcomes of
    probability 0 are never drawn.

    Args:
        distributions: probabilities up to a factor, shape `(k, 2^n)`.
        rows: the distribution of each outcome, shape `(N,)`.
        key: of JAX's random numbers.

    Returns:
        Outcomes, integers `(N,)`.
    """
    size = distributions.shape[1]
    sums = jnp.cumsum(distributions, axis=1)
    level = jax.random.uniform(key, rows.shape, dtype=distributions.dtype) * sums[rows, -1]

    def halve(k: Array, found: Array) -> Array:
        step = size >> (k + 1)
        return found + jnp.where(level >= sums[rows, found + step - 1], step, 0)

    start = jnp.zeros(rows.shape, dtype=rows.dtype)
    return jax.lax.fori_loop(0, size.bit_length() - 1, halve, start)


def chosen(weights: Array, shots: int, key: Array) -> tuple[Array, Array, Array]:
    """Draw the state of each outcome, one of K.

    Returns:
        The states that occur, shape `(k,)` with k = min(K, shots); the number of outcomes of each,
        `(k,)`, 0 where fewer occur; and the place of each outcome's state, `(shots,)`.
    """
    count = weights.shape[0]
    if count == 1:
        whole = jnp.full(1, shots)
        return jnp.zeros(1, dtype=int), whole, jnp.zeros(shots, dtype=int)
    sums = jnp.cumsum(weights)
    level = jax.random.uniform(key, (shots,), dtype=sums.dtype) * sums[-1]
    drawn = jnp.searchsorted(sums, level, side="right")
    numbers = jnp.bincount(jnp.minimum(drawn, count - 1), length=count)
    kept = min(count, shots)
    which = jnp.arange(count) if kept == count else jnp.nonzero(numbers, size=kept, fill_value=0)[0]
    # What fills up repeats the first state: its outcomes count once.
    first = jnp.arange(kept) < jnp.maximum(jnp.count_nonzero(numbers), 1)
    of_each = numbers[which] if kept == count else jnp.where(first, numbers[which], 0)
    rows = jnp.repeat(jnp.arange(kept), of_each, total_repeat_length=shots)
    return which, of_each, rows
