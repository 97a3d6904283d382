"""Contrastive losses of states as embeddings, by their Bures distance and fidelity.

Read it beside `qce.losses.classical.contrasts`: same names, same order, same rules. States are
density matrices, or complex state vectors with `pure=True`, whose phases do not count.
"""

from __future__ import annotations

from typing import Unpack

from qce import _checks
from qce.losses import _contrasts
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import KETS, STATES, Space
from qce.typing import Array, Scalar

# The largest Bures distance, between orthogonal states.
_FARTHEST = 2**0.5


@per_sample
def contrastive_loss(
    labels: Scalar,
    first: Array,
    second: Array,
    *,
    margin: Scalar = _FARTHEST,
    pure: bool = False,
    **options: Unpack[Options],
) -> Array:
    r"""Loss of pairs $s b^2 + (1 - s) \max(0, m - b)^2$ with the Bures distance b.

    Args:
        labels: s `(...)`, or one for all: 1 for pairs that belong together, 0 for others.
        first, second: States `(..., d, d)`, or kets, of one shape.
        margin: Distance m > 0 from which on different ones are left alone.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". The slope of a pair at distance 0 is 0.

    Raises:
        ValueError: If one is no state within √ε, labels are not 0 or 1, or shapes do not fit.

    Example:
        >>> x, y = [1.0, 0.0], [0.0, 1.0]
        >>> contrastive_loss([1, 0, 0], [x, x, x], [x, y, x], pure=True, reduction="none").round(6)
        array([0., 0., 2.])

    Source:
        R. Hadsell, S. Chopra and Y. LeCun, CVPR (2006), equation 4, without its factors of ½.
    """
    return _contrasts.pairs(_space(pure), labels, first, second, margin, options)


@per_sample
def triplet_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    margin: Scalar = 1.0,
    pure: bool = False,
    **options: Unpack[Options],
) -> Array:
    r"""Loss of triplets $\max(0, b(a, p) - b(a, n) + m)$ with the Bures distance b.

    Args:
        anchors, positives, negatives: States `(..., d, d)`, or kets, of one shape: a, p that belong
            to them, and n that do not.
        margin: How much farther, m > 0, negatives shall be.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(...)` for "none". The slope of a distance at 0 is 0.

    Raises:
        ValueError: If an argument is no state within √ε, or shapes do not fit.

    Example:
        >>> triplet_loss([1.0, 0.0], [0.0, 1.0], [1.0, 0.0], pure=True).round(6).item()
        2.414214

    Source:
        F. Schroff et al., CVPR (2015), arXiv:1503.03832, for squared Euclidean distances.
    """
    return _contrasts.triplets(_space(pure), anchors, positives, negatives, margin, options)


@per_sample
def info_nce_loss(
    queries: Array,
    keys: Array,
    *,
    temperature: Scalar = 0.1,
    pure: bool = False,
    **options: Unpack[Options],
) -> Array:
    r"""InfoNCE: the cross entropy of finding the own key by fidelity F among all keys (nats).

    $-\log \mathrm{softmax}_j(F_{ij}/T)$ at j = i, for query i and key j.

    Args:
        queries, keys: States `(..., n, d, d)`, or kets: the i-th key is the i-th query's alone.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(..., n)` for "none", in [0, 1/T + log n].

    Raises:
        ValueError: If an argument is no state within √ε, shapes do not fit, or n < 2.

    Example:
        >>> x = [[1.0, 0.0], [0.0, 1.0]]
        >>> info_nce_loss(x, x, pure=True).round(12).item()
        4.5398899e-05

    Source:
        A. van den Oord et al. (2018), arXiv:1807.03748, equation 4, with fidelities.
    """
    return _contrasts.keys(_space(pure), queries, keys, temperature, options)


@per_sample
def nt_xent_loss(
    first: Array,
    second: Array,
    *,
    temperature: Scalar = 0.5,
    pure: bool = False,
    **options: Unpack[Options],
) -> Array:
    r"""NT-Xent: each view has to find its twin by fidelity among all other views (nats).

    Args:
        first, second: States `(..., n, d, d)`, or kets: two views of n samples.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(..., 2n)` for "none", first views first: `supervised_contrastive_loss`
            with each sample a class of two views.

    Raises:
        ValueError: If an argument is no state within √ε, shapes do not fit, or n < 2.

    Example:
        >>> views = [[1.0, 0.0], [0.0, 1.0]]
        >>> nt_xent_loss(views, views, pure=True).round(12).item()
        0.239544766222

    Source:
        T. Chen et al., ICML (2020), arXiv:2002.05709, equation 1, with fidelities.
    """
    return _contrasts.views(_space(pure), first, second, temperature, options)


@per_sample
def supervised_contrastive_loss(
    labels: Array,
    embeddings: Array,
    *,
    temperature: Scalar = 0.1,
    pure: bool = False,
    **options: Unpack[Options],
) -> Array:
    r"""Supervised contrastive loss $-\frac{1}{|P_i|} \sum_{j \in P_i} \log \mathrm{softmax}_j$.

    The softmax is over fidelities F_ij/T with all other samples, P_i are those of the same class.

    Args:
        labels: Class numbers `(n,)`.
        embeddings: States `(..., n, d, d)`, or kets.
        temperature: T > 0.
        pure: Whether states are kets `(..., d)` rather than density matrices.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        A number, or `(..., n)` for "none" (nats). One alone in its class is 0 and does not count.

    Raises:
        ValueError: If all are of one class, or no class holds two; else as `info_nce_loss`.

    Example:
        >>> points = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> supervised_contrastive_loss([0, 0, 1], points, pure=True).round(12).item()
        4.5398899e-05

    Source:
        P. Khosla et al., NeurIPS (2020), arXiv:2004.11362, equation 2, with fidelities.
    """
    return _contrasts.classes(_space(pure), labels, embeddings, temperature, options)


def _space(pure: bool) -> Space:
    return KETS if _checks.truth("pure", pure) else STATES
