"""Algebra of matrices `(..., d, d)` in any library, by its fastest method."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np

from qce._arrays.libraries import of_namespace
from qce.typing import Array

LARGE = 64  # from this dimension on single NumPy matrices are multiplied by SciPy's BLAS
WIDE = 64  # from this dimension on passes over memory cost more than calls


Kind = TypeVar("Kind", bound=Array)  # an array of the same library as the argument


def adjoint(xp: Any, matrix: Kind) -> Kind:
    """The conjugate of the transpose."""
    return xp.conj(matrix.swapaxes(-1, -2))


def product(xp: Any, a: Kind, b: Kind) -> Kind:
    """The matrix product `a @ b`, by the fastest method of the same accuracy."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.ndim == b.ndim == 2 and min(*a.shape, *b.shape) >= LARGE:
            return blas_product(a, b)
    return of_namespace(xp).product(a, b)


def together(
    xp: Any, function: Callable[[Kind], tuple[Kind, ...]], *matrices: Kind
) -> tuple[tuple[Kind, ...], ...]:
    """A decomposition of each of several matrices; in JAX never of two at a time."""
    return of_namespace(xp).together(function, *matrices)


def hermitian(xp: Any, matrix: Kind) -> Kind:
    """The Hermitian part, on which alone a quantity of Hermitian matrices depends."""
    if not isinstance(matrix, np.ndarray) or matrix.size < WIDE**2:
        return (matrix + adjoint(xp, matrix)) * 0.5
    # A transposed copy, changed in place: a sum with a transposed view reads across the rows, and
    # every operation would take new memory.
    part: Any = matrix.swapaxes(-1, -2).copy()
    np.conjugate(part, out=part)
    part += matrix
    part *= 0.5
    return part


def blas_product(a: np.ndarray, b: np.ndarray) -> Any:
    """The matrix product `a @ b` of SciPy's BLAS, without a copy of C-contiguous arrays."""
    gemm = blas("gemm", np.result_type(a, b).char)
    # (bᵀ aᵀ)ᵀ, of which nothing in either order is copied.
    (x, across), (y, down) = _columns_first(b.T), _columns_first(a.T)
    return gemm(1.0, x, y, trans_a=across, trans_b=down).T


@cache
def blas(name: str, char: str) -> Any:
    from scipy.linalg.blas import get_blas_funcs

    return get_blas_funcs(name, dtype=char)


def _columns_first(a: np.ndarray) -> tuple[np.ndarray, int]:
    """A matrix in Fortran's order, and whether it is to be transposed."""
    return (a.T, 1) if a.flags.c_contiguous else (a, 0)
