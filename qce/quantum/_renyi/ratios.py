"""Ratios of two states, the eigenvalues m of σ^{−½} ρ σ^{−½}: the largest of them, and m − 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._arrays import Functional, adjoint, hermitian
from qce._spectral import SIGN, identity, safe_power, sandwich, trace, trace_of_product
from qce._spectral.factors import cholesky, inverse
from qce._spectral.pairs import spectrum
from qce.quantum._bases import Ratios
from qce.quantum._pairs import MATRIX, both, by_bases, difference, outside, sizes
from qce.quantum._renyi.sandwiched import sandwich_matrix
from qce.typing import Array


def _ratios(xp: Any, rho: Array, sigma: Array) -> Ratios:
    p, u, q, v = both(xp, rho, sigma)
    return Ratios(q, v, *sandwich(xp, p, u, q, v, -0.5))


def excess(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, m: Array, w: Array) -> Array:
    """m_k − 1 = ⟨k|σ^{−½}(ρ − σ)σ^{−½}|k⟩; the matrices are subtracted first.

    Rounding of |k⟩ is divided by √q here. Where the states differ by so much that this exceeds the
    rounding of m, m − 1 itself is more accurate.
    """
    q = xp.where(q > xp.finfo(q.dtype).tiny, q, 0.0)
    scale = safe_power(xp, q, -0.5)[..., :, None]
    vectors = scale * (adjoint(xp, v) @ w)
    inner = difference(xp, rho, sigma, v, v)
    raw = xp.real(xp.einsum("...jk,...jl,...lk->...k", xp.conj(vectors), inner, vectors))
    rounding = xp.sum(scale * (xp.abs(inner) @ xp.abs(vectors)), axis=-2)
    return xp.where(rounding <= m + 1, raw, m - 1)


def _max(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, m: Array, w: Array) -> Array:
    largest = m[..., 0]
    rise = excess(xp, rho, sigma, q, v, m, w)[..., 0]
    size, other = sizes(xp, rho, sigma)
    rise = xp.where((rise <= 0) & (size == other), 0.0, rise)
    small = xp.abs(largest - 1) < 0.1
    log = xp.log(xp.where(largest > 0, largest, 1.0))
    value = xp.where(small, xp.log1p(xp.where(small, rise, 0.0)), log)
    return xp.where(outside(xp, rho, q, v) > 0, xp.inf, value)


def rise(gap: np.ndarray, lower: np.ndarray | None) -> np.ndarray | None:
    """C^{−1} (ρ − σ) C^{−†} for CC† = σ, unitarily equivalent to σ^{−½} ρ σ^{−½} − 1.

    None where an eigenvalue of σ may count as zero.
    """
    turn = None if lower is None else inverse(lower)
    return None if turn is None else turn @ hermitian(np, gap) @ adjoint(np, turn)


def _top(ops: Any, rho: Array, sigma: Array, bases: tuple[Array, ...]) -> tuple[Array, ...]:
    """σ^{−½}, M, and the projector on the largest eigenvalue of M over its rank."""
    q, v, m, w = Ratios(*bases)
    xp = ops.xp
    root, matrix = sandwich_matrix(ops, -0.5, rho, sigma, q, v)
    # Equal within rounding: the eigenvalues of M carry ε·d/q_min of the states' own.
    least = xp.amin(xp.where(q > 0, q, 1.0), axis=-1)[..., None]
    rounding = 16 * xp.finfo(q.dtype).eps * q.shape[-1] / least
    threshold = m[..., :1] - rounding * xp.where(m[..., :1] > 1, m[..., :1], 1.0)
    shifted = matrix - threshold[..., None] * identity(ops, q)
    top = (ops.frechet(SIGN, shifted, m - threshold, w) + identity(ops, q)) / 2
    return root, matrix, top / trace(ops, top)


def _max_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    root, matrix, top = _top(ops, rho, sigma, bases)
    largest = trace_of_product(ops.xp, top, matrix)
    return root @ top @ root / ops.xp.where(largest > 0, largest, 1.0)


def _max_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    root, _, top = _top(ops, rho, sigma, bases)
    return -root @ top @ root


def _max_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    matrix = rise(rho - sigma, cholesky(sigma))
    if matrix is None:
        return by_bases(_max, _ratios)(rho, sigma)
    largest = spectrum(np, matrix)[..., -1]
    size, other = sizes(np, rho, sigma)
    return np.log1p(np.where((largest <= 0) & (size == other), 0.0, largest))[()]


MAX = Functional(
    value=_max,
    gradients=(_max_by_data, _max_by_model),
    axes=MATRIX,
    prepare=_ratios,
    plain=_max_array,
)
