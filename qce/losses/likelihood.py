"""Negative log-likelihoods, with every constant: each is −log of a probability or a density."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Unpack

import numpy as np

from qce._arrays.libraries import of_namespace
from qce._checks import pair_error, shape_of, truth
from qce.losses import _arguments, _masks
from qce.losses._arrays import bits, charge, log, magnitude, surprisal, together
from qce.losses._reduce import Options, per_sample, told
from qce.losses._samples import each
from qce.losses.classification import (
    binary_cross_entropy,
    cross_entropy,
    sigmoid_binary_cross_entropy,
    softmax_cross_entropy,
)
from qce.typing import Array, Scalar


@per_sample
def gaussian_nll(
    targets: Array, means: Array, variances: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""$-\log N(y; μ, v) = (y - μ)^2 / 2v + \frac12 \log 2πv$.

    Args:
        targets, means: Numbers y and μ `(...)` of one shape.
        variances: Positive numbers v that broadcast to that shape, such as one for all.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in nats.

    Raises:
        ValueError: If shapes differ, one is not finite or empty, or a variance is not positive.

    Example:
        >>> gaussian_nll([1.0], [0.0]).round(12).item()
        1.418938533205

    Source:
        PyTorch's `gaussian_nll_loss` with full=True, without its least variance.
    """

    def loss(xp: Any, y: Array, mean: Array, v: Array) -> Array:
        return ((y - mean) / xp.sqrt(v)) ** 2 / 2 + log(xp, 2 * math.pi * v) / 2

    named = {"targets": targets, "means": means, "variances": variances}
    positive = {"variances": _arguments.positive}
    return each(loss, named, options, spread=("variances",), proofs=positive)


@per_sample
def laplace_nll(
    targets: Array, means: Array, scales: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""Laplace's $|y - μ|/b + \log 2b$.

    Args:
        targets, means: Numbers y and μ `(...)` of one shape.
        scales: Positive numbers b that broadcast to that shape, such as one for all.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in nats. The slope is 0 at y = μ.

    Raises:
        ValueError: If shapes differ, an argument is not finite or empty, or a scale not positive.

    Example:
        >>> laplace_nll([1.0], [0.0]).round(12).item()
        1.69314718056

    Source:
        P. S. Laplace, Mém. Acad. R. Sci. 6, 621 (1774).
    """

    def loss(xp: Any, y: Array, mean: Array, b: Array) -> Array:
        root = xp.sqrt(b)  # whose cube does not underflow where that of b does
        return magnitude(xp, y - mean) / root / root + log(xp, 2 * b)

    named = {"targets": targets, "means": means, "scales": scales}
    positive = {"scales": _arguments.positive}
    return each(loss, named, options, spread=("scales",), proofs=positive)


@per_sample
def poisson_nll(
    counts: Array, rates: Array, *, log_input: bool = False, **options: Unpack[Options]
) -> Array:
    r"""Poisson's $λ - n \log λ + \log n!$.

    Args:
        counts: Numbers n >= 0 `(...)`.
        rates: Numbers λ >= 0 `(...)` of the same shape, or their logarithms.
        log_input: Whether `rates` are logarithms.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in nats; +∞ for counts at rate 0, 0 for none there.

    Raises:
        ValueError: If shapes differ, an argument is not finite or empty, or one is negative.

    Example:
        >>> poisson_nll([2, 0], [2.0, 0.0], reduction="none").round(12).tolist()
        [1.30685281944, 0.0]

    Source:
        PyTorch's `poisson_nll_loss` under these names, with log n! in place of Stirling's.
    """
    logarithms = truth("log_input", log_input)

    def loss(xp: Any, n: Array, rate: Array) -> Array:
        log_factorial = of_namespace(xp).log_factorial(n)
        if logarithms:
            return xp.exp(rate) - n * rate + log_factorial
        return rate + charge(xp, n, surprisal(xp, rate)) + log_factorial

    not_negative = partial(_arguments.positive, or_zero=True)
    named = {"counts": counts, "rates": rates}
    proofs = dict.fromkeys(["counts"] if logarithms else named, not_negative)
    return each(loss, named, options, proofs=proofs)


@per_sample
def bernoulli_nll(
    outcomes: Array,
    *,
    probabilities: Array | None = None,
    logits: Array | None = None,
    **options: Unpack[Options],
) -> Array:
    r"""$-\log P(y)$ of outcomes 0 and 1: the binary cross entropy of hard labels.

    Args:
        outcomes: 0 or 1, `(...)`.
        probabilities: Those of the outcome 1 `(...)`; this or `logits`.
        logits: Their log-odds `(...)`.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none", in nats.

    Raises:
        ValueError: As the cross entropy, if outcomes are other than 0 and 1, or if there is not
            exactly one of `probabilities` and `logits`.

    Example:
        >>> bernoulli_nll([1, 0], probabilities=[0.5, 0.5]).round(12).item()
        0.69314718056

    Source:
        The identity of likelihood and cross entropy, arXiv:2102.11887.
    """
    told(options)  # before any array is looked at
    name, predictions = _arguments.one_given("probabilities", probabilities, "logits", logits)
    weights, where, reduction, check = told(options, **{"outcomes": outcomes, name: predictions})
    weights, counts = _masks.counting(np.shape(outcomes), weights, where, check=check)
    outcomes = _masks.keep(counts, "outcomes", outcomes, 0)
    if check:
        _arguments.hard("outcomes", outcomes)
        _arguments.same_shape("outcomes", outcomes, name, predictions)
    xp, outcomes, predictions = together(outcomes, predictions)
    loss = binary_cross_entropy if logits is None else sigmoid_binary_cross_entropy
    labels = bits(xp, outcomes)
    return loss(labels, predictions, weights=weights, reduction=reduction, check=check)


@per_sample
def categorical_nll(
    outcomes: Array,
    *,
    probabilities: Array | None = None,
    logits: Array | None = None,
    axis: int = -1,
    ignore_index: int | None = None,
    **options: Unpack[Options],
) -> Array:
    r"""$-\log P(c)$ of outcomes c: the cross entropy of class numbers.

    Args:
        outcomes: Class numbers `(...)`.
        probabilities: Those of the classes `(..., k)`; this or `logits`.
        logits: Their logarithms up to a constant, `(..., k)`.
        axis: Where the k classes are.
        weights, where, reduction, check: As everywhere in `qce.losses`.
        ignore_index: Class number of samples that are masked too, such as -100.

    Returns:
        A number, or `(...)` for "none", in nats.

    Raises:
        ValueError: As the cross entropy, if outcomes are no class numbers, or if there is not
            exactly one of `probabilities` and `logits`.

    Example:
        >>> categorical_nll([0, 2], probabilities=[[0.5, 0.25, 0.25]] * 2).round(12).item()
        1.03972077084

    Source:
        The identity of likelihood and cross entropy, arXiv:2102.11887.
    """
    told(options)  # before any array is looked at
    name, predictions = _arguments.one_given("probabilities", probabilities, "logits", logits)
    weights, where, reduction, check = told(options, **{"outcomes": outcomes, name: predictions})
    if ignore_index is not None:
        where = _masks.unlike(outcomes, ignore_index, where, numbered=True)
    weights, counts = _masks.counting(np.shape(outcomes), weights, where, check=check)
    outcomes = _masks.keep_numbers(counts, "outcomes", outcomes)
    if check:
        _arguments.indices("outcomes", outcomes)
        axis = _arguments.class_axis(name, predictions, axis)
        shape = _arguments.samples(np.shape(predictions), axis)
        if np.shape(outcomes) != shape:
            but = f"their shapes are {shape_of(outcomes)} and {shape_of(predictions)}"
            otherwise = "class numbers without the class axis"
            sizes = np.shape(outcomes), np.shape(predictions)
            remedy = _arguments.fitting(*sizes, otherwise=otherwise)
            raise pair_error("outcomes", name, "have one outcome a prediction", but, remedy)
    loss = cross_entropy if logits is None else softmax_cross_entropy
    return loss(outcomes, predictions, axis=axis, weights=weights, reduction=reduction, check=check)
