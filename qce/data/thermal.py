"""Thermal states of PennyLane Hamiltonians, as data."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce._concrete import called
from qce._foreign import is_operator
from qce.states import Thermal

# Complex matrices in memory at once: H, its eigenvectors, two of workspace, the state, a product.
_MATRICES = 6
_LONGEST = 2**14  # sites of a chain whose operator PennyLane builds in seconds


def gibbs_state(hamiltonian: Any, beta: float = 1.0) -> np.ndarray:
    r"""Return the thermal state $\rho = e^{-\beta H} / \mathrm{Tr}\, e^{-\beta H}$ as a matrix.

    It is `states.Thermal(hamiltonian, beta).dense()`. As a model `states.Thermal` is better, whose
    logarithm is exact; as data both are equivalent.

    Args:
        hamiltonian: as for `states.Thermal`: a PennyLane operator on wires 0…n−1, a
            Hermitian matrix `(d, d)`, a sparse one, or a `states.IsingChain`.
        beta: inverse temperature, in one over the unit of H; of any sign.

    Returns:
        Density matrix, shape `(d, d)`.

    Raises:
        ValueError: H is not Hermitian within √ε, β is not finite, or the matrices do not fit into
            memory.

    Example:
        >>> gibbs_state(np.diag([1.0, -1.0])).diagonal().round(4).tolist()
        [0.1192, 0.8808]
    """
    if is_operator(hamiltonian):  # before its matrix is made
        _room(2.0 ** min(len(hamiltonian.wires), 300))
    thermal = Thermal(hamiltonian, beta)
    _room(thermal.dimension)
    with called(state="hamiltonian"):
        rho = thermal.dense()
    kind = getattr(thermal.hamiltonian, "dtype", float)  # a complex H gives a complex state
    return rho.astype(np.result_type(rho, kind), copy=False)


def _room(d: float) -> None:
    """H, its eigenvectors, the workspace of LAPACK and the state."""
    what = f"{_MATRICES} matrices of dimension {d:.4g}"
    _checks.memory("hamiltonian", what, 16 * _MATRICES * d**2, None, "fewer wires")


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
