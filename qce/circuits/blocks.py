"""Blocks of circuits: gates for devices and, where it is faster, fewer and larger ones.

They are cached, so that circuits built with equal arguments are equal and compile once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce

import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce._concrete import constant
from qce.circuits.circuit import Block, Queue, remade
from qce.typing import Array


@remade
def rotate_and_ring(wires: int) -> Block:
    """A rotation of every wire, then a ring of CNOTs in groups of three wires."""
    groups = [range(wires)[i : i + 3] for i in range(0, wires, 3)]
    inner = [(a, a + 1) for group in groups for a in group[:-1]]
    outer = [(group[-1], (group[-1] + 1) % wires) for group in groups]
    # Two wires get one CNOT: closing the ring on fewer than three would undo it.
    outer = outer if wires > 2 else []

    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angles in zip(on, params.reshape(wires, 3), strict=True):
            qml.Rot(angles[0], angles[1], angles[2], wires=wire)
        for pair in inner + outer:
            qml.CNOT([on[pair[0]], on[pair[1]]])

    def fused(params: Array, on: Sequence[int]) -> None:
        rotations = qml.Rot.compute_matrix(*params.reshape(wires, 3).T)
        for group in groups:
            matrix = reduce(jnp.kron, [rotations[i] for i in group])
            qml.QubitUnitary(matrix[constant(_chain(len(group)))], wires=[on[i] for i in group])
        for pair in outer:
            qml.CNOT([on[pair[0]], on[pair[1]]])

    return Block("rotations and CNOT ring", 3 * wires, apply, fused)


@cache
def _chain(wires: int) -> np.ndarray:
    """Rows of a unitary after CNOT(0,1), CNOT(1,2), …: new row x is old row `_chain[x]`."""
    chain = qml.matrix(lambda: [qml.CNOT([a, a + 1]) for a in range(wires - 1)], range(wires))()
    return chain.argmax(axis=1) if wires > 1 else np.arange(2)


@remade
def rotate_xz(wires: int) -> Block:
    """RX, then RZ, on every wire."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angles in zip(on, params.reshape(wires, 2), strict=True):
            qml.RX(angles[0], wires=wire)
            qml.RZ(angles[1], wires=wire)

    def fused(params: Array, on: Sequence[int]) -> None:
        first, second = params.reshape(wires, 2).T
        _one_by_one(qml.RZ.compute_matrix(second) @ qml.RX.compute_matrix(first), on)

    return Block("RX RZ", 2 * wires, apply, fused)


@remade
def rotate_zxz(wires: int) -> Block:
    """RZ, RX, RZ on every wire."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angles in zip(on, params.reshape(wires, 3), strict=True):
            qml.RZ(angles[0], wires=wire)
            qml.RX(angles[1], wires=wire)
            qml.RZ(angles[2], wires=wire)

    def fused(params: Array, on: Sequence[int]) -> None:
        a, b, c = params.reshape(wires, 3).T
        first, second = qml.RZ.compute_matrix(a), qml.RX.compute_matrix(b)
        _one_by_one(qml.RZ.compute_matrix(c) @ second @ first, on)

    return Block("RZ RX RZ", 3 * wires, apply, fused)


@remade
def rx(wires: int) -> Block:
    """RX on every wire."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angle in zip(on, params, strict=True):
            qml.RX(angle, wires=wire)

    return Block("RX", wires, apply)


@remade
def zz_rx(wires: int) -> Block:
    """ZZ couplings of neighbours, then RX everywhere."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for i in range(wires - 1):
            qml.IsingZZ(params[i], wires=[on[i], on[i + 1]])
        for i in range(wires):
            qml.RX(params[wires - 1 + i], wires=on[i])

    return Block("ZZ, RX", 2 * wires - 1, apply)


@remade
def orthogonal(wires: int) -> Block:
    """RY on every wire, then ZY and YZ couplings of neighbours: all are real matrices."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angle in zip(on, params[:wires], strict=True):
            qml.RY(angle, wires=wire)
        for a, (first, second) in enumerate(params[wires:].reshape(-1, 2)):
            qml.PauliRot(first, "ZY", wires=[on[a], on[a + 1]])
            qml.PauliRot(second, "YZ", wires=[on[a], on[a + 1]])

    return Block("RY, ZY YZ", 3 * wires - 2, apply)


@remade
def singlets(wires: int) -> Block:
    """On neighbours (0,1), (2,3), …: 01 to the singlet, 10 to the triplet with one wire up."""

    def apply(params: Array, on: Sequence[int]) -> None:
        del params
        for a in range(0, wires - 1, 2):
            qml.IsingXY(np.pi / 2, wires=[on[a], on[a + 1]])
            qml.RZ(np.pi / 4, wires=on[a])
            qml.RZ(-np.pi / 4, wires=on[a + 1])

    return Block("singlets", 0, apply)


@remade
def exchange(wires: int) -> Block:
    """All gates of two neighbours that conserve the number of ones, on all neighbours.

    Bonds (0,1), (2,3), … first, then those between. Each has three angles: exchange, the phase of
    equal against different bits, and that of 01 against 10.
    """
    bonds = [(a, a + 1) for first in (0, 1) for a in range(first, wires - 1, 2)]

    def apply(params: Array, on: Sequence[int]) -> None:
        for (a, b), angles in zip(bonds, params.reshape(-1, 3), strict=True):
            qml.IsingXY(angles[0], wires=[on[a], on[b]])
            qml.IsingZZ(angles[1], wires=[on[a], on[b]])
            qml.RZ(angles[2], wires=on[a])
            qml.RZ(-angles[2], wires=on[b])

    def fused(params: Array, on: Sequence[int]) -> None:
        for (a, b), angles in zip(bonds, params.reshape(-1, 3), strict=True):
            phases = angles @ constant(_PHASES)
            matrix = qml.IsingXY.compute_matrix(angles[0])
            qml.QubitUnitary(jnp.exp(1j * phases)[:, None] * matrix, wires=[on[a], on[b]])

    return Block("exchange", 3 * (wires - 1), apply, fused)


# Phases of 00, 01, 10, 11 by the angles of a bond: IsingZZ and RZ are diagonal.
_PHASES = np.array([[0, 0, 0, 0], [-1, 1, 1, -1], [0, -2, 2, 0]]) / 2


@remade
def xx(pairs: tuple[tuple[int, int], ...]) -> Block:
    """XX couplings of the given pairs."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for (a, b), angle in zip(pairs, params, strict=True):
            qml.IsingXX(angle, wires=[on[a], on[b]])

    return Block("XX", len(pairs), apply)


@remade
def both(first: Block, second: Block) -> Block:
    """Two blocks as one, which repeat together."""

    def queue(a: Queue, b: Queue) -> Queue:
        def apply(params: Array, on: Sequence[int]) -> None:
            a(params[: first.size], on)
            b(params[first.size :], on)

        return apply

    fused = queue(first.fused or first.apply, second.fused or second.apply)
    size = first.size + second.size
    return Block(f"{first.name}, {second.name}", size, queue(first.apply, second.apply), fused)


@remade
def diagonalise(basis: str) -> Block:
    """From the eigenbasis of the given Pauli letters to the computational one."""

    def apply(params: Array, on: Sequence[int]) -> None:
        del params
        for wire, letter in zip(on, basis, strict=True):
            if letter == "Y":
                qml.adjoint(qml.S(wire))
            if letter != "Z":
                qml.H(wire)

    return Block(f"to {basis}", 0, apply)


def _one_by_one(matrices: Array, on: Sequence[int]) -> None:
    for wire, matrix in zip(on, matrices, strict=True):
        qml.QubitUnitary(matrix, wires=wire)
