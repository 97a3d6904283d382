r"""Overlap losses of probability vectors, with the fidelity in place of the intersection.

Read it beside `qce.losses.quantum.overlaps`. Two distributions that sum to 1 have TP = F and
FP = FN = 1 − F; against a certain outcome c, F = q_c is the intersection itself. `qce.losses` has
the losses without "fidelity", in which the intersection is $\sum \min(p, q)$: other numbers.
"""

from __future__ import annotations

from typing import Unpack

from qce.losses import _pairs
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import DISTRIBUTIONS
from qce.typing import Array, Scalar


@per_sample
def fidelity_dice_loss(data: Array, model: Array, **options: Unpack[Options]) -> Array:
    r"""Dice loss $1 - \frac{2F}{2F + 2(1 - F)} = 1 - F$ of the fidelity: the infidelity.

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> fidelity_dice_loss([1.0, 0.0], [0.75, 0.25]).round(12).item()
        0.25

    Source:
        F. Milletari et al., 3DV (2016), arXiv:1606.04797, of distributions.
    """
    return _pairs.overlap_loss(DISTRIBUTIONS, data, model, (0.5, 0.5), 1.0, options)


@per_sample
def fidelity_jaccard_loss(data: Array, model: Array, **options: Unpack[Options]) -> Array:
    r"""Jaccard loss $1 - \frac{F}{2 - F}$ of the fidelity.

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> fidelity_jaccard_loss([1.0, 0.0], [0.75, 0.25]).round(12).item()
        0.4

    Source:
        P. Jaccard, New Phytol. 11, 37 (1912), of distributions.
    """
    return _pairs.overlap_loss(DISTRIBUTIONS, data, model, (1.0, 1.0), 1.0, options)


@per_sample
def fidelity_tversky_loss(
    data: Array,
    model: Array,
    *,
    alpha: Scalar = 0.3,
    beta: Scalar = 0.7,
    **options: Unpack[Options],
) -> Array:
    r"""Tversky loss $1 - \frac{F}{F + (α + β)(1 - F)}$ of the fidelity.

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        alpha: Price α >= 0 of what the model has too much.
        beta: Price β >= 0 of what it misses; sums being 1, only α + β matters.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q.

    Raises:
        ValueError: If one is no probability vector within √ε, shapes do not fit, or a price is < 0.

    Example:
        >>> fidelity_tversky_loss([1.0, 0.0], [0.75, 0.25]).round(12).item()
        0.25

    Source:
        S. S. M. Salehi et al., MLMI (2017), arXiv:1706.05721, of distributions.
    """
    return _pairs.overlap_loss(DISTRIBUTIONS, data, model, (alpha, beta), 1.0, options)


@per_sample
def fidelity_focal_tversky_loss(
    data: Array,
    model: Array,
    *,
    alpha: Scalar = 0.3,
    beta: Scalar = 0.7,
    gamma: Scalar = 4 / 3,
    **options: Unpack[Options],
) -> Array:
    r"""Focal Tversky loss $(1 - \frac{F}{F + (α + β)(1 - F)})^{1/γ}$ of the fidelity.

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        alpha, beta: As in `fidelity_tversky_loss`.
        gamma: γ > 0; above 1, close pairs keep a strong slope.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if p = q. At 0 the slope is 0.

    Raises:
        ValueError: As `fidelity_tversky_loss`, and if γ <= 0.

    Example:
        >>> fidelity_focal_tversky_loss([1.0, 0.0], [0.75, 0.25], gamma=2.0).round(12).item()
        0.5

    Source:
        N. Abraham and N. M. Khan, ISBI (2019), arXiv:1810.07842, of distributions.
    """
    return _pairs.overlap_loss(DISTRIBUTIONS, data, model, (alpha, beta), gamma, options)
