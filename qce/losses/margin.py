"""Margin losses of scores f and labels y = ±1, functions of the margin m = y f; and of classes.

A score may be what is measured: `hinge_loss(y, quantum.expectation(rho, observable))`, and of
probabilities `hinge_loss(y, classical.expectation(p, values))`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

import numpy as np

from qce.losses import _arguments, _masks
from qce.losses._arrays import axis_last, one_hot, positions, positive_part, softplus, together
from qce.losses._reduce import Options, per_sample, reduce, told
from qce.losses._samples import each
from qce.typing import Array, Scalar


@per_sample
def hinge_loss(labels: Array, scores: Array, **options: Unpack[Options]) -> Array:
    r"""Hinge loss $\max(0, 1 - y f)$.

    Args:
        labels, scores: Signs y = ±1 and numbers f, `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". At the corner y f = 1 the slope is 0.

    Raises:
        ValueError: If labels are other than ±1, shapes differ, or scores are not finite.

    Example:
        >>> hinge_loss([1, -1], [0.5, 0.5], reduction="none").tolist()
        [0.5, 1.5]

    Source:
        C. Cortes and V. Vapnik, Mach. Learn. 20, 273 (1995).
    """
    return _of_margin(lambda xp, m: positive_part(xp, 1 - m), labels, scores, options)


@per_sample
def squared_hinge_loss(labels: Array, scores: Array, **options: Unpack[Options]) -> Array:
    r"""Squared hinge loss $\max(0, 1 - y f)^2$, smooth at its corner.

    Args:
        labels, scores: Signs y = ±1 and numbers f, `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none".

    Raises:
        ValueError: If labels are other than ±1, shapes differ, or scores are not finite.

    Example:
        >>> squared_hinge_loss([1, -1], [0.5, 0.5], reduction="none").tolist()
        [0.25, 2.25]

    Source:
        The L2-loss support vector machine; scikit-learn's "squared_hinge".
    """
    return _of_margin(lambda xp, m: positive_part(xp, 1 - m) ** 2, labels, scores, options)


@per_sample
def perceptron_loss(labels: Array, scores: Array, **options: Unpack[Options]) -> Array:
    r"""Perceptron loss $\max(0, -y f)$.

    Args:
        labels, scores: Signs y = ±1 and numbers f, `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". At the corner y f = 0 the slope is 0.

    Raises:
        ValueError: If labels are other than ±1, shapes differ, or scores are not finite.

    Example:
        >>> perceptron_loss([1, -1], [0.5, 0.5], reduction="none").tolist()
        [0.0, 0.5]

    Source:
        F. Rosenblatt, Psychol. Rev. 65, 386 (1958).
    """
    return _of_margin(lambda xp, m: positive_part(xp, -m), labels, scores, options)


@per_sample
def logistic_loss(labels: Array, scores: Array, **options: Unpack[Options]) -> Array:
    r"""Logistic loss $\log(1 + e^{-y f})$: the binary cross entropy of the logit f (nats).

    Args:
        labels, scores: Signs y = ±1 and numbers f, `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none".

    Raises:
        ValueError: If labels are other than ±1, shapes differ, or scores are not finite.

    Example:
        >>> logistic_loss([1, -1], [0.0, 0.0]).round(12).item()
        0.69314718056

    Source:
        D. R. Cox, J. R. Stat. Soc. B 20, 215 (1958); PyTorch's `soft_margin_loss`.
    """
    return _of_margin(lambda xp, m: softplus(xp, -m), labels, scores, options)


@per_sample
def exponential_loss(labels: Array, scores: Array, **options: Unpack[Options]) -> Array:
    r"""Exponential loss $e^{-y f}$.

    Args:
        labels, scores: Signs y = ±1 and numbers f, `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none".

    Raises:
        ValueError: If labels are other than ±1, shapes differ, or scores are not finite.

    Example:
        >>> exponential_loss([1, -1], [0.0, 0.0]).item()
        1.0

    Source:
        Y. Freund and R. Schapire, J. Comput. Syst. Sci. 55, 119 (1997).
    """
    return _of_margin(lambda xp, m: xp.exp(-m), labels, scores, options)


@per_sample
def multiclass_hinge_loss(
    labels: Array, scores: Array, *, axis: int = -1, **options: Unpack[Options]
) -> Array:
    r"""Crammer and Singer's hinge loss $\max(0, 1 - f_y + \max_{c \ne y} f_c)$.

    Args:
        labels: Class numbers y `(...)`.
        scores: Numbers f `(..., k)`.
        axis: Where the k classes are.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none"; the hinge loss of the margin to the best wrong class.

    Raises:
        ValueError: If labels are out of range or not one a sample, or scores are not finite.

    Example:
        >>> multiclass_hinge_loss([0, 1], [[2.0, 0.0, 0.0], [2.0, 0.0, 1.0]]).item()
        1.5

    Source:
        K. Crammer and Y. Singer, J. Mach. Learn. Res. 2, 265 (2001).
    """
    weights, where, reduction, check = told(options, labels=labels, scores=scores)
    axis = _arguments.class_axis("scores", scores, axis)
    shape = _arguments.samples(np.shape(scores), axis)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    labels = _masks.keep_numbers(counts, "labels", labels)
    scores = _masks.keep(counts, "scores", scores, 0, axis)
    if check:
        _arguments.finite("scores", scores)
        _arguments.class_numbers(labels, scores, axis)
    xp, y, f, weights = together(labels, scores, weights)
    f = axis_last(xp, f, axis)
    hot = one_hot(xp, y, positions(xp, f))
    own = hot > 0
    best_other = xp.amax(xp.where(own, -xp.inf, f), axis=-1)
    margin = xp.sum(xp.where(own, f, 0.0 * hot), axis=-1) - best_other
    return reduce(xp, positive_part(xp, 1 - margin), weights, reduction)


def _of_margin(
    loss: Callable[..., Array], labels: Array, scores: Scalar, options: Options
) -> Array:
    named = {"labels": labels, "scores": scores}
    signs = {"labels": _arguments.signs}
    return each(lambda xp, y, f: loss(xp, y * f), named, options, proofs=signs)
