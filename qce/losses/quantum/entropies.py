"""Weighted, balanced and focal cross entropies of density matrices.

Read it beside `qce.losses.classical.entropies`: same names, same order, same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from qce import quantum
from qce.losses import _arguments, _pairs
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import STATES
from qce.losses.quantum._functionals import balanced_functional, focal_functional
from qce.typing import Array, Scalar


@per_sample
def weighted_cross_entropy(
    data: Sequence[Array], model: Array, class_weights: Sequence[float], **options: Unpack[Options]
) -> Array:
    r"""Cross entropy $-\mathrm{Tr}\, ρ \log σ$ of an ensemble $ρ = \sum_c w_c ρ_c / \sum_c w_c$.

    Args:
        data: The states ρ_c `(..., d, d)` of the classes c, in a list or along a first axis.
        model: Density matrices σ `(..., d, d)`.
        class_weights: One weight w_c >= 0 a class, not all 0.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞] (nats): the classes' weighted mean, with one eigendecomposition.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or there is
            not one weight a class.

    Example:
        >>> up, down = [[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]
        >>> weighted_cross_entropy([up, down], [[0.8, 0.0], [0.0, 0.2]], (3, 1)).round(6).item()
        0.569717

    Source:
        Linear in the data: arXiv:2102.11887 for each class.
    """
    return _pairs.mixed(STATES, quantum.cross_entropy, data, model, class_weights, options)


@per_sample
def balanced_cross_entropy(
    data: Array, model: Array, *, power: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""Cross entropy of balanced data, $-\mathrm{Tr}\, ρ^{1-β} \log σ / \mathrm{Tr}\, ρ^{1-β}$.

    Each eigenstate of the data has weight $p_i^{-β}$: at β = 1 all of its support counts alike.

    Args:
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        power: β in [0, 1]; 0 is the cross entropy.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞] (nats). Gradients along the support of ρ.

    Raises:
        ValueError: If one is no density matrix within √ε, shapes do not fit, or β leaves [0, 1].

    Example:
        >>> rho, sigma = [[0.9, 0.0], [0.0, 0.1]], [[0.5, 0.25], [0.25, 0.5]]
        >>> balanced_cross_entropy(rho, sigma).round(6).item()
        0.836988

    Source:
        The twin of weights by inverse frequency; $ρ^s/\mathrm{Tr}\, ρ^s$ is the escort state of ρ.
    """
    beta = _arguments.fixed("power", _arguments.number("power", power, 0.0, 1.0))
    loss = balanced_functional(1.0 - beta)
    return _pairs.each(STATES, lambda xp, *pair: loss(*pair), data, model, options)


@per_sample
def focal_cross_entropy(
    data: Array, model: Array, *, gamma: Scalar = 2.0, **options: Unpack[Options]
) -> Array:
    r"""Focal cross entropy $-\mathrm{Tr}\, ρ (1 - σ)^γ \log σ$ (nats).

    The classical one of the weights $⟨j|ρ|j⟩$ in the model's eigenbasis and its spectrum $q_j$.

    Args:
        data, model: Density matrices ρ and σ `(..., d, d)`; batch axes broadcast.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞]; +∞ where ρ has weight outside the support of σ.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or γ < 0.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.25], [0.25, 0.5]]
        >>> focal_cross_entropy(rho, sigma).round(6).item()
        0.398885

    Source:
        T.-Y. Lin et al., arXiv:1708.02002, equation 4, in the likelihood of arXiv:2102.11887.
    """
    loss = focal_functional(_arguments.fixed("gamma", _arguments.number("gamma", gamma, 0.0)))
    return _pairs.each(STATES, lambda xp, *pair: loss(*pair), data, model, options)
