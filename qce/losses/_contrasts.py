"""Contrastive losses from distances and similarities, whatever they are between."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import bits, charge, positive_part, softmax_surprisal, together
from qce.losses._reduce import reduce
from qce.typing import Array


def of_pairs(
    labels: Array, distance: Array, margin: Array, weights: Array | None, reduction: str
) -> Array:
    """The loss s d² + (1 − s) max(0, margin − d)² of labels s and distances d."""
    xp, same, distance, weights, margin = together(labels, distance, weights, numbers=(margin,))
    same = bits(xp, same)
    losses = same * distance**2 + (1 - same) * positive_part(xp, margin - distance) ** 2
    return reduce(xp, losses, weights, reduction)


def of_triplets(
    near: Array, far: Array, margin: Array, weights: Array | None, reduction: str
) -> Array:
    """The loss max(0, near − far + margin) of two distances."""
    xp, near, far, weights, margin = together(near, far, weights, numbers=(margin,))
    return reduce(xp, positive_part(xp, near - far + margin), weights, reduction)


def of_keys(
    similarities: Array,
    temperature: Array,
    weights: Array | None,
    reduction: str,
    present: Array | None = None,
) -> Array:
    """The surprisal of the own key among all that are present, from similarities `(..., n, n)`."""
    xp, similarities, weights, temperature, own = _of_pairs(similarities, temperature, weights)
    logits = similarities / temperature
    if present is not None:
        logits = xp.where(_beside(xp, present, own)[..., None, :] | own, logits, -xp.inf)
    surprisals = softmax_surprisal(xp, logits)
    losses = xp.sum(xp.where(own, surprisals, 0.0), axis=-1)
    return reduce(xp, losses, weights, reduction)


def of_classes(
    labels: Array,
    similarities: Array,
    temperature: Array,
    weights: Array | None,
    reduction: str,
    present: Array | None = None,
) -> Array:
    """The mean surprisal of partners among all others, from similarities `(..., n, n)`.

    Who has no partner does not count.
    """
    xp, similarities, weights, temperature, oneself = _of_pairs(similarities, temperature, weights)
    _, y, _ = together(labels, similarities)
    partners, others = (y[:, None] == y) & ~oneself, ~oneself
    if present is not None:
        here = _beside(xp, present, oneself)
        partners = partners & here[..., None, :]
        others = others & (here[..., None, :] | ~here[..., :, None])
    logits = xp.where(others, similarities / temperature, -xp.inf)
    partner = xp.where(partners, 1.0, 0.0 * y)
    number = xp.sum(partner, axis=-1)
    alone = number <= 0
    share = partner / xp.where(alone, 1.0, number)[..., None]
    losses = xp.sum(charge(xp, share, softmax_surprisal(xp, logits)), axis=-1)
    counted = xp.where(alone, xp.zeros_like(number), 1.0)
    return reduce(xp, losses, counted if weights is None else counted * weights, reduction)


def of_views(
    similarities: Array,
    temperature: Array,
    weights: Array | None,
    where: Array | None,
    reduction: str,
    check: bool,
) -> Array:
    """The same of two views of each sample, first views first, each sample a class of its own."""
    shape = np.shape(similarities)[:-1]
    classes = np.tile(np.arange(shape[-1] // 2), 2)
    present = _masks.present(shape, where, check)
    weights, _ = _masks.counting(shape, weights, where, check=check)
    if check:
        check_classes(classes, shape[-1], present)
        check_partners(classes, weights, reduction)
    return of_classes(classes, similarities, temperature, weights, reduction, present)


def _of_pairs(similarities: Array, temperature: Array, weights: Array | None) -> tuple[Any, ...]:
    """The namespace, the arrays in it, and which pairs are of a sample with itself."""
    xp, *found = together(similarities, weights, numbers=(temperature,))
    return xp, *found, xp.eye(similarities.shape[-1]) > 0


def _beside(xp: Any, present: Array, other: Array) -> Array:
    """Who is present, in the library and the place of another array."""
    if xp.__name__ == "torch" and not hasattr(present, "detach"):
        return xp.as_tensor(present, device=other.device)
    return present


def check_classes(labels: Array, samples: int, present: Array | None = None) -> None:
    """Class numbers with something to attract and something to repel."""
    _arguments.one_each("labels", labels, (samples,))
    _arguments.indices("labels", labels)
    numbers = _arguments.values("labels", labels)
    here = None if present is None else _arguments.values("where", present)
    if numbers is None or (present is not None and here is None):
        return
    if here is not None and here.ndim == 1:
        numbers = numbers[here]
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
