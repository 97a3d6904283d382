"""Examples in batches of one shape, so that one compiled program runs all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from qce._forks import computes
from qce.typing import Array

# The most examples evaluated together, with little memory. With 4, 16 and 64 there are four sizes,
# so that a few compiled programs serve sets of any size.
_MOST = 256


class Batch(NamedTuple):
    """Examples with labels, and how often each label counts."""

    features: Any
    labels: Any
    weights: Any

    def take(self, rows: Any) -> Batch:
        """Return some of the examples, or one batch of several."""
        return Batch(*(array[rows] for array in self))


def batched(examples: Batch, order: np.ndarray, size: int, *, whole: bool = False) -> Batch:
    """Examples in an order, cut into batches `(number, size, …)`.

    The last batch is filled up with examples that do not count; with `whole`, for losses that
    compare examples, it is left out if it is incomplete.

    Args:
        examples: N of them.
        order: Their indices.
        size: Examples a batch, at most N.
        whole: Whether every batch holds examples that count and no others.
    """
    number = len(order) // size if whole else -(-len(order) // size)
    missing = max(number * size - len(order), 0)
    rows = np.concatenate([order, np.repeat(order[:1], missing)])[: number * size]
    cut = examples.take(rows)
    cut.weights[len(order) :] = 0.0
    return Batch(*(array.reshape(number, size, *array.shape[1:]) for array in cut))


def one_by_one(batches: Batch) -> Iterator[Batch]:
    """Each batch of several."""
    return (batches.take(k) for k in range(len(batches.labels)))


def power_of_two(count: int) -> int:
    """The least power of two that is not below, which keeps compiled programs few."""
    return 1 << (count - 1).bit_length()


def power_of_four(count: int) -> int:
    """The least power of four that is not below: half as many sizes, with more padding."""
    return 1 << ((count - 1).bit_length() + 1) // 2 * 2


def over_examples(of: Callable[..., Array], params: Array, x: np.ndarray) -> np.ndarray:
    """A compiled function `params, batch → (B, …)` of all examples."""
    all_ = Batch(x, np.zeros(len(x), int), np.ones(len(x)))
    batches = batched(all_, np.arange(len(x)), together(len(x)))
    computes()
    with jax.enable_x64(True):
        found = [np.asarray(of(params, batch.features)) for batch in one_by_one(batches)]
    return np.concatenate(found)[: len(x)]


def together(count: int) -> int:
    """How many of `count` examples are evaluated together."""
    return min(max(power_of_four(count), 4), _MOST)
