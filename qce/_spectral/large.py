"""Single large NumPy matrices, all by one library: SciPy's LAPACK and BLAS.

NumPy and SciPy bring an OpenBLAS each. The threads of one wait for their next call by turning round
and round, and keep those of the other from their processors: at d = 512 on two of them `eigh` and a
product take 84 ms from one library, 142 ms from both.

LAPACK reads columns first, so that a C-contiguous X is given as Xᵀ, of which nothing is copied: for
a Hermitian X that is its conjugate. Of a Hermitian matrix it reads one triangle.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

LARGE = 64  # from this dimension on
WIDE = 256  # from this dimension on LAPACK's relatively robust representations are faster
BLOCK = 64  # so many rows of a matrix and of its transpose stay in a processor's cache


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product `a @ b`."""
    from scipy.linalg.blas import get_blas_funcs

    gemm = get_blas_funcs("gemm", (a, b))
    # (bᵀ aᵀ)ᵀ, of which nothing in either order is copied.
    (x, across), (y, down) = _columns_first(b.T), _columns_first(a.T)
    return gemm(1.0, x, y, trans_a=across, trans_b=down).T


def eigh(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors of the Hermitian part, in columns."""
    if len(matrix) < WIDE:
        return orthonormal(matrix)
    from scipy.linalg import eigh

    half = triangle(matrix)
    values, vectors = eigh(half.T, lower=True, overwrite_a=True, check_finite=False)
    return values, np.conjugate(vectors, out=vectors)


def orthonormal(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same by divide and conquer: orthonormal to ε where hundreds of eigenvalues are close."""
    values, vectors = _divide_and_conquer(matrix, True)
    return values, np.conjugate(vectors, out=vectors)


def eigvalsh(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues alone."""
    return _divide_and_conquer(matrix, False)[0]


def weights(matrix: np.ndarray, vectors: np.ndarray) -> np.ndarray | None:
    """⟨j|matrix|j⟩ of the Hermitian part, as ‖L†|j⟩‖² with Cholesky's L.

    At two thirds of a product. None where it is not positive definite to working precision.
    """
    from scipy.linalg.blas import get_blas_funcs
    from scipy.linalg.lapack import get_lapack_funcs

    half = triangle(matrix)
    lower, info = get_lapack_funcs("potrf", (half,))(half.T, lower=1, clean=0, overwrite_a=1)
    if info:
        return None
    # L is the factor of the conjugate, so Lᵀ|j⟩ is what L†|j⟩ is to the matrix itself.
    image = get_blas_funcs("trmm", (lower, vectors))(1.0, lower, vectors, lower=1, trans_a=1)
    parts = image.T.view(image.real.dtype)
    return np.einsum("ij,ij->i", parts, parts)


def triangle(matrix: np.ndarray) -> np.ndarray:
    """The Hermitian part on and above the diagonal; below it nothing is to be read."""
    half = np.zeros(matrix.shape, dtype=matrix.dtype)
    for i in range(0, len(matrix), BLOCK):
        rows = matrix[i : i + BLOCK, i:] + matrix[i:, i : i + BLOCK].conj().T
        np.multiply(rows, 0.5, out=half[i : i + BLOCK, i:])
    return half


def _divide_and_conquer(matrix: np.ndarray, wanted: bool) -> tuple[np.ndarray, np.ndarray]:
    half = triangle(matrix)
    heevd, sizes = _heevd(len(half), half.dtype.char, wanted)
    values, vectors, info = heevd(half.T, compute_v=wanted, lower=1, overwrite_a=1, **sizes)
    if info:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")
    return values, vectors


@cache
def _heevd(d: int, char: str, wanted: bool) -> tuple[Any, dict[str, int]]:
    """LAPACK's function and the memory it asks for: SciPy asks again in every call."""
    from scipy.linalg.lapack import get_lapack_funcs

    name = "heevd" if char in "FD" else "syevd"
    heevd, ask = get_lapack_funcs((name, f"{name}_lwork"), dtype=char)
    *sizes, _ = ask(d, compute_v=wanted, lower=1)
    names = ("lwork", "liwork", "lrwork")
    return heevd, {name: int(size.real) for name, size in zip(names, sizes, strict=False)}


def _columns_first(a: np.ndarray) -> tuple[np.ndarray, int]:
    """A matrix in Fortran's order, and whether it is to be transposed."""
    return (a.T, 1) if a.flags.c_contiguous else (a, 0)
