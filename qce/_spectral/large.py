"""Single large NumPy matrices, all by one library: SciPy's LAPACK and BLAS.

NumPy and SciPy have an OpenBLAS each. The threads of one wait for their next call by busy waiting,
and take the processors from those of the other (`tests/test_blas_threads.py`).

LAPACK stores columns first, so that a C-contiguous X is passed as Xᵀ without a copy: for a
Hermitian X that is its conjugate. Of a Hermitian matrix it reads one triangle.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np

from qce._arrays.algebra import blas
from qce._waiting import telling

ROBUST = 160  # from this dimension on LAPACK's relatively robust representations are faster
WIDE = 512  # from this dimension on three real products are faster than a complex one
COLUMNS = 128  # vectors at a time
LONG = 1024  # from this dimension on a message about the wait is shown
BLOCK = 64  # rows of a matrix and of its transpose that fit into a processor's cache


def eigh(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors of the Hermitian part, in columns."""
    if len(matrix) < ROBUST:
        return orthonormal(matrix)
    from scipy.linalg import eigh

    with _told(matrix):
        values, vectors = eigh(triangle(matrix), lower=True, overwrite_a=True, check_finite=False)
    return _halved(values), vectors


def orthonormal(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same by divide and conquer: orthonormal to ε where hundreds of eigenvalues are close."""
    return _divide_and_conquer(matrix, True)


def eigvalsh(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues alone."""
    return _divide_and_conquer(matrix, False)[0]


def weights(matrix: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """⟨j|matrix|j⟩ of the Hermitian part H for vectors in columns, to d ε ‖H‖.

    With the triangle L of H and half its diagonal it is 2 Re⟨j|L|j⟩: half of a full product.
    """
    dtype = np.result_type(matrix, vectors)
    matrix, vectors = matrix.astype(dtype, copy=False), np.asfortranarray(vectors, dtype=dtype)
    if dtype.kind == "c" and len(matrix) >= WIDE:
        return _by_real_products(matrix, vectors)
    lower = triangle(matrix)
    np.einsum("ii->i", lower)[...] *= 0.5
    return _dots(vectors, blas("trmm", dtype.char)(1.0, lower, vectors, lower=1))


def _by_real_products(matrix: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The same by real products, with three quarters of the operations of the complex one.

    With H = S + iK and |j⟩ = x + iy it is xᵀSx + yᵀSy + 2 yᵀKx, which is
    (x + y)ᵀ(S + K)(x − y) + 2 yᵀSy: a real product and half of one, in place of two.
    """
    both, half = _real_parts(matrix)
    gemm, trmm = (blas(name, half.dtype.char) for name in ("gemm", "trmm"))
    found = np.empty(len(matrix), dtype=half.dtype)
    for j in range(0, len(matrix), COLUMNS):
        columns = vectors[:, j : j + COLUMNS]
        y = np.asfortranarray(columns.imag)
        turned = gemm(0.5, both, columns.real - y)
        found[j : j + COLUMNS] = _dots(columns.real + y, turned)
        found[j : j + COLUMNS] += _dots(y, trmm(2.0, half, y, lower=1))
    return found


def _real_parts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """2(S + K), and the lower triangle of 2S with half its diagonal; in Fortran's order."""
    both, half = np.empty(matrix.shape, matrix.real.dtype), np.empty_like(matrix.real)
    for i in range(0, len(matrix), BLOCK):
        rows = matrix[i : i + BLOCK, i:].conj() + matrix[i:, i : i + BLOCK].T
        half[i : i + BLOCK, i:] = rows.real
        np.add(rows.real, rows.imag, out=both[i : i + BLOCK, i:])
        np.subtract(rows.real.T, rows.imag.T, out=both[i:, i : i + BLOCK])
    np.einsum("ii->i", half)[...] *= 0.5
    return both.T, half.T


def _dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Re⟨x_j|y_j⟩ of columns in Fortran's order."""
    real = x.real.dtype
    return np.vecdot(x.T.view(real), y.T.view(real))


def triangle(matrix: np.ndarray) -> np.ndarray:
    """Twice the Hermitian part on and below the diagonal, in Fortran's order; nothing above it."""
    double = np.empty(matrix.shape, dtype=matrix.dtype)
    for i in range(0, len(matrix), BLOCK):
        across, down = matrix[i : i + BLOCK, i:], matrix[i:, i : i + BLOCK]
        np.add(across.conj(), down.T, out=double[i : i + BLOCK, i:])
    return double.T


def _divide_and_conquer(matrix: np.ndarray, wanted: bool) -> tuple[np.ndarray, np.ndarray]:
    double = triangle(matrix)
    heevd, sizes = _heevd(len(double), double.dtype.char, wanted)
    with _told(matrix):
        values, vectors, info = heevd(double, compute_v=wanted, lower=1, overwrite_a=1, **sizes)
    if info:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")
    return _halved(values), vectors


def _told(matrix: np.ndarray) -> AbstractContextManager[None]:
    """A message for long waits: at a dimension of 1024 a second (`benchmarks/entropies.py`)."""
    d = len(matrix)
    return nullcontext() if d < LONG else telling(f"diagonalising {d} × {d}")


def _halved(values: np.ndarray) -> np.ndarray:
    values *= 0.5
    return values


@cache
def _heevd(d: int, char: str, wanted: bool) -> tuple[Any, dict[str, int]]:
    """LAPACK's function and its workspace size, which SciPy would query in every call."""
    from scipy.linalg.lapack import get_lapack_funcs

    name = "heevd" if char in "FD" else "syevd"
    heevd, ask = get_lapack_funcs((name, f"{name}_lwork"), dtype=char)
    *sizes, _ = ask(d, compute_v=wanted, lower=1)
    names = ("lwork", "liwork", "lrwork")
    return heevd, {name: int(size.real) for name, size in zip(names, sizes, strict=False)}
