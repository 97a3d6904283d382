"""Contrastive losses of states as embeddings, by their Bures distance and fidelity.

Read it beside `qce.losses.classical.contrasts`: same names, same order, same rules. States are
density matrices, or complex state vectors with `pure=True`, whose phases do not count.
"""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce.losses import _arguments, _contrasts, _masks
from qce.losses._arrays import together
from qce.losses.quantum._kets import distance, fidelities
from qce.typing import Array

# The largest Bures distance, between orthogonal states.
_FARTHEST = 2**0.5


def contrastive_loss(
    labels: Array | float,
    first: Array,
    second: Array,
    *,
    margin: float = _FARTHEST,
    pure: bool = False,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Loss of pairs $s b^2 + (1 - s) \max(0, m - b)^2$ with the Bures distance b.

    Args:
        labels: s `(...)`, or one for all: 1 for pairs that belong together, 0 for others.
        first: States `(..., d, d)`, or kets.
        second: Their partners of the same shape.
        margin: Distance m > 0 from which on different ones are left alone.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights: How often each pair counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none". The slope of a pair at distance 0 is 0.

    Raises:
        ValueError: If an argument is no state within √ε, labels are other than 0
            and 1, or shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> x, y = [1.0, 0.0], [0.0, 1.0]
        >>> contrastive_loss([1, 0, 0], [x, x, x], [x, y, x], pure=True, reduction="none").round(6)
        array([0., 0., 2.])

    Source:
        R. Hadsell, S. Chopra and Y. LeCun, CVPR (2006), equation 4, without its factors of ½.
    """
    _arguments.reduction(reduction)
    pure = _checks.truth("pure", pure)
    margin = _arguments.above_zero("margin", margin)
    if _arguments.given(check, labels=labels, first=first, second=second) and np.ndim(labels):
        _arguments.one_each("labels", labels, np.shape(first)[: -1 if pure else -2])
    weights, labels, first, second = _masks.of_batch(
        weights,
        where,
        check,
        labels=_masks.numbers(labels),
        first=_part(first, pure),
        second=_part(second, pure),
    )
    if check:
        _check(first=first, second=second, pure=pure)
        _arguments.hard("labels", labels)
    return _contrasts.of_pairs(labels, distance(first, second, pure), margin, weights, reduction)


def triplet_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    margin: float = 1.0,
    pure: bool = False,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Loss of triplets $\max(0, b(a, p) - b(a, n) + m)$ with the Bures distance b.

    Args:
        anchors: States a `(..., d, d)`, or kets.
        positives: States p of the same shape that belong to them.
        negatives: States n of the same shape that do not.
        margin: How much farther, m > 0, negatives shall be.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights: How often each triplet counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none". The slope of a distance at 0 is 0.

    Raises:
        ValueError: If an argument is no state within √ε, or shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> triplet_loss([1.0, 0.0], [0.0, 1.0], [1.0, 0.0], pure=True).round(6).item()
        2.414214

    Source:
        F. Schroff et al., CVPR (2015), arXiv:1503.03832, for squared distances in a
        Euclidean space.
    """
    _arguments.reduction(reduction)
    pure = _checks.truth("pure", pure)
    margin = _arguments.above_zero("margin", margin)
    _arguments.given(check, anchors=anchors, positives=positives, negatives=negatives)
    weights, anchors, positives, negatives = _masks.of_batch(
        weights,
        where,
        check,
        anchors=_part(anchors, pure),
        positives=_part(positives, pure),
        negatives=_part(negatives, pure),
    )
    if check:
        _check(anchors=anchors, positives=positives, negatives=negatives, pure=pure)
    near, far = (distance(anchors, x, pure) for x in (positives, negatives))
    return _contrasts.of_triplets(near, far, margin, weights, reduction)


def info_nce_loss(
    queries: Array,
    keys: Array,
    *,
    temperature: float = 0.1,
    pure: bool = False,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""InfoNCE: the cross entropy of finding the own key by fidelity F among all keys (nats).

    $-\log \mathrm{softmax}_j(F_{ij}/T)$ at j = i, for query i and key j.

    Args:
        queries: States `(..., n, d, d)`, or kets.
        keys: States of the same shape: the i-th belongs to the i-th query, no other does.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights: How often each query counts, `(n,)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(..., n)` for "none", in [0, 1/T + log n].

    Raises:
        ValueError: If an argument is no state within √ε, shapes do not fit, or n < 2.
        TypeError: If an argument is not numeric.

    Example:
        >>> x = [[1.0, 0.0], [0.0, 1.0]]
        >>> info_nce_loss(x, x, pure=True).round(12).item()
        4.5398899e-05

    Source:
        A. van den Oord et al. (2018), arXiv:1807.03748, equation 4, with fidelities.
    """
    _arguments.reduction(reduction)
    pure = _checks.truth("pure", pure)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, queries=queries, keys=keys)
    shape = np.shape(queries)[: -1 if pure else -2]
    present = _masks.present(shape, where, check)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    queries = _masks.keep(counts, "queries", *_masks.harmless(_part(queries, pure)))
    keys = _masks.keep(present, "keys", *_masks.harmless(_part(keys, pure)))
    if check:
        _check(queries=queries, keys=keys, pure=pure)
        _check_batch("queries", queries, pure)
    return _contrasts.of_keys(
        fidelities(queries, keys, pure), temperature, weights, reduction, present
    )


def nt_xent_loss(
    first: Array,
    second: Array,
    *,
    temperature: float = 0.5,
    pure: bool = False,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""NT-Xent: each view has to find its twin by fidelity among all other views (nats).

    Args:
        first: States `(..., n, d, d)`, or kets: a first view of n samples.
        second: States of the same shape: a second view.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights: How often each view counts, `(2n,)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(..., 2n)` for "none": the supervised contrastive loss in which each sample
            is a class of two views.

    Raises:
        ValueError: If an argument is no state within √ε, shapes do not fit, or n < 2.
        TypeError: If an argument is not numeric.

    Example:
        >>> views = [[1.0, 0.0], [0.0, 1.0]]
        >>> nt_xent_loss(views, views, pure=True).round(12).item()
        0.239544766222

    Source:
        T. Chen et al., ICML (2020), arXiv:2002.05709, equation 1, with fidelities.
    """
    _arguments.reduction(reduction)
    pure = _checks.truth("pure", pure)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, first=first, second=second)
    first, second = _masks.of_views(where, check, _part(first, pure), _part(second, pure))
    if check:
        _check(first=first, second=second, pure=pure)
        _check_batch("first", first, pure)
    xp, x, y = together(first, second)
    both = xp.concatenate([x, y], -2 if pure else -3)
    return _contrasts.of_views(
        fidelities(both, both, pure), temperature, weights, where, reduction, check
    )


def supervised_contrastive_loss(
    labels: Array,
    embeddings: Array,
    *,
    temperature: float = 0.1,
    pure: bool = False,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Supervised contrastive loss $-\frac{1}{|P_i|} \sum_{j \in P_i} \log \mathrm{softmax}_j$.

    The softmax is over fidelities F_ij/T with all other samples, P_i are those of the same class.

    Args:
        labels: Class numbers `(n,)`.
        embeddings: States `(..., n, d, d)`, or kets.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights: How often each sample counts, `(n,)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(..., n)` for "none" (nats). A sample alone in its class costs 0 and does not
            count.

    Raises:
        ValueError: If all samples are of one class, or no class holds two; if an embedding is
            no state within √ε, or shapes do not fit.
        TypeError: If an argument is not numeric.

    Example:
        >>> points = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> supervised_contrastive_loss([0, 0, 1], points, pure=True).round(12).item()
        4.5398899e-05

    Source:
        P. Khosla et al., NeurIPS (2020), arXiv:2004.11362, equation 2, with fidelities.
    """
    _arguments.reduction(reduction)
    pure = _checks.truth("pure", pure)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, labels=labels, embeddings=embeddings)
    shape = np.shape(embeddings)[: -1 if pure else -2]
    present = _masks.present(shape, where, check)
    weights, _ = _masks.counting(shape, weights, where, check=check)
    embeddings = _masks.keep(present, "embeddings", *_masks.harmless(_part(embeddings, pure)))
    if present is not None and present.ndim == 1:
        labels = _masks.keep_numbers(present, "labels", labels)
    if check:
        _check(embeddings=embeddings, pure=pure)
        _check_batch("embeddings", embeddings, pure)
        _contrasts.check_classes(labels, shape[-1], present)
        _contrasts.check_partners(labels, weights, reduction)
    similarities = fidelities(embeddings, embeddings, pure)
    return _contrasts.of_classes(labels, similarities, temperature, weights, reduction, present)


def _part(x: Array, pure: bool) -> _masks.Part:
    return _masks.kets(x) if pure else _masks.states(x)


def _check(*, pure: bool, **named: Array) -> None:
    first, *others = named
    for name, x in named.items():
        (_arguments.kets if pure else _checks.states)(name, x)
    for name in others:
        _arguments.same_shape(first, named[first], name, named[name])


def _check_batch(name: str, x: Array, pure: bool) -> None:
    shape = np.shape(x)
    axes = 1 if pure else 2
    if len(shape) <= axes or shape[-1 - axes] < 2:
        form = "(..., n, d)" if pure else "(..., n, d, d)"
        but = f"its shape is {shape}"
        raise _checks.error(name, f"have shape {form} with n >= 2", but, "a batch")
