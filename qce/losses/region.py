r"""Region losses: how well a predicted region covers the true one, pixel by pixel.

A region is a map of memberships in [0, 1]; labels may be soft. With p the labels and q the
predictions, $TP = \sum \min(p, q)$, $FP = \sum \max(q - p, 0)$, $FN = \sum \max(p - q, 0)$: for
labels 0 and 1 the usual $\sum pq$, and for all labels zero loss at equality and only there, which
$\sum pq$ does not give.
"""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from qce._arrays.libraries import of_namespace
from qce.losses import _areas, _arguments, _masks
from qce.losses._areas import PIXELS, Axes, Region, RegionOptions
from qce.losses._arrays import bits, known, magnitude, positive_part, together
from qce.losses._reduce import Options, Samples, parted, per_sample, reduce, showing, told
from qce.losses.classification import cross_entropy
from qce.typing import Array, Scalar

Prices = tuple[Scalar, Scalar]

per_region = showing(Region, Samples)


@per_region
def dice_loss(labels: Array, probabilities: Array, **options: Unpack[RegionOptions]) -> Array:
    r"""Dice loss $1 - \frac{2 TP}{2 TP + FP + FN} = \frac{\sum |p - q|}{\sum p + \sum q}$.

    Args:
        labels: Memberships p in [0, 1], such as `(samples, classes, height, width)`.
        probabilities: Predicted memberships q of the same shape.
        axis: The axes of a region, that are summed over.
        weights: How often each region counts; broadcasts to the other axes.
        pixel_weights: How often each pixel counts; broadcasts to the predictions.
        where: Mask of the pixels; broadcasts to the predictions. What is False is as if it were
            not there, and a region of nothing does not count.
        reduction: "mean" over regions (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or one a region for "none", in [0, 1]; 0 if and only if p = q, also where both
            are empty. At p = q, where it has a corner, the slope is 0.

    Raises:
        ValueError: If an argument leaves [0, 1] by more than √ε, holds NaN, or shapes differ.

    Example:
        >>> dice_loss([[1.0, 1.0, 0.0]], [[1.0, 0.5, 0.5]]).item()
        0.25

    Source:
        F. Milletari et al., 3DV (2016), arXiv:1606.04797, with squares in the denominator; this
        form, for soft labels: Z. Wang et al., MICCAI (2023), arXiv:2303.16296.
    """
    return _reduced(labels, probabilities, (0.5, 0.5), options)


@per_region
def jaccard_loss(labels: Array, probabilities: Array, **options: Unpack[RegionOptions]) -> Array:
    r"""Jaccard loss $1 - \frac{TP}{TP + FP + FN}$, one less intersection over union.

    Args:
        labels, probabilities: Memberships p and q in [0, 1] of one shape, as in `dice_loss`.
        axis, weights, pixel_weights, where, reduction, check: As in `dice_loss`.

    Returns:
        A number, or one a region for "none", in [0, 1]: a metric. 0 where both are empty.

    Raises:
        ValueError: If an argument leaves [0, 1] by more than √ε, holds NaN, or shapes differ.

    Example:
        >>> jaccard_loss([[1.0, 1.0, 0.0]], [[1.0, 0.5, 0.5]]).item()
        0.4

    Source:
        Z. Wang et al., NeurIPS (2023), arXiv:2302.05666.
    """
    return _reduced(labels, probabilities, (1.0, 1.0), options)


@per_region
def tversky_loss(
    labels: Array,
    probabilities: Array,
    *,
    alpha: Scalar = 0.3,
    beta: Scalar = 0.7,
    **options: Unpack[RegionOptions],
) -> Array:
    r"""Tversky loss $1 - \frac{TP}{TP + α FP + β FN}$.

    Args:
        labels, probabilities: Memberships p and q in [0, 1] of one shape, as in `dice_loss`.
        alpha: Price α >= 0 of what is predicted and not there.
        beta: Price β >= 0 of what is there and not predicted; not both 0.
        axis, weights, pixel_weights, where, reduction, check: As in `dice_loss`.

    Returns:
        A number, or one a region for "none", in [0, 1]. 0 where both are empty. ½ and ½ is the
            Dice loss, 1 and 1 the Jaccard loss.

    Raises:
        ValueError: If an argument leaves [0, 1] by more than √ε, holds NaN, or shapes differ.

    Example:
        >>> tversky_loss([[1.0, 1.0, 0.0]], [[1.0, 0.5, 0.5]], alpha=0.0, beta=1.0).item()
        0.25

    Source:
        S. S. M. Salehi et al., MLMI (2017), arXiv:1706.05721, equation 2.
    """
    return _reduced(labels, probabilities, (alpha, beta), options)


@per_region
def focal_tversky_loss(
    labels: Array,
    probabilities: Array,
    *,
    alpha: Scalar = 0.3,
    beta: Scalar = 0.7,
    gamma: Scalar = 4 / 3,
    **options: Unpack[RegionOptions],
) -> Array:
    r"""Focal Tversky loss $(1 - \frac{TP}{TP + α FP + β FN})^{1/γ}$.

    Args:
        labels, probabilities: Memberships p and q in [0, 1] of one shape, as in `dice_loss`.
        alpha, beta: As in `tversky_loss`.
        gamma: γ > 0; above 1, regions that are covered well keep a strong slope.
        axis, weights, pixel_weights, where, reduction, check: As in `dice_loss`.

    Returns:
        A number, or one a region for "none", in [0, 1]. The slope at 0 is 0, never infinite.

    Raises:
        ValueError: If an argument leaves [0, 1] by more than √ε, holds NaN, or shapes differ.

    Example:
        >>> focal_tversky_loss([[1.0, 1.0, 0.0]], [[1.0, 0.5, 0.5]], gamma=2.0).item()
        0.5

    Source:
        N. Abraham and N. M. Khan, ISBI (2019), arXiv:1810.07842.
    """
    gamma = _arguments.above_zero("gamma", gamma)
    return _reduced(labels, probabilities, (alpha, beta), options, gamma)


@per_sample
def lovasz_softmax_loss(
    labels: Array,
    probabilities: Array,
    *,
    class_axis: int = -3,
    axis: Axes = PIXELS,
    ignore_index: int | None = None,
    **options: Unpack[Options],
) -> Array:
    r"""Lovász-softmax: the convex closure of the Jaccard loss of hard labels, class by class.

    With the errors e = |p − q| of a class in falling order, $\sum_i e_i ΔJ_i$, where $ΔJ_i$ is what
    the i-th error adds to the Jaccard loss of the errors before it.

    Args:
        labels: Class numbers without the class axis, or one-hot along it.
        probabilities: Predictions q, such as `(samples, classes, height, width)`.
        class_axis: Where the classes are.
        axis: The axes of a region, that are summed over.
        weights: How often each class of each sample counts; broadcasts to the other axes.
        where: Mask of the pixels, without the class axis; what is False is as if it were not there.
        ignore_index: Class number of pixels that are masked too, such as 255.
        reduction: "mean" over the classes that are present (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or one a region for "none", in [0, 1]; a class that is absent in a region's
            labels does not count there.

    Raises:
        ValueError: If labels are soft or out of range, or predictions are no probabilities along
            the class axis.

    Example:
        >>> q = [[[0.75, 0.25]], [[0.25, 0.75]]]
        >>> lovasz_softmax_loss([[0, 1]], q).item()
        0.25

    Source:
        M. Berman et al., CVPR (2018), arXiv:1705.08790.
    """
    weights, where, reduction, check = told(options, labels=labels, probabilities=probabilities)
    if ignore_index is not None:
        numbered = np.ndim(labels) < np.ndim(probabilities)
        where = _masks.unlike(labels, ignore_index, where, numbered)
    seen = Samples(where=where, check=check)
    masks, q, pixels = _areas.maps(labels, probabilities, class_axis, axis, seen)
    if check:
        _arguments.hard("labels", masks)
    xp, p, q, weights = _areas.regions(
        masks, q, Region(axis, pixels), Samples(weights, check=check)
    )
    p = bits(xp, p)
    errors = magnitude(xp, p - q)
    losses = xp.sum(errors * _lovasz_weights(xp, errors, p), axis=-1)
    counts = xp.where(xp.sum(p, axis=-1) <= 0, xp.zeros_like(losses), 1.0)
    counts = counts if weights is None else counts * weights
    if check and reduction == "mean":
        _arguments.counted("weights", counts)
    return reduce(xp, losses, counts, reduction)


def cross_entropy_dice_loss(
    labels: Array,
    probabilities: Array,
    *,
    balance: Scalar = 0.5,
    class_axis: int = -3,
    axis: Axes = PIXELS,
    class_weights: Array | None = None,
    weights: Array | None = None,
    where: Array | None = None,
    ignore_index: int | None = None,
    check: bool = True,
) -> Array:
    r"""$(1 - b)$ times the cross entropy of the pixels plus $b$ times the Dice loss of the regions.

    Args:
        labels: Class numbers without the class axis, or memberships along it.
        probabilities: Predictions q, such as `(samples, classes, height, width)`.
        balance: Share b of the Dice loss, in [0, 1].
        class_axis: Where the classes are.
        axis: The axes of a region, that are summed over.
        class_weights: Weights `(classes,)` of the classes in both terms.
        weights: How often each pixel counts in both terms, without the class axis.
        where: Mask of the pixels, without the class axis; what is False is as if it were not there.
        ignore_index: Class number of pixels that are masked too, such as 255.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number: the mean over pixels and the mean over regions, each weighted by class.

    Raises:
        ValueError: If labels are out of range, or either is no distribution along `class_axis`.

    Example:
        >>> q = [[[0.75, 0.25]], [[0.25, 0.75]]]
        >>> cross_entropy_dice_loss([[0, 1]], q).round(12).item()
        0.268841036226

    Source:
        S. A. Taghanaki et al., Comput. Med. Imaging Graph. 75, 24 (2019), arXiv:1805.02798.
    """
    check = _arguments.given(check, labels=labels, probabilities=probabilities)
    balance = _arguments.number("balance", balance, 0.0, 1.0)
    class_axis = _arguments.class_axis("probabilities", probabilities, class_axis, "class_axis")
    _arguments.one_label_each(labels, probabilities, class_axis, "class_axis")
    entropy = cross_entropy(
        labels,
        probabilities,
        axis=class_axis,
        class_weights=class_weights,
        weights=weights,
        where=where,
        ignore_index=ignore_index,
        check=check,
    )
    if ignore_index is not None:
        where = _masks.unlike(labels, ignore_index, where, numbered=True)
    seen = Samples(weights, where, check=False)
    masks, q, pixels = _areas.maps(labels, probabilities, class_axis, axis, seen)
    xp, p, q, counts = _areas.regions(masks, q, Region(axis, pixels), Samples(check=False))
    place = _areas.remaining(class_axis, axis, np.shape(probabilities))
    by_region = xp.moveaxis(_tversky(xp, p, q, 0.5, 0.5), place, -1)
    counts = None if counts is None else xp.moveaxis(counts, place, -1)
    xp, by_region, counts, by_class, balance = together(
        by_region, counts, class_weights, numbers=(balance,)
    )
    both = [x for x in (counts, by_class) if x is not None]
    regions = reduce(xp, by_region, math.prod(both) if both else None, "mean")
    return (1 - balance) * entropy + balance * regions


def _reduced(
    labels: Array, probabilities: Array, prices: Prices, options: RegionOptions, gamma: Scalar = 1
) -> Array:
    given = *_arguments.prices(*prices), gamma
    own, samples = parted(Region(), options)
    how = told(samples, labels=labels, probabilities=probabilities)
    xp, p, q, weights, *settings = _areas.regions(labels, probabilities, own, how, given)
    alpha, beta, gamma = settings
    losses = _tversky(xp, p, q, alpha, beta)
    return reduce(xp, focal_power(xp, losses, gamma), weights, how.reduction)


def focal_power(xp: Any, loss: Array, gamma: Scalar) -> Array:
    """loss^{1/γ}, with slope 0 at 0 unless γ is 1."""
    if known(gamma) and gamma == 1:
        return loss
    outside = loss <= 0
    return xp.where(outside, 0.0, xp.where(outside, 1.0, loss) ** (1 / gamma))


def _tversky(xp: Any, p: Array, q: Array, alpha: Scalar, beta: Scalar) -> Array:
    """(α FP + β FN)/(TP + α FP + β FN) over the last axis: exactly 0 at equality, 0/0 = 0."""
    false_positive = xp.sum(positive_part(xp, q - p), axis=-1)
    false_negative = xp.sum(positive_part(xp, p - q), axis=-1)
    # As half the sum of both, TP has the mean of its slopes at p = q.
    true_positive = (xp.sum(p + q, axis=-1) - false_positive - false_negative) / 2
    wrong = alpha * false_positive + beta * false_negative
    all_ = true_positive + wrong
    return wrong / xp.where(all_ > 0, all_, 1.0)


def _lovasz_weights(xp: Any, errors: Array, masks: Array) -> Array:
    """ΔJ of each error, `(..., n)`, in the place of the error; errors decide only the order."""
    take = of_namespace(xp).take_along
    order = xp.argsort(-errors, axis=-1)
    hits = xp.cumsum(take(masks, order), axis=-1)
    total = hits[..., -1:]
    misses = xp.cumsum(xp.ones_like(hits), axis=-1) - hits
    jaccard = 1 - (total - hits) / (total + misses)
    steps = xp.concatenate([jaccard[..., :1], jaccard[..., 1:] - jaccard[..., :-1]], -1)
    return take(steps, xp.argsort(order, axis=-1))
