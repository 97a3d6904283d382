"""A state as a model: the logarithms of its eigenvalues, and their basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qce._checks import error

# Beyond this dimension a matrix of a factorised state is refused: 1 GiB in complex128.
LARGEST = 2**13
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


@dataclass(frozen=True, eq=False)
class Known:
    """The operator Σ_j e^{l_j} |j⟩⟨j|.

    Attributes:
        logs: The l_j, `(r,)`; −∞ for an eigenvalue 0.
        basis: The |j⟩ in columns, `(d, r)`; None for the computational basis. The orthogonal
            complement belongs to the kernel.
        angles: How far rounding may have rotated each |j⟩ towards the kernel, `(r,)` or one number;
            0 where the basis was given exactly.
    """

    logs: np.ndarray
    basis: np.ndarray | None = None
    angles: np.ndarray | float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the basis spans the whole space."""
        return self.basis is None or self.basis.shape[0] == self.basis.shape[1]

    @property
    def exactly_diagonal(self) -> bool:
        """Whether the basis is of computational basis vectors, which are exact."""
        return self.basis is None or np.count_nonzero(self.basis) <= self.basis.shape[1]

    def vectors(self) -> np.ndarray:
        """The |j⟩ in columns, written out."""
        return np.eye(len(self.logs)) if self.basis is None else self.basis

    def coordinates(self, vectors: np.ndarray) -> np.ndarray:
        """⟨j|x⟩ for vectors x in columns."""
        return vectors if self.basis is None else self.basis.conj().T @ vectors

    def rest(self, vectors: np.ndarray) -> np.ndarray:
        """‖x − Σ_j |j⟩⟨j|x⟩‖² of each column, as squares of a difference."""
        if self.basis is None or self.complete:
            return np.zeros(vectors.shape[-1])
        return squared(vectors - self.basis @ self.coordinates(vectors)).sum(axis=0)


def overlaps(data: Known, model: Known) -> np.ndarray:
    """⟨i|j⟩, rows of the data and columns of the model; not both in the computational basis."""
    if model.basis is None:
        return data.vectors().conj().T
    return data.coordinates(model.basis)


def own(x: Any) -> np.ndarray:
    """A read-only copy, since a state caches what it computes from it."""
    copy = np.array(x)
    copy.setflags(write=False)
    return copy


def squared(x: np.ndarray) -> np.ndarray:
    """|x|²."""
    return x.real**2 + x.imag**2


def epsilon(x: np.ndarray) -> float:
    """ε·d for columns or matrices of dimension d."""
    return float(np.finfo(x.dtype).eps) * x.shape[-2]


def writable(dimension: int) -> None:
    """Refuse a matrix that would not fit."""
    if dimension > LARGEST:
        size = f"2**{dimension.bit_length() - 1} or more" if dimension > 2**63 else f"{dimension}"
        must = f"have dimension <= {LARGEST} where a matrix is needed"
        but = f"its dimension is {size}, and a complex matrix of it takes {memory_of(dimension)}"
        remedy = "both as products, or as thermal states of a free-fermion chain"
        raise error("state", must, but, remedy)


def memory_of(dimension: int) -> str:
    """Memory of a complex matrix, in the largest unit in which it is at least 1."""
    steps = max(0, min((4 + 2 * (dimension.bit_length() - 1)) // 10, len(_UNITS) - 1))
    number = 16 * dimension * dimension // 1024**steps
    return f"{number} {_UNITS[steps]}" if number < 10**6 else "more than any machine has"
