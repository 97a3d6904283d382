"""Thermal states of PennyLane Hamiltonians, as data."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._foreign import is_operator
from qce._spectral import sectors
from qce.typing import Array

# Complex ones alive at once: H, its eigenvectors, two of workspace, the state and a product.
_MATRICES = 6
_LONGEST = 2**14  # sites of a chain whose operator PennyLane sums up in a second


def gibbs_state(hamiltonian: Array, beta: float = 1.0) -> np.ndarray:
    r"""Return the thermal state $\rho = e^{-\beta H} / \mathrm{Tr}\, e^{-\beta H}$.

    Args:
        hamiltonian: PennyLane operator on wires 0…n−1, or a Hermitian matrix `(d, d)`.
        beta: inverse temperature, in one over the unit of H.

    Returns:
        Density matrix, shape `(d, d)`.

    Raises:
        ValueError: H is not Hermitian, β is not finite, or the matrices do not fit into memory.

    Example:
        >>> gibbs_state(np.diag([1.0, -1.0])).diagonal().real.round(4).tolist()
        [0.1192, 0.8808]
    """
    beta = _checks.number("beta", beta, "an inverse temperature")
    matrix = _matrix(hamiltonian)
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or not np.allclose(matrix, matrix.conj().T):
        but = f"it is not (shape {matrix.shape})"
        raise error("hamiltonian", "be Hermitian, shape (d, d)", but, "`(h + h.conj().T) / 2`")
    energies, vectors = sectors.eigh(matrix)
    # Energies from the one with the largest weight: no exponent overflows for either sign of beta.
    exponents = -beta * energies
    weights = np.exp(exponents - exponents.max())
    rho = (vectors * (weights / weights.sum())) @ vectors.conj().T
    return rho.astype(matrix.dtype, copy=False) if matrix.dtype.kind == "c" else rho


def transverse_field_ising(wires: int, J: float = 1.0, h: float = 0.5) -> Any:
    r"""Return the open transverse-field chain $H = -J \sum_i Z_i Z_{i+1} - h \sum_i X_i$.

    Args:
        wires: number of sites.
        J: coupling.
        h: transverse field.

    Returns:
        PennyLane operator on wires 0…n−1.
    """
    remedy = "wires=4, for example; states.IsingChain for longer chains"
    wires = _checks.integer("wires", wires, remedy, least=1, most=_LONGEST)
    J = _checks.number("J", J, "an energy")
    h = _checks.number("h", h, "an energy")
    import pennylane as qml

    bonds = [-J * qml.Z(i) @ qml.Z(i + 1) for i in range(wires - 1)]
    return qml.sum(*bonds, *[-h * qml.X(i) for i in range(wires)])


def _matrix(hamiltonian: Any) -> np.ndarray:
    if not is_operator(hamiltonian):
        matrix = _checks.numbers("hamiltonian", hamiltonian)
        _room(matrix.shape[0] if matrix.ndim else 1)
        return matrix
    import pennylane as qml

    _room(2.0 ** min(len(hamiltonian.wires), 300))
    return np.asarray(qml.matrix(hamiltonian, wire_order=sorted(hamiltonian.wires)))


def _room(d: float) -> None:
    """H, its eigenvectors, the workspace of LAPACK and the state."""
    what = f"{_MATRICES} matrices of dimension {d:.4g}"
    _checks.memory("hamiltonian", what, 16 * _MATRICES * d**2, None, "fewer wires")
