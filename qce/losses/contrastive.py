"""Contrastive losses of embedding vectors: together what belongs together, apart the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce.losses import _arguments, _contrasts, _masks
from qce.losses._arrays import length, together, unit
from qce.typing import Array


def contrastive_loss(
    labels: Array,
    first: Array,
    second: Array,
    *,
    margin: float = 1.0,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Loss of pairs $s d^2 + (1 - s) \max(0, m - d)^2$ with the Euclidean distance d.

    Args:
        labels: s `(...)`: 1 for pairs that belong together, 0 for others.
        first: Embeddings `(..., f)`.
        second: Their partners `(..., f)`.
        margin: Distance m > 0 from which on different ones are left alone.
        weights: How often each pair counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none". The slope of a pair at distance 0 is 0.

    Raises:
        ValueError: If labels are other than 0 and 1, shapes do not fit, or an argument is not
            finite.
        TypeError: If an argument is not numeric.

    Example:
        >>> contrastive_loss([1, 0], [[0.0], [0.0]], [[0.5], [0.5]], reduction="none").tolist()
        [0.25, 0.25]

    Source:
        R. Hadsell, S. Chopra and Y. LeCun, CVPR (2006), equation 4, without its factors of ½.
    """
    _arguments.reduction(reduction)
    margin = _arguments.above_zero("margin", margin)
    if _arguments.given(check, labels=labels, first=first, second=second):
        _arguments.one_each("labels", labels, np.shape(first)[:-1])
    weights, labels, first, second = _masks.of_batch(
        weights,
        where,
        check,
        labels=_masks.numbers(labels),
        first=_embeddings(first),
        second=_embeddings(second),
    )
    if check:
        _check_embeddings(first=first, second=second)
        _arguments.hard("labels", labels)
    xp, x, y = together(first, second)
    return _contrasts.of_pairs(labels, length(xp, x - y), margin, weights, reduction)


def triplet_margin_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    margin: float = 1.0,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Loss of triplets $\max(0, d(a, p) - d(a, n) + m)$ with the Euclidean distance d.

    Args:
        anchors: Embeddings a `(..., f)`.
        positives: Embeddings p `(..., f)` that belong to them.
        negatives: Embeddings n `(..., f)` that do not.
        margin: How much farther, m > 0, negatives shall be.
        weights: How often each triplet counts, `(...)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(...)` for "none". The slope of a distance at 0 is 0.

    Raises:
        ValueError: If shapes do not fit or an argument is not finite.
        TypeError: If an argument is not numeric.

    Example:
        >>> triplet_margin_loss([[0.0]], [[1.0]], [[1.5]]).item()
        0.5

    Source:
        F. Schroff et al., CVPR (2015), arXiv:1503.03832, with squared distances; optax and PyTorch
        under this name, which add 1e-6, optax below the root and PyTorch to differences.
    """
    _arguments.reduction(reduction)
    margin = _arguments.above_zero("margin", margin)
    _arguments.given(check, anchors=anchors, positives=positives, negatives=negatives)
    weights, anchors, positives, negatives = _masks.of_batch(
        weights,
        where,
        check,
        anchors=_embeddings(anchors),
        positives=_embeddings(positives),
        negatives=_embeddings(negatives),
    )
    if check:
        _check_embeddings(anchors=anchors, positives=positives, negatives=negatives)
    xp, a, p, n = together(anchors, positives, negatives)
    near, far = (length(xp, a - x) for x in (p, n))
    return _contrasts.of_triplets(near, far, margin, weights, reduction)


def info_nce_loss(
    queries: Array,
    keys: Array,
    *,
    temperature: float = 0.1,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""InfoNCE: the cross entropy of finding the own key among all keys (nats).

    $-\log \mathrm{softmax}_j(s_{ij}/T)$ at j = i, with the cosine s_ij of query i and key j.

    Args:
        queries: Embeddings `(n, f)`.
        keys: Embeddings `(n, f)`: the i-th belongs to the i-th query, the others do not.
        temperature: T > 0.
        weights: How often each query counts, `(n,)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(n,)` for "none", in [0, ∞).

    Raises:
        ValueError: If there are less than two pairs, shapes do not fit, or an embedding is zero
            or not finite.
        TypeError: If an argument is not numeric.

    Example:
        >>> info_nce_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]).round(12).item()
        4.5398899e-05

    Source:
        A. van den Oord et al. (2018), arXiv:1807.03748, equation 4.
    """
    _arguments.reduction(reduction)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, queries=queries, keys=keys)
    shape = np.shape(queries)[:-1]
    present = _masks.present(shape, where, check)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    queries = _masks.keep(counts, "queries", queries, 1.0, -1)
    keys = _masks.keep(present, "keys", keys, 1.0, -1)
    if check:
        _check_embeddings(queries=queries, keys=keys)
        for name, x in (("queries", queries), ("keys", keys)):
            _check_batch(name, x)
    xp, q, k = together(queries, keys)
    return _contrasts.of_keys(_cosines(xp, q, k), temperature, weights, reduction, present)


def nt_xent_loss(
    first: Array,
    second: Array,
    *,
    temperature: float = 0.5,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""NT-Xent of SimCLR: each view has to find its twin among all other views (nats).

    Args:
        first: Embeddings `(n, f)` of a first view of n samples.
        second: Embeddings `(n, f)` of a second view.
        temperature: T > 0, by which cosines are divided.
        weights: How often each view counts, `(2n,)`, first views first.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(2n,)` for "none", in [0, ∞): the supervised contrastive loss in which each
            sample is a class of two views.

    Raises:
        ValueError: If there are less than two samples, shapes do not fit, or an embedding is zero
            or not finite.
        TypeError: If an argument is not numeric.

    Example:
        >>> views = [[1.0, 0.0], [0.0, 1.0]]
        >>> nt_xent_loss(views, views).round(12).item()
        0.239544766222

    Source:
        T. Chen et al., ICML (2020), arXiv:2002.05709, equation 1.
    """
    _arguments.reduction(reduction)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, first=first, second=second)
    first, second = _masks.of_views(where, check, _embeddings(first), _embeddings(second))
    if check:
        _check_embeddings(first=first, second=second)
        _check_batch("first", first)
        _check_batch("second", second)
    xp, x, y = together(first, second)
    both = xp.concatenate([x, y], 0)
    return _contrasts.of_views(
        _cosines(xp, both, both), temperature, weights, where, reduction, check
    )


def supervised_contrastive_loss(
    labels: Array,
    embeddings: Array,
    *,
    temperature: float = 0.1,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> Array:
    r"""Supervised contrastive loss $-\frac{1}{|P_i|} \sum_{j \in P_i} \log \mathrm{softmax}_j$.

    The softmax is over cosines s_ij/T to all other samples, P_i are those of the same class.

    Args:
        labels: Class numbers `(n,)`.
        embeddings: Embeddings `(n, f)`.
        temperature: T > 0.
        weights: How often each sample counts as i, `(n,)`.
        where: Mask of the samples, as NumPy has it: what is False is as if it were not there.
        reduction: "mean" (weighted, over samples that are not alone), "sum" or "none".
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number, or `(n,)` for "none", in [0, ∞) (nats). A sample alone in its class costs 0
            and does not count.

    Raises:
        ValueError: If all samples are of one class, or no class holds two; if shapes do not fit,
            or an embedding is zero or not finite.
        TypeError: If an argument is not numeric.

    Example:
        >>> points = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> supervised_contrastive_loss([0, 0, 1], points, reduction="none").round(8).tolist()
        [4.54e-05, 4.54e-05, 0.0]

    Source:
        P. Khosla et al., NeurIPS (2020), arXiv:2004.11362, equation 2.
    """
    _arguments.reduction(reduction)
    temperature = _arguments.above_zero("temperature", temperature)
    _arguments.given(check, labels=labels, embeddings=embeddings)
    shape = np.shape(embeddings)[:-1]
    present = _masks.present(shape, where, check)
    weights, _ = _masks.counting(shape, weights, where, check=check)
    embeddings = _masks.keep(present, "embeddings", embeddings, 1.0, -1)
    labels = _masks.keep_numbers(present, "labels", labels)
    if check:
        _check_embeddings(embeddings=embeddings)
        _check_batch("embeddings", embeddings)
        _contrasts.check_classes(labels, len(embeddings), present)
        _contrasts.check_partners(labels, weights, reduction)
    xp, x = together(embeddings)
    similarities = _cosines(xp, x, x)
    return _contrasts.of_classes(labels, similarities, temperature, weights, reduction, present)


def _cosines(xp: Any, x: Array, y: Array) -> Array:
    return unit(xp, x) @ unit(xp, y).T


def _embeddings(x: Array) -> _masks.Part:
    return _masks.Part(x, (-1,), 1.0)


def _check_embeddings(**named: Array) -> None:
    """Finite, of one shape `(..., f)`."""
    (first, x), *others = named.items()
    for name, y in named.items():
        _arguments.finite(name, y)
        if np.ndim(y) < 1:
            raise _checks.error(name, "have shape (..., f)", "it is a number", "vectors")
    for name, y in others:
        _arguments.same_shape(first, x, name, y)


def _check_batch(name: str, x: Array) -> None:
    """Two non-zero vectors `(n, f)` or more."""
    if np.ndim(x) != 2 or len(x) < 2:
        but = f"its shape is {np.shape(x)}"
        raise _checks.error(name, "have shape (n, f) with n >= 2", but, "a batch of vectors")
    a = _arguments.values(name, x)
    if a is not None and (a == 0).all(axis=-1).any():
        raise _checks.error(
            name, "be free of zero vectors", "a cosine with one is undefined", "others"
        )
