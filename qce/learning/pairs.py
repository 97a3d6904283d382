"""Contrastive losses of a batch: the choice of pairs, triplets and views.

An example's partner is the next of its class in the batch, which is shuffled; its opponent is the
next of another class. Examples without these do not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce.losses import quantum
from qce.typing import Array

Parts = tuple[Array, Array]


def mean(name: str, xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, float]) -> Array:
    """Return the mean of the loss of that name, of labels `(M,)`, kets `(M, d)` and weights."""
    settled = {"pure": True, "reduction": "none", "check": False, **settings}
    values, counts = _PARTS[name](xp, y, kets, w, settled)
    total = xp.sum(counts)
    # A batch without a pair has the loss 0.
    return xp.sum(counts * values) / xp.where(total > 0, total, 1.0)


def _of_pairs(xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, Any]) -> Parts:
    first, second = np.triu_indices(len(y), 1)
    same = xp.asarray(y[first] == y[second], dtype=w.dtype)
    values = quantum.contrastive_loss(same, kets[first], kets[second], **settings)
    return values, w[first] * w[second]


def _of_triplets(xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, Any]) -> Parts:
    partner, has_partner = _next(xp, _alike(xp, y))
    opponent, has_opponent = _next(xp, y[:, None] != y)
    values = quantum.triplet_loss(kets, kets[partner], kets[opponent], **settings)
    return values, w * has_partner * has_opponent


def _of_keys(xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, Any]) -> Parts:
    partner, has_partner = _next(xp, _alike(xp, y))
    return quantum.info_nce_loss(kets, kets[partner], **settings), w * has_partner


def _of_views(xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, Any]) -> Parts:
    partner, has_partner = _next(xp, _alike(xp, y))
    values = quantum.nt_xent_loss(kets, kets[partner], **settings)
    return values, xp.tile(w * has_partner, 2)


def _of_classes(xp: Any, y: Array, kets: Array, w: Array, settings: dict[str, Any]) -> Parts:
    values = quantum.supervised_contrastive_loss(y, kets, **settings)
    return values, w * xp.any(_alike(xp, y), axis=1)


_PARTS = {
    "contrastive_loss": _of_pairs,
    "triplet_loss": _of_triplets,
    "info_nce_loss": _of_keys,
    "nt_xent_loss": _of_views,
    "supervised_contrastive_loss": _of_classes,
}
LOSSES = tuple(_PARTS)


def _alike(xp: Any, y: Array) -> Array:
    return (y[:, None] == y) & ~xp.eye(len(y), dtype=bool)


def _next(xp: Any, allowed: Array) -> tuple[Array, Array]:
    """The first allowed column after each row, in a circle, and whether there is one."""
    size = len(allowed)
    order = (xp.arange(size)[:, None] + xp.arange(size)) % size
    ahead = xp.argmax(xp.take_along_axis(allowed, order, axis=1), axis=1)
    return order[xp.arange(size), ahead], xp.any(allowed, axis=1)
