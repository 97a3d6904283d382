"""Eigendecomposition of Hermitian matrices, and the support rule.

An eigenvalue counts as zero where rounding could have made it: at or below `ZERO`·ε·d·λ_max for a
general matrix, with ε the machine epsilon. The eigenvalues of a diagonal matrix are exact, and only
0 counts as 0. Cleaned eigenvalues are exactly 0 outside the support, so that all code above tests
`value > 0` and needs no tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from qce import _density
from qce._arrays.algebra import LARGE, WIDE, Kind, hermitian, product, together
from qce._arrays.choices import certain
from qce._arrays.libraries import of_namespace
from qce._spectral import large, qubit
from qce.typing import Array

ZERO = 4.0  # eigenvalues of a d×d matrix come with an error of a few ε·d·λ_max
MASS = 2.0  # the weight on a kernel with one of a few ε·√d, relative to the trace
ANGLE = 4.0  # and eigenvectors with one of a few ε·‖λ‖/λ_k


def real_if_real(matrix: np.ndarray) -> np.ndarray:
    """Its real part if the imaginary part is 0: real arithmetic is faster."""
    return matrix.real.copy() if matrix.dtype.kind == "c" and not matrix.imag.any() else matrix


def decompose(xp: Any, *matrices: Kind) -> tuple[Kind, ...]:
    """Eigenvalues (..., d), ascending, exactly 0 outside the support; eigenvectors in columns.

    For several matrices, those of each in turn: (p, u, q, v) for two.
    """
    if len(matrices) == 1:
        return _decompose(xp, *matrices)
    pairs = together(xp, partial(_decompose, xp), *matrices)
    return tuple(part for pair in pairs for part in pair)


def _decompose(xp: Any, matrix: Kind) -> tuple[Kind, Kind]:
    values, vectors = _eigh(xp, matrix)
    return _clean(xp, values, matrix), vectors


def eigenvalues(xp: Any, matrix: Kind) -> Kind:
    """Eigenvalues alone, exactly 0 outside the support."""
    return _clean(xp, _eigvalsh(xp, matrix), matrix)


def weights(xp: Any, matrix: Array, q: Array, v: Array, image: Array) -> Array:
    """⟨j|matrix|j⟩ in an eigenbasis, without weight that rounding has put on its kernel, (..., d).

    The total weight on the kernel counts as zero up to `MASS`·ε·√d times the trace: rounding of the
    entries of the matrix changes it by at most √d times the Frobenius norm of that change. Rounding
    of the other matrix by ‖E‖ rotates its kernel by an angle ‖E‖/λ_k, `ANGLE`·ε·‖λ‖/λ_k, towards
    the k-th eigenvector, which may move its square times the weight there to the kernel.

    Args:
        xp: Array namespace.
        matrix: The matrix whose weights are computed.
        q: Cleaned eigenvalues of the other matrix.
        v: Its eigenvectors.
        image: The product `matrix @ v`.
    """
    return _supported(xp, _overlaps(xp, v, image), matrix, q, v)


def data_weights(xp: Any, matrix: Array, q: Array, v: Array) -> Array:
    """The same if the product `matrix @ v` is not needed otherwise."""
    if isinstance(matrix, np.ndarray) and isinstance(v, np.ndarray):
        if matrix.ndim == v.ndim == 2 and len(v) >= LARGE:
            return _supported(xp, large.weights(matrix, v), matrix, q, v)
    return weights(xp, matrix, q, v, product(xp, matrix, v))


def _supported(xp: Any, raw: Array, matrix: Array, q: Array, v: Array) -> Array:
    if certain(q > 0):
        return raw
    return _clean_weights(xp, raw, q, is_diagonal(xp, matrix) & _is_monomial(xp, v))


def _overlaps(xp: Any, v: Array, image: Array) -> Array:
    """Re ⟨v_j|image_j⟩ of columns, (..., d)."""
    if xp is np and v.ndim == 2 and len(v) >= WIDE and v.dtype == image.dtype == complex:
        parts = (np.ascontiguousarray(x).view(x.real.dtype) for x in (v, image))
        return np.einsum("ij,ij->j", *parts).reshape(-1, 2).sum(axis=-1)
    return xp.real(xp.conj(v) * image).sum(axis=-2)


def weighted(xp: Any, matrix: Array, other: Array) -> tuple[Array, Array]:
    """Weights of one matrix in the eigenbasis of another, and the eigenvalues of that, (..., d)."""
    if not (qubit.is_stack(xp, other) and isinstance(matrix, np.ndarray)):
        q, v = decompose(xp, other)
        return data_weights(xp, matrix, q, v), q
    raw, q = qubit.weights(matrix, np.asarray(other))
    q = _clean(xp, q, other)
    if certain(q > 0):
        return raw, q
    return _clean_weights(xp, raw, q, is_diagonal(xp, matrix) & is_diagonal(xp, other)), q


def _clean_weights(xp: Any, raw: Array, q: Array, written: Array) -> Array:
    """Weights without those that rounding has put on the kernel; `written` ones are exact."""
    inside = q > 0
    eps = xp.finfo(q.dtype).eps
    size = ANGLE * eps * xp.sqrt(_total(xp, q**2))
    # At most all of a weight may have leaked to the kernel, also beside smaller eigenvalues.
    angle = xp.where(q > size, size / xp.where(q > size, q, 1.0), 1.0)
    leaked = xp.where(inside, xp.abs(raw) * angle**2, 0.0)
    rounding = MASS * eps * q.shape[-1] ** 0.5 * _total(xp, xp.abs(raw)) + _total(xp, leaked)
    rounding = xp.where(written[..., None], 0.0, rounding)
    outside = xp.where(inside, 0.0, raw)
    # A violation may be spread over many eigenvectors: only its sum exceeds rounding.
    violated = _total(xp, outside) > rounding
    return xp.where(inside, raw, xp.where(violated & (raw > 0), raw, 0.0))


def _clean(xp: Any, values: Kind, matrix: Array) -> Kind:
    least, largest = values[..., 0], values[..., -1]
    _density.known(matrix, least)
    tolerance = ZERO * xp.finfo(values.dtype).eps * values.shape[-1] * largest
    if certain(least > tolerance):
        return values
    tolerance = xp.where(is_diagonal(xp, matrix), 0.0, tolerance)[..., None]
    return xp.where(values > tolerance, values, 0.0)


def is_diagonal(xp: Any, matrix: Array) -> Array:
    """Whether all entries off the diagonal are 0, (...)."""
    diagonal = xp.diagonal(matrix, 0, -2, -1)
    return xp.sum(matrix != 0, axis=(-2, -1)) == xp.sum(diagonal != 0, axis=-1)


def _is_monomial(xp: Any, vectors: Array) -> Array:
    """Whether each eigenvector is a basis vector, as LAPACK gives them for a diagonal matrix."""
    return xp.sum(vectors != 0, axis=(-2, -1)) == vectors.shape[-1]


def _total(xp: Any, values: Array) -> Array:
    return xp.sum(values, axis=-1)[..., None]


def _eigh(xp: Any, matrix: Kind) -> tuple[Kind, Kind]:
    way: Callable[[Any], Any] | None = None
    if isinstance(matrix, np.ndarray):
        if qubit.is_stack(xp, matrix):
            way = qubit.decompose
        elif matrix.ndim == 2 and len(matrix) >= LARGE:
            way = large.eigh
    return of_namespace(xp).eigh(hermitian(xp, matrix)) if way is None else way(matrix)


def _eigvalsh(xp: Any, matrix: Kind) -> Kind:
    way: Callable[[Any], Any] | None = None
    if isinstance(matrix, np.ndarray):
        if qubit.is_stack(xp, matrix):
            way = qubit.eigenvalues
        elif matrix.ndim == 2 and len(matrix) >= LARGE:
            way = large.eigvalsh
    return of_namespace(xp).eigvalsh(hermitian(xp, matrix)) if way is None else way(matrix)
