"""Losses Σ_c p_c · cost_c of labels as distributions over classes, and the weights of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import axis_last, charge, known, one_hot, positions, shares, together
from qce.losses._reduce import Options, reduce, reduction_of, told
from qce.typing import Array, Scalar

Cost = Callable[..., Array]  # (xp, predictions, *settings) → −log q or its like, of each class


class Labelled(NamedTuple):
    """Labels and predictions, as a loss of classes is told of them.

    Attributes:
        labels: Class numbers, or probabilities along the class axis.
        predictions: Logits or probabilities.
        name: Of the predictions.
        axis: Where the classes are.
        class_weights: How often each class counts, or "balanced".
        smoothing: Share of the labels that is spread over all classes.
        ignore_index: Class number of samples that are not there.
    """

    labels: Array
    predictions: Array
    name: str
    axis: int = -1
    class_weights: Array | str | None = None
    smoothing: Scalar = 0.0
    ignore_index: int | None = None


def of_classes(
    cost: Cost, given: Labelled, options: Options, settings: tuple[Scalar, ...] = ()
) -> Array:
    """The loss of one choice among several classes."""
    xp, mass, predictions, weights, *found = prepared(given, options, settings)
    costs = cost(xp, predictions, *found)
    by_class = given.class_weights is not None
    return _charged(xp, mass, costs, weights, reduction_of(options), by_class)


def of_two(
    cost: Cost, given: Labelled, options: Options, settings: tuple[Scalar, ...] = ()
) -> Array:
    """The loss of one class and its negative, whose costs `(..., 2)` come first."""
    xp, mass, predictions, weights, *found = _prepared_two(given, options, settings)
    costs = cost(xp, predictions, *found)
    by_class = given.class_weights is not None
    return _charged(xp, mass, costs, weights, reduction_of(options), by_class)


def prepared(
    given: Labelled, options: Options, settings: tuple[Scalar, ...] = ()
) -> tuple[Any, ...]:
    """Check, convert, and put classes last.

    Returns:
        The namespace, the mass p `(..., k)` of each class (labels, smoothed, times class weights),
        the predictions `(..., k)`, the weights of the samples, and the settings.
    """
    labels, predictions, name, axis, class_weights, smoothing, ignored = given
    weights, where, reduction, check = told(options, **{"labels": labels, name: predictions})
    axis = _arguments.class_axis(name, predictions, axis)
    smoothing = _arguments.number("label_smoothing", smoothing, 0.0, 1.0)
    classes = np.shape(predictions)[axis]
    numbered = np.ndim(labels) < np.ndim(predictions)
    if ignored is not None:
        where = _masks.unlike(labels, ignored, where, numbered)
    shape = _arguments.samples(np.shape(predictions), axis)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    if check or counts is not None:  # before values: those of another axis sum to no 1
        _arguments.one_label_each(labels, predictions, axis)
    if counts is not None:
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
        by_class = _balanced_among(xp, p, counts, check)
    p = _smoothed(p, smoothing, classes)
    return xp, _weighed(xp, p, by_class, weights, reduction, check), predictions, weights, *found


def _prepared_two(
    given: Labelled, options: Options, settings: tuple[Scalar, ...]
) -> tuple[Any, ...]:
    """The same of labels and predictions of one class, with masses `(..., 2)`, its negative first.

    The predictions are `(...)`.
    """
    labels, predictions, name, _, class_weights, smoothing, _ = given
    weights, where, reduction, check = told(options, **{"labels": labels, name: predictions})
    smoothing = _arguments.number("label_smoothing", smoothing, 0.0, 1.0)
    if check:
        _arguments.same_shape("labels", labels, name, predictions)
    weights, counts = _masks.counting(np.shape(predictions), weights, where, check=check)
    labels = _masks.keep(counts, "labels", labels, 0)
    predictions = _masks.keep(counts, name, predictions, 0.5)
    if check:
        if name == "logits":
            _arguments.values(name, predictions)
        else:
            _arguments.shares(name, predictions, "probabilities of the class 1")
        _arguments.shares("labels", labels, "0, 1, or probabilities of the class 1")
        _arguments.class_weights(class_weights, 2)
    by_class = None if isinstance(class_weights, str) else class_weights
    xp, p, predictions, by_class, weights, smoothing, *found = together(
        labels, predictions, by_class, weights, numbers=(smoothing, *settings)
    )
    if name != "logits":
        predictions = shares(xp, predictions)
    p = shares(xp, p)
    p = xp.stack([1 - p, p], -1)
    if isinstance(class_weights, str):
        by_class = _balanced_among(xp, p, counts, check)
    p = _smoothed(p, smoothing, 2)
    return xp, _weighed(xp, p, by_class, weights, reduction, check), predictions, weights, *found


def _smoothed(p: Array, smoothing: Scalar, classes: int) -> Array:
    """Labels of which a share is spread over all classes."""
    if known(smoothing) and smoothing == 0:
        return p
    return (1 - smoothing) * p + smoothing / classes


def _weighed(
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


def _charged(
    xp: Any, mass: Array, cost: Array, weights: Array | None, reduction: str, by_class: bool
) -> Array:
    """Σ_c p_c · cost_c a sample, reduced; with class weights a sample counts Σ_c w_c p_c times."""
    losses = xp.sum(charge(xp, mass, cost), axis=-1)
    if not (by_class and reduction == "mean"):
        return reduce(xp, losses, weights, reduction)
    counts = xp.sum(mass, axis=-1)
    counts = counts if weights is None else counts * weights
    return reduce(xp, losses, weights, "sum") / xp.sum(counts)


def _balanced_among(xp: Any, p: Array, counts: Array | None, check: bool) -> Array:
    """Weights of classes that are balanced among the samples that count."""
    return balanced(xp, p if counts is None else _masks.keep(counts, "labels", p, 0.0, -1), check)


def balanced(xp: Any, p: Array, check: bool = True, names: tuple[str, ...] = ("labels",)) -> Array:
    """Weights n / (k n_c) for n_c samples of each of k classes, from distributions `(..., k)`."""
    each = xp.sum(xp.reshape(p, (-1, p.shape[-1])), axis=0)
    if check:
        found = _arguments.values("labels", each)
        if found is not None and (found <= 0).any():
            but = f"class {int(np.argmin(found))} of {len(found)} is empty"
            remedy = "labels of every class, or class_weights from the whole data set"
            raise _checks.error(names, "hold every class to be balanced", but, remedy)
    return xp.sum(each) / (p.shape[-1] * each)
