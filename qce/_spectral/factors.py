"""Factors A of positive matrices, AA† = ρ, of NumPy arrays: Cholesky's, faster than `eigh`.

Any factor gives the same singular values of a product of two as √ρ. Only an eigendecomposition
shows which eigenvalues count as zero, so Cholesky's factor is used if all are far above rounding.
If it is used in error, it is still a factor of a matrix within rounding of ρ.
"""

from __future__ import annotations

import numpy as np

from qce import _density
from qce._arrays.algebra import hermitian
from qce._spectral.eigen import ZERO, decompose

# The least squared pivot is at least λ_min and seldom more than d² times it; the largest pivot may
# be far below λ_max, but an entry is not. This many times the bound of the support rule is safe.
SAFE = 1e4


def cholesky(matrix: np.ndarray) -> np.ndarray | None:
    """Lower triangular factors (..., d, d), or None where an eigenvalue may count as zero."""
    try:
        lower = np.linalg.cholesky(hermitian(np, matrix))
    except np.linalg.LinAlgError:
        return None
    _density.known(matrix, 0.0)
    pivots = np.diagonal(lower, 0, -2, -1).real ** 2
    bound = SAFE * ZERO * np.finfo(pivots.dtype).eps * pivots.shape[-1]
    largest = np.diagonal(matrix, 0, -2, -1).real.max(axis=-1)
    return lower if (pivots.min(axis=-1) > bound * largest).all() else None


def inverse(lower: np.ndarray) -> np.ndarray | None:
    """The inverse of Cholesky's C, or None where an eigenvalue may count as zero.

    In a graded matrix all pivots may be above λ_min, which is at least 1/‖C^{−1}‖².
    """
    found = np.linalg.inv(lower)
    reciprocal, total = (np.sum(np.abs(x) ** 2, axis=(-2, -1)) for x in (found, lower))
    bound = ZERO * np.finfo(total.dtype).eps * lower.shape[-1]
    return found if (bound * total * reciprocal < 1).all() else None


def root(values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Factors (..., d, r) from cleaned eigenvalues and eigenvectors, r the largest rank."""
    kept = (values > 0).any(axis=tuple(range(values.ndim - 1)))
    return vectors[..., kept] * np.sqrt(values[..., kept])[..., None, :]


def factor(matrix: np.ndarray) -> np.ndarray:
    """Cholesky's factor where it is safe, else that of eigenvectors."""
    lower = cholesky(matrix)
    return root(*decompose(np, matrix)) if lower is None else lower
