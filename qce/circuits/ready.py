"""Ready-made circuits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pennylane as qml

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce.circuits import blocks
from qce.circuits.circuit import Block, Circuit, check_wires
from qce.typing import Array

Pairs = str | Iterable[tuple[int, int]]


def strongly_entangling(wires: int, layers: int) -> Circuit:
    """General rotations on every wire, then a ring of CNOTs; `3·wires` parameters a layer.

    The ring runs as short chains inside groups of three wires and then from group to group, so
    that its depth on a device is three or four for any number of wires, and a simulator applies one
    gate a group.

    Args:
        wires: number of wires.
        layers: number of repetitions.

    Returns:
        Circuit with `3·wires·layers` parameters: φ, θ, ω of `Rot = RZ(ω)RY(θ)RZ(φ)` wire by wire.

    Example:
        >>> strongly_entangling(wires=9, layers=5).size
        135
    """
    wires = check_wires(wires)
    return Circuit(wires, ((blocks.rotate_and_ring(wires), layers),))


def rotations_xx(wires: int, layers: int, pairs: Pairs = "chain") -> Circuit:
    """Single-qubit rotations and XX couplings in turn, the Born machine of ion-trap experiments.

    Odd layers rotate every wire (RX, RZ in the first, RZ, RX, RZ later); even layers apply
    exp(−i t XX/2) on every pair of the graph.

    Args:
        wires: number of wires.
        layers: number of layers; rotations and couplings count separately.
        pairs: `"chain"`, `"star"` (wire 0 with every other), `"all"`, or a list of pairs.

    Returns:
        Circuit; on four wires 8 parameters for one layer, 11 for two on a chain, 26 for four.

    Source: M. Benedetti et al., npj Quantum Information 5, 45 (2019).

    Example:
        >>> [rotations_xx(4, layers).size for layers in (1, 2, 4)]
        [8, 11, 26]
    """
    wires = check_wires(wires)
    layers = _checks.integer("layers", layers, "for example layers=2", least=0)
    couple, rotate = blocks.xx(_pairs(wires, pairs)), blocks.rotate_zxz(wires)
    rounds, rest = divmod(max(layers - 2, 0), 2)
    parts = [(blocks.rotate_xz(wires), 1)]
    parts += [(couple, 1)] if layers >= 2 else []
    parts += [(blocks.both(rotate, couple), rounds)] if rounds else []
    parts += [(rotate, 1)] if rest else []
    return Circuit(wires, tuple(parts))


def ising(wires: int, layers: int) -> Circuit:
    """The evolution under an open Ising chain with free angles, from the X basis.

    Hadamards on every wire, then in each layer exp(−i t ZZ/2) on neighbours and RX on every wire.
    These gates generate free-fermion unitaries. From about `wires` layers on, one of them
    diagonalises the transverse-field Ising chain, whose thermal states have a product spectrum.

    Args:
        wires: number of wires.
        layers: number of repetitions.

    Returns:
        Circuit with `(2·wires − 1)·layers` parameters.

    Source: D. Wecker, M. B. Hastings, M. Troyer, Phys. Rev. A 92, 042303 (2015), with one angle for
    all bonds of a kind.

    Example:
        >>> ising(wires=4, layers=4).size
        28
    """
    wires = check_wires(wires)
    return Circuit(wires, ((blocks.diagonalise("X" * wires), 1), (blocks.zz_rx(wires), layers)))


def heisenberg(wires: int, layers: int) -> Circuit:
    """Exchange between neighbours with free angles, from singlets and triplets of pairs.

    Neighbours (0,1), (2,3), … are prepared in eigenstates of two coupled spins; then each layer
    applies, to all pairs of neighbours, exp(i a (XX+YY)/4 − i b ZZ/2 − i c (Z₁−Z₂)/2). All gates
    conserve Σ Z, like Heisenberg and XXZ chains; with all angles 0 only the pairs remain.

    Args:
        wires: number of wires.
        layers: number of repetitions.

    Returns:
        Circuit with `3·(wires − 1)·layers` parameters: a, b, c bond by bond.

    Source: D. Wecker, M. B. Hastings, M. Troyer, Phys. Rev. A 92, 042303 (2015), with one angle for
    all bonds of a kind.

    Example:
        >>> heisenberg(wires=4, layers=6).size
        54
    """
    wires = check_wires(wires)
    return Circuit(wires, ((blocks.singlets(wires), 1), (blocks.exchange(wires), layers)))


def orthogonal(wires: int, layers: int) -> Circuit:
    """Rotations that keep amplitudes real; with all angles 0 it is the identity.

    In each layer RY on every wire, then exp(−i t ZY/2) and exp(−i t YZ/2) on neighbours. On a
    state with real amplitudes, such as a trained chain of real tensors, rotations about X change
    no probability to first order; these do.

    Args:
        wires: number of wires.
        layers: number of repetitions.

    Returns:
        Circuit with `(3·wires − 2)·layers` parameters: of every wire, then two of every bond.

    Example:
        >>> orthogonal(wires=4, layers=2).size
        20
    """
    wires = check_wires(wires)
    return Circuit(wires, ((blocks.orthogonal(wires), layers),))


def rx(wires: int) -> Circuit:
    """One RX rotation on every wire; `wires` parameters.

    Args:
        wires: number of wires.

    Returns:
        Circuit ∏ᵢ RX(φᵢ).
    """
    wires = check_wires(wires)
    return Circuit(wires, ((blocks.rx(wires), 1),))


def fixed(unitary: Array) -> Circuit:
    """A circuit without parameters that applies a given unitary.

    Args:
        unitary: shape `(2^n, 2^n)`; its columns are the images of the computational basis.

    Returns:
        Circuit of size 0.
    """
    matrix = _checks.numbers("unitary", unitary)
    wires = matrix.shape[0].bit_length() - 1 if matrix.ndim == 2 else 0
    if wires < 1 or matrix.shape != (2**wires, 2**wires):
        but = f"its shape is {matrix.shape}"
        raise error("unitary", "have shape (2^n, 2^n) with n >= 1", but, "a matrix on whole wires")
    deviation = np.abs(matrix @ matrix.conj().T - np.eye(2**wires)).max()
    if not deviation <= _checks.tolerance(np.float64):
        but = f"U U† is off by {deviation:.3g}"
        raise error("unitary", "be unitary", but, "for example the eigenvectors of a state")
    return Circuit(wires, ((Block("fixed", 0, _Unitary(matrix)), 1),))


@dataclass(frozen=True, eq=False)
class _Unitary:
    """A given unitary, as the `apply` of a block."""

    matrix: np.ndarray

    def __call__(self, params: Array, wires: Sequence[int]) -> None:
        del params
        qml.QubitUnitary(constant(self.matrix), wires=wires)


def basis_change(basis: str) -> Circuit:
    """The circuit that turns a measurement of Pauli letters into one of the computational basis.

    Args:
        basis: one of `X`, `Y`, `Z` for each wire, wire 0 first.

    Returns:
        Circuit of size 0.
    """
    if not isinstance(basis, str) or not basis or set(basis) - set("XYZ"):
        but = f"it is {_checks.shown(basis)}"
        raise error("basis", "be letters X, Y, Z", but, 'for example "XZZ"')
    return Circuit(len(basis), ((blocks.diagonalise(basis), 1),))


def _pairs(wires: int, pairs: Pairs) -> tuple[tuple[int, int], ...]:
    graphs = {
        "chain": [(i, i + 1) for i in range(wires - 1)],
        "star": [(0, i) for i in range(1, wires)],
        "all": [(i, j) for i in range(wires) for j in range(i + 1, wires)],
    }
    if isinstance(pairs, str):
        _checks.one_of("pairs", pairs, tuple(graphs))
        return tuple(graphs[pairs])
    table = _checks.whole("pairs", list(_checks.sequence("pairs", pairs, '"chain"')), '"chain"')
    if table.ndim != 2 or table.shape[1] != 2 or len(table) == 0:
        but = f"their shape is {table.shape}"
        raise error("pairs", "have shape (k, 2) with k >= 1", but, 'pairs on the wires, or "chain"')
    listed = tuple((int(a), int(b)) for a, b in table)
    if any(a == b or not (0 <= a < wires and 0 <= b < wires) for a, b in listed):
        must = f"join two different wires of 0…{wires - 1} each"
        raise error("pairs", must, f"they are {listed}", 'pairs on the wires, or "chain"')
    return listed
