"""Labels as distributions over classes, and the weights of classes: what classifiers share."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import axis_last, charge, known, one_hot, positions, shares, together
from qce.losses._reduce import reduce
from qce.typing import Array


def prepare(
    labels: Array,
    predictions: Array,
    *,
    name: str,
    axis: int,
    class_weights: Array | str | None,
    label_smoothing: Array,
    weights: Array | None,
    where: Array | None,
    reduction: str,
    check: bool,
    ignore_index: int | None = None,
    settings: tuple[Array, ...] = (),
) -> tuple[Any, ...]:
    """Check, convert, and put classes last.

    Returns:
        The namespace, the mass p `(..., k)` of each class (labels, smoothed, times class weights),
        the predictions `(..., k)`, the weights of the samples, and the settings.
    """
    _arguments.reduction(reduction)
    check = _arguments.given(check, **{"labels": labels, name: predictions})
    axis = _arguments.class_axis(name, predictions, axis)
    smoothing = _arguments.number("label_smoothing", label_smoothing, 0.0, 1.0)
    classes = np.shape(predictions)[axis]
    shape = _arguments.samples(np.shape(predictions), axis)
    numbered = np.ndim(labels) < np.ndim(predictions)
    if ignore_index is not None:
        where = _masks.unlike(labels, ignore_index, where, numbered)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    if counts is not None:
        _arguments.one_label_each(labels, predictions, axis)
        flat = 0.0 if name == "logits" else 1 / classes
        predictions = _masks.keep(counts, name, predictions, flat, axis)
        labels = (
            _masks.keep_numbers(counts, "labels", labels)
            if numbered
            else _masks.keep(counts, "labels", labels, 1 / classes, axis)
        )
    if check:
        _arguments.countable(name, predictions, classes)
        if name == "logits":
            _arguments.logits(predictions, axis)
        else:
            _arguments.probabilities(name, predictions, axis)
        _arguments.labels(labels, predictions, axis)
        _arguments.class_weights(class_weights, classes)
    by_class = None if isinstance(class_weights, str) else class_weights
    xp, p, predictions, by_class, weights, smoothing, *found = together(
        labels, predictions, by_class, weights, numbers=(smoothing, *settings)
    )
    predictions = axis_last(xp, predictions, axis)
    if name != "logits":
        predictions = shares(xp, predictions)
    if p.ndim < predictions.ndim:
        p = one_hot(xp, p, positions(xp, predictions))
    else:
        p = shares(xp, axis_last(xp, p, axis))
    if isinstance(class_weights, str):
        by_class = balanced(xp, _present(xp, p, counts), check)
    p = smoothed(p, smoothing, classes)
    mass = weighed(xp, p, by_class, weights, reduction, check)
    return xp, mass, predictions, weights, *found


def smoothed(p: Array, smoothing: Array, classes: int) -> Array:
    """Labels of which a share is spread over all classes."""
    if known(smoothing) and smoothing == 0:
        return p
    return (1 - smoothing) * p + smoothing / classes


def _present(xp: Any, p: Array, counts: Array | None) -> Array:
    """Labels `(..., k)`, and no class where a sample does not count."""
    return p if counts is None else _masks.keep(counts, "labels", p, 0.0, -1)


def weighed(
    xp: Any,
    p: Array,
    by_class: Array | None,
    weights: Array | None,
    reduction: str,
    check: bool,
) -> Array:
    """The mass of each class: labels `(..., k)` times the weights of classes."""
    if by_class is None:
        return p
    mass = p * by_class
    if check and reduction == "mean":
        counts = xp.sum(mass, axis=-1)
        _arguments.counted("class_weights", counts if weights is None else counts * weights)
    return mass


def charged(
    xp: Any, mass: Array, cost: Array, weights: Array | None, reduction: str, by_class: bool
) -> Array:
    """Σ_c p_c · cost_c a sample, reduced; with class weights a sample counts Σ_c w_c p_c times."""
    losses = xp.sum(charge(xp, mass, cost), axis=-1)
    if not (by_class and reduction == "mean"):
        return reduce(xp, losses, weights, reduction)
    counts = xp.sum(mass, axis=-1)
    counts = counts if weights is None else counts * weights
    return reduce(xp, losses, weights, "sum") / xp.sum(counts)


def balanced(xp: Any, p: Array, check: bool = True) -> Array:
    """Weights n / (k n_c) for n_c samples of each of k classes, from distributions `(..., k)`."""
    each = xp.sum(xp.reshape(p, (-1, p.shape[-1])), axis=0)
    if check:
        found = _arguments.values("labels", each)
        if found is not None and (found <= 0).any():
            but = f"class {int(np.argmin(found))} of {len(found)} is empty"
            remedy = "labels of every class, or class_weights from the whole data set"
            raise _checks.error("labels", "hold every class to be balanced", but, remedy)
    return xp.sum(each) / (p.shape[-1] * each)
