"""Regions of maps of memberships, and the pixels of them that are looked at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import one_hot, shares, together
from qce.losses._reduce import Options, Samples, Settings
from qce.typing import Array

Axes = int | tuple[int, ...]
PIXELS = (-2, -1)


class RegionOptions(Options, total=False):
    """What losses of regions are told: the axes of one, and how often each of its pixels counts."""

    axis: Axes
    pixel_weights: Array | None


class Region(NamedTuple):
    """Options of regions, those that were not given as they are by default."""

    axis: Axes = PIXELS
    pixel_weights: Array | None = None


def regions(
    labels: Array, probabilities: Array, own: Region, samples: Samples, settings: Settings = ()
) -> tuple[Any, ...]:
    """The namespace, both maps as `(..., pixels)`, the weights of the regions, and settings.

    A pixel that counts w times has w times the memberships; a region of which no pixel counts does
    not count either.
    """
    weights, where, _, check = samples
    shape = np.shape(probabilities)
    axes = numbered(own.axis, shape)
    if check:
        _arguments.same_shape("labels", labels, "probabilities", probabilities)
    kept = tuple(n for k, n in enumerate(shape) if k not in axes)
    weights, counts = _masks.counting(kept, weights, None, check=check)
    pixels, seen = _masks.counting(
        shape, own.pixel_weights, where, check=check, name="pixel_weights"
    )
    maps = {"labels": labels, "probabilities": probabilities}
    for name, x in maps.items():
        maps[name] = _masks.keep(seen, name, _masks.keep(counts, name, x, 0, axes), 0)
        if check:
            remedy = "memberships in [0, 1], one map a class"
            _arguments.shares(name, maps[name], remedy)
    xp, p, q, weights, pixels, *found = together(*maps.values(), weights, pixels, numbers=settings)
    p, q = (_flat(xp, shares(xp, x), axes) for x in (p, q))
    if pixels is not None:
        share = _flat(xp, xp.broadcast_to(pixels, shape), axes)
        p, q = share * p, share * q
        present = xp.where(xp.any(share != 0, -1), 1.0, 0.0 * share[..., 0])
        weights = present if weights is None else present * weights
    return xp, p, q, weights, *found


def maps(
    labels: Array, probabilities: Array, class_axis: int, axis: Axes, samples: Samples
) -> tuple[Array, Array, Array | None]:
    """One map a class, from class numbers or as they are, beside predictions that are a choice.

    Both are harmless where pixels do not count; weights, and the mask, are without the class axis,
    and come back with one of length 1.
    """
    weights, where, _, check = samples
    class_axis = _arguments.class_axis("probabilities", probabilities, class_axis, "class_axis")
    shape = np.shape(probabilities)
    if class_axis % len(shape) in numbered(axis, shape):
        but = f"both hold the axis {class_axis} of the shape {shape}"
        remedy = "the axes of the pixels for `axis`, such as class_axis=-1, axis=(-3, -2)"
        raise _checks.pair_error("class_axis", "axis", "be different axes", but, remedy)
    classes, pixels = shape[class_axis], _arguments.samples(shape, class_axis)
    weights, seen = _masks.counting(pixels, weights, where, check=check)
    _arguments.one_label_each(labels, probabilities, class_axis, "class_axis")
    probabilities = _masks.keep(seen, "probabilities", probabilities, 1 / classes, class_axis)
    if np.ndim(labels) < len(shape):
        labels = _masks.keep_numbers(seen, "labels", labels)
    else:
        first = np.eye(classes)[0].reshape(-1, *[1] * (-class_axis - 1))
        labels = _masks.keep(seen, "labels", labels, first, class_axis)
    if check:
        _arguments.probabilities("probabilities", probabilities, class_axis)
        _arguments.labels(labels, probabilities, class_axis)
    if np.ndim(labels) < len(shape):
        xp, numbers, each = together(labels, np.arange(classes))
        labels = xp.moveaxis(one_hot(xp, numbers, each), -1, class_axis)
    if weights is not None:
        weights = _masks.opened(_masks.spread(weights, pixels), class_axis)
    return labels, probabilities, weights


def numbered(axis: Axes, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Axes of a region, counted from the front, each once."""
    given: Any = (axis,) if np.ndim(axis) == 0 else tuple(axis)  # type: ignore[arg-type]
    whole = [isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in given]
    known = all(whole) and all(-len(shape) <= k < len(shape) for k in given)
    found = tuple(k % len(shape) for k in given) if known else ()
    if not found or len(set(found)) != len(found):
        but = f"it is {axis!r} and the shape is {shape}"
        remedy = "axis=(-2, -1) for images"
        raise _checks.error("axis", "name axes of the predictions, each once", but, remedy)
    return found


def remaining(class_axis: int, axis: Axes, shape: tuple[int, ...]) -> int:
    """Where the class axis is once the axes of the regions are summed over."""
    place = class_axis % len(shape)
    return place - sum(k < place for k in numbered(axis, shape))


def _flat(xp: Any, x: Array, axes: tuple[int, ...]) -> Array:
    """The axes of a region as one, the last."""
    x = xp.moveaxis(x, axes, tuple(range(-len(axes), 0)))
    return xp.reshape(x, (*x.shape[: -len(axes)], -1))
