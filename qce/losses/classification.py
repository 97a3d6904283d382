"""Cross entropies of class labels and predictions, from logits and from probabilities.

Labels come first, as data does everywhere in `qce`: class numbers, one-hot or soft. From either
side values are exact at 0 and 1: nothing is clipped, and what is impossible costs +∞.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from qce import classical
from qce._checks import concrete, integer, memory
from qce.losses import _arguments
from qce.losses._arrays import (
    certain_not,
    one_hot,
    softmax_surprisal,
    softplus,
    surprisal,
    together,
)
from qce.losses._classes import (
    ClassOptions,
    Named,
    Several,
    TwoOptions,
    balanced,
    of_classes,
    of_two,
    per_class,
    per_two,
    prepared,
)
from qce.losses._reduce import Options, per_sample, reduce
from qce.typing import Array


@per_class
def softmax_cross_entropy(labels: Array, logits: Array, **options: Unpack[ClassOptions]) -> Array:
    r"""Cross entropy $-\sum_c p_c \log \mathrm{softmax}(x)_c$ (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        logits: Scores x `(..., k)` in (-∞, ∞); -∞ rules a class out.
        axis: Where the k classes are, in `logits` and in labels that are probabilities.
        class_weights: Weights w `(k,)` of the classes: p_c counts w_c times. "balanced" for
            n / (k n_c), so that all classes of these labels weigh the same.
        label_smoothing: Share ε of the labels that is spread over all classes.
        weights, where, check: As everywhere in `qce.losses`.
        ignore_index: Class number of samples that are masked too, such as -100.
        reduction: "mean" (weighted: over Σ_c w_c p_c of the samples), "sum" or "none".

    Returns:
        A number, or `(...)` for "none", in [0, ∞]; relatively exact for certain predictions. +∞
            where a class of p_c > 0 is ruled out, with the gradient of the finite part.

    Raises:
        ValueError: If labels are out of range, no probabilities, of the wrong shape or empty,
            if `logits` hold NaN, or a class is empty where classes are balanced.

    Example:
        >>> softmax_cross_entropy([0, 1], [[2.0, 0.0], [0.0, 2.0]]).round(12).item()
        0.126928011043

    Source:
        optax and PyTorch under this name; balanced weights: G. King and L. Zeng, Polit. Anal. 9,
        137 (2001); smoothing: C. Szegedy et al., CVPR (2016), arXiv:1512.00567, section 7.
    """
    return of_classes(softmax_surprisal, {"labels": labels, "logits": logits}, options)


@per_class
def cross_entropy(labels: Array, probabilities: Array, **options: Unpack[ClassOptions]) -> Array:
    r"""Cross entropy $-\sum_c p_c \log q_c$ of labels and predicted probabilities (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`, one-hot or soft.
        probabilities: Predictions q `(..., k)`.
        axis, class_weights, label_smoothing, ignore_index: As in `softmax_cross_entropy`.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]; +∞ where p_c > 0 = q_c, and 0 log 0 = 0.

    Raises:
        ValueError: As `softmax_cross_entropy`, and if `probabilities` are none within √ε.

    Example:
        >>> cross_entropy([0, 1], [[1.0, 0.0], [0.5, 0.5]], reduction="none").round(6).tolist()
        [0.0, 0.693147]

    Source:
        `qce.classical.cross_entropy` of each sample: the classical limit of arXiv:2102.11887.
    """
    return of_classes(surprisal, {"labels": labels, "probabilities": probabilities}, options)


@per_two
def sigmoid_binary_cross_entropy(
    labels: Array, logits: Array, **options: Unpack[TwoOptions]
) -> Array:
    r"""Cross entropy $-p \log s - (1-p) \log(1-s)$ with $s = 1/(1 + e^{-x})$ (nats).

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        logits: Log-odds x `(...)` of the same shape; ±∞ are certain predictions.
        class_weights: Weights `(2,)` of the negative and of the positive class, or "balanced".
        label_smoothing: Share of the labels that is spread over both classes.
        weights, where, check: As everywhere in `qce.losses`.
        reduction: "mean" (with class weights over w_0 (1−p) + w_1 p), "sum" or "none".

    Returns:
        A number, or `(...)` for "none", in [0, ∞].

    Raises:
        ValueError: If labels are no probabilities, shapes differ, or an argument holds NaN.

    Example:
        >>> sigmoid_binary_cross_entropy([1.0, 0.0], [2.0, -2.0]).round(12).item()
        0.126928011043

    Source:
        optax under this name; PyTorch's `binary_cross_entropy_with_logits`.
    """

    def cost(xp: Any, x: Array) -> Array:
        return xp.stack([softplus(xp, x), softplus(xp, -x)], -1)

    return of_two(cost, {"labels": labels, "logits": logits}, options)


@per_two
def binary_cross_entropy(
    labels: Array, probabilities: Array, **options: Unpack[TwoOptions]
) -> Array:
    r"""Cross entropy $-p \log q - (1-p) \log(1-q)$ (nats).

    Args:
        labels: Probabilities p `(...)` of the positive class; 0 and 1 are the hard ones.
        probabilities: Predictions q `(...)` in [0, 1], of the same shape.
        class_weights, label_smoothing: As in `sigmoid_binary_cross_entropy`.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, ∞]; +∞ for a certain prediction that is wrong.

    Raises:
        ValueError: If labels or predictions leave [0, 1] by more than √ε or hold NaN, or shapes
            differ.

    Example:
        >>> binary_cross_entropy([1.0, 0.0, 0.0], [1.0, 0.5, 1.0], reduction="none")
        array([0.        , 0.69314718,        inf])
    """

    def cost(xp: Any, q: Array) -> Array:
        return xp.stack([certain_not(xp, q), surprisal(xp, q)], -1)

    return of_two(cost, {"labels": labels, "probabilities": probabilities}, options)


@per_sample
def kl_divergence(
    labels: Array, probabilities: Array, *, axis: int = -1, **options: Unpack[Options]
) -> Array:
    r"""Kullback-Leibler divergence $\sum_c p_c \log(p_c/q_c)$: cross entropy less entropy (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`.
        probabilities: Predictions q `(..., k)`.
        axis: Where the k classes are.
        weights, where, check: As everywhere in `qce.losses`.
        reduction: "mean" over samples (PyTorch's "batchmean"), "sum" or "none".

    Returns:
        A number, or `(...)` for "none", in [0, ∞]: that of `qce.classical.relative_entropy`.

    Raises:
        ValueError: As `cross_entropy`.

    Example:
        >>> kl_divergence([[0.5, 0.5, 0.0]], [[0.5, 0.25, 0.25]]).round(12).item()
        0.34657359028
    """
    named = {"labels": labels, "probabilities": probabilities}
    return _divergence(classical.relative_entropy, named, axis, options)


@per_sample
def jensen_shannon_divergence(
    labels: Array, probabilities: Array, *, axis: int = -1, **options: Unpack[Options]
) -> Array:
    r"""Jensen-Shannon divergence $\frac12 D(p\|m) + \frac12 D(q\|m)$, $m = (p+q)/2$ (nats).

    Args:
        labels: Class numbers `(...)`, or probabilities p `(..., k)`.
        probabilities: Predictions q `(..., k)`.
        axis: Where the k classes are.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in [0, log 2]: `qce.classical.jensen_shannon_divergence`.

    Raises:
        ValueError: As `cross_entropy`.

    Example:
        >>> jensen_shannon_divergence([0], [[0.0, 1.0]]).round(12).item()
        0.69314718056
    """
    named = {"labels": labels, "probabilities": probabilities}
    return _divergence(classical.jensen_shannon_divergence, named, axis, options)


def balanced_class_weights(labels: Array, classes: int, *, weights: Array | None = None) -> Array:
    r"""Weights $n / (k n_c)$ under which every class counts alike, from the labels of a data set.

    Args:
        labels: Class numbers `(n,)`.
        classes: How many classes k there are.
        weights: How often each sample counts, `(n,)`.

    Returns:
        Array `(k,)`; their mean over the samples is 1.

    Raises:
        ValueError: If a label is out of range or a class is empty.

    Example:
        >>> balanced_class_weights([0, 0, 0, 1], 2).round(3).tolist()
        [0.667, 2.0]

    Source:
        scikit-learn's `compute_class_weight("balanced")`.
    """
    classes = integer("classes", classes, "how many there are", least=2)
    samples = np.prod(concrete("labels", labels).shape, dtype=float)
    memory("classes", f"weights of {classes} classes", 32 * classes * max(1, samples))
    _arguments.indices("labels", labels, classes)
    _arguments.sample_weights(weights, np.shape(labels))
    xp, numbers, weights, each = together(labels, weights, np.arange(classes))
    p = one_hot(xp, numbers, each)
    names = ("labels",) if weights is None else ("labels", "weights")
    return balanced(xp, p if weights is None else p * weights[..., None], names=names)


def _divergence(function: Callable[..., Array], named: Named, axis: int, options: Options) -> Array:
    xp, p, q, weights, reduction = prepared(named, Several(axis), options)
    return reduce(xp, function(p, q, check=False), weights, reduction)
