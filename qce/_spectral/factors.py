"""Factors A of positive matrices, AA† = ρ, of NumPy arrays: Cholesky's at a tenth of `eigh`.

Any factor is as good as √ρ for singular values of a product of two. Which eigenvalues count as zero
only eigenvectors can tell, so Cholesky's is taken where all are far above rounding.
"""

from __future__ import annotations

import numpy as np

from qce._spectral.eigen import ZERO, decompose, hermitian

# The least squared pivot is at least λ_min and seldom more than d² times it. So many times the
# bound of the support rule leaves room for that; a factor that is taken in error is still one of a
# matrix within rounding of ρ.
SAFE = 1e4


def cholesky(matrix: np.ndarray) -> np.ndarray | None:
    """Lower triangular factors (..., d, d), or None where an eigenvalue may count as zero."""
    try:
        lower = np.linalg.cholesky(hermitian(np, matrix))
    except np.linalg.LinAlgError:
        return None
    pivots = np.diagonal(lower, 0, -2, -1).real ** 2
    bound = SAFE * ZERO * np.finfo(pivots.dtype).eps * pivots.shape[-1]
    return lower if (pivots.min(axis=-1) > bound * pivots.max(axis=-1)).all() else None


def root(values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Factors (..., d, r) from cleaned eigenvalues and eigenvectors, r the largest rank."""
    kept = (values > 0).any(axis=tuple(range(values.ndim - 1)))
    return vectors[..., kept] * np.sqrt(values[..., kept])[..., None, :]


def factor(matrix: np.ndarray) -> np.ndarray:
    """Cholesky's factor where it is safe, else that of eigenvectors."""
    lower = cholesky(matrix)
    return root(*decompose(np, matrix)) if lower is None else lower
