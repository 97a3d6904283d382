"""Margin losses of an expectation value: f = Σ p_i o_i of what is drawn, against labels y = ±1.

Read it beside `qce.losses.quantum.margins`: same names, same order, same rules.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qce import _checks
from qce.losses import _arguments, _margins, _masks
from qce.losses._arrays import together
from qce.losses._reduce import reduce
from qce.typing import Array


def hinge_loss(
    labels: Array | float,
    probabilities: Array,
    values: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Hinge loss $\max(0, 1 - y f)$ of $f = \sum_i p_i o_i$.

    Args:
        labels: Signs y = ±1, `(...)` or one for all.
        probabilities: Probabilities p `(..., k)`: what is drawn.
        values: Numbers o `(..., k)`: what each outcome is worth.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`; at its corner the slope is 0.

    Raises:
        ValueError: If labels are other than ±1, probabilities are none within √ε,
            `values` are not real and finite, or
            shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, o = [0.75, 0.25], [1.0, -1.0]
        >>> hinge_loss(1, p, o).round(6).item()
        0.5

    Source:
        C. Cortes and V. Vapnik, Mach. Learn. 20, 273 (1995).
    """
    arguments = (labels, probabilities, values, weights, where, reduction, check)
    return _of_expectation(_margins.hinge, *arguments)


def squared_hinge_loss(
    labels: Array | float,
    probabilities: Array,
    values: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Squared hinge loss $\max(0, 1 - y f)^2$ of $f = \sum_i p_i o_i$.

    Args:
        labels: Signs y = ±1, `(...)` or one for all.
        probabilities: Probabilities p `(..., k)`: what is drawn.
        values: Numbers o `(..., k)`: what each outcome is worth.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`.

    Raises:
        ValueError: If labels are other than ±1, probabilities are none within √ε,
            `values` are not real and finite, or
            shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, o = [0.75, 0.25], [1.0, -1.0]
        >>> squared_hinge_loss(1, p, o).round(6).item()
        0.25

    Source:
        The L2-loss support vector machine.
    """
    arguments = (labels, probabilities, values, weights, where, reduction, check)
    return _of_expectation(_margins.squared_hinge, *arguments)


def perceptron_loss(
    labels: Array | float,
    probabilities: Array,
    values: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Perceptron loss $\max(0, -y f)$ of $f = \sum_i p_i o_i$.

    Args:
        labels: Signs y = ±1, `(...)` or one for all.
        probabilities: Probabilities p `(..., k)`: what is drawn.
        values: Numbers o `(..., k)`: what each outcome is worth.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`; at its corner the slope is 0.

    Raises:
        ValueError: If labels are other than ±1, probabilities are none within √ε,
            `values` are not real and finite, or
            shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, o = [0.75, 0.25], [1.0, -1.0]
        >>> perceptron_loss(1, p, o).round(6).item()
        0.0

    Source:
        F. Rosenblatt, Psychol. Rev. 65, 386 (1958).
    """
    arguments = (labels, probabilities, values, weights, where, reduction, check)
    return _of_expectation(_margins.perceptron, *arguments)


def logistic_loss(
    labels: Array | float,
    probabilities: Array,
    values: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Logistic loss $\log(1 + e^{-y f})$ of $f = \sum_i p_i o_i$.

    Args:
        labels: Signs y = ±1, `(...)` or one for all.
        probabilities: Probabilities p `(..., k)`: what is drawn.
        values: Numbers o `(..., k)`: what each outcome is worth.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, in nats.

    Raises:
        ValueError: If labels are other than ±1, probabilities are none within √ε,
            `values` are not real and finite, or
            shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, o = [0.75, 0.25], [1.0, -1.0]
        >>> logistic_loss(1, p, o).round(6).item()
        0.474077

    Source:
        D. R. Cox, J. R. Stat. Soc. B 20, 215 (1958).
    """
    arguments = (labels, probabilities, values, weights, where, reduction, check)
    return _of_expectation(_margins.logistic, *arguments)


def exponential_loss(
    labels: Array | float,
    probabilities: Array,
    values: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Exponential loss $e^{-y f}$ of $f = \sum_i p_i o_i$.

    Args:
        labels: Signs y = ±1, `(...)` or one for all.
        probabilities: Probabilities p `(..., k)`: what is drawn.
        values: Numbers o `(..., k)`: what each outcome is worth.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`.

    Raises:
        ValueError: If labels are other than ±1, probabilities are none within √ε,
            `values` are not real and finite, or
            shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, o = [0.75, 0.25], [1.0, -1.0]
        >>> exponential_loss(1, p, o).round(6).item()
        0.606531

    Source:
        Y. Freund and R. Schapire, J. Comput. Syst. Sci. 55, 119 (1997).
    """
    arguments = (labels, probabilities, values, weights, where, reduction, check)
    return _of_expectation(_margins.exponential, *arguments)


def _of_expectation(
    loss: Callable[..., Array],
    labels: Array | float,
    probabilities: Array,
    values: Array,
    weights: Array | None,
    where: Array | None,
    reduction: str,
    check: bool,
) -> Array:
    _arguments.reduction(reduction)
    _arguments.given(check, labels=labels, probabilities=probabilities, values=values)
    weights, labels, probabilities, values = _masks.of_batch(
        weights,
        where,
        check,
        labels=_masks.numbers(labels),
        probabilities=_masks.probabilities(probabilities),
        values=_masks.probabilities(values),
    )
    if check:
        _arguments.signs("labels", labels)
        _checks.probabilities("probabilities", probabilities)
        _arguments.finite("values", values)
        _checks.same_dimension("probabilities", probabilities, "values", values)
        _arguments.one_each_or_all("labels", labels, "probabilities", np.shape(probabilities)[:-1])
    xp, p, o, y, weights = together(probabilities, values, labels, weights)
    f = xp.sum(p * o, axis=-1)
    return reduce(xp, loss(xp, y * f), weights, reduction)
