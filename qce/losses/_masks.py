"""Which samples count: masks and weights of 0, whose entries are as if they were not there.

Before anything is checked or computed, entries that do not count are replaced by harmless ones.
So what was there, be it NaN or no class at all, reaches neither value nor gradient.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qce import _checks
from qce._arrays import library
from qce._arrays.libraries import of_namespace
from qce.losses import _arguments
from qce.typing import Array

Shape = tuple[int, ...]


def counting(
    shape: Shape,
    weights: Array | None,
    where: Array | None,
    *,
    check: bool = True,
    name: str = "weights",
) -> tuple[Array | None, Array | None]:
    """The weights, 0 where a mask says so, and which samples count; None where all of them do.

    Both broadcast to the shape of the samples; `name` is that of the weights.
    """
    if where is not None:
        if weights is not None:
            _checks.concrete(name, weights)  # refuses what is no array of numbers
            if check:
                _arguments.fitting_weights(weights, shape, name)
        if check:
            _check_mask(where, shape)
        xp = library(*(x for x in (where, weights) if x is not None)).xp
        mask = _array(where, xp, weights)
        weights = xp.where(mask, 1.0 if weights is None else _array(weights, xp, mask), 0.0)
    if check:
        _arguments.sample_weights(weights, shape, name)
    if weights is None:
        return None, None
    a = _checks.concrete(name, weights)
    if not isinstance(a, _checks.Abstract) and (a != 0).all():
        return weights, None
    return weights, spread(weights, shape) != 0


def spread(weights: Array, shape: Shape) -> Any:
    """Weights of that shape."""
    xp = library(weights).xp
    return xp.broadcast_to(_array(weights, xp), shape)


def keep(
    counts: Array | None, name: str, x: Any, instead: Any, axes: int | tuple[int, ...] = ()
) -> Array:
    """The entries of `x` where samples count, and `instead` elsewhere, in the type of `x`.

    `x` is `(..., *)` and `instead` a number or `(*)`; `axes` are the axes * of one sample, counted
    from the end. All samples count where `counts` is None.
    """
    if counts is None:
        return x
    _checks.concrete(name, x)  # refuses what is no array of numbers
    xp = library(counts, x).xp
    counts, x = _array(counts, xp, x), _array(x, xp, counts)
    if np.ndim(instead):
        instead = _array(instead, xp, x)
        if "float" in str(x.dtype) or "complex" in str(x.dtype):
            instead = instead.to(x.dtype) if hasattr(x, "detach") else instead.astype(x.dtype)
    return xp.where(opened(counts, axes), x, instead)


def keep_numbers(counts: Array | None, name: str, labels: Array) -> Array:
    """The class numbers that count, and 0 elsewhere.

    Beside NaN for labels that are missing NumPy has no integers, but floats.
    """
    kept = keep(counts, name, labels, 0)
    if counts is None or not isinstance(kept, np.ndarray) or kept.dtype.kind != "f":
        return kept
    missing = ~np.isfinite(np.asarray(labels, dtype=float))
    whole = missing.any() and (kept == np.rint(kept)).all()
    return kept.astype(int) if whole else kept


class Part(NamedTuple):
    """An argument of a batch as `keep` takes it: entries `(..., *)`, a harmless one, and axes *."""

    x: Any
    instead: Any
    axes: tuple[int, ...] = ()


def of_batch(
    weights: Array | None, where: Array | None, check: bool, **parts: Part
) -> tuple[Any, ...]:
    """The weights, and arguments of a batch whose axes broadcast, harmless where none count."""
    arrays = [part.x for part in parts.values()]
    if weights is None and where is None:
        return None, *arrays
    try:
        shapes = [np.shape(x)[: np.ndim(x) - len(axes)] for x, _, axes in parts.values()]
        shape = np.broadcast_shapes(*shapes)
    except ValueError:  # as the checks of the arguments will say
        return weights, *arrays
    weights, counts = counting(shape, weights, where, check=check)
    return weights, *(keep(counts, name, *part) for name, part in parts.items())


def of_views(where: Array | None, check: bool, first: Part, second: Part) -> tuple[Array, Array]:
    """Two views `(..., n, *)` of n samples, harmless where a mask of 2n views says so."""
    axes = len(first.axes)
    if where is None or np.ndim(first.x) <= axes:  # no sample, as the checks will say
        return first.x, second.x
    *batch, n = np.shape(first.x)[: np.ndim(first.x) - axes]
    here = present((*batch, 2 * n), where, check)
    if here is None:
        return first.x, second.x
    return keep(here[..., :n], "first", *first), keep(here[..., n:], "second", *second)


def present(shape: Shape, where: Array | None, check: bool) -> Array | None:
    """Which samples are there at all; None for all of them."""
    return None if where is None else counting(shape, None, where, check=check)[1]


def unlike(labels: Array, index: int, where: Array | None, numbered: bool) -> Array:
    """The mask without the samples of one class number."""
    index = _checks.integer("ignore_index", index, "a class number such as -100, or None")
    if not numbered:
        but = "labels are probabilities"
        raise _checks.error("ignore_index", "be None beside them", but, "where= for a mask")
    _checks.concrete("labels", labels)
    others = _array(labels, library(labels).xp) != index
    if where is None:
        return others
    xp = library(others, where).xp
    return _array(others, xp, where) & (_array(where, xp, others) != 0)


def _check_mask(where: Array, shape: Shape) -> None:
    a = _checks.concrete("where", where)
    if not _arguments.fits(a.shape, shape):
        but = f"its shape is {a.shape} and that of the samples {tuple(shape)}"
        raise _checks.error("where", "broadcast to the samples", but, "one truth value a sample")
    if isinstance(a, _checks.Abstract):
        return
    if a.dtype.kind != "b" and ((a != 0) & (a != 1)).any():
        but = f"it holds {a[(a != 0) & (a != 1)].flat[0]:.6g}"
        raise _checks.error("where", "be a mask", but, "True for what counts, or weights=")
    if not a.any():
        but = "all of them are masked"
        raise _checks.error("where", "leave a sample", but, "True for at least one")


def opened(counts: Array, axes: int | tuple[int, ...]) -> Array:
    """With axes of length 1 for those of one sample."""
    axes = (axes,) if isinstance(axes, int) else axes
    ndim = counts.ndim + len(axes)
    inside = {axis % ndim for axis in axes}
    lengths = iter(counts.shape)
    return counts.reshape(tuple(1 if k in inside else next(lengths) for k in range(ndim)))


def _array(x: Any, xp: Any, like: Any = None) -> Any:
    """In a namespace, of the type it has, and in PyTorch beside the other."""
    return of_namespace(xp).beside(x, like)
