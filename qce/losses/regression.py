"""Losses of predicted numbers: squared, absolute, and Huber's between the two."""

from __future__ import annotations

from typing import Any

from qce.losses import _arguments
from qce.losses._arrays import magnitude
from qce.losses._samples import each
from qce.typing import Array


def squared_error(
    targets: Array,
    predictions: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Squared error $(y - f)^2$.

    Args:
        targets: Numbers y `(...)`.
        predictions: Numbers f `(...)` of the same shape.
        weights: How often each sample counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in the squared unit of the targets.

    Raises:
        ValueError: If shapes differ, or an argument is not finite or empty.
        TypeError: If an argument is not numeric.

    Example:
        >>> squared_error([1.0, 2.0], [1.0, 5.0]).item()
        4.5

    Source:
        Gauss's likelihood: `gaussian_nll` of fixed variance, but for a factor and a constant.
    """
    named = {"targets": targets, "predictions": predictions}
    return each(lambda xp, y, f: (y - f) ** 2, named, weights, where, reduction, check)


def absolute_error(
    targets: Array,
    predictions: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Absolute error $|y - f|$.

    Args:
        targets: Numbers y `(...)`.
        predictions: Numbers f `(...)` of the same shape.
        weights: How often each sample counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in the unit of the targets. The slope is 0 at y = f.

    Raises:
        ValueError: If shapes differ, or an argument is not finite or empty.
        TypeError: If an argument is not numeric.

    Example:
        >>> absolute_error([1.0, 2.0], [1.0, 5.0]).item()
        1.5

    Source:
        Laplace's likelihood: `laplace_nll` of scale 1 less log 2.
    """
    named = {"targets": targets, "predictions": predictions}
    return each(lambda xp, y, f: magnitude(xp, y - f), named, weights, where, reduction, check)


def huber_loss(
    targets: Array,
    predictions: Array,
    *,
    delta: float = 1.0,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Huber's loss: $\frac12 r^2$ for $|r| \le δ$, $δ (|r| - \frac12 δ)$ beyond, $r = y - f$.

    Args:
        targets: Numbers y `(...)`.
        predictions: Numbers f `(...)` of the same shape.
        delta: Where the parabola goes over into its tangent, > 0.
        weights: How often each sample counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in the squared unit of the targets.

    Raises:
        ValueError: If shapes differ, an argument is not finite or empty, or δ <= 0.
        TypeError: If an argument is not numeric.

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
    return each(loss, named, weights, where, reduction, check, settings=(delta,))
