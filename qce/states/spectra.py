"""States given by a spectrum and a basis: `Diagonal`, `Rotated` and `Dense`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from qce import _checks
from qce._checks import error
from qce._spectral.eigen import ZERO, decompose, is_diagonal
from qce.states._state import State
from qce.states.known import Known, epsilon, own, writable
from qce.states.views import Factor, Matrices, Weights
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class Diagonal(State):
    r"""The state $\sum_j q_j |j\rangle\langle j|$ in the computational basis: probabilities.

    It is exact: only 0 counts as 0, and q = 1e-300 is support. No matrix is formed, so that it may
    have a million entries.

    Args:
        probabilities: `(d,)`, non-negative, of sum 1 within √ε.

    Raises:
        ValueError: If they are no probabilities.

    Example:
        >>> from qce import quantum
        >>> quantum.cross_entropy(Diagonal([0.5, 0.5]), Diagonal([0.25, 0.75]), base=2).round(6)
        np.float64(1.207519)
    """

    probabilities: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", _spectrum("probabilities", self.probabilities))

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return len(self.probabilities)

    def view(self) -> Weights:
        """The probabilities, as data."""
        return Weights(np.asarray(self.probabilities))

    def known(self) -> Known:
        """Logarithms of the probabilities, in the computational basis."""
        return Known(_log(self.probabilities))


class HasMatrix(Protocol):
    """An object with a unitary matrix, such as a gate of PennyLane."""

    def matrix(self) -> Array:
        """The matrix `(d, d)`."""


@dataclass(frozen=True, eq=False, repr=False)
class Rotated(State):
    r"""The state $V \operatorname{diag}(q) V^\dagger$ of a known spectrum in a known basis.

    Eigenvalues as small as 1e-12 or 1e-300 stay exact; as a matrix product they would be lost to
    rounding.

    Args:
        spectrum: Probabilities q `(d,)`.
        basis: The unitary V: an array `(d, d)` with eigenvectors in columns; an operator with a
            method `matrix()`, such as a PennyLane gate; or a function that applies V to kets
            `(N, d)`, one a row, such as `lambda kets: circuit.evolve(kets, params)`.

    Raises:
        ValueError: If `spectrum` is no probability vector, or `basis` not unitary within √ε.

    Example:
        >>> from qce import quantum
        >>> hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        >>> quantum.entropy(Rotated([0.75, 0.25], hadamard), base=2).round(6)
        np.float64(0.811278)
    """

    spectrum: Array
    basis: Array | HasMatrix | Callable[[np.ndarray], Array]

    def __post_init__(self) -> None:
        spectrum = _spectrum("spectrum", self.spectrum)
        object.__setattr__(self, "spectrum", spectrum)
        object.__setattr__(self, "basis", unitary(self.basis, len(spectrum)))

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return len(self.spectrum)

    def view(self) -> Factor:
        """The eigenvectors, weighted, as data."""
        return Factor(np.asarray(self.basis) * np.sqrt(self.spectrum))

    def known(self) -> Known:
        """Logarithms of the spectrum, in the given basis."""
        basis = np.asarray(self.basis)
        return Known(_log(self.spectrum), basis, ZERO * epsilon(basis))


@dataclass(frozen=True, eq=False, repr=False)
class Dense(State):
    """A density matrix as a state, to be a factor of a `Product`; decomposed once.

    Its eigenvalues are those of the matrix, with rounding errors. Together with another `Dense` or
    an array, quantities are those of the arrays, bit for bit.

    Args:
        matrix: Density matrix `(d, d)`. An eigenvalue counts as zero where rounding could have
            made it, as for arrays.

    Raises:
        ValueError: If it is no density matrix within √ε.

    Example:
        >>> Dense([[0.5, 0.5], [0.5, 0.5]])
        Dense(d=2)
    """

    matrix: Array

    def __post_init__(self) -> None:
        _checks.states("matrix", self.matrix)
        matrix = _checks.numbers("matrix", self.matrix)
        if matrix.ndim != 2:
            raise error("matrix", "be one state", f"its shape is {matrix.shape}", "shape (d, d)")
        object.__setattr__(self, "matrix", own(matrix))

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return len(self.matrix)

    def view(self) -> Matrices:
        """The matrix, as data."""
        return Matrices(np.asarray(self.matrix))

    def known(self) -> Known:
        """Logarithms of the eigenvalues of the support, and all eigenvectors."""
        return self._known

    @cached_property
    def _known(self) -> Known:
        return decomposed(np.asarray(self.matrix))


def decomposed(matrix: np.ndarray) -> Known:
    """Eigenvalues and eigenvectors of an array, to rounding; exact where it is diagonal."""
    if is_diagonal(np, matrix):
        return Known(_log(np.maximum(np.diagonal(matrix).real, 0.0)))
    q, v = decompose(np, matrix)
    # Rounding rotates the kernel towards each eigenvector by some angle.
    angles = ZERO * epsilon(matrix) * q[-1] / np.where(q > 0, q, np.inf)
    return Known(_log(q), v, angles)


def _log(p: Array) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(p)


def _spectrum(name: str, x: Array) -> np.ndarray:
    _checks.probabilities(name, x)
    p = _checks.numbers(name, x)
    if p.ndim != 1:
        raise error(name, "have shape (d,)", f"its shape is {p.shape}", "the spectrum of one state")
    return own(np.maximum(p, 0.0))  # values below 0 that pass the check are rounding


def _rows(basis: Any, d: int) -> Any:
    """The images of all basis kets under a function, in columns."""
    try:
        return np.asarray(basis(np.eye(d))).T
    except (TypeError, ValueError) as problem:
        but = f"called on kets it raises {type(problem).__name__}: {problem}"
        raise error("basis", "act on kets (..., d)", but, "a matrix (d, d)") from problem


def unitary(basis: Any, d: int) -> np.ndarray:
    """A basis of dimension d as a matrix: from an array, an operator or a function."""
    writable(d)
    if hasattr(basis, "matrix"):
        basis = basis.matrix()
    elif callable(basis):
        basis = _rows(basis, d)
    v = _checks.numbers("basis", basis)
    if v.shape != (d, d):
        must, but = f"have shape ({d}, {d}), that of the spectrum", f"its shape is {v.shape}"
        raise error("basis", must, but, "eigenvectors in columns")
    deviation = np.abs(v.conj().T @ v - np.eye(d)).max()
    if not deviation <= _checks.tolerance(v.dtype):
        but = f"V†V differs from 1 by {deviation:.3g}"
        raise error("basis", "be unitary", but, "orthonormal columns, such as those of `eigh`")
    return own(v)
