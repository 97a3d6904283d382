"""Overlap losses of probability vectors, with the fidelity in place of the intersection.

Read it beside `qce.losses.quantum.overlaps`. Two distributions that sum to 1 have TP = F and
FP = FN = 1 − F; against a certain outcome c, F = q_c is the intersection itself. 1 − F comes from
the Bures distance, b² (1 − b²/4), so that it is relatively accurate for close distributions.
"""

from __future__ import annotations

from typing import Any

from qce import classical
from qce.losses import _arguments, _masks
from qce.losses._arrays import together
from qce.losses._overlaps import focal_of, infidelity, tversky_of
from qce.losses._reduce import reduce
from qce.typing import Array


def dice_loss(
    data: Array,
    model: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Dice loss $1 - \frac{2F}{2F + 2(1 - F)} = 1 - F$ of the fidelity: the infidelity.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, q = [1.0, 0.0], [0.75, 0.25]
        >>> dice_loss(p, q).round(12).item()
        0.25

    Source:
        F. Milletari et al., 3DV (2016), arXiv:1606.04797, of distributions.
    """
    _arguments.reduction(reduction)
    xp, apart, weights = _apart(data, model, weights, where, check)
    return reduce(xp, tversky_of(apart, 0.5, 0.5), weights, reduction)


def jaccard_loss(
    data: Array,
    model: Array,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Jaccard loss $1 - \frac{F}{2 - F}$ of the fidelity.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, q = [1.0, 0.0], [0.75, 0.25]
        >>> jaccard_loss(p, q).round(12).item()
        0.4

    Source:
        P. Jaccard, New Phytol. 11, 37 (1912), of distributions.
    """
    _arguments.reduction(reduction)
    xp, apart, weights = _apart(data, model, weights, where, check)
    return reduce(xp, tversky_of(apart, 1.0, 1.0), weights, reduction)


def tversky_loss(
    data: Array,
    model: Array,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Tversky loss $1 - \frac{F}{F + (α + β)(1 - F)}$ of the fidelity.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        alpha: Price α >= 0 of what the model has too much.
        beta: Price β >= 0 of what it misses; sums being 1, only α + β matters.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or α or
            β is negative.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, q = [1.0, 0.0], [0.75, 0.25]
        >>> tversky_loss(p, q).round(12).item()
        0.25

    Source:
        S. S. M. Salehi et al., MLMI (2017), arXiv:1706.05721, of distributions.
    """
    _arguments.reduction(reduction)
    settings = _arguments.prices(alpha, beta)
    xp, apart, weights, alpha, beta = _apart(data, model, weights, where, check, settings)
    return reduce(xp, tversky_of(apart, alpha, beta), weights, reduction)


def focal_tversky_loss(
    data: Array,
    model: Array,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "none",
    check: bool = True,
) -> Array:
    r"""Focal Tversky loss $(1 - \frac{F}{F + (α + β)(1 - F)})^{1/γ}$ of the fidelity.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        alpha: Price α >= 0 of what the model has too much.
        beta: Price β >= 0 of what it misses; sums being 1, only α + β matters.
        gamma: γ > 0; above 1, close pairs keep a strong slope.
        weights: How often each entry of a batch counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "none", "mean" (weighted) or "sum" over the batch.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q. At 0 the slope is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or a
            setting is out of range.
        TypeError: If an argument is not numeric.

    Example:
        >>> p, q = [1.0, 0.0], [0.75, 0.25]
        >>> focal_tversky_loss(p, q, gamma=2.0).round(12).item()
        0.5

    Source:
        N. Abraham and N. M. Khan, ISBI (2019), arXiv:1810.07842, of distributions.
    """
    _arguments.reduction(reduction)
    settings = *_arguments.prices(alpha, beta), _arguments.above_zero("gamma", gamma)
    xp, apart, weights, alpha, beta, gamma = _apart(data, model, weights, where, check, settings)
    return reduce(xp, focal_of(xp, apart, alpha, beta, gamma), weights, reduction)


def _apart(
    data: Array,
    model: Array,
    weights: Array | None,
    where: Array | None,
    check: bool,
    settings: tuple[Array, ...] = (),
) -> tuple[Any, ...]:
    """The namespace, 1 − F, the weights, and the settings."""
    _arguments.given(check, data=data, model=model)
    pair = {"data": _masks.probabilities(data), "model": _masks.probabilities(model)}
    weights, data, model = _masks.of_batch(weights, where, check, **pair)
    if check:
        _arguments.distributions(data, model)
    xp, x, y, weights, *found = together(data, model, weights, numbers=settings)
    return xp, infidelity(classical.bures_distance(x, y, check=False)), weights, *found
