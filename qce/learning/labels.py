"""What labels, examples and weights must be; refused before anything is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error, one_of
from qce._concrete import classical

Array = Any


def examples(features: Array, name: str = "features") -> np.ndarray:
    """Finite numbers, one example a row, at least one."""
    classical(name, features)
    x = _checks.concrete(name, features)
    if x.dtype.kind not in "biuf":
        raise error(name, "be real numbers", f"its dtype is {x.dtype}", "floats", TypeError)
    if x.ndim < 2 or x.size == 0:
        but = f"its shape is {x.shape}"
        raise error(name, "have shape (N, f) or (N, H, W), not empty", but, "one example a row")
    if not np.isfinite(x).all():
        what = "NaN" if np.isnan(x).any() else "an infinity"
        raise error(name, "be finite", f"it holds {what}", "finite numbers")
    return x.astype(float)


def class_numbers(labels: Array, features: np.ndarray, classes: int, name: str = "labels") -> Array:
    """Whole numbers in 0 … k − 1, one for each example, or one for each pixel of an image."""
    y = np.asarray(labels)
    if y.dtype.kind not in "biuf":
        remedy = "class numbers; `np.unique(labels, return_inverse=True)[1]` for names of classes"
        raise error(name, "be whole numbers", f"its dtype is {y.dtype}", remedy, TypeError)
    y = _checks.concrete(name, labels)
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        what = "NaN" if np.isnan(y).any() else f"{y[y != np.round(y)].flat[0]:.6g}"
        raise error(name, "be whole numbers", f"it holds {what}", "class numbers")
    expected = features.shape if features.ndim == 3 else features.shape[:1]
    if y.shape != expected:
        what = "pixel" if features.ndim == 3 else "example"
        but = f"its shape is {y.shape}"
        raise error(name, f"have shape {expected}", but, f"one class number for each {what}")
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


def weights_of_classes(
    class_weights: Array | str | None, labels: np.ndarray, classes: int
) -> np.ndarray:
    """One weight a class, `(k,)`: "balanced" for M / (k M_c), from M labels, M_c of class c."""
    if class_weights is None:
        return np.ones(classes)
    if isinstance(class_weights, str):
        one_of("class_weights", class_weights, ("balanced",))
        return labels.size / (classes * np.bincount(labels.ravel(), minlength=classes))
    given = np.asarray(class_weights, dtype=float)
    if given.shape != (classes,):
        but = f"its shape is {given.shape}"
        raise error("class_weights", f"have shape ({classes},)", but, "one weight a class")
    if not (np.isfinite(given).all() and (given > 0).all()):
        but = f"the least is {np.min(given):g}"
        raise error("class_weights", "be positive and finite", but, "positive numbers")
    return given


def finite_loss(loss: float, params: np.ndarray) -> None:
    """What an update on line must leave."""
    if not (np.isfinite(loss) and np.isfinite(params).all()):
        but = f"it is {loss} on this batch"
        raise error("loss", "stay finite", but, "another loss, or a smaller learning rate")
