"""Contrastive losses from distances and similarities, whatever they are between.

The losses of one name in `qce.losses`, `qce.losses.classical` and `qce.losses.quantum` are these
of a `Space` of their own.
"""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce._arrays.libraries import of_namespace
from qce.losses import _arguments, _masks
from qce.losses._arrays import bits, charge, positive_part, softmax_surprisal, together
from qce.losses._reduce import Options, reduce, told
from qce.losses._spaces import Space
from qce.typing import Array, Scalar


def pairs(
    space: Space, labels: Scalar, first: Array, second: Array, margin: Scalar, options: Options
) -> Array:
    """The loss s d² + (1 − s) max(0, margin − d)² of labels s and distances d."""
    margin = _arguments.above_zero("margin", margin)
    weights, where, reduction, check = told(options, labels=labels, first=first, second=second)
    if check and np.ndim(labels):
        _arguments.one_each("labels", labels, space.batch(first))
    parts = {"first": space.part(first), "second": space.part(second)}
    weights, labels, first, second = _masks.of_batch(
        weights, where, check, labels=_masks.Part(labels, 1.0), **parts
    )
    if check:
        space.check_all(first=first, second=second)
        _arguments.hard("labels", labels)
    distance = space.distance(first, second)
    xp, same, distance, weights, margin = together(labels, distance, weights, numbers=(margin,))
    same = bits(xp, same)
    losses = same * distance**2 + (1 - same) * positive_part(xp, margin - distance) ** 2
    return reduce(xp, losses, weights, reduction)


def triplets(
    space: Space,
    anchors: Array,
    positives: Array,
    negatives: Array,
    margin: Scalar,
    options: Options,
) -> Array:
    """The loss max(0, near − far + margin) of two distances."""
    margin = _arguments.above_zero("margin", margin)
    named = {"anchors": anchors, "positives": positives, "negatives": negatives}
    weights, where, reduction, check = told(options, **named)
    parts = {name: space.part(x) for name, x in named.items()}
    weights, anchors, positives, negatives = _masks.of_batch(weights, where, check, **parts)
    if check:
        space.check_all(anchors=anchors, positives=positives, negatives=negatives)
    near, far = (space.distance(anchors, x) for x in (positives, negatives))
    xp, near, far, weights, margin = together(near, far, weights, numbers=(margin,))
    return reduce(xp, positive_part(xp, near - far + margin), weights, reduction)


def keys(space: Space, queries: Array, keys: Array, temperature: Scalar, options: Options) -> Array:
    """The surprisal of the own key among all that are present."""
    temperature = _arguments.above_zero("temperature", temperature)
    weights, where, reduction, check = told(options, queries=queries, keys=keys)
    shape = space.batch(queries)
    present = _masks.present(shape, where, check)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    queries = _masks.keep(counts, "queries", *space.part(queries))
    keys = _masks.keep(present, "keys", *space.part(keys))
    if check:
        space.check_batch(queries=queries, keys=keys)
    table = space.similarities(queries, keys)
    xp, table, weights, temperature = together(table, weights, numbers=(temperature,))
    own = xp.eye(table.shape[-1]) > 0
    logits = table / temperature
    if present is not None:
        here = of_namespace(xp).beside(present, own)[..., None, :]
        logits = xp.where(here | own, logits, -xp.inf)
    losses = xp.sum(xp.where(own, softmax_surprisal(xp, logits), 0.0), axis=-1)
    return reduce(xp, losses, weights, reduction)


def views(
    space: Space, first: Array, second: Array, temperature: Scalar, options: Options
) -> Array:
    """That of classes, of two views of each sample, first views first, each sample a class."""
    temperature = _arguments.above_zero("temperature", temperature)
    weights, where, reduction, check = told(options, first=first, second=second)
    first, second = _masks.of_views(where, check, space.part(first), space.part(second))
    if check:
        space.check_batch(first=first, second=second)
    xp, x, y = together(first, second)
    both = xp.concatenate([x, y], -1 - space.axes)
    similarities = space.similarities(both, both)
    shape = np.shape(similarities)[:-1]
    classes = np.tile(np.arange(shape[-1] // 2), 2)
    present = _masks.present(shape, where, check)
    weights, _ = _masks.counting(shape, weights, where, check=check)
    if check:
        _check_classes(classes, shape[-1], present)
        _check_partners(classes, weights, reduction)
    return _of_classes(classes, similarities, temperature, weights, reduction, present)


def classes(
    space: Space, labels: Array, embeddings: Array, temperature: Scalar, options: Options
) -> Array:
    """The mean surprisal of partners among all others. Who has no partner does not count."""
    temperature = _arguments.above_zero("temperature", temperature)
    weights, where, reduction, check = told(options, labels=labels, embeddings=embeddings)
    shape = space.batch(embeddings)
    present = _masks.present(shape, where, check)
    weights, _ = _masks.counting(shape, weights, where, check=check)
    embeddings = _masks.keep(present, "embeddings", *space.part(embeddings))
    if present is not None and present.ndim == 1:
        labels = _masks.keep_numbers(present, "labels", labels)
    if check:
        space.check_batch(embeddings=embeddings)
        _check_classes(labels, shape[-1], present)
        _check_partners(labels, weights, reduction)
    similarities = space.similarities(embeddings, embeddings)
    return _of_classes(labels, similarities, temperature, weights, reduction, present)


# --- their parts -------------------------------------------------------------------------------


def _of_classes(
    labels: Array,
    table: Array,
    temperature: Scalar,
    weights: Array | None,
    reduction: str,
    present: Array | None,
) -> Array:
    """The mean surprisal of partners among all others, from similarities `(..., n, n)`."""
    xp, table, weights, temperature = together(table, weights, numbers=(temperature,))
    oneself = xp.eye(table.shape[-1]) > 0
    _, y, _ = together(labels, table)
    partners, others = (y[:, None] == y) & ~oneself, ~oneself
    if present is not None:
        here = of_namespace(xp).beside(present, oneself)
        partners = partners & here[..., None, :]
        others = others & (here[..., None, :] | ~here[..., :, None])
    logits = xp.where(others, table / temperature, -xp.inf)
    partner = xp.where(partners, 1.0, 0.0 * y)
    number = xp.sum(partner, axis=-1)
    alone = number <= 0
    share = partner / xp.where(alone, 1.0, number)[..., None]
    losses = xp.sum(charge(xp, share, softmax_surprisal(xp, logits)), axis=-1)
    counted = xp.where(alone, xp.zeros_like(number), 1.0)
    return reduce(xp, losses, counted if weights is None else counted * weights, reduction)


def _check_classes(labels: Array, samples: int, present: Array | None) -> None:
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


def _check_partners(labels: Array, weights: Array | None, reduction: str) -> None:
    """A sample that has a partner, and counts, for the mean over such samples."""
    if weights is None or reduction != "mean":
        return
    numbers, counts = _arguments.values("labels", labels), _arguments.values("weights", weights)
    if numbers is not None and counts is not None:
        alone = np.sum(numbers[:, None] == numbers, axis=-1) == 1
        _arguments.counted("weights", np.where(alone, 0.0, counts))
