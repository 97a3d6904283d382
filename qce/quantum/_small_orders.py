"""The sandwiched Rényi divergence of orders below 0.05: values, from scaled singular values.

The eigenvalues m of M = σ^s ρ σ^s, s = (1−α)/2α, leave floating point; their powers m^α do not.
With ρ = AA†, columns of A†V in descending order of q, and R of its QR decomposition, √m are the
singular values of R diag(q^s) = diag(q^s) T. Here T_ij = R_ij (q_j/q_i)^s, j ≥ i, is of order one.
An LQ decomposition T = LQ leaves diag(q^s) L, and the adjoint of that has the same form again, with
T_ij = L†_ij (q_j/q_i)^s. These are steps of the QR algorithm on scaled matrices: T becomes
diagonal wherever (q_j/q_i)^s is small, and what is left are blocks of one scale.

For α → 0 the value tends to −log Σ q_j over the first eigenvectors of σ, in descending order, whose
projections on the support of ρ are linearly independent: 0 for ρ of full rank, at most the
min-relative entropy otherwise, and discontinuous in the states (N. Datta and F. Leditzky, J. Phys.
A 47, 045304 (2014); K. Audenaert and N. Datta, J. Math. Phys. 56, 022202 (2015)). A projection that
is independent by no more than rounding counts as dependent.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from qce._spectral import Functional, adjoint, decompose, library
from qce._spectral.eigen import ZERO
from qce._spectral.factors import root
from qce.quantum._pairs import MATRIX

Array = Any

STEPS = 20  # leave neighbours in one block where (q_j/q_i)^s > 0.4, because 0.4^40 is rounding


@functools.lru_cache(maxsize=256)
def small_order(alpha: float) -> Functional:
    """The sandwiched divergence of one order in [0, 0.05)."""

    def prepare(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
        return (library(rho, sigma).on_host(functools.partial(_powers, alpha), rho, sigma),)

    def value(xp: Any, rho: Array, sigma: Array, powers: Array) -> Array:
        total = xp.sum(xp.real(powers), axis=(-2, -1))
        met = total > 0
        log = xp.log(xp.where(met & (total < 1), total, 1.0))
        return xp.where(met, (0.0 - log) / (1 - alpha), xp.inf)

    return Functional(value=value, gradients=(_refuse, _refuse), axes=MATRIX, prepare=prepare)


def _refuse(*arguments: Any) -> Array:
    raise NotImplementedError(
        "The sandwiched Rényi divergence is differentiable for orders of 0.05 and more, but a "
        "derivative of a smaller one was asked for. Pass alpha=0.05, or use petz_renyi_divergence."
    )


def _powers(alpha: float, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The eigenvalues of M^α on the diagonals of matrices (..., d, d)."""
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    pairs = [np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in (rho, sigma)]
    powers = np.zeros((len(pairs[0]), shape[-1]))
    for row, pair in zip(powers, zip(*pairs, strict=True), strict=True):
        found = _of_pair(alpha, *pair)
        row[: len(found)] = found
    diagonal = powers[..., None] * np.eye(shape[-1])
    return diagonal.astype(np.result_type(rho, sigma, np.complex64)).reshape(shape)


def _of_pair(alpha: float, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    (p, u), (q, v) = decompose(np, rho), decompose(np, sigma)
    inside = np.flatnonzero(q > 0)[::-1]
    q, columns = q[inside], adjoint(np, root(p, u)) @ v[:, inside]
    rows, leading = _echelon(columns, ZERO * np.finfo(q.dtype).eps * len(rho) * p[-1] ** 0.5)
    if alpha == 0 or not leading:
        return q[leading]
    s = (1 - alpha) / (2 * alpha)
    logs = np.log(q[leading])
    t = rows * _ratios(s * logs, s * np.log(q))
    ratios = _ratios(s * logs, s * logs)
    for _ in range(STEPS):
        lower = adjoint(np, np.linalg.qr(adjoint(np, t), mode="r"))
        t = np.triu(adjoint(np, lower) * ratios)
    return np.exp((1 - alpha) * logs + 2 * alpha * _log_singular(t, s * logs))


def _echelon(columns: np.ndarray, rounding: float) -> tuple[np.ndarray, list[int]]:
    """R in row echelon form, and the columns that do not depend on those before them."""
    leading: list[int] = []
    basis = np.zeros((len(columns), 0), dtype=columns.dtype)
    for j, column in enumerate(columns.T):
        rest = column - basis @ (adjoint(np, basis) @ column)
        rest = rest - basis @ (adjoint(np, basis) @ rest)
        size = np.linalg.norm(rest)
        if size > rounding and len(leading) < len(columns):
            basis, leading = np.column_stack([basis, rest / size]), [*leading, j]
    rows = adjoint(np, basis) @ columns
    before = np.arange(columns.shape[1]) < np.array(leading, dtype=int)[:, None]
    return np.where(before, 0.0, rows), leading


def _ratios(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """exp(second_j − first_i), where it is at most 1."""
    return np.exp(np.minimum(second[None, :] - first[:, None], 0.0))


def _log_singular(t: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Log of the singular values of diag(e^scale) T over e^scale, block by block."""
    small = np.finfo(t.real.dtype).eps * np.abs(np.diagonal(t)).min()
    coupled = [np.abs(t[:k, k:]).max() > small for k in range(1, len(t))]
    blocks = np.split(np.arange(len(t)), 1 + np.flatnonzero(~np.array(coupled, dtype=bool)))
    logs = []
    for block in blocks:
        drop = scale[block] - scale[block[0]]
        graded = np.exp(drop)[:, None] * t[np.ix_(block, block)]
        logs.append(np.log(np.linalg.svd(graded, compute_uv=False)) - drop)
    return np.concatenate(logs)
