"""Contrastive losses from distances and similarities, whatever they are between."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce.losses import _arguments
from qce.losses._arrays import charge, positive_part, softmax_surprisal, together
from qce.losses._reduce import reduce

Array = Any


def of_pairs(
    labels: Array, distance: Array, margin: float, weights: Array | None, reduction: str
) -> Array:
    """The loss s d² + (1 − s) max(0, margin − d)² of labels s and distances d."""
    xp, same, distance, weights = together(labels, distance, weights)
    losses = same * distance**2 + (1 - same) * positive_part(xp, margin - distance) ** 2
    return reduce(xp, losses, weights, reduction)


def of_triplets(
    near: Array, far: Array, margin: float, weights: Array | None, reduction: str
) -> Array:
    """The loss max(0, near − far + margin) of two distances."""
    xp, near, far, weights = together(near, far, weights)
    return reduce(xp, positive_part(xp, near - far + margin), weights, reduction)


def of_keys(
    similarities: Array, temperature: float, weights: Array | None, reduction: str
) -> Array:
    """The surprisal of the own key among all, from similarities `(..., n, n)`."""
    xp, similarities, weights = together(similarities, weights)
    surprisals = softmax_surprisal(xp, similarities / temperature)
    own = xp.eye(similarities.shape[-1]) > 0
    losses = xp.sum(xp.where(own, surprisals, 0.0), axis=-1)
    return reduce(xp, losses, weights, reduction)


def of_classes(
    labels: Array, similarities: Array, temperature: float, weights: Array | None, reduction: str
) -> Array:
    """The mean surprisal of partners among all others, from similarities `(..., n, n)`.

    Who has no partner does not count.
    """
    xp, y, similarities, weights = together(labels, similarities, weights)
    oneself = xp.eye(similarities.shape[-1]) > 0
    logits = xp.where(oneself, -xp.inf, similarities / temperature)
    partner = xp.where((y[:, None] == y) & ~oneself, 1.0, 0.0 * y)
    number = xp.sum(partner, axis=-1)
    alone = number <= 0
    share = partner / xp.where(alone, 1.0, number)[..., None]
    losses = xp.sum(charge(xp, share, softmax_surprisal(xp, logits)), axis=-1)
    counted = xp.where(alone, xp.zeros_like(number), 1.0)
    return reduce(xp, losses, counted if weights is None else counted * weights, reduction)


def twice(samples: int) -> np.ndarray:
    """The classes of two views of each sample, first views first."""
    return np.tile(np.arange(samples), 2)


def check_classes(labels: Array, samples: int) -> None:
    """Class numbers with something to attract and something to repel."""
    _arguments.one_each("labels", labels, (samples,))
    _arguments.indices("labels", labels)
    numbers = _arguments.values("labels", labels)
    if numbers is None:
        return
    sizes = np.unique(numbers, return_counts=True)[1]
    if len(sizes) == 1 or sizes.max() == 1:
        but = "all are of one class" if len(sizes) == 1 else "no class holds two samples"
        raise _checks.error("labels", "hold partners and opponents", but, "two classes or more")


def check_partners(labels: Array, weights: Array | None, reduction: str) -> None:
    """A sample that has a partner, and counts, for the mean over such samples."""
    if weights is None or reduction != "mean":
        return
    numbers, counts = _arguments.values("labels", labels), _arguments.values("weights", weights)
    if numbers is not None and counts is not None:
        alone = np.sum(numbers[:, None] == numbers, axis=-1) == 1
        _arguments.counted("weights", np.where(alone, 0.0, counts))
