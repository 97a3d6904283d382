"""Overlap losses of density matrices, with the fidelity in place of the intersection.

Read it beside `qce.losses.classical.overlaps`: same names, same order, same rules. Against a pure
state, $F = ⟨ψ|σ|ψ⟩$ is the part of σ that lies in it.
"""

from __future__ import annotations

from typing import Unpack

from qce.losses import _pairs
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import STATES
from qce.typing import Array, Scalar


@per_sample
def fidelity_dice_loss(data: Array, model: Array, **options: Unpack[Options]) -> Array:
    r"""Dice loss $1 - \frac{2F}{2F + 2(1 - F)} = 1 - F$ of the fidelity: the infidelity.

    Args:
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if ρ = σ.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.75, 0.25], [0.25, 0.25]]
        >>> fidelity_dice_loss(rho, sigma).round(12).item()
        0.25

    Source:
        F. Milletari et al., 3DV (2016), arXiv:1606.04797, of states.
    """
    return _pairs.overlap_loss(STATES, data, model, (0.5, 0.5), 1.0, options)


@per_sample
def fidelity_jaccard_loss(data: Array, model: Array, **options: Unpack[Options]) -> Array:
    r"""Jaccard loss $1 - \frac{F}{2 - F}$ of the fidelity.

    Args:
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if ρ = σ.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.75, 0.25], [0.25, 0.25]]
        >>> fidelity_jaccard_loss(rho, sigma).round(12).item()
        0.4

    Source:
        P. Jaccard, New Phytol. 11, 37 (1912), of states.
    """
    return _pairs.overlap_loss(STATES, data, model, (1.0, 1.0), 1.0, options)


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
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        alpha: Price α >= 0 of what the model has too much.
        beta: Price β >= 0 of what it misses; sums being 1, only α + β matters.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if ρ = σ.

    Raises:
        ValueError: If one is no density matrix within √ε, shapes do not fit, or a price is < 0.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.75, 0.25], [0.25, 0.25]]
        >>> fidelity_tversky_loss(rho, sigma).round(12).item()
        0.25

    Source:
        S. S. M. Salehi et al., MLMI (2017), arXiv:1706.05721, of states.
    """
    return _pairs.overlap_loss(STATES, data, model, (alpha, beta), 1.0, options)


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
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        alpha, beta: As in `fidelity_tversky_loss`.
        gamma: γ > 0; above 1, close pairs keep a strong slope.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, 1]; 0 if and only if ρ = σ. At 0 the slope is 0.

    Raises:
        ValueError: As `fidelity_tversky_loss`, and if γ <= 0.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.75, 0.25], [0.25, 0.25]]
        >>> fidelity_focal_tversky_loss(rho, sigma, gamma=2.0).round(12).item()
        0.5

    Source:
        N. Abraham and N. M. Khan, ISBI (2019), arXiv:1810.07842, of states.
    """
    return _pairs.overlap_loss(STATES, data, model, (alpha, beta), gamma, options)
