"""Checks of labels, examples and weights, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error, one_of
from qce._concrete import classical
from qce.typing import Array

# Weights smaller than this share of the largest count as 0: XLA flushes denormal numbers to 0.
_LEAST_WEIGHT = 1e-290


def model_of_classes(model: object) -> None:
    """Refuse a model that is no classifier or segmenter and lacks their methods."""
    needed = ("size", "classes", "initial", "probabilities", "check")
    if isinstance(model, type) or not all(hasattr(model, name) for name in needed):
        but, remedy = f"it is {_checks.shown(model)}", "qce.models.Classifier(wires=2, classes=2)"
        raise error("model", "predict classes", but, remedy, TypeError)


def real(name: str, x: Array) -> np.ndarray:
    """Finite real numbers as doubles."""
    a = _checks.concrete(name, x)
    if isinstance(a, _checks.Abstract) or a.dtype.kind not in "biuf":
        but = "it is traced" if isinstance(a, _checks.Abstract) else f"its dtype is {a.dtype}"
        raise error(name, "be real numbers", but, "plain numbers", TypeError)
    return finite(a.astype(float), name)


def rows(features: Array, name: str = "features") -> np.ndarray:
    """Real numbers, one example a row, at least one."""
    classical(name, features)
    x = _checks.concrete(name, features)
    if isinstance(x, _checks.Abstract):
        raise error(name, "be plain numbers", "it is traced", "numbers, not a tracer", TypeError)
    if x.dtype.kind not in "biuf":
        raise error(name, "be real numbers", f"its dtype is {x.dtype}", "floats", TypeError)
    if x.ndim < 2 or x.size == 0:
        but = f"its shape is {x.shape}"
        raise error(name, "have shape (N, f) or (N, H, W), not empty", but, "one example a row")
    return x.astype(float)


def finite(x: np.ndarray, name: str = "features") -> np.ndarray:
    """The same, with finite numbers only."""
    if not np.isfinite(x).all():
        what = "NaN" if np.isnan(x).any() else "an infinity"
        raise error(name, "be finite", f"it holds {what}", "finite numbers")
    return x


def examples(features: Array, name: str = "features") -> np.ndarray:
    """Finite numbers, one example a row, at least one."""
    return finite(rows(features, name), name)


def one_each(labels: Array, features: np.ndarray, name: str = "labels") -> np.ndarray:
    """Real numbers, one for each example, or one for each pixel of an image."""
    try:
        y = _checks.concrete(name, labels)
    except TypeError as unreadable:
        if not all(isinstance(label, str) for label in np.asarray(labels, dtype=object).ravel()):
            raise
        remedy = "class numbers; `np.unique(labels, return_inverse=True)[1]` for names of classes"
        but = f"its dtype is {np.asarray(labels).dtype}"
        raise error(name, "be whole numbers", but, remedy, TypeError) from unreadable
    if y.dtype.kind not in "biuf":
        raise error(name, "be real numbers", f"its dtype is {y.dtype}", "real numbers", TypeError)
    expected = features.shape if features.ndim == 3 else features.shape[:1]
    if y.shape != expected:
        what = "pixel" if features.ndim == 3 else "example"
        but = f"its shape is {y.shape}"
        raise error(name, f"have shape {expected}", but, f"one number for each {what}")
    return y


def class_numbers(y: np.ndarray, classes: int, name: str = "labels") -> np.ndarray:
    """Whole numbers in 0 … k − 1."""
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        odd = y[~(np.isfinite(y) & (y == np.round(y)))]
        what = "NaN" if np.isnan(y).any() else f"{odd.flat[0]:.6g}"
        raise error(name, "be whole numbers", f"it holds {what}", "class numbers")
    if y.min() < 0 or y.max() >= classes:
        but = f"it reaches from {y.min():g} to {y.max():g}"
        raise error(name, f"lie in 0 … {classes - 1}", but, "class numbers, or a larger model")
    return y.astype(int)


def every_class(labels: np.ndarray, classes: int, name: str = "labels") -> None:
    """Examples of each class."""
    found = np.bincount(labels.ravel(), minlength=classes)
    if np.count_nonzero(found) == 1:
        but = f"all are of class {np.argmax(found)}"
        raise error(name, "be of two classes or more", but, "examples of every class")
    if not found.all():
        but = f"class {np.argmin(found)} of {classes} is empty"
        raise error(name, "hold every class", but, "examples of it, or a model of fewer classes")


def weights_of_labels(
    weights: Array | None, where: Array | None, ignore_index: int | None, labels: np.ndarray
) -> np.ndarray:
    """How often each label counts, of the shape of the labels.

    Weights of whole images may be one number each, `(N,)`.
    """
    w = np.ones(labels.shape)
    if weights is not None:
        w = w * _spread("weights", real("weights", weights), labels)
        if (w < 0).any():
            remedy = "how often each label counts"
            raise error("weights", "not be negative", f"the least is {w.min():g}", remedy)
    if where is not None:
        mask = _checks.concrete("where", where)
        if mask.dtype.kind != "b":
            remedy = "`where != 0`, True for what counts"
            raise error(
                "where", "be True or False", f"its dtype is {mask.dtype}", remedy, TypeError
            )
        w = np.where(_spread("where", mask, labels), w, 0.0)
    if ignore_index is not None:
        ignored = _checks.integer("ignore_index", ignore_index, "for example -1")
        w = np.where(labels == ignored, 0.0, w)
    if not w.any():
        name = "weights" if weights is not None else "where" if where is not None else "labels"
        raise error(name, "let something count", "nothing does", "one label that counts or more")
    return np.where(w < _LEAST_WEIGHT * w.max(), 0.0, w)


def _spread(name: str, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One for each label."""
    if x.shape == labels.shape[:1]:
        x = x.reshape(-1, *(1,) * (labels.ndim - 1))
    elif x.shape != labels.shape:
        but = f"its shape is {x.shape}"
        raise error(name, f"have shape {labels.shape}", but, "one for each label")
    return np.broadcast_to(x, labels.shape)


def weights_of_classes(
    class_weights: Array | Mapping[int, float] | str | None,
    labels: np.ndarray,
    counts: np.ndarray,
    classes: int,
) -> np.ndarray:
    """One weight a class, `(k,)`.

    "balanced" means M / (k M_c), for labels that count M times in all, M_c times in class c. A
    dictionary gives weights by class number, 1 for classes that are not in it.
    """
    if class_weights is None:
        return np.ones(classes)
    if isinstance(class_weights, str):
        one_of("class_weights", class_weights, ("balanced",))
        found = np.bincount(labels.ravel(), counts.ravel(), minlength=classes)
        return counts.sum() / (classes * found)
    if isinstance(class_weights, Mapping):
        class_weights = _by_number(class_weights, classes)
    given = real("class_weights", class_weights)
    if given.shape != (classes,):
        but = f"its shape is {given.shape}"
        raise error("class_weights", f"have shape ({classes},)", but, "one weight a class")
    if not (given > 0).all():
        but = f"the least is {given.min():g}"
        raise error("class_weights", "be positive and finite", but, "positive numbers")
    return given


def _by_number(class_weights: Mapping[Any, Any], classes: int) -> np.ndarray:
    given = np.ones(classes)
    for key, weight in class_weights.items():
        if key not in range(classes):
            but = f"{_checks.shown(key)} is none"
            raise error("class_weights", "be of classes", but, f"keys in 0 … {classes - 1}")
        given[int(key)] = _checks.number("class_weights", weight, "positive numbers", above=0)
    return given


def finite_loss(loss: float, params: np.ndarray) -> None:
    """Refuse an update after which the loss is not finite."""
    if not (np.isfinite(loss) and np.isfinite(params).all()):
        but = f"it is {loss} on this batch"
        raise error("loss", "stay finite", but, "another loss, or a smaller learning rate")
