"""Derivatives of a spectral function of a Hermitian matrix, by divided differences.

Daleckii-Krein: with A = V diag(q) V† and Ê = V† E V the n-th derivative in the directions E₁ … E_n
is, in the eigenbasis,

    n = 0:  f(q_i) δ_ij
    n = 1:  f[q_i, q_j] Ê_ij
    n = 2:  Σ_k f[q_i, q_k, q_j] (Ê₁_ik Ê₂_kj + Ê₂_ik Ê₁_kj)

No eigenvector is differentiated, so degenerate spectra need no special case. Tr E₀ Dⁿf(A)[E₁ … E_n]
is symmetric in all of its directions; hence the adjoint of a derivative is the next derivative, and
the rules of every array library follow from this one function.
"""

from __future__ import annotations

from typing import Any

from qce._arrays.algebra import adjoint, hermitian, product
from qce.typing import Array

HIGHEST = 2


class Derivatives:
    """A function of one real number, to be applied to Hermitian matrices by its differences."""

    def on_support(self, xp: Any, x: Array) -> Array:
        """f(x), and 0 outside the support."""
        raise NotImplementedError

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        """f[x, y]."""
        raise NotImplementedError

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        """f[x, y, z]."""
        raise NotImplementedError

    def derivative(
        self, xp: Any, q: Array, v: Array, *directions: Array, image: Array | None = None
    ) -> Array:
        """Its derivative in these directions, for the rules of every array library."""
        return frechet(xp, self, q, v, *directions, image=image)


def frechet(
    xp: Any, f: Derivatives, q: Array, v: Array, *directions: Array, image: Array | None = None
) -> Array:
    """Dⁿf(A)[E₁ … E_n] for A = V diag(q) V†, cleaned q, n = 0, 1, 2.

    Directions (..., d, d) count with their Hermitian parts. Where the product E₁ V is known
    already, pass it as `image`.
    """
    v_adjoint = adjoint(xp, v)
    if not directions:
        return product(xp, v * f.on_support(xp, q)[..., None, :], v_adjoint)
    if image is None:
        image = product(xp, directions[0], v)
    first = hermitian(xp, product(xp, v_adjoint, image))
    if len(directions) == 1:
        table = f.first_difference(xp, q[..., :, None], q[..., None, :])
        first *= table  # in place where arrays can be changed: new memory costs as much as a pass
        return product(xp, product(xp, v, first), v_adjoint)
    if len(directions) == HIGHEST:
        second = hermitian(xp, product(xp, v_adjoint, product(xp, directions[1], v)))
        table = f.second_difference(
            xp, q[..., :, None, None], q[..., None, :, None], q[..., None, None, :]
        )
        paths = xp.einsum("...ikj,...ik,...kj->...ij", table, first, second)
        paths = paths + xp.einsum("...ikj,...ik,...kj->...ij", table, second, first)
        return product(xp, product(xp, v, paths), v_adjoint)
    raise NotImplementedError(
        f"Spectral functions of a matrix have derivatives up to order {HIGHEST}, but one of order "
        f"{len(directions)} was asked for. Pass a quantity that is differentiated less often."
    )
