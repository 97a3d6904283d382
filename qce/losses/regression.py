"""Losses of predicted numbers: squared, absolute, and Huber's between the two."""

from __future__ import annotations

from typing import Any, Unpack

from qce.losses import _arguments
from qce.losses._arrays import magnitude
from qce.losses._reduce import Options, per_sample
from qce.losses._samples import each
from qce.typing import Array, Scalar


@per_sample
def squared_error(targets: Array, predictions: Array, **options: Unpack[Options]) -> Array:
    r"""Squared error $(y - f)^2$.

    Args:
        targets, predictions: Numbers y and f `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in the squared unit of the targets.

    Raises:
        ValueError: If shapes differ, or an argument is not finite or empty.

    Example:
        >>> squared_error([1.0, 2.0], [1.0, 5.0]).item()
        4.5

    Source:
        Gauss's likelihood: `gaussian_nll` of fixed variance, but for a factor and a constant.
    """
    named = {"targets": targets, "predictions": predictions}
    return each(lambda xp, y, f: (y - f) ** 2, named, options)


@per_sample
def absolute_error(targets: Array, predictions: Array, **options: Unpack[Options]) -> Array:
    r"""Absolute error $|y - f|$.

    Args:
        targets, predictions: Numbers y and f `(...)` of one shape.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in the unit of the targets. The slope is 0 at y = f.

    Raises:
        ValueError: If shapes differ, or an argument is not finite or empty.

    Example:
        >>> absolute_error([1.0, 2.0], [1.0, 5.0]).item()
        1.5

    Source:
        Laplace's likelihood: `laplace_nll` of scale 1 less log 2.
    """
    named = {"targets": targets, "predictions": predictions}
    return each(lambda xp, y, f: magnitude(xp, y - f), named, options)


@per_sample
def huber_loss(
    targets: Array, predictions: Array, *, delta: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""Huber's loss: $\frac12 r^2$ for $|r| \le δ$, $δ (|r| - \frac12 δ)$ beyond, $r = y - f$.

    Args:
        targets, predictions: Numbers y and f `(...)` of one shape.
        delta: Where the parabola goes over into its tangent, > 0.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in the squared unit of the targets.

    Raises:
        ValueError: If shapes differ, an argument is not finite or empty, or δ <= 0.

    Example:
        >>> huber_loss([0.0, 0.0], [0.5, 3.0], reduction="none").tolist()
        [0.125, 2.5]

    Source:
        P. J. Huber, Ann. Math. Statist. 35, 73 (1964).
    """
    delta = _arguments.above_zero("delta", delta)

    def loss(xp: Any, y: Array, f: Array, delta: Array) -> Array:
        size = magnitude(xp, y - f)
        near = xp.where(size < delta, size, delta)
        return near * (size - near / 2)

    named = {"targets": targets, "predictions": predictions}
    return each(loss, named, options, settings=(delta,))
