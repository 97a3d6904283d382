"""Focal cross entropies: what is already predicted well counts less."""

from __future__ import annotations

from typing import Any

from qce.losses import _arguments, _classes
from qce.losses._arrays import (
    certain_not,
    known,
    least_square,
    sigmoid,
    softmax_rest,
    softmax_surprisal,
    softplus,
    surprisal,
)
from qce.losses.classification import binary_masses
from qce.typing import Array


def softmax_focal_loss(
    labels: Array,
    logits: Array,
    *,
    gamma: float = 2.0,
    axis: int = -1,
    class_weights: Array | str | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    where: Array | None = None,
    ignore_index: int | None = None,
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
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        ignore_index: Class number of samples that are masked too, such as -100.
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
    gamma = _arguments.number("gamma", gamma, 0.0)
    xp, mass, x, weights, gamma = _classes.prepare(
        labels,
        logits,
        name="logits",
        axis=axis,
        class_weights=class_weights,
        label_smoothing=label_smoothing,
        weights=weights,
        where=where,
        reduction=reduction,
        check=check,
        ignore_index=ignore_index,
        settings=(gamma,),
    )
    cost = focused(xp, softmax_surprisal(xp, x), gamma, *softmax_rest(xp, x))
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
    where: Array | None = None,
    ignore_index: int | None = None,
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
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        ignore_index: Class number of samples that are masked too, such as -100.
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
    gamma = _arguments.number("gamma", gamma, 0.0)
    xp, mass, q, weights, gamma = _classes.prepare(
        labels,
        probabilities,
        name="probabilities",
        axis=axis,
        class_weights=class_weights,
        label_smoothing=label_smoothing,
        weights=weights,
        where=where,
        reduction=reduction,
        check=check,
        ignore_index=ignore_index,
        settings=(gamma,),
    )
    cost = focused(xp, surprisal(xp, q), gamma, 1 - q)
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def sigmoid_focal_loss(
    labels: Array,
    logits: Array,
    *,
    gamma: float = 2.0,
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    where: Array | None = None,
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
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
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
    gamma = _arguments.number("gamma", gamma, 0.0)
    arguments = (labels, logits, "logits", class_weights, label_smoothing)
    xp, mass, x, weights, gamma = binary_masses(
        *arguments, weights, where, reduction, check, settings=(gamma,)
    )
    both = xp.stack([x, -x], -1)  # the log-odds of being wrong, of the negative class first
    cost = focused(xp, softplus(xp, both), gamma, sigmoid(xp, both), -softplus(xp, -both))
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def binary_focal_loss(
    labels: Array,
    probabilities: Array,
    *,
    gamma: float = 2.0,
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
    where: Array | None = None,
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
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
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
    gamma = _arguments.number("gamma", gamma, 0.0)
    arguments = (labels, probabilities, "probabilities", class_weights, label_smoothing)
    xp, mass, q, weights, gamma = binary_masses(
        *arguments, weights, where, reduction, check, settings=(gamma,)
    )
    surprises = xp.stack([certain_not(xp, q), surprisal(xp, q)], -1)
    cost = focused(xp, surprises, gamma, xp.stack([q, 1 - q], -1))
    return _classes.charged(xp, mass, cost, weights, reduction, class_weights is not None)


def focused(
    xp: Any, cost: Array, gamma: Array, rest: Array, log_rest: Array | None = None
) -> Array:
    """(1 − q)^γ · cost for cost = −log q, of slope 0 where 1 − q is 0.

    Args:
        xp: Array namespace.
        cost: −log q.
        gamma: γ.
        rest: 1 − q.
        log_rest: log(1 − q), where 1 − q may be so small that derivatives of its power overflow:
            derivatives of e^{γ log(1 − q)} are as large as they are. It costs digits elsewhere.
    """
    if known(gamma) and gamma == 0:
        return cost
    if known(gamma) and gamma == 1:
        factor = rest  # of slope −1 at 1 − q = 0 too, where the second derivative asks for it
    elif log_rest is None:
        none = rest <= 0
        factor = xp.where(none, 0.0, xp.where(none, 1.0, rest) ** gamma)
    else:
        small = rest < least_square(xp, rest)
        none = small & (log_rest == -xp.inf)
        extreme = xp.exp(gamma * xp.where(small & ~none, log_rest, 0.0))
        power = xp.where(small, 1.0, rest) ** gamma
        factor = xp.where(none, 0.0, xp.where(small, extreme, power))
    infinite = cost == xp.inf
    return xp.where(infinite, xp.inf, factor * xp.where(infinite, 0.0, cost))
