"""Stacks of 2×2 Hermitian matrices in closed form, faster than `eigh` (`benchmarks/states.py`).

With half the gap R = √(((a − b)/2)² + |c|²) of [[a, c̄], [c, b]] everything is a function of
(a, b, c). Only entries are subtracted where numbers are nearly equal, so that results are as
accurate as LAPACK's for degenerate, graded, nearly pure and diagonal matrices; for a diagonal
matrix eigenvectors and zero eigenvalues are exact. Entries are of order one, as in states, or
smaller: their squares may underflow, where the result does not depend on them, but not overflow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from qce.typing import Array

STACK = 64  # for fewer matrices LAPACK's overhead is less than that of a dozen array passes
BLOCK = 16384  # matrices that fit into a processor's cache with all intermediate results


def is_stack(xp: Any, matrix: Array) -> bool:
    """Whether the closed form is the faster way."""
    return xp is np and matrix.shape[-1] == 2 and matrix.size >= 4 * STACK


def in_blocks(function: Callable[..., Array]) -> Callable[..., Array]:
    """A function (..., 2, 2) → (...) of matrices, taken over large stacks block by block."""

    @functools.wraps(function)
    def blockwise(*matrices: np.ndarray) -> Array:
        if matrices[0].shape[-1] != 2 or max(m.size for m in matrices) <= 4 * BLOCK:
            return function(*matrices)
        stacks = np.broadcast_arrays(*matrices)
        shape = stacks[0].shape[:-2]
        flat = [m.reshape(-1, 2, 2) for m in stacks]
        starts = range(0, len(flat[0]), BLOCK)
        parts = [function(*(m[i : i + BLOCK] for m in flat)) for i in starts]
        return np.concatenate(parts).reshape(shape)

    return blockwise


def eigenvalues(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues of Hermitian 2×2 matrices, ascending, (..., 2)."""
    return _pair(*_Parts(matrix).values())


def decompose(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors in columns."""
    parts = _Parts(matrix)
    cosine, sine = parts.rotation()
    vectors = np.empty(matrix.shape, dtype=matrix.dtype)
    vectors[..., 0, 1] = np.where(parts.first, cosine, np.conj(sine))
    vectors[..., 1, 1] = np.where(parts.first, sine, cosine)
    vectors[..., 0, 0] = np.where(parts.first, -np.conj(sine), cosine)
    vectors[..., 1, 0] = np.where(parts.first, cosine, -sine)
    return _pair(*parts.values()), vectors


def weights(data: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights ⟨j|data|j⟩ in the eigenbasis of `matrix`, and its eigenvalues, both (..., 2)."""
    parts = _Parts(matrix)
    x, y, z = _entries(data)
    # |cos|² and |sin|² of the angle between an eigenvector and the nearest basis vector.
    major = 0.5 + parts.lean / (2 * parts.radius)
    minor = parts.squared / (2 * parts.radius * (parts.radius + parts.lean))
    mixed = (z.real * parts.c.real + z.imag * parts.c.imag) / parts.radius
    above, below = np.where(parts.first, x, y), np.where(parts.first, y, x)
    high = major * above + minor * below + mixed
    low = minor * above + major * below - mixed
    return _pair(low, high), _pair(*parts.values())


class _Parts:
    """Entries of Hermitian 2×2 matrices and numbers that all of their functions need.

    Attributes:
        a: First diagonal entry.
        b: Second diagonal entry.
        c: The entry below them.
        squared: |c|².
        radius: R; 1 for a multiple of the identity, which any basis diagonalises.
        lean: |a − b|/2, equal to `radius` for a diagonal matrix.
        first: Whether the larger eigenvalue leans towards the first basis vector.
    """

    def __init__(self, matrix: np.ndarray):
        self.a, self.b, self.c = _entries(matrix)
        self.squared = self.c.real**2 + self.c.imag**2
        self.first = self.a >= self.b
        self.lean = np.abs(self.a - self.b) / 2
        self.gap = np.sqrt(self.lean**2 + self.squared)
        flat = self.gap == 0
        self.radius = np.where(flat, 1.0, self.gap) if flat.any() else self.gap
        self.lean = np.where(flat, 1.0, self.lean) if flat.any() else self.lean

    def rotation(self) -> tuple[np.ndarray, np.ndarray]:
        """Cosine, and sine with its phase, between eigenvectors and the nearest basis vectors."""
        tangent = self.c / (self.radius + self.lean)
        cosine = 1 / np.sqrt(1 + tangent.real**2 + tangent.imag**2)
        return cosine, tangent * cosine

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """The eigenvalue of larger modulus by its formula, the other from the determinant.

        As LAPACK's LAE2 does: with one dominant entry the small eigenvalue is relatively accurate.
        """
        mean = (self.a + self.b) / 2
        outer = mean + np.copysign(self.gap, mean)
        scale = outer if outer.all() else np.where(outer == 0, 1.0, outer)
        larger, smaller = np.maximum(self.a, self.b), np.minimum(self.a, self.b)
        inner = larger / scale * smaller - self.squared / scale
        return np.minimum(inner, outer), np.maximum(inner, outer)


def _entries(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Hermitian part: real diagonal, and the entry below it; contiguous."""
    corner = (matrix[..., 1, 0] + np.conj(matrix[..., 0, 1])) / 2
    return _column(matrix[..., 0, 0]), _column(matrix[..., 1, 1]), corner


def _column(entries: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(entries.real)


def _pair(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Two arrays as the last axis of one, each contiguous: sums over that axis are then fast."""
    return np.moveaxis(np.stack([low, high]), 0, -1)
