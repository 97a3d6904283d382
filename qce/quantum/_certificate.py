"""Upper bounds on the measured relative entropy from any measurement, close for the best one."""

from __future__ import annotations

import numpy as np

from qce._arrays import adjoint, hermitian
from qce._spectral import LOG
from qce._spectral.eigen import is_diagonal
from qce.quantum._measurement import descending, each, factor, is_split

# Errors that ⟨k|R may have, from below rounding to that of an optimisation that was cut short.
_ERRORS = 10.0 ** np.arange(-17, -3)[:, None]


def upper_bound(rho: np.ndarray, sigma: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Upper bounds (...), for bases in which the kernel of σ comes last.

    For every ω > 0, and least for the best,

        D_M(ρ‖σ) ≤ Tr ρ log ω + log λ,  with the least λ such that Dlog_ω[ρ] ≤ λσ:

    ω is the best for the model Dlog_ω[ρ], where it reaches Tr ρ log ω; a model that is at most λσ
    adds no more than log λ to that. Infinite for pairs of diagonal matrices, and where the support
    of σ is taken in parts.
    """
    return each(_upper, rho, sigma, basis, axes=0)


def _upper(rho: np.ndarray, sigma: np.ndarray, basis: np.ndarray) -> float:
    """The least bound of a few ω = (√a + κ)²/b, with outcomes a of the data and b of the model.

    Small eigenvalues of ω affect λ as strongly as large ones, but add little to Tr ρ log ω. Where
    κ√b is above the error of √a, that error no longer affects λ, and the bound is larger by about
    2κ.
    """
    q, v = descending(sigma)
    if is_split(q) or is_diagonal(np, rho) and is_diagonal(np, sigma):
        return np.inf
    inside = q > 0
    overlaps = adjoint(np, v[:, inside]) @ basis[:, inside]
    root = adjoint(np, basis[:, inside]) @ factor(rho)
    a, b = np.sum(np.abs(root) ** 2, axis=1), q[inside] @ np.abs(overlaps) ** 2
    omega = (np.sqrt(a) + _ERRORS) ** 2 / b
    table = LOG.first_difference(np, omega[:, :, None], omega[:, None, :])
    w = overlaps / np.sqrt(q[inside])[:, None]
    steepest = np.linalg.eigvalsh(
        hermitian(np, w @ (table * (root @ adjoint(np, root))) @ adjoint(np, w))
    )[:, -1]
    return float(np.min(np.log(omega) @ a + np.log(steepest)))
