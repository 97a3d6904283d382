"""Two Hermitian matrices at once: overlaps of their eigenvectors, singular values of √ρ σ^s.

The matrix is graded, with rows √p and columns q^s in descending order. In that order LAPACK
computes small singular values to relative accuracy by QR iteration; by divide and conquer their
error is ε times the largest one.
"""

from __future__ import annotations

from typing import Any

from qce._arrays.algebra import adjoint, hermitian
from qce._arrays.choices import certain
from qce._arrays.libraries import library
from qce._spectral.eigen import ZERO, _eigh, _eigvalsh, is_diagonal
from qce._spectral.powers import SUPPORT, safe_power
from qce.typing import Array

DIVIDED = 25  # LAPACK uses divide and conquer above this dimension
GRADED = 1e5  # up to this ratio of singular values the least one then has an error of 1e-11


def meets(xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array) -> Array:
    """Whether the supports overlap by more than rounding, (...).

    For eigenvectors i and j rounding gives |⟨i|j⟩| up to a few ε·d (p_max/p_i + q_max/q_j), the
    errors of their angles; none between diagonal matrices.
    """
    if certain(p > 0) or certain(q > 0):
        return p[..., -1] + q[..., -1] > 0  # everywhere
    overlap = xp.abs(adjoint(xp, u) @ v)
    angle = _angle(xp, rho, p)[..., :, None] + _angle(xp, sigma, q)[..., None, :]
    inside = (p > 0)[..., :, None] & (q > 0)[..., None, :]
    return xp.sum(inside & (overlap > angle), axis=(-2, -1)) > 0


def joined(xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array) -> Array:
    """Which pairs of eigenvectors inside the supports overlap at all, (..., d, d).

    |⟨i|j⟩|² is a probability, and counts from 4·ε·d; from 0 between diagonal matrices.
    """
    rounding = ZERO * xp.finfo(p.dtype).eps * p.shape[-1]
    written = is_diagonal(xp, rho) & is_diagonal(xp, sigma)
    least = xp.where(written, 0.0, rounding)[..., None, None]
    inside = (p > 0)[..., :, None] & (q > 0)[..., None, :]
    return inside & (xp.abs(adjoint(xp, u) @ v) ** 2 > least)


def _angle(xp: Any, matrix: Array, values: Array) -> Array:
    unit = ZERO * xp.finfo(values.dtype).eps * values.shape[-1]
    size = unit * values[..., -1:]
    angle = xp.where(values > size, size / xp.where(values > size, values, 1.0), xp.inf)
    return xp.where(is_diagonal(xp, matrix)[..., None], 0.0, angle)


def sandwich(xp: Any, p: Array, u: Array, q: Array, v: Array, s: float) -> tuple[Array, Array]:
    """Eigenvalues m (descending, 0 outside the support) and eigenvectors of M = σ^s ρ σ^s.

    For s < 0 the support of ρ has to lie in that of σ.
    """
    return sandwich_and_data(xp, p, u, q, v, s)[:2]


def sandwich_and_data(
    xp: Any, p: Array, u: Array, q: Array, v: Array, s: float
) -> tuple[Array, Array, Array]:
    """The same, and the data's weights ⟨k|ρ|k⟩ in the left singular vectors of √ρ σ^s."""
    p, u = (xp.flip(x, (-1,)) for x in (p, u))  # descending
    inside = (p > 0) & (xp.flip(q, (-1,)) > 0)  # as many as either support has
    if s > 0:
        q, v = (xp.flip(x, (-1,)) for x in (q, v))
    columns = safe_power(xp, q, s)  # descending too, after those outside the support
    factor = xp.sqrt(p)[..., :, None] * (adjoint(xp, u) @ v) * columns[..., None, :]
    left, singular, rows = _svd(xp, factor, xp.sqrt(p), columns)
    if s > 0:  # supports may meet in less than the smaller of them
        unit = ZERO * xp.finfo(q.dtype).eps * q.shape[-1]
        inside = inside & (singular > unit * xp.sqrt(p[..., :1]) * columns)
    within = singular < float(xp.finfo(q.dtype).max) ** 0.5
    squared = xp.where(within, xp.where(within, singular, 1.0) ** 2, xp.inf)
    data = xp.sum(p[..., :, None] * xp.abs(left) ** 2, axis=-2)
    return xp.where(inside, squared, 0.0), v @ adjoint(xp, rows), data


def _svd(xp: Any, factor: Array, rows: Array, columns: Array) -> tuple[Array, Array, Array]:
    """Singular values, small ones relatively accurate, of a matrix graded by rows and columns."""
    if factor.shape[-1] <= DIVIDED or certain(_spread(xp, rows) * _spread(xp, columns) < GRADED):
        return xp.linalg.svd(factor, full_matrices=False)
    return library(factor).svd(factor)


def _spread(xp: Any, values: Array) -> Array:
    """The ratio of the largest to the least value, (...), of those that are not nearly 0."""
    largest = xp.amax(values, axis=-1)
    kept = xp.where(values > 0, values, largest[..., None])
    return largest / xp.maximum(xp.amin(kept, axis=-1), largest / GRADED)


def signed(xp: Any, rho: Array, sigma: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues of ρ − σ, the same with 0 where they are within rounding, and vectors."""
    gap = hermitian(xp, rho - sigma)
    values, vectors = _eigh(xp, gap)
    unit = ZERO * xp.finfo(values.dtype).eps * values.shape[-1]
    size = _norm(xp, rho) + _norm(xp, sigma)
    rounding = xp.where(is_diagonal(xp, gap), 0.0, unit * size)[..., None]
    return values, xp.where(xp.abs(values) > rounding, values, 0.0), vectors


def spectrum(xp: Any, matrix: Array) -> Array:
    """Eigenvalues of either sign, (..., d), ascending, without cleaning."""
    return _eigvalsh(xp, matrix)


def _norm(xp: Any, matrix: Array) -> Array:
    return xp.sqrt(xp.sum(xp.abs(matrix) ** 2, axis=(-2, -1)))


def identity(ops: Any, values: Array) -> Array:
    """1 as a matrix (d, d), in the precision of eigenvalues (..., d)."""
    return ops.xp.eye(values.shape[-1], dtype=values.dtype)


def kernel(ops: Any, matrix: Array, values: Array, vectors: Array) -> Array:
    """The projector on the kernel: exactly 0 at full rank."""
    deficient = ops.xp.sum(values <= 0, axis=-1)[..., None, None] > 0
    rest = identity(ops, values) - ops.frechet(SUPPORT, matrix, values, vectors)
    return ops.xp.where(deficient, rest, 0.0)


def trace_of_product(xp: Any, a: Array, b: Array) -> Array:
    """Re Tr AB of Hermitian matrices, (..., 1, 1)."""
    return xp.real(xp.sum(a * xp.conj(b), axis=(-2, -1)))[..., None, None]


def trace(ops: Any, matrix: Array) -> Array:
    """Re Tr A, (..., 1, 1); by a product, because autograd cannot differentiate `...ii->...`."""
    return trace_of_product(ops.xp, matrix, ops.xp.eye(matrix.shape[-1], dtype=matrix.dtype))
