"""Losses Σ_c p_c · cost_c of labels as distributions over classes, and the weights of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import axis_last, charge, known, one_hot, positions, shares, together
from qce.losses._reduce import Options, Samples, Settings, parted, reduce, showing, told
from qce.typing import Array, Scalar

Cost = Callable[..., Array]  # (xp, predictions, *settings) → −log q or its like, of each class
Named = Mapping[str, Array]  # labels, and then logits or probabilities, under these names


class TwoOptions(Options, total=False):
    """What losses of a class and its negative are told; the words are those of `ClassOptions`."""

    class_weights: Array | str | None
    label_smoothing: Scalar


class ClassOptions(TwoOptions, total=False):
    """What losses of several classes are told.

    Attributes:
        class_weights: How often each class counts, or "balanced".
        label_smoothing: Share of the labels that is spread over all classes.
        axis: Where the classes are.
        ignore_index: Class number of samples that are not there.
    """

    axis: int
    ignore_index: int | None


class Two(NamedTuple):
    """Options of two classes, those that were not given as they are by default."""

    class_weights: Array | str | None = None
    label_smoothing: Scalar = 0.0


class Several(NamedTuple):
    """Options of several classes, those that were not given as they are by default."""

    axis: int = -1
    class_weights: Array | str | None = None
    label_smoothing: Scalar = 0.0
    ignore_index: int | None = None


# Decorators: a signature shows these, and what every loss takes.
per_class = showing(Several, Samples)
per_two = showing(Two, Samples)


def of_classes(cost: Cost, named: Named, options: ClassOptions, settings: Settings = ()) -> Array:
    """The loss of one choice among several classes, from the cost of each, `(..., k)`."""
    own, samples = parted(Several(), options)
    return _charged(cost, own, *prepared(named, own, samples, settings))


def of_two(cost: Cost, named: Named, options: TwoOptions, settings: Settings = ()) -> Array:
    """The loss of one class and its negative, whose costs `(..., 2)` come first."""
    own, samples = parted(Two(), options)
    return _charged(cost, own, *_prepared_two(named, own, samples, settings))


def prepared(
    named: Named, own: Several, options: Options, settings: Settings = ()
) -> tuple[Any, ...]:
    """Check labels and predictions, whose names matter, convert, and put classes last.

    Returns:
        The namespace, the mass p `(..., k)` of each class (labels, smoothed, times class weights),
        the predictions `(..., k)`, the weights of the samples, the reduction, and the settings.
    """
    weights, where, reduction, check = told(options, **named)
    (_, labels), (name, predictions) = named.items()
    axis = _arguments.class_axis(name, predictions, own.axis)
    smoothing = _arguments.number("label_smoothing", own.label_smoothing, 0.0, 1.0)
    classes = np.shape(predictions)[axis]
    numbered = np.ndim(labels) < np.ndim(predictions)
    if own.ignore_index is not None:
        where = _masks.unlike(labels, own.ignore_index, where, numbered)
    shape = _arguments.samples(np.shape(predictions), axis)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    if check or counts is not None:  # before values: those of another axis sum to no 1
        _arguments.one_label_each(labels, predictions, axis)
    flat = 0.0 if name == "logits" else 1 / classes
    predictions = _masks.keep(counts, name, predictions, flat, axis)
    if numbered:
        labels = _masks.keep_numbers(counts, "labels", labels)
    else:
        labels = _masks.keep(counts, "labels", labels, 1 / classes, axis)
    if check:
        _arguments.countable(name, predictions, classes)
        if name == "logits":
            _arguments.logits(predictions, axis)
        else:
            _arguments.probabilities(name, predictions, axis)
        _arguments.labels(labels, predictions, axis)
        _arguments.class_weights(own.class_weights, classes)
    by_class = None if isinstance(own.class_weights, str) else own.class_weights
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
    if own.class_weights is not None and by_class is None:
        by_class = balanced(xp, _masks.keep(counts, "labels", p, 0.0, -1), check)
    mass = _masses(xp, p, smoothing, by_class, weights, check and reduction == "mean")
    return xp, mass, predictions, weights, reduction, *found


def _prepared_two(named: Named, own: Two, options: Options, settings: Settings) -> tuple[Any, ...]:
    """The same of predictions `(...)` of one class, with masses `(..., 2)`, its negative first."""
    weights, where, reduction, check = told(options, **named)
    (_, labels), (name, predictions) = named.items()
    smoothing = _arguments.number("label_smoothing", own.label_smoothing, 0.0, 1.0)
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
        _arguments.class_weights(own.class_weights, 2)
    by_class = None if isinstance(own.class_weights, str) else own.class_weights
    xp, p, predictions, by_class, weights, smoothing, *found = together(
        labels, predictions, by_class, weights, numbers=(smoothing, *settings)
    )
    if name != "logits":
        predictions = shares(xp, predictions)
    p = shares(xp, p)
    p = xp.stack([1 - p, p], -1)
    if own.class_weights is not None and by_class is None:
        by_class = balanced(xp, _masks.keep(counts, "labels", p, 0.0, -1), check)
    mass = _masses(xp, p, smoothing, by_class, weights, check and reduction == "mean")
    return xp, mass, predictions, weights, reduction, *found


def _masses(
    xp: Any, p: Array, smoothing: Scalar, by_class: Array | None, weights: Array | None, mean: bool
) -> Array:
    """The mass of each class: labels `(..., k)`, smoothed, times the weights of classes."""
    if not (known(smoothing) and smoothing == 0):
        p = (1 - smoothing) * p + smoothing / p.shape[-1]
    if by_class is None:
        return p
    mass = p * by_class
    if mean:
        _arguments.counted("class_weights", _counts(xp, mass, weights))
    return mass


def _charged(
    cost: Cost,
    own: Two | Several,
    xp: Any,
    mass: Array,
    predictions: Array,
    weights: Array | None,
    reduction: str,
    *settings: Scalar,
) -> Array:
    """Σ_c p_c · cost_c a sample, reduced; with class weights a sample counts Σ_c w_c p_c times."""
    losses = xp.sum(charge(xp, mass, cost(xp, predictions, *settings)), axis=-1)
    if own.class_weights is None or reduction != "mean":
        return reduce(xp, losses, weights, reduction)
    return reduce(xp, losses, weights, "sum") / xp.sum(_counts(xp, mass, weights))


def _counts(xp: Any, mass: Array, weights: Array | None) -> Array:
    """How often each sample counts, by the masses of its classes."""
    counts = xp.sum(mass, axis=-1)
    return counts if weights is None else counts * weights


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
