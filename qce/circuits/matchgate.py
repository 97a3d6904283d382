"""Circuits of nearest-neighbour matchgates: rotations of free fermions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pennylane as qml

from qce import _checks
from qce._checks import error
from qce.circuits.circuit import Block, Circuit, check_wires, remade
from qce.typing import Array


def matchgate(wires: int, layers: int | None = None) -> Circuit:
    r"""RZ on every wire, then $e^{-i t XX/2}$ on all neighbours; `2·wires − 1` parameters a layer.

    The gates are $e^{-t γ_j γ_{j+1}/2}$ with neighbouring Majorana operators, each a rotation of
    two of the 2n of `qce.states.QuadraticHamiltonian`. From 2n − 1 layers on they give every
    rotation in SO(2n), and so every even Gaussian state.

    Args:
        wires: number of wires n.
        layers: number of repetitions; `None` for 2n − 1.

    Returns:
        Circuit with `(2·wires − 1)·layers` parameters.

    Example:
        >>> matchgate(3, layers=2).size
        10

    Source: L. Valiant, SIAM J. Comput. 31, 1229 (2002); B. Terhal and D. DiVincenzo, Phys. Rev. A
    65, 032325 (2002).
    """
    wires = check_wires(wires)
    layers = 2 * wires - 1 if layers is None else layers
    layers = _checks.integer("layers", layers, "for example layers=2, or None", least=0)
    return Circuit(wires, ((_layer(wires), layers),))


@remade
def _layer(wires: int) -> Block:
    def apply(params: Array, on: Sequence[int]) -> None:
        for k in range(wires):
            qml.RZ(params[k], wires=on[k])
        for k in range(wires - 1):
            qml.IsingXX(params[wires + k], wires=[on[k], on[k + 1]])

    return Block("matchgates", 2 * wires - 1, apply)


def matchgate_angles(rotation: Array) -> np.ndarray:
    r"""Parameters of `matchgate(n)` that make a rotation R of the Majorana operators, in SO(2n).

    Args:
        rotation: R `(2n, 2n)`, with $U^† γ_j U = \sum_k R_{jk} γ_k$.

    Returns:
        Angles `((2n − 1)²,)`; half of them are 0.

    Raises:
        ValueError: If R is no rotation within √ε.

    Example:
        >>> matchgate_angles(np.eye(4)).tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    Source: M. Reck et al., Phys. Rev. Lett. 73, 58 (1994), for the order of the rotations.
    """
    r = _checks.reals("rotation", rotation, "an orthogonal matrix of determinant 1")
    if r.ndim != 2 or r.shape[0] != r.shape[1] or r.shape[0] % 2:
        raise error("rotation", "have shape (2n, 2n)", f"its shape is {r.shape}", "two rows a wire")
    off = np.abs(r @ r.T - np.eye(len(r))).max()
    if not off <= _checks.tolerance(np.float64) or np.linalg.slogdet(r)[0] < 0:
        but = f"R Rᵀ differs from 1 by {off:.3g}" if off > 1e-8 else "its determinant is −1"
        raise error("rotation", "be orthogonal with determinant 1", but, "`scipy.linalg.expm(k)`")
    size, r = len(r), r.copy()
    found = np.zeros((size - 1, size - 1))
    # Columns are cleared from the first, each from below, by rotations of rows j and j + 1.
    for column in range(size - 1):
        for j in range(size - 2, column - 1, -1):
            above, below = r[j].copy(), r[j + 1].copy()
            found[column, j] = angle = np.arctan2(below[column], above[column])
            r[j] = np.cos(angle) * above + np.sin(angle) * below
            r[j + 1] = np.cos(angle) * below - np.sin(angle) * above
    return _layered(found)


def random_matchgate_angles(wires: int, rng: np.random.Generator) -> np.ndarray:
    """Angles of `matchgate(n)` for a rotation that is Haar-random in SO(2n).

    By A. Hurwitz, Göttinger Nachrichten 1897, 71: the first column is uniform on a sphere, the
    rest is Haar-random in SO(2n − 1) when it is cleared, and so on.
    """
    size = 2 * wires
    column = np.triu(rng.normal(size=(size - 1, size)))
    below = np.sqrt(np.cumsum(column[:, :0:-1] ** 2, axis=1)[:, ::-1])
    below[:, -1] = column[:, -1]  # the last row has no part from below
    return _layered(np.triu(np.arctan2(below, column[:, :-1])))


def _layered(turns: np.ndarray) -> np.ndarray:
    """Angles of rotations of rows j, j + 1 for column c, `(2n − 1, 2n − 1)`, layer by layer."""
    size = len(turns) + 1
    column, j = np.triu_indices(size - 1)
    # The rotation that clears first is applied last; layers alternate between even and odd j.
    layer = size - 2 - (size - 1 - j + 2 * column) // 2
    place = j // 2 + np.where(j % 2, size // 2, 0)
    angles = np.zeros_like(turns)
    angles[layer, place] = turns[column, j]
    return angles.ravel()
