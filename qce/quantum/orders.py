"""Entropies of every order α, Rényi's and Tsallis', and the purity.

Read it beside `qce.classical.orders`: same names, same order, same rules. Each value is the
classical kernel on the spectrum.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, adjoint, hermitian
from qce._orders import Orders, each_order
from qce._spectral import (
    ONCE,
    SUPPORT,
    SpectralFunction,
    decompose,
    deformed_log,
    eigenvalues,
    identity,
    in_blocks,
    kernel,
    power,
    trace_of_product,
)
from qce._spectral.eigen import ZERO
from qce.classical.kernels import orders as _sums
from qce.classical.kernels.entropies import never_negative
from qce.classical.orders import NEAR
from qce.quantum._arguments import as_it_comes, checked, value_of
from qce.quantum._factorised import entropies as _factorised
from qce.quantum._pairs import MATRIX
from qce.states import State
from qce.typing import Array, Scalar


def renyi_entropy(
    x: State | Array, alpha: Orders, *, base: float | None = None, check: bool = True
) -> Array:
    r"""Rényi entropy $S_α(ρ) = \frac{1}{1-α} \log \mathrm{Tr}\, ρ^α$.

    Args:
        x: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch; or a state of
            `qce.states`, whose eigenvalues may be as small as 1e-300.
        alpha: Order in [0, ∞], a number; or an array of orders. 0 is log of the rank, 1 the von
            Neumann entropy, 2 −log of the purity, ∞ −log of the largest eigenvalue.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, log d], falling in α,
            continuous through α = 1, and there and for nearly pure ρ as accurate as eigenvalues.
            Its gradient is that of $(\log \mathrm{Tr}\, ρ^α - \mathrm{Tr}\, ρ + 1)/(1 - α)$, which
            for states is the same number and does not diverge at α = 1. On the kernel of ρ, where
            the derivative is infinite for α ≤ 1, it is the one along the support; at α = ∞, where
            the largest eigenvalue is degenerate, the mean of the subgradients.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or `alpha` is negative or NaN.
        NotImplementedError: If a second derivative is asked for at order ∞.

    Example:
        >>> renyi_entropy(np.diag([0.5, 0.25, 0.25, 0.0]), [0, 1, 2, np.inf], base=2).round(6)
        array([1.584963, 1.5     , 1.415037, 1.      ])

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. Math. Stat. Prob. 1, 547 (1961), of the spectrum;
        M. Müller-Lennert et al., J. Math. Phys. 54, 122203 (2013).
    """
    unit = _checks.log_base(base)
    return _of_orders(renyi_functional, _factorised.renyi_entropy, x, alpha, unit, check)


def tsallis_entropy(x: State | Array, alpha: Orders, *, check: bool = True) -> Array:
    r"""Tsallis entropy $T_α(ρ) = \frac{1}{α-1} (1 - \mathrm{Tr}\, ρ^α)$.

    Args:
        x: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch; or a state of
            `qce.states`, whose eigenvalues may be as small as 1e-300.
        alpha: Order in [0, ∞], a number; or an array of orders. 1 is the von Neumann entropy in
            nats, 2 one less the purity (the linear entropy).
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; never negative, a sum of
            terms (p − p^α)/(α−1) of eigenvalues. The gradient is that of this sum; on the kernel of
            ρ as in `renyi_entropy`.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or `alpha` is negative or NaN.

    Example:
        >>> tsallis_entropy(np.diag([0.5, 0.5, 0.0]), [0, 2, np.inf])
        array([1. , 0.5, 0. ])

    Source:
        C. Tsallis, J. Stat. Phys. 52, 479 (1988), of the spectrum.
    """
    return _of_orders(tsallis_functional, _factorised.tsallis_entropy, x, alpha, 1.0, check)


def purity(x: State | Array, *, check: bool = True) -> Array:
    r"""Purity $\mathrm{Tr}\, ρ^2$.

    Args:
        x: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch; or a state of
            `qce.states`.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [1/d, 1], 1 for pure states within rounding.

    Raises:
        ValueError: If `x` is no density matrix within √ε.

    Example:
        >>> purity([[0.5, 0.5], [0.5, 0.5]]).item()
        1.0

    Source:
        M. Nielsen and I. Chuang, Quantum Computation and Quantum Information (2000).
    """
    return value_of(_PURITY, check, _factorised.purity, x=x)


def _of_orders(
    functional: Callable[[float], Functional],
    factorised: Callable[[State, float], Scalar],
    x: State | Array,
    alpha: Orders,
    unit: float,
    check: bool,
) -> Array:
    """An entropy of an array or of a factorised state, of each order."""

    def of_one(order: float) -> Array:
        if isinstance(x, State):
            return _checks.in_unit(as_it_comes(factorised(x, order)), unit)
        return _checks.in_unit(functional(order)(x), unit)

    with checked(check, x=x):
        return each_order(alpha, of_one)


@functools.lru_cache(maxsize=256)
def tsallis_functional(alpha: float) -> Functional:
    """Tsallis' entropy of one order."""

    def value(xp: Any, p: Array) -> Array:
        return never_negative(xp, _sums.tsallis(xp, _sums.logarithms(xp, p), alpha))

    return Functional(
        value=lambda xp, rho, p, u: value(xp, p),
        gradients=(lambda ops, rho, p, u: _tsallis_slope(ops, alpha, rho, p, u),),
        axes=MATRIX,
        prepare=decompose,
        plain=in_blocks(lambda rho: value(np, eigenvalues(np, rho))),
    )


@functools.lru_cache(maxsize=256)
def renyi_functional(alpha: float) -> Functional:
    """Rényi's entropy of one order."""

    def value(xp: Any, p: Array) -> Array:
        return never_negative(xp, _sums.renyi(xp, _sums.logarithms(xp, p), alpha))

    return Functional(
        value=lambda xp, rho, p, u: value(xp, p),
        gradients=(lambda ops, rho, p, u: _renyi_slope(ops, alpha, rho, p, u),),
        axes=MATRIX,
        prepare=decompose,
        plain=in_blocks(lambda rho: value(np, eigenvalues(np, rho))),
    )


@functools.lru_cache(maxsize=256)
def _tsallis_function(alpha: float) -> SpectralFunction:
    """(α x^{α−1} − 1)/(1−α) = −1 − α (x^{α−1} − 1)/(α−1)."""
    deformed = deformed_log(alpha - 1)
    return SpectralFunction(
        lambda xp, x: -1 - alpha * deformed.value(xp, x),
        lambda xp, x, y: -alpha * deformed.slope(xp, x, y),
        lambda xp, x, k: -alpha * deformed.taylor(xp, x, k),
    )


def _tsallis_slope(ops: Any, alpha: float, rho: Array, p: Array, u: Array) -> Array:
    if alpha == math.inf:
        return 0.0 * rho
    slope = ops.frechet(_tsallis_function(alpha), rho, p, u)
    return slope + kernel(ops, rho, p, u) / (alpha - 1) if alpha > 1 else slope


def _renyi_slope(ops: Any, alpha: float, rho: Array, p: Array, u: Array) -> Array:
    """(α ρ^{α−1}/Tr ρ^α − 1)/(1−α), near α = 1 from Tsallis' slope and value."""
    if alpha == math.inf:
        return _largest(ops, rho, p, u)
    top = p[..., -1:]
    scaled, q = rho / top[..., None], p / top
    trace = identity(ops, p) if alpha > 1 else ops.frechet(SUPPORT, rho, p, u)
    if abs(alpha - 1) < NEAR:
        excess = ops.again(tsallis_functional(alpha), (rho,), (p, u))[..., None, None]
        total = trace_of_product(ops.xp, ops.frechet(power(alpha), rho, p, u), identity(ops, p))
        return (_tsallis_slope(ops, alpha, rho, p, u) - excess * trace) / total
    total = trace_of_product(ops.xp, ops.frechet(power(alpha), scaled, q, u), identity(ops, p))
    powers = ops.frechet(power(alpha - 1), scaled, q, u) / total / top[..., None]
    return (alpha * powers - trace) / (1 - alpha)


def _largest(ops: Any, rho: Array, p: Array, u: Array) -> Array:
    """−1/λ_max on its eigenspace, in equal shares; differentiable no further: eigenvectors move."""
    xp, top = ops.xp, p[..., -1:]
    tie = ZERO * xp.finfo(p.dtype).eps * p.shape[-1]
    share = xp.where(p >= top * (1 - tie), 1.0, 0.0)
    slope = -share / xp.sum(share, axis=-1)[..., None] / top
    return ops.frechet(ONCE, rho, slope, u) + (u * slope[..., None, :]) @ adjoint(xp, u)


_PURITY = Functional(
    value=lambda xp, rho: xp.sum(xp.abs(hermitian(xp, rho)) ** 2, axis=MATRIX),
    gradients=(lambda ops, rho: 2 * hermitian(ops.xp, rho),),
    axes=MATRIX,
)
