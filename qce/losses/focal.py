"""Focal cross entropies: what is already predicted well counts less."""

from __future__ import annotations

from typing import Any, Unpack

from qce.losses import _arguments
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
from qce.losses._classes import ClassOptions, TwoOptions, of_classes, of_two, per_class, per_two
from qce.typing import Array, Scalar


@per_class
def softmax_focal_loss(
    labels: Array, logits: Array, *, gamma: Scalar = 2.0, **options: Unpack[ClassOptions]
) -> Array:
    r"""Focal loss $-\sum_c p_c (1 - q_c)^γ \log q_c$ with $q = \mathrm{softmax}(x)$ (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        logits: Scores x `(..., k)`; -∞ rules a class out.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        axis, class_weights, label_smoothing, ignore_index: As in `softmax_cross_entropy`.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]. For soft labels and γ > 0 not least at q = p.

    Raises:
        ValueError: As `softmax_cross_entropy`, and if γ < 0.

    Example:
        >>> softmax_focal_loss([0, 1], [[2.0, 0.0], [0.0, 2.0]]).round(12).item()
        0.001803562835

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 4; its α are `class_weights`.
    """
    gamma = _arguments.number("gamma", gamma, 0.0)

    def cost(xp: Any, x: Array, gamma: Scalar) -> Array:
        return focused(xp, softmax_surprisal(xp, x), gamma, *softmax_rest(xp, x))

    return of_classes(cost, {"labels": labels, "logits": logits}, options, (gamma,))


@per_class
def focal_loss(
    labels: Array, probabilities: Array, *, gamma: Scalar = 2.0, **options: Unpack[ClassOptions]
) -> Array:
    r"""Focal loss $-\sum_c p_c (1 - q_c)^γ \log q_c$ of predicted probabilities (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        probabilities: Predictions q `(..., k)`.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        axis, class_weights, label_smoothing, ignore_index: As in `softmax_cross_entropy`.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]; +∞ where p_c > 0 = q_c.

    Raises:
        ValueError: As `cross_entropy`, and if γ < 0.

    Example:
        >>> focal_loss([0], [[0.5, 0.5]]).round(12).item()
        0.17328679514

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 4; its α are `class_weights`.
    """
    gamma = _arguments.number("gamma", gamma, 0.0)

    def cost(xp: Any, q: Array, gamma: Scalar) -> Array:
        return focused(xp, surprisal(xp, q), gamma, 1 - q)

    return of_classes(cost, {"labels": labels, "probabilities": probabilities}, options, (gamma,))


@per_two
def sigmoid_focal_loss(
    labels: Array, logits: Array, *, gamma: Scalar = 2.0, **options: Unpack[TwoOptions]
) -> Array:
    r"""Focal loss of two classes with $s = 1/(1 + e^{-x})$: $-p (1-s)^γ \log s$ and its mirror.

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        logits: Log-odds x `(...)` of the same shape; ±∞ are certain predictions.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        class_weights: (1 − α, α) of the negative and the positive class, `(2,)`, or "balanced".
        label_smoothing: Share of the labels that is spread over both classes.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞] (nats).

    Raises:
        ValueError: As `sigmoid_binary_cross_entropy`, and if γ < 0.

    Example:
        >>> sigmoid_focal_loss([1.0, 0.0], [2.0, -2.0]).round(12).item()
        0.001803562835

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 5; optax under this name.
    """
    gamma = _arguments.number("gamma", gamma, 0.0)

    def cost(xp: Any, x: Array, gamma: Scalar) -> Array:
        both = xp.stack([x, -x], -1)  # the log-odds of being wrong, of the negative class first
        return focused(xp, softplus(xp, both), gamma, sigmoid(xp, both), -softplus(xp, -both))

    return of_two(cost, {"labels": labels, "logits": logits}, options, (gamma,))


@per_two
def binary_focal_loss(
    labels: Array, probabilities: Array, *, gamma: Scalar = 2.0, **options: Unpack[TwoOptions]
) -> Array:
    r"""Focal loss of two classes, $-p (1-q)^γ \log q - (1-p) q^γ \log(1-q)$ (nats).

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        probabilities: Predictions q `(...)` in [0, 1], of the same shape.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        class_weights: (1 − α, α) of the negative and the positive class, `(2,)`, or "balanced".
        label_smoothing: Share of the labels that is spread over both classes.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞].

    Raises:
        ValueError: As `binary_cross_entropy`, and if γ < 0.

    Example:
        >>> binary_focal_loss([1.0], [0.5]).round(12).item()
        0.17328679514

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 5.
    """
    gamma = _arguments.number("gamma", gamma, 0.0)

    def cost(xp: Any, q: Array, gamma: Scalar) -> Array:
        surprises = xp.stack([certain_not(xp, q), surprisal(xp, q)], -1)
        return focused(xp, surprises, gamma, xp.stack([q, 1 - q], -1))

    return of_two(cost, {"labels": labels, "probabilities": probabilities}, options, (gamma,))


def focused(
    xp: Any, cost: Array, gamma: Scalar, rest: Array, log_rest: Array | None = None
) -> Array:
    """(1 − q)^γ · cost for cost = −log q, of slope 0 where `rest`, 1 − q, is 0.

    `log_rest` is log(1 − q) for where 1 − q may be so small that derivatives of its power overflow:
    those of e^{γ log(1 − q)} are as large as they are. It costs digits elsewhere.
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
