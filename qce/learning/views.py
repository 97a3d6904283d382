"""Labels and predicted probabilities in the forms that different losses take.

Each view takes an array namespace, labels, predictions and weights, of examples `(B,)`, `(B, k)`,
`(B,)` or of pixels `(N, H, W)`, `(N, k, H, W)`, `(N, H, W)`, and returns the arguments of a loss
and its keywords.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce.losses._arrays import one_hot, surprisal
from qce.typing import Array

Call = tuple[tuple[Array, ...], dict[str, Any]]


def choices(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Class numbers `(M,)` and distributions `(M, k)`."""
    y, q, w = _flat(xp, y, q, w)
    return (y, q), {"weights": w}


def outcomes(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """The same, for a likelihood."""
    y, q, w = _flat(xp, y, q, w)
    return (y,), {"probabilities": q, "weights": w}


def logits(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Class numbers and log P, whose softmax is P."""
    y, q, w = _flat(xp, y, q, w)
    return (y, -surprisal(xp, q)), {"weights": w}


def each(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Each class against the rest: indicators and P, `(M, k)`."""
    member, q, w = _each(xp, y, q, w)
    return (member, q), {"weights": w}


def each_outcome(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """The same, for a likelihood."""
    member, q, w = _each(xp, y, q, w)
    return (member,), {"probabilities": q, "weights": w}


def log_odds(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Each class against the rest: indicators and log P/(1 − P)."""
    member, q, w = _each(xp, y, q, w)
    others = q @ xp.asarray(1 - np.eye(q.shape[1]), dtype=q.dtype)  # 1 − P, and nothing cancels
    return (member, surprisal(xp, others) - surprisal(xp, q)), {"weights": w}


def signs(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Each class against the rest: ±1 and 2P − 1, the expectation of the class's observable."""
    member, q, w = _each(xp, y, q, w)
    return (2 * member - 1, 2 * q - 1), {"weights": w}


def regions(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Memberships `(R, k, P)`, multiplied by the weights of pixels."""
    member, q, w = _regions(xp, y, q, w)
    share = (w / xp.max(w))[:, None, :]
    return (share * member, share * q), {"axis": -1, "weights": _counted(xp, w)}


def whole_regions(xp: Any, y: Array, q: Array, w: Array) -> Call:
    """Memberships `(R, k, P)` of pixels that count equally, or not at all.

    A pixel of weight 0 is predicted as nothing and belongs to nothing: it adds no error.
    """
    member, q, w = _regions(xp, y, q, w)
    inside = xp.asarray(w > 0, dtype=q.dtype)[:, None, :]
    words = {"class_axis": 1, "axis": -1, "weights": _counted(xp, w)}
    return (inside * member, inside * q), words


def _flat(xp: Any, y: Array, q: Array, w: Array) -> tuple[Array, Array, Array]:
    """`(M,)`, `(M, k)`, `(M,)`, one for each example or pixel."""
    return y.reshape(-1), xp.moveaxis(q, 1, -1).reshape(-1, q.shape[1]), w.reshape(-1)


def _each(xp: Any, y: Array, q: Array, w: Array) -> tuple[Array, Array, Array]:
    y, q, w = _flat(xp, y, q, w)
    member = one_hot(xp, y, xp.arange(q.shape[1], dtype=q.dtype))
    return member, q, xp.broadcast_to(w[:, None], q.shape)


def _regions(xp: Any, y: Array, q: Array, w: Array) -> tuple[Array, Array, Array]:
    """`(R, k, P)`, `(R, k, P)`, `(R, P)`: one region an image; a batch of examples is one."""
    if q.ndim == 2:
        y, q, w = y[None], q.T[None], w[None]
    else:
        y, q, w = (x.reshape(*x.shape[:-2], -1) for x in (y, q, w))
    return xp.moveaxis(one_hot(xp, y, xp.arange(q.shape[1], dtype=q.dtype)), -1, 1), q, w


def _counted(xp: Any, w: Array) -> Array:
    """The weight of each region, the largest in it, `(R, 1)`."""
    return xp.max(w, axis=-1, keepdims=True)
