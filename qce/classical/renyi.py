"""Rényi divergences of probability vectors, and their end points.

Read it beside `qce.quantum.renyi`: same names, same order, same rules. Both of the quantum families
become `renyi_divergence`; the measured and the Belavkin-Staszewski relative entropy become
`relative_entropy`.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from qce._arrays import Functional
from qce._checks import truth
from qce._orders import Orders, each_order
from qce.classical._pairs import (
    ANY_SUM,
    VECTOR,
    check_pair,
    divergence,
    log_ratios,
    missing_mass,
    ones,
    sizes,
)
from qce.classical.entropies import RELATIVE_ENTROPY
from qce.classical.kernels import divergences as _sums
from qce.typing import Array

_TIE = 16.0  # ratios within this many ε are equally large


def renyi_divergence(
    data: Array,
    model: Array,
    alpha: Orders,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Rényi divergence $D_α(p\|q) = \frac{1}{α-1} \log \sum_i p_i^α q_i^{1-α}$.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        alpha: Order in [−∞, ∞], a number; or an array of orders. 1 is the relative entropy, ∞ the
            max-relative entropy. Below 0 the value is α/(1−α) times that of order 1−α with p and q
            exchanged, so that it is never positive.
        base: Base of the logarithm; nats if None.
        support: "inf" for ±∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, ∞] for α ≥ 0, rising
            in α, continuous through α = 0 and 1 and relatively accurate there and for close p and
            q. For α ≥ 1 it is +∞ where p_i > 0 = q_i, for 0 ≤ α < 1 only where no i has p_i > 0 and
            q_i > 0; for α < 0 it is −∞ where q_i > 0 = p_i. At p_i = 0, where the derivative is
            infinite for α ≤ 1, the gradient is the one along the support. Unchecked, p may have any
            sum: the value is $\log(Q/\sum p)/(α - 1)$ with $Q = \sum p^α q^{1-α}$.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or `alpha`
            is NaN.

    Example:
        >>> renyi_divergence([0.5, 0.5], [0.25, 0.75], 2).round(12).item()
        0.287682072452
        >>> renyi_divergence([0.5, 0.5], [0.25, 0.75], [-1, 0, 2]).round(6)
        array([-0.111572,  0.      ,  0.287682])

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. 1, 547 (1961); negative orders: T. van Erven and
        P. Harremoës, IEEE Trans. Inf. Theory 60, 3797 (2014).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": False}
    if truth("check", check):
        check_pair(data, model, ANY_SUM)
    return each_order(alpha, lambda a: _of_order(a, data, model, settings), -math.inf)


def _of_order(alpha: float, data: Array, model: Array, settings: dict[str, Any]) -> Array:
    if alpha < 0:  # the factor is −1 in the limit
        factor = alpha / (1 - alpha) if alpha > -math.inf else -1.0
        return factor * _of_order(1 - alpha, model, data, settings) + 0.0
    if alpha == 1:
        functional = _FIRST
    else:
        functional = _MAX if alpha == math.inf else renyi_functional(alpha)
    return divergence(functional, data, model, **settings)


def max_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Max-relative entropy $\max_i \log(p_i/q_i)$, the Rényi divergence of order ∞.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞]. Where several ratios are largest the gradient is the mean of the
            subgradients.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> max_relative_entropy([0.5, 0.5], [0.25, 0.75], base=2).item()
        1.0

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. Math. Stat. Prob. 1, 547 (1961): the order ∞.
    """
    return divergence(_MAX, data, model, base=base, support=support, check=check)


def min_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Min-relative entropy $-\log \sum_{i: p_i > 0} q_i$, the Rényi divergence of order 0.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where no i has p_i > 0 and q_i > 0, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞].

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> min_relative_entropy([1.0, 0.0], [0.25, 0.75], base=2).item()
        2.0

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. Math. Stat. Prob. 1, 547 (1961): the order 0.
    """
    return divergence(renyi_functional(0.0), data, model, base=base, support=support, check=check)


# --- every order but 1 and ∞ --------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def renyi_functional(alpha: float) -> Functional:
    """The Rényi divergence of one order, other than 1 and ∞."""
    log_alpha = math.log(alpha) if alpha else -math.inf

    def value(xp: Any, p: Array, q: Array) -> Array:
        missing = missing_mass(xp, p, q)
        one, totals = ones(xp, p, q), sizes(xp, p, q)
        return _sums.renyi(xp, one, lambda: p - q, p, q, missing, totals, alpha, VECTOR)

    def by_data(ops: Any, p: Array, q: Array) -> Array:
        """(α (p/q)^{α−1}/Q − 1/Σp)/(α−1), for α < 1 along the support."""
        xp = ops.xp
        inside, length = log_ratios(xp, p, q)
        log_sum = _log_sum(xp, p, q, alpha)
        along = xp.ones_like(p) if alpha > 1 else xp.where(p > 0, 1.0, 0.0)
        exponent = (alpha - 1) * length + log_alpha
        if abs(alpha - 1) < 0.5:  # nothing cancels, nothing overflows
            slope = xp.where(inside, xp.expm1(exponent), 0.0) - xp.where(inside, 0.0, along)
            value = ops.apply(functional, (p, q))[..., None]
            slope = slope / (alpha - 1) - _sums.excess(xp, value, log_sum, alpha) * along
            return slope * xp.exp(-log_sum)
        slope = xp.where(inside, xp.exp(exponent - log_sum), 0.0)
        return (slope - along / xp.sum(p, axis=-1)[..., None]) / (alpha - 1)

    def by_model(ops: Any, p: Array, q: Array) -> Array:
        inside, length = log_ratios(ops.xp, p, q)
        log_sum = _log_sum(ops.xp, p, q, alpha)
        return -ops.xp.where(inside, ops.xp.exp(alpha * length - log_sum), 0.0)

    functional = Functional(value=value, gradients=(by_data, by_model), axes=VECTOR)
    return functional


def _log_sum(xp: Any, p: Array, q: Array, alpha: float) -> Array:
    log_sum = _sums.log_power_sum(xp, ones(xp, p, q), p, q, alpha, VECTOR)
    return xp.where(xp.isfinite(log_sum), log_sum, 0.0)[..., None]


# --- the order 1 -------------------------------------------------------------------------------


def _first_by_data(ops: Any, p: Array, q: Array) -> Array:
    """(log p/q + 1 − D/Σp)/Σp, along the support."""
    value = ops.apply(RELATIVE_ENTROPY, (p, q))[..., None]
    value = ops.xp.where(ops.xp.isfinite(value), value, 0.0)
    size = ops.xp.sum(p, axis=-1)[..., None]
    inside = ops.xp.where(p > 0, 1.0, 0.0)
    return (RELATIVE_ENTROPY.gradients[0](ops, p, q) - value / size * inside) / size


_FIRST = Functional(
    value=lambda xp, p, q: RELATIVE_ENTROPY.value(xp, p, q) / sizes(xp, p)[0],
    gradients=(
        _first_by_data,
        lambda ops, p, q: (
            RELATIVE_ENTROPY.gradients[1](ops, p, q) / ops.xp.sum(p, axis=-1)[..., None]
        ),
    ),
    axes=VECTOR,
)


# --- the end point ∞ ---------------------------------------------------------------------------


def _max(xp: Any, p: Array, q: Array) -> Array:
    inside, length = log_ratios(xp, p, q)
    largest = xp.amax(xp.where(inside, length, -xp.inf), axis=-1)
    size, other = sizes(xp, p, q)
    value = xp.where((largest <= 0) & (size == other), 0.0, largest)
    return xp.where(missing_mass(xp, p, q) > 0, xp.inf, value)


def _top(ops: Any, p: Array, q: Array) -> Array:
    """Equal shares of the largest ratios."""
    xp = ops.xp
    inside, length = log_ratios(xp, p, q)
    length = xp.where(inside, length, -xp.inf)
    tie = _TIE * xp.finfo(p.dtype).eps
    top = xp.where(length >= xp.amax(length, axis=-1)[..., None] - tie, 1.0, 0.0)
    return top / xp.sum(top, axis=-1)[..., None]


_MAX = Functional(
    value=_max,
    gradients=(
        lambda ops, p, q: _top(ops, p, q) / ops.xp.where(p > 0, p, 1.0),
        lambda ops, p, q: -_top(ops, p, q) / ops.xp.where(q > 0, q, 1.0),
    ),
    axes=VECTOR,
)
