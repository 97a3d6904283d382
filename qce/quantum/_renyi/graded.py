"""Matrices A†WA, such as A†σ^{2s}A, for W = V diag(e^{2ω}) V† beyond the range of floating point.

With the columns of A†V in descending order of ω, and their coordinates R in the basis that Gram and
Schmidt make of them, it is R e^{2ω} R†. Of R e^ω = e^ω T the matrix T_ij = R_ij e^{ω_j − ω_i},
j ≥ i, is of order one. An LQ decomposition T = LQ leaves e^ω L, and the adjoint of that has the
same form again, with T_ij = L†_ij e^{ω_j − ω_i}. These are steps of the QR algorithm on scaled
matrices: T becomes diagonal wherever e^{ω_j − ω_i} is small, and what is left are blocks of one
scale.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from qce._arrays import adjoint

STEPS = 20  # leave neighbours in one block where e^{ω_j − ω_i} > 0.4, because 0.4^40 is rounding


class Graded(NamedTuple):
    """A†WA by the independent rows of A†V.

    Attributes:
        rows: R `(r, d)`, which is A†V up to a unitary from the left, in echelon form.
        logs: ω `(d,)`, descending; −∞ outside the support of W.
        leading: The r columns in the support of W that do not depend on those before them.
    """

    rows: np.ndarray
    logs: np.ndarray
    leading: list[int]

    @property
    def scale(self) -> np.ndarray:
        """ω of the leading columns, `(r,)`."""
        return self.logs[self.leading]


def graded(columns: np.ndarray, logs: np.ndarray, rounding: float) -> Graded:
    """From A†V; a column that only rounding makes independent of those before it is dependent."""
    leading: list[int] = []
    basis = np.zeros((len(columns), 0), dtype=columns.dtype)
    for j, column in enumerate(columns[:, np.isfinite(logs)].T):
        rest = column - basis @ (adjoint(np, basis) @ column)
        rest = rest - basis @ (adjoint(np, basis) @ rest)
        size = np.linalg.norm(rest)
        if size > rounding and len(leading) < len(columns):
            basis, leading = np.column_stack([basis, rest / size]), [*leading, j]
    before = np.arange(len(logs)) < np.array(leading, dtype=int)[:, None]
    return Graded(np.where(before, 0.0, adjoint(np, basis) @ columns), logs, leading)


def spectrum(matrix: Graded) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the eigenvalues of R e^{2ω} R† over e^{2ω}, and its eigenvectors."""
    t = matrix.rows * _ratios(matrix.scale, matrix.logs)
    ratios = _ratios(matrix.scale, matrix.scale)
    turn = np.eye(len(t), dtype=t.dtype)
    for step in range(STEPS):
        unitary, upper = np.linalg.qr(adjoint(np, t))
        # Every other time the adjoint of the matrix is that of the beginning.
        turn = turn @ unitary if step % 2 else turn
        t = np.triu(upper * ratios)
    singular, left = _by_blocks(t, matrix.scale)
    return 2 * singular, turn @ left


def _ratios(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """exp(second_j − first_i), where it is at most 1."""
    return np.exp(np.minimum(second[None, :] - first[:, None], 0.0))


def _by_blocks(t: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the singular values of diag(e^scale) T over e^scale, and left singular vectors."""
    small = np.finfo(t.real.dtype).eps * np.abs(np.diagonal(t)).min()
    coupled = [np.abs(t[:k, k:]).max() > small for k in range(1, len(t))]
    blocks = np.split(np.arange(len(t)), 1 + np.flatnonzero(~np.array(coupled, dtype=bool)))
    logs, left = np.zeros(len(t)), np.zeros_like(t)
    for block in blocks:
        drop = scale[block] - scale[block[0]]
        graded = np.exp(drop)[:, None] * t[np.ix_(block, block)]
        left[np.ix_(block, block)], singular, _ = np.linalg.svd(graded)
        logs[block] = np.log(singular) - drop
    return logs, left


def projection(matrix: Graded) -> np.ndarray:
    """The weighted inverse Π = e^{2ω} R† (R e^{2ω} R†)^{−1}, `(d, r)`, with RΠ = 1.

    It is bounded for all weights (G. W. Stewart, Linear Algebra Appl. 112, 189 (1989)). With the
    leading columns L of R, the other ones LC, and F_jk = C̄_kj e^{2ω_j − 2ω_k}, it is
    (1 + CF)^{−1} L^{−1} there and F (1 + CF)^{−1} L^{−1} elsewhere.
    """
    others = np.setdiff1d(np.arange(len(matrix.logs)), matrix.leading)
    lead = matrix.rows[:, matrix.leading]
    identity = np.eye(len(lead), dtype=lead.dtype)
    coordinates = solve_triangular(lead, matrix.rows[:, others])
    falls = adjoint(np, coordinates * _ratios(2 * matrix.scale, 2 * matrix.logs[others]))
    top = np.linalg.solve(identity + coordinates @ falls, solve_triangular(lead, identity))
    inverse = np.zeros((len(matrix.logs), len(lead)), dtype=lead.dtype)
    inverse[matrix.leading], inverse[others] = top, falls @ top
    return inverse
