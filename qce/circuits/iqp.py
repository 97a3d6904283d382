"""Circuits of commuting gates between two layers of Hadamards (IQP)."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce._walsh import walsh_of
from qce.circuits import blocks
from qce.circuits.circuit import Block, Circuit, remade
from qce.typing import Array

Gates = tuple[tuple[int, ...], ...]


def iqp(wires: int, gates: Gates, spin_flip: bool) -> Circuit:
    r"""$H^{⊗n} \exp(-i \sum_g θ_g Z^g) H^{⊗n}$, from |0…0⟩ or $(|0…0⟩ + |1…1⟩)/\sqrt 2$."""
    hadamards = blocks.diagonalise("X" * wires)
    parts = [(hadamards, 1), (_commuting(wires, gates), 1), (hadamards, 1)]
    return Circuit(wires, (((_cat(wires), 1),) if spin_flip else ()) + tuple(parts))


def masks(gates: Gates, wires: int) -> np.ndarray:
    """Sets of wires as integers, wire 0 the most significant bit."""
    return np.array(
        [sum(1 << (wires - 1 - w) for w in gate) for gate in gates],
        dtype=np.int64 if wires < 64 else object,
    )


@remade
def _commuting(wires: int, gates: Gates) -> Block:
    """exp(−i θ_g Z^g) for every gate."""

    def apply(params: Array, on: Sequence[int]) -> None:
        for gate, angle in zip(gates, params, strict=True):
            qml.MultiRZ(2 * angle, wires=[on[wire] for wire in gate])

    def fused(params: Array, on: Sequence[int]) -> None:
        phi = walsh_of(jnp.asarray(params), masks(gates, wires), wires)
        qml.DiagonalQubitUnitary(jnp.exp(-1j * phi), wires=on)

    return Block("commuting gates", len(gates), apply, fused)


@remade
def _cat(wires: int) -> Block:
    """(|0…0⟩ + |1…1⟩)/√2 from |0…0⟩."""

    def apply(params: Array, on: Sequence[int]) -> None:
        del params
        qml.H(on[0])
        for a in range(wires - 1):
            qml.CNOT([on[a], on[a + 1]])

    return Block("cat state", 0, apply)
