"""Entropies of every order α, Rényi's and Tsallis', and the purity.

Read it beside `qce.quantum.orders`: same names, same order, same rules.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from qce import _checks
from qce._arrays import Functional
from qce._checks import truth
from qce._orders import Orders, each_order
from qce.classical._pairs import VECTOR
from qce.classical.kernels import orders as _sums
from qce.classical.kernels.entropies import never_negative
from qce.typing import Array

NEAR = 0.5  # up to this distance of α from 1 slopes are written so that nothing cancels
_TIE = 16.0  # probabilities within this many ε are equally large


def renyi_entropy(
    x: Array, alpha: Orders, *, base: float | None = None, check: bool = True
) -> Array:
    r"""Rényi entropy $H_α(p) = \frac{1}{1-α} \log \sum_i p_i^α$.

    Args:
        x: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        alpha: Order in [0, ∞], a number; or an array of orders. 0 counts the p_i > 0, 1 is the
            entropy, 2 −log of the purity, ∞ −log of the largest p_i.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, log k], falling in α,
            continuous through α = 1, and there and for nearly certain p as accurate as p itself.
            Its gradient is that of $(\log \sum p^α - \sum p + 1)/(1 - α)$, which for probabilities
            is the same number and does not diverge at α = 1. At p_i = 0, where the derivative is
            infinite for α ≤ 1, it is the one along the support; at α = ∞, where several p_i are
            largest, the mean of the subgradients.

    Raises:
        ValueError: If `x` is no probability vector within √ε, or `alpha` is negative or NaN.

    Example:
        >>> renyi_entropy([0.5, 0.25, 0.25, 0.0], [0, 1, 2, math.inf], base=2).round(6)
        array([1.584963, 1.5     , 1.415037, 1.      ])

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. Math. Stat. Prob. 1, 547 (1961).
    """
    unit = _checks.log_base(base)
    if truth("check", check):
        _checks.probabilities("x", x)
    return each_order(alpha, lambda a: _checks.in_unit(renyi_functional(a)(x), unit))


def tsallis_entropy(x: Array, alpha: Orders, *, check: bool = True) -> Array:
    r"""Tsallis entropy $T_α(p) = \frac{1}{α-1} (1 - \sum_i p_i^α)$.

    Args:
        x: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        alpha: Order in [0, ∞], a number; or an array of orders. 1 is the entropy in nats, 2 one
            less the purity.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; never negative, a sum of
            terms (p − p^α)/(α−1), each of them relatively accurate. The gradient is that of this
            sum; at p_i = 0 as in `renyi_entropy`.

    Raises:
        ValueError: If `x` is no probability vector within √ε, or `alpha` is negative or NaN.

    Example:
        >>> tsallis_entropy([0.5, 0.5, 0.0], [0, 2, math.inf])
        array([1. , 0.5, 0. ])

    Source:
        C. Tsallis, J. Stat. Phys. 52, 479 (1988); J. Havrda and F. Charvát, Kybernetika 3, 30
        (1967).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    return each_order(alpha, lambda a: tsallis_functional(a)(x))


def purity(x: Array, *, check: bool = True) -> Array:
    r"""Collision probability $\sum_i p_i^2$ that two draws agree; the twin of the purity.

    Args:
        x: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [1/k, 1].

    Raises:
        ValueError: If `x` is no probability vector within √ε.

    Example:
        >>> purity([0.5, 0.5, 0.0]).item()
        0.5

    Source:
        C. Bennett, G. Brassard, C. Crépeau and U. Maurer, IEEE Trans. Inf. Theory 41, 1915 (1995).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    return _PURITY(x)


@functools.lru_cache(maxsize=256)
def tsallis_functional(alpha: float) -> Functional:
    """Tsallis' entropy of one order."""
    return Functional(
        value=lambda xp, p: never_negative(xp, _sums.tsallis(xp, _sums.logarithms(xp, p), alpha)),
        gradients=(lambda ops, p: _tsallis_slope(ops.xp, p, alpha),),
        axes=VECTOR,
    )


@functools.lru_cache(maxsize=256)
def renyi_functional(alpha: float) -> Functional:
    """Rényi's entropy of one order."""
    return Functional(
        value=lambda xp, p: never_negative(xp, _sums.renyi(xp, _sums.logarithms(xp, p), alpha)),
        gradients=(lambda ops, p: _renyi_slope(ops.xp, p, alpha),),
        axes=VECTOR,
    )


def _tsallis_slope(xp: Any, p: Array, alpha: float) -> Array:
    """(α p^{α−1} − 1)/(1−α) = −1 − α (p^{α−1} − 1)/(α−1)."""
    if alpha == math.inf:
        return 0.0 * p
    inside = p > 0
    log_p = xp.log(xp.where(inside, p, 1.0))
    deformed = xp.expm1((alpha - 1) * log_p) / (alpha - 1) if alpha != 1 else log_p
    return xp.where(inside, -1 - alpha * deformed, 1 / (alpha - 1) if alpha > 1 else 0.0)


def _renyi_slope(xp: Any, p: Array, alpha: float) -> Array:
    """(α p^{α−1}/Σp^α − 1)/(1−α), near α = 1 from Tsallis' slope and value."""
    if alpha == math.inf:
        return _largest(xp, p)
    log_p = _sums.logarithms(xp, p)
    log_sum = _sums.log_power_sum(xp, log_p, alpha)[..., None]
    inside = p > 0
    if abs(alpha - 1) < NEAR:
        excess = _sums.tsallis(xp, log_p, alpha)[..., None]
        slope = (_tsallis_slope(xp, p, alpha) - excess) * xp.exp(-log_sum)
        return slope if alpha > 1 else xp.where(inside, slope, 0.0)
    exponent = (alpha - 1) * xp.where(inside, log_p, 0.0) - log_sum
    power = xp.where(inside, alpha * xp.exp(exponent), 0.0)
    slope = (power - 1) / (1 - alpha)
    return slope if alpha > 1 else xp.where(inside, slope, 0.0)


def _largest(xp: Any, p: Array) -> Array:
    """−1/max p, in equal shares of the largest."""
    top = xp.amax(p, axis=-1)[..., None]
    share = xp.where(p >= top * (1 - _TIE * xp.finfo(p.dtype).eps), 1.0, 0.0)
    return -share / xp.sum(share, axis=-1)[..., None] / top


_PURITY = Functional(
    value=lambda xp, p: xp.sum(p * p, axis=-1),
    gradients=(lambda ops, p: 2 * p,),
    axes=VECTOR,
)
