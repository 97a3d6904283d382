"""Weighted, balanced and focal cross entropies of probability vectors.

Read it beside `qce.losses.quantum.entropies`: same names, same order, same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from qce import classical
from qce.losses import _arguments, _pairs
from qce.losses._arrays import charge, shares, surprisal
from qce.losses._reduce import Options, per_sample
from qce.losses._spaces import DISTRIBUTIONS
from qce.losses.focal import focused
from qce.typing import Array, Scalar


@per_sample
def weighted_cross_entropy(
    data: Sequence[Array], model: Array, class_weights: Sequence[float], **options: Unpack[Options]
) -> Array:
    r"""Cross entropy $-\sum_i p_i \log q_i$ with $p = \sum_c w_c p_c / \sum_c w_c$ (nats).

    Args:
        data: The distributions p_c `(..., k)` of the classes c, in a list or along a first axis.
        model: Probabilities q `(..., k)`.
        class_weights: One weight w_c >= 0 a class, not all 0.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞]: the mean of the classes' cross entropies, weighted.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or there
            is not one weight a class.

    Example:
        >>> weighted_cross_entropy([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5], (3, 1)).round(6).item()
        0.693147

    Source:
        The weighted cross entropy of labels, with a distribution for each label.
    """
    entropy = classical.cross_entropy
    return _pairs.mixed(DISTRIBUTIONS, entropy, data, model, class_weights, options)


@per_sample
def balanced_cross_entropy(
    data: Array, model: Array, *, power: Scalar = 1.0, **options: Unpack[Options]
) -> Array:
    r"""Cross entropy of balanced data, $-\sum_i p_i^{1-β} \log q_i / \sum_i p_i^{1-β}$ (nats).

    Outcome i has weight $p_i^{-β}$: at β = 1 all outcomes that occur count alike.

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        power: β in [0, 1]; 0 is the cross entropy.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞]. Gradients along the support of p.

    Raises:
        ValueError: If one is no distribution within √ε, shapes do not fit, or β leaves [0, 1].

    Example:
        >>> balanced_cross_entropy([0.9, 0.1, 0.0], [0.5, 0.25, 0.25]).round(6).item()
        1.039721

    Source:
        Weights by inverse frequency: G. King and L. Zeng, Polit. Anal. 9, 137 (2001).
    """
    power = _arguments.number("power", power, 0.0, 1.0)

    def loss(xp: Any, p: Array, q: Array, power: Scalar) -> Array:
        outside = p <= 0
        tempered = xp.where(outside, 1.0, p) ** (1 - power) + 0.0 * p  # NaN⁰ is 1
        parts = xp.where(outside, 0.0, tempered)
        return classical.cross_entropy(parts / xp.sum(parts, axis=-1)[..., None], q, check=False)

    return _pairs.each(DISTRIBUTIONS, loss, data, model, options, (power,))


@per_sample
def focal_cross_entropy(
    data: Array, model: Array, *, gamma: Scalar = 2.0, **options: Unpack[Options]
) -> Array:
    r"""Focal cross entropy $-\sum_i p_i (1 - q_i)^γ \log q_i$ (nats).

    Args:
        data, model: Probabilities p and q `(..., k)`; batch axes broadcast.
        gamma: Focus γ >= 0; 0 is the cross entropy.
        weights, where, reduction, check: As everywhere in `qce.losses`.

    Returns:
        Array `(...)` in [0, ∞]; +∞ where p_i > 0 = q_i. Not least at q = p, unless γ = 0 or p is
            certain.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or γ < 0.

    Example:
        >>> focal_cross_entropy([1.0, 0.0], [0.5, 0.5]).round(6).item()
        0.173287

    Source:
        T.-Y. Lin et al., ICCV (2017), arXiv:1708.02002, equation 4.
    """
    gamma = _arguments.number("gamma", gamma, 0.0)

    def loss(xp: Any, p: Array, q: Array, gamma: Scalar) -> Array:
        q = shares(xp, q)
        return xp.sum(charge(xp, p, focused(xp, surprisal(xp, q), gamma, 1 - q)), axis=-1)

    return _pairs.each(DISTRIBUTIONS, loss, data, model, options, (gamma,))
