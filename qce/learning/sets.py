"""The training set and the validation set, with the weights of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qce import _checks
from qce._checks import error
from qce.learning import labels as checks
from qce.learning.batches import Batch
from qce.learning.contracts import TrainedModel, Validation
from qce.models import Regressor
from qce.typing import Array

Examples = tuple[np.ndarray, np.ndarray, np.ndarray]  # features, labels, how often they count


class Counting(NamedTuple):
    """The arguments that decide how often a label counts.

    Attributes:
        weights: One for each label, or for each image; None for 1.
        where: True for those that count; None for all.
        ignore_index: The label of entries to ignore.
        by_class: Weights of classes; None for 1.
    """

    weights: Array | None = None
    where: Array | None = None
    ignore_index: int | None = None
    by_class: Array | Mapping[int, float] | str | None = None


def counted(
    model: TrainedModel, features: Array, labels: Array, how: Counting, of: str = ""
) -> Examples:
    """Examples with a label that counts, labels and how often they count; checked.

    Labels that are left out may be anything: an unknown class, or NaN.
    """
    names = ("features of `validation`", "labels of `validation`") if of else ("features", "labels")
    x = checks.rows(features, names[0])
    given = checks.one_each(labels, x, names[1])
    w = checks.weights_of_labels(how.weights, how.where, how.ignore_index, given)
    kept = w.reshape(len(w), -1).any(axis=1)
    x, w, y = checks.finite(x[kept], names[0]), w[kept], np.where(w > 0, given, 0)[kept]
    model.check(x)
    if isinstance(model, Regressor):
        return x, checks.finite(y.astype(float), names[1]), w
    return x, checks.class_numbers(y, model.classes, names[1]), w


def training_sets(
    model: TrainedModel,
    features: Array,
    labels: Array,
    validation: Validation,
    how: Counting,
    rng: np.random.Generator,
) -> tuple[Batch, Batch | None]:
    """The training set and the validation set; the first decides balanced weights."""
    x, y, w = counted(model, features, labels, how)
    of_classes = not isinstance(model, Regressor)
    if not isinstance(model, Regressor):
        checks.every_class(y[w > 0], model.classes)
    held = None
    if isinstance(validation, (tuple, list)):
        held = _own(model, validation, how)
    elif validation is not None:
        (x, y, w), held = _split((x, y, w), validation, rng, of_classes)
    by_class = None
    if not isinstance(model, Regressor):
        by_class = checks.weights_of_classes(how.by_class, y, w, model.classes)
    return _weighed(x, y, w, by_class), None if held is None else _weighed(*held, by_class)


def _weighed(x: np.ndarray, y: np.ndarray, w: np.ndarray, by_class: np.ndarray | None) -> Batch:
    """Examples with the weights of labels and classes, 1 on average over those that count."""
    w = w / w.max()
    if by_class is not None:
        w = w * (by_class / by_class.max())[y]
    return Batch(x, y, w / w[w > 0].mean())


def _own(model: TrainedModel, validation: Sequence[Array], how: Counting) -> Examples:
    """A separate validation set: examples and labels, and perhaps weights."""
    if len(validation) not in (2, 3):
        but = f"there are {len(validation)} parts of it"
        raise error("validation", "be (features, labels)", but, "two arrays, weights as a third")
    features, labels = validation[:2]
    weights = validation[2] if len(validation) == 3 else None
    own = Counting(weights, ignore_index=how.ignore_index)
    return counted(model, features, labels, own, "validation")


def _split(
    examples: Examples, share: float, rng: np.random.Generator, of_classes: bool
) -> tuple[Examples, Examples]:
    """Both parts of a split; if an example has one class, each with examples of every class."""
    from sklearn.model_selection import train_test_split

    remedy = "0.2, or (features, labels)"
    share = _checks.number("validation", share, remedy)
    if not 0 < share < 1:
        raise error("validation", "be a share in (0, 1)", f"it is {share}", remedy)
    y = examples[1]
    kept = len(y) - int(np.ceil(share * len(y)))
    by_class = y if y.ndim == 1 and of_classes else None
    if by_class is not None:
        counts = np.bincount(y)
        if counts.min() < 2 or min(kept, len(y) - kept) < len(counts):
            but = f"class {np.argmin(counts)} has {counts.min()} of {len(y)} examples"
            remedy = "more examples, or a validation set of their own"
            raise error("validation", "leave every class in both parts", but, remedy)
    elif min(kept, len(y) - kept) < 1:
        what = "images" if y.ndim > 1 else "examples"
        but = f"it is {share} of {len(y)} {what}"
        raise error("validation", f"leave {what} in both parts", but, f"more {what}")
    state = int(rng.integers(2**31))
    parts = train_test_split(*examples, test_size=share, stratify=by_class, random_state=state)
    x, held_x, y, held_y, w, held_w = parts
    return (x, y, w), (held_x, held_y, held_w)
