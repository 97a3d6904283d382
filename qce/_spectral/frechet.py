"""Derivatives of a spectral function of a Hermitian matrix, by divided differences (Daleckii-Krein).

With A = V diag(q) V† and Ê = V† E V the n-th derivative in the directions E₁ … E_n is, in the eigenbasis,

    n = 0:  f(q_i) δ_ij
    n = 1:  f[q_i, q_j] Ê_ij
    n = 2:  Σ_k f[q_i, q_k, q_j] (Ê₁_ik Ê₂_kj + Ê₂_ik Ê₁_kj)

No eigenvector is ever differentiated, so degenerate spectra need no care. Tr E₀ Dⁿf(A)[E₁ … E_n] is
symmetric in all of its directions; hence the adjoint of a derivative is the next derivative, and
the rules of every array library follow from this one function.
"""

from __future__ import annotations

from typing import Any

from qce._spectral.eigen import Eigen
from qce._spectral.functions import SpectralFunction

Array = Any

HIGHEST = 2


def adjoint(xp: Any, matrix: Array) -> Array:
    return xp.conj(xp.swapaxes(matrix, -1, -2))


def hermitian(xp: Any, matrix: Array) -> Array:
    return (matrix + adjoint(xp, matrix)) / 2


def frechet(xp: Any, f: SpectralFunction, basis: Eigen, *directions: Array) -> Array:
    """Dⁿf(A)[E₁ … E_n] for Hermitian directions (..., d, d), n = 0, 1, 2."""
    q, v = basis
    v_adjoint = adjoint(xp, v)
    if not directions:
        return (v * f.on_support(xp, q)[..., None, :]) @ v_adjoint
    rotated = [v_adjoint @ direction @ v for direction in directions]
    if len(directions) == 1:
        table = f.first_difference(xp, q[..., :, None], q[..., None, :])
        return v @ (table * rotated[0]) @ v_adjoint
    if len(directions) == HIGHEST:
        table = f.second_difference(
            xp, q[..., :, None, None], q[..., None, :, None], q[..., None, None, :]
        )
        first, second = rotated
        paths = xp.einsum("...ikj,...ik,...kj->...ij", table, first, second)
        paths = paths + xp.einsum("...ikj,...ik,...kj->...ij", table, second, first)
        return v @ paths @ v_adjoint
    raise NotImplementedError(
        f"Derivatives of spectral functions are available up to order {HIGHEST + 1} of a value, "
        "but a higher one was asked for. Pass a quantity that is differentiated less often."
    )
