"""Focal cross entropies: what is already predicted well counts less."""

from __future__ import annotations

from typing import Any

from qce.losses import _arguments, _classes
from qce.losses._arrays import certain_not, softmax_surprisal, softplus, surprisal
from qce.losses.classification import binary_masses

Array = Any


def softmax_focal_loss(
    labels: Array,
    logits: Array,
    *,
    gamma: float = 2.0,
    axis: int = -1,
    class_weights: Array | str | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Focal loss $-\sum_c p_c (1 - q_c)^γ \log q_c$ with $q = \mathrm{softmax}(x)$ (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        logits: Scores x `(..., k)`; -∞ rules a class out.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        axis: Where the k classes are, in `logits` and in labels that are probabilities.
        class_weights: As in `softmax_cross_entropy`; the α of the paper.
        label_smoothing: As in `softmax_cross_entropy`.
        weights: How often each sample counts, `(...)`.
        reduction: "mean", "sum" or "none", as in `softmax_cross_entropy`.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]. For soft labels and γ > 0 it is not least at
            q = p: no focal loss is.

    Raises:
        ValueError: As `softmax_cross_entropy`, and if γ < 0.
        TypeError: If an argument is not numeric.

    Example:
        >>> softmax_focal_loss([0, 1], [[2.0, 0.0], [0.0, 2.0]]).round(12).item()
        0.001803562835

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 4.
    """
    _arguments.number("gamma", gamma, 0.0)
    xp, mass, x, weights = _classes.prepare(
        labels,
        logits,
        name="logits",
        axis=axis,
        class_weights=class_weights,
        label_smoothing=label_smoothing,
        weights=weights,
        reduction=reduction,
        check=check,
    )
    cost = focused(xp, softmax_surprisal(xp, x), gamma)
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def focal_loss(
    labels: Array,
    probabilities: Array,
    *,
    gamma: float = 2.0,
    axis: int = -1,
    class_weights: Array | str | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Focal loss $-\sum_c p_c (1 - q_c)^γ \log q_c$ of predicted probabilities (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        probabilities: Predictions q `(..., k)`.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        axis: Where the k classes are.
        class_weights: As in `softmax_cross_entropy`; the α of the paper.
        label_smoothing: As in `softmax_cross_entropy`.
        weights: How often each sample counts, `(...)`.
        reduction: "mean", "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]; +∞ where p_c > 0 = q_c.

    Raises:
        ValueError: As `cross_entropy`, and if γ < 0.
        TypeError: If an argument is not numeric.

    Example:
        >>> focal_loss([0], [[0.5, 0.5]]).round(12).item()
        0.17328679514

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 4.
    """
    _arguments.number("gamma", gamma, 0.0)
    xp, mass, q, weights = _classes.prepare(
        labels,
        probabilities,
        name="probabilities",
        axis=axis,
        class_weights=class_weights,
        label_smoothing=label_smoothing,
        weights=weights,
        reduction=reduction,
        check=check,
    )
    cost = focused(xp, surprisal(xp, q), gamma)
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def sigmoid_focal_loss(
    labels: Array,
    logits: Array,
    *,
    gamma: float = 2.0,
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Focal loss of two classes with $s = 1/(1 + e^{-x})$: $-p (1-s)^γ \log s$ and its mirror.

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        logits: Log-odds x `(...)` of the same shape; ±∞ are certain predictions.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        class_weights: Weights `(2,)` of the negative and the positive class: (1 − α, α).
        label_smoothing: Share of the labels that is spread over both classes.
        weights: How often each sample counts, `(...)`.
        reduction: "mean", "sum" or "none", as in `sigmoid_binary_cross_entropy`.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in [0, ∞] (nats).

    Raises:
        ValueError: As `sigmoid_binary_cross_entropy`, and if γ < 0.
        TypeError: If an argument is not numeric.

    Example:
        >>> sigmoid_focal_loss([1.0, 0.0], [2.0, -2.0]).round(12).item()
        0.001803562835

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 5; optax under this name.
    """
    _arguments.number("gamma", gamma, 0.0)
    arguments = (labels, logits, "logits", class_weights, label_smoothing)
    xp, mass, x, weights = binary_masses(*arguments, weights, reduction, check)
    cost = focused(xp, xp.stack([softplus(xp, x), softplus(xp, -x)], -1), gamma)
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def binary_focal_loss(
    labels: Array,
    probabilities: Array,
    *,
    gamma: float = 2.0,
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Focal loss of two classes, $-p (1-q)^γ \log q - (1-p) q^γ \log(1-q)$ (nats).

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        probabilities: Predictions q `(...)` in [0, 1], of the same shape.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        class_weights: Weights `(2,)` of the negative and the positive class: (1 − α, α).
        label_smoothing: Share of the labels that is spread over both classes.
        weights: How often each sample counts, `(...)`.
        reduction: "mean", "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none", in [0, ∞].

    Raises:
        ValueError: As `binary_cross_entropy`, and if γ < 0.
        TypeError: If an argument is not numeric.

    Example:
        >>> binary_focal_loss([1.0], [0.5]).round(12).item()
        0.17328679514

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 5.
    """
    _arguments.number("gamma", gamma, 0.0)
    arguments = (labels, probabilities, "probabilities", class_weights, label_smoothing)
    xp, mass, q, weights = binary_masses(*arguments, weights, reduction, check)
    cost = focused(xp, xp.stack([certain_not(xp, q), surprisal(xp, q)], -1), gamma)
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def focused(xp: Any, cost: Array, gamma: float) -> Array:
    """(1 − q)^γ · cost for cost = −log q; 1 − q = −expm1(−cost) keeps its digits where q ≈ 1."""
    if gamma == 0:
        return cost
    usual = (cost > 0) & (cost < xp.inf)
    inner = xp.where(usual, cost, 1.0)
    limit = xp.where(cost > 0, xp.inf, xp.zeros_like(inner))  # of slope 0 where it is 0
    return xp.where(usual, (-xp.expm1(-inner)) ** gamma * inner, limit)
