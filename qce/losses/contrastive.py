"""Contrastive losses of embedding vectors: together what belongs together, apart the rest.

Those of distributions and of states are `qce.losses.classical` and `qce.losses.quantum`: the same
functions of a distance or a similarity, here Euclid's distance and the cosine.
"""

from __future__ import annotations

from typing import Unpack

from qce.losses import _contrasts
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import VECTORS
from qce.typing import Array, Scalar


@per_sample
def contrastive_loss(
    labels: Array, first: Array, second: Array, *, margin: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""Loss of pairs $s d^2 + (1 - s) \max(0, m - d)^2$ with the Euclidean distance d.

    Args:
        labels: s `(...)`: 1 for pairs that belong together, 0 for others.
        first, second: Embeddings `(..., f)` of one shape.
        margin: Distance m > 0 from which on different ones are left alone.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". The slope of a pair at distance 0 is 0.

    Raises:
        ValueError: If labels are not 0 or 1, shapes do not fit, or an argument is not finite.

    Example:
        >>> contrastive_loss([1, 0], [[0.0], [0.0]], [[0.5], [0.5]], reduction="none").tolist()
        [0.25, 0.25]

    Source:
        R. Hadsell, S. Chopra and Y. LeCun, CVPR (2006), equation 4, without its factors of ½.
    """
    return _contrasts.pairs(VECTORS, labels, first, second, margin, options)


@per_sample
def triplet_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    margin: Scalar = 1.0,
    **options: Unpack[Options],
) -> Array:
    r"""Loss of triplets $\max(0, d(a, p) - d(a, n) + m)$ with the Euclidean distance d.

    Args:
        anchors, positives, negatives: Embeddings `(..., f)` of one shape: a, p that belong to them,
            and n that do not.
        margin: How much farther, m > 0, negatives shall be.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". The slope of a distance at 0 is 0.

    Raises:
        ValueError: If shapes do not fit or an argument is not finite.

    Example:
        >>> triplet_loss([[0.0]], [[1.0]], [[1.5]]).item()
        0.5

    Source:
        F. Schroff et al., CVPR (2015), arXiv:1503.03832, with squared distances; optax and PyTorch
        as `triplet_margin_loss`, which add 1e-6, optax below the root and PyTorch to differences.
    """
    return _contrasts.triplets(VECTORS, anchors, positives, negatives, margin, options)


@per_sample
def info_nce_loss(
    queries: Array, keys: Array, *, temperature: Scalar = 0.1, **options: Unpack[Options]
) -> Array:
    r"""InfoNCE: the cross entropy of finding the own key among all keys (nats).

    $-\log \mathrm{softmax}_j(s_{ij}/T)$ at j = i, with the cosine s_ij of query i and key j.

    Args:
        queries, keys: Embeddings `(n, f)`: the i-th key belongs to the i-th query alone.
        temperature: T > 0.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(n,)` for "none", in [0, ∞).

    Raises:
        ValueError: If n < 2, shapes do not fit, or an embedding is zero or not finite.

    Example:
        >>> info_nce_loss([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]).round(12).item()
        4.5398899e-05

    Source:
        A. van den Oord et al. (2018), arXiv:1807.03748, equation 4.
    """
    return _contrasts.keys(VECTORS, queries, keys, temperature, options)


@per_sample
def nt_xent_loss(
    first: Array, second: Array, *, temperature: Scalar = 0.5, **options: Unpack[Options]
) -> Array:
    r"""NT-Xent of SimCLR: each view has to find its twin among all other views (nats).

    Args:
        first, second: Embeddings `(n, f)` of two views of n samples.
        temperature: T > 0, by which cosines are divided.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(2n,)` for "none", in [0, ∞): the supervised contrastive loss in which each
            sample is a class of two views.

    Raises:
        ValueError: If n < 2, shapes do not fit, or an embedding is zero or not finite.

    Example:
        >>> views = [[1.0, 0.0], [0.0, 1.0]]
        >>> nt_xent_loss(views, views).round(12).item()
        0.239544766222

    Source:
        T. Chen et al., ICML (2020), arXiv:2002.05709, equation 1.
    """
    return _contrasts.views(VECTORS, first, second, temperature, options)


@per_sample
def supervised_contrastive_loss(
    labels: Array, embeddings: Array, *, temperature: Scalar = 0.1, **options: Unpack[Options]
) -> Array:
    r"""Supervised contrastive loss $-\frac{1}{|P_i|} \sum_{j \in P_i} \log \mathrm{softmax}_j$.

    The softmax is over cosines s_ij/T to all other samples, P_i are those of the same class.

    Args:
        labels: Class numbers `(n,)`.
        embeddings: Embeddings `(n, f)`.
        temperature: T > 0.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(n,)` for "none", in [0, ∞) (nats). A sample alone in its class costs 0
            and does not count.

    Raises:
        ValueError: If all are of one class, or no class holds two; else as `info_nce_loss`.

    Example:
        >>> points = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> supervised_contrastive_loss([0, 0, 1], points, reduction="none").round(8).tolist()
        [4.54e-05, 4.54e-05, 0.0]

    Source:
        P. Khosla et al., NeurIPS (2020), arXiv:2004.11362, equation 2.
    """
    return _contrasts.classes(VECTORS, labels, embeddings, temperature, options)
