"""More distances of density matrices: Hilbert-Schmidt's, Hellinger's, and the angle of Bures.

Read it beside `qce.classical.metrics`: same names, same order, same rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._arrays import Functional, hermitian
from qce._spectral import SUPPORT, power, trace
from qce.classical.kernels import entropies as _kernels
from qce.quantum._arguments import beside_either, value_of
from qce.quantum._bases import Sandwich
from qce.quantum._factorised import distances as _factorised
from qce.quantum._pairs import MATRIX, both, difference, sizes
from qce.quantum.geometric import HALF, half, root_by_data, root_by_model
from qce.states import State
from qce.typing import Array


def hilbert_schmidt_distance(
    data: State | Array, model: State | Array, *, check: bool = True
) -> Array:
    r"""Hilbert-Schmidt distance $\sqrt{\mathrm{Tr}\, (ρ - σ)^2}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, √2]. At ρ = σ, where it has a corner, the gradient is 0. Some call its
            square by this name.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> hilbert_schmidt_distance(rho, sigma).round(12).item()
        0.728010988928

    Source:
        M. Ozawa, Phys. Lett. A 268, 158 (2000), which shows that measurements may raise it for
        channels that are not unital.
    """
    return value_of(_HILBERT_SCHMIDT, check, data=data, model=model)


def hellinger_distance(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""Quantum Hellinger distance $\sqrt{1 - \mathrm{Tr}\, \sqrt{ρ}\sqrt{σ}}$.

    It is $\sqrt{\frac12 \mathrm{Tr}\, (\sqrt{ρ} - \sqrt{σ})^2}$. With Petz' Rényi divergence D of
    order ½, $1 - H^2 = e^{-D/2}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1], relatively accurate for close states, never below the Bures
            distance over √2. At ρ = σ, where it has a corner, the gradient is 0; elsewhere along
            the supports. QuTiP's is √2 times as large.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> hellinger_distance(rho, sigma).round(12).item()
        0.426093044867

    Source:
        S. Luo and Q. Zhang, Phys. Rev. A 69, 032106 (2004).
    """
    return value_of(_HELLINGER, check, _HELLINGER_OF_STATES, data=data, model=model)


def bures_angle(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""Bures angle $\arccos \sqrt{F(ρ, σ)}$, the length of the shortest path between the states.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, π/2], relatively accurate for close states. At ρ = σ, where it has a
            corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> zero, plus = [[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]
        >>> (4 * bures_angle(zero, plus)).round(12).item()
        3.14159265359

    Source:
        A. Uhlmann, Rep. Math. Phys. 9, 273 (1976); M. Nielsen and I. Chuang, Quantum Computation
        and Quantum Information (2000).
    """
    return value_of(_ANGLE, check, _ANGLE_OF_STATES, data=data, model=model)


# --- Hilbert-Schmidt ---------------------------------------------------------------------------


def _length(xp: Any, rho: Array, sigma: Array) -> Array:
    return _kernels.length(xp, hermitian(xp, rho - sigma), MATRIX)


def _length_slope(ops: Any, rho: Array, sigma: Array) -> Array:
    distance = ops.again(_HILBERT_SCHMIDT, (rho, sigma), ())[..., None, None]
    apart = distance > 0
    gap = hermitian(ops.xp, rho - sigma)
    return ops.xp.where(apart, gap / ops.xp.where(apart, distance, 1.0), 0.0)


_HILBERT_SCHMIDT = Functional(
    value=_length,
    gradients=(_length_slope, lambda ops, rho, sigma: _length_slope(ops, sigma, rho)),
    axes=MATRIX,
)


# --- Hellinger ---------------------------------------------------------------------------------


def _hellinger(xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array) -> Array:
    size = xp.abs(difference(xp, rho, sigma, u, v))
    pair = p[..., :, None], q[..., None, :]
    return xp.sqrt(_kernels.hellinger(xp, size, *pair, MATRIX))


def _hellinger_by_data(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> Array:
    """(½ − D(√)_ρ[√σ])/(2H), the slope of H = √((Tr ρ + Tr σ)/2 − Tr √ρ√σ)."""
    distance = ops.again(_HELLINGER, (rho, sigma), (p, u, q, v))[..., None, None]
    apart = distance > 0
    slope = ops.frechet(power(0.5), rho, p, u, ops.frechet(power(0.5), sigma, q, v))
    rest = ops.frechet(SUPPORT, rho, p, u) / 2 - slope
    return ops.xp.where(apart, rest / 2 / ops.xp.where(apart, distance, 1.0), 0.0)


def _hellinger_by_model(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> Array:
    return _hellinger_by_data(ops, sigma, rho, q, v, p, u)


_HELLINGER = Functional(
    value=_hellinger,
    gradients=(_hellinger_by_data, _hellinger_by_model),
    axes=MATRIX,
    prepare=both,
)


# --- angle -------------------------------------------------------------------------------------


def _angle(xp: Any, *arguments: Array) -> Array:
    """2 arcsin of half the Bures distance: arccos would lose digits of small angles."""
    return _kernels.angle(xp, xp.sqrt(-xp.expm1(-half(xp, *arguments) / 2)))


def _angle_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    value = HALF(rho, sigma)
    size, other = sizes(np, rho, sigma)
    value = value - np.log(size) + np.log(other)
    return _kernels.angle(np, np.sqrt(-np.expm1(-value / 2)))


def _of_angle(side: Any, k: int) -> Any:
    """−d cos A/sin A, with cos A = √F/√(Tr ρ Tr σ)."""

    def gradient(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        root, slope = side(ops, rho, sigma, *bases)
        angle = ops.again(_ANGLE, (rho, sigma), bases)[..., None, None]
        apart = angle > 0
        b = Sandwich(*bases)
        values, vectors = ((b.p, b.u), (b.q, b.v))[k]
        traces = [trace(ops, x) for x in (rho, sigma)]
        inside = ops.frechet(SUPPORT, (rho, sigma)[k], values, vectors)
        slope = (slope - root / 2 / traces[k] * inside) / ops.xp.sqrt(traces[0] * traces[1])
        return ops.xp.where(apart, -slope / ops.xp.where(apart, ops.xp.sin(angle), 1.0), 0.0)

    return gradient


_ANGLE = Functional(
    value=_angle,
    gradients=(_of_angle(root_by_data, 0), _of_angle(root_by_model, 1)),
    axes=MATRIX,
    prepare=HALF.prepare,
    plain=_angle_array,
)


# --- factorised states -------------------------------------------------------------------------

_HELLINGER_OF_STATES = beside_either(_factorised.hellinger_distance)
_ANGLE_OF_STATES = beside_either(_factorised.bures_angle)
