"""Circuits as repeated blocks: traced once and scanned on simulators, unrolled on devices.

A circuit never simulates anything itself. On a simulator each block is one PennyLane QNode
`state, params → state` on `default.qubit`, driven by `jax.lax.scan`, so that compilation time does
not grow with depth. On a device the same blocks queue their gates inside any QNode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

Array = Any
Queue = Callable[[Array, Sequence[int]], None]
Pairs = str | Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Block:
    """One repetition of a circuit.

    Args:
        name: what to call it.
        size: number of its parameters.
        apply: `apply(params, wires)` queues the gates a device runs; `params` has shape `(size,)`.
        fused: the same unitary in fewer, larger gates, for simulators. Run time and compilation
            time follow the number of gates there, not their width. `None`: simulate `apply`.
    """

    name: str
    size: int
    apply: Queue
    fused: Queue | None = None


@dataclass(frozen=True)
class Circuit:
    """A parametrised unitary U(φ): blocks one after the other, each repeated with new parameters.

    Parameters are one flat vector of length `size`: first part first, within a part repetition by
    repetition. Wire 0 is the most significant bit.

    Args:
        wires: number of wires.
        parts: `(block, repeats)` in the order of application.

    Example:
        >>> circuit = strongly_entangling(wires=3, layers=2)
        >>> circuit.size
        18
        >>> ket = jnp.zeros(8).at[0].set(1.0)
        >>> circuit.evolve(ket, jnp.zeros(18)).shape
        (8,)
    """

    wires: int
    parts: tuple[tuple[Block, int], ...]

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(block.size * repeats for block, repeats in self.parts)

    @property
    def dimension(self) -> int:
        """Dimension of the state space, `2^wires`."""
        return 2**self.wires

    def queue(self, params: Array) -> None:
        """Queue every gate of U(φ), unrolled, on the QNode at hand.

        Wrap it in `qml.adjoint` for U(φ)†.

        Args:
            params: shape `(size,)`, of any array library PennyLane differentiates.
        """
        wires = range(self.wires)
        for block, rows in self._split(params):
            for row in rows:
                block.apply(row, wires)

    @partial(jax.jit, static_argnames=("self", "adjoint"))
    def evolve(self, state: Array, params: Array, adjoint: bool = False) -> Array:
        """Return U(φ)|ψ⟩, or U(φ)†|ψ⟩, on PennyLane's `default.qubit` under JAX.

        Args:
            state: kets, shape `(2^n,)` or `(B, 2^n)`.
            params: shape `(size,)`.
            adjoint: apply U† instead of U.

        Returns:
            Evolved kets, complex, of the shape of `state`.
        """
        state = jnp.asarray(state) + 0j  # a scan keeps the type of what it carries
        parts = self._split(params)
        for block, rows in reversed(parts) if adjoint else parts:
            step = _simulated(block, self.wires, adjoint)
            state, _ = jax.lax.scan(lambda s, p, f=step: (f(s, p), None), state, rows, reverse=adjoint)
        return state

    def _split(self, params: Array) -> list[tuple[Block, Array]]:
        """Parameters of each part, shape `(repeats, block.size)`."""
        start, parts = 0, []
        for block, repeats in self.parts:
            stop = start + block.size * repeats
            parts.append((block, params[start:stop].reshape(repeats, block.size)))
            start = stop
        return parts


def _simulated(block: Block, wires: int, adjoint: bool) -> Callable[[Array, Array], Array]:
    """One repetition of a block as a QNode `state, params → state`."""
    gates = block.fused or block.apply
    gates = qml.adjoint(gates) if adjoint else gates

    @qml.qnode(qml.device("default.qubit", wires=wires), interface="jax", diff_method="backprop")
    def step(state: Array, params: Array) -> Any:
        qml.StatePrep(state, wires=range(wires))
        gates(params, range(wires))
        return qml.state()

    return step


# --- ready-made circuits ---------------------------------------------------------------------


def strongly_entangling(wires: int, layers: int) -> Circuit:
    """General rotations on every wire, then a ring of CNOTs; `3·wires` parameters a layer.

    The ring runs as short chains inside groups of three wires and then from group to group, so
    that its depth on a device is three for any number of wires, and a simulator sees one gate a
    group.

    Args:
        wires: number of wires.
        layers: number of repetitions.

    Returns:
        Circuit with `3·wires·layers` parameters: φ, θ, ω of `Rot = RZ(ω)RY(θ)RZ(φ)` wire by wire.

    Example:
        >>> strongly_entangling(wires=9, layers=5).size
        135
    """
    return Circuit(wires, ((_rotate_and_ring(wires), layers),))


def rotations_xx(wires: int, layers: int, pairs: Pairs = "chain") -> Circuit:
    """Single-qubit rotations and XX couplings in turn, the Born machine of ion-trap experiments.

    Odd layers rotate every wire (RX, RZ in the first, RZ, RX, RZ later); even layers apply
    exp(−i t XX/2) on every pair of the graph.

    Args:
        wires: number of wires.
        layers: number of layers, rotations and couplings counted each.
        pairs: `"chain"`, `"star"` (wire 0 with every other), `"all"`, or a list of pairs.

    Returns:
        Circuit; on four wires 8 parameters for one layer, 11 for two on a chain, 26 for four.

    Source: M. Benedetti et al., npj Quantum Information 5, 45 (2019).

    Example:
        >>> [rotations_xx(4, layers).size for layers in (1, 2, 4)]
        [8, 11, 26]
    """
    couple, rotate = _xx(_pairs(wires, pairs)), _rotate_zxz(wires)
    rounds, rest = divmod(max(layers - 2, 0), 2)
    parts = [(_rotate_xz(wires), 1)]
    parts += [(couple, 1)] if layers >= 2 else []
    parts += [(_both(rotate, couple), rounds)] if rounds else []
    parts += [(rotate, 1)] if rest else []
    return Circuit(wires, tuple(parts))


def rx(wires: int) -> Circuit:
    """One RX rotation on every wire; `wires` parameters.

    Args:
        wires: number of wires.

    Returns:
        Circuit ∏ᵢ RX(φᵢ).
    """
    return Circuit(wires, ((_rx(wires), 1),))


def fixed(unitary: Array) -> Circuit:
    """A circuit without parameters that applies a given unitary.

    Args:
        unitary: shape `(2^n, 2^n)`; its columns are the images of the computational basis.

    Returns:
        Circuit of size 0.
    """
    matrix = np.asarray(unitary)

    def apply(params: Array, wires: Sequence[int]) -> None:
        del params
        qml.QubitUnitary(matrix, wires=wires)

    wires = matrix.shape[0].bit_length() - 1
    return Circuit(wires, ((Block("fixed", 0, apply), 1),))


def basis_change(basis: str) -> Circuit:
    """The circuit that turns a measurement of Pauli letters into one of the computational basis.

    Args:
        basis: one of `X`, `Y`, `Z` for each wire, wire 0 first.

    Returns:
        Circuit of size 0.
    """
    return Circuit(len(basis), ((_diagonalise(basis), 1),))


# --- blocks; cached, so that circuits built alike are equal and compile once -------------------


@cache
def _rotate_and_ring(wires: int) -> Block:
    groups = [range(wires)[i : i + 3] for i in range(0, wires, 3)]
    inner = [(a, a + 1) for group in groups for a in group[:-1]]
    outer = [(group[-1], (group[-1] + 1) % wires) for group in groups]
    # Two wires joined once: closing the ring on fewer than three would undo the first CNOT.
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
            qml.QubitUnitary(matrix[_chain(len(group))], wires=[on[i] for i in group])
        for pair in outer:
            qml.CNOT([on[pair[0]], on[pair[1]]])

    return Block("rotations and CNOT ring", 3 * wires, apply, fused)


@cache
def _chain(wires: int) -> np.ndarray:
    """Rows of a unitary after CNOT(0,1), CNOT(1,2), …: new row x is old row `_chain[x]`."""
    chain = qml.matrix(lambda: [qml.CNOT([a, a + 1]) for a in range(wires - 1)], range(wires))()
    return chain.argmax(axis=1) if wires > 1 else np.arange(2)


@cache
def _rotate_xz(wires: int) -> Block:
    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angles in zip(on, params.reshape(wires, 2), strict=True):
            qml.RX(angles[0], wires=wire)
            qml.RZ(angles[1], wires=wire)

    def fused(params: Array, on: Sequence[int]) -> None:
        first, second = params.reshape(wires, 2).T
        _one_by_one(qml.RZ.compute_matrix(second) @ qml.RX.compute_matrix(first), on)

    return Block("RX RZ", 2 * wires, apply, fused)


@cache
def _rotate_zxz(wires: int) -> Block:
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


@cache
def _rx(wires: int) -> Block:
    def apply(params: Array, on: Sequence[int]) -> None:
        for wire, angle in zip(on, params, strict=True):
            qml.RX(angle, wires=wire)

    return Block("RX", wires, apply)


@cache
def _xx(pairs: tuple[tuple[int, int], ...]) -> Block:
    def apply(params: Array, on: Sequence[int]) -> None:
        for (a, b), angle in zip(pairs, params, strict=True):
            qml.IsingXX(angle, wires=[on[a], on[b]])

    return Block("XX", len(pairs), apply)


@cache
def _both(first: Block, second: Block) -> Block:
    """Two blocks as one, so that they repeat together."""

    def queue(a: Queue, b: Queue) -> Queue:
        def apply(params: Array, on: Sequence[int]) -> None:
            a(params[: first.size], on)
            b(params[first.size :], on)

        return apply

    fused = queue(first.fused or first.apply, second.fused or second.apply)
    size = first.size + second.size
    return Block(f"{first.name}, {second.name}", size, queue(first.apply, second.apply), fused)


@cache
def _diagonalise(basis: str) -> Block:
    def apply(params: Array, on: Sequence[int]) -> None:
        del params
        for wire, letter in zip(on, basis, strict=True):
            for gate in getattr(qml, letter)(wire).diagonalizing_gates():
                qml.apply(gate)

    return Block(f"to {basis}", 0, apply)


def _one_by_one(matrices: Array, on: Sequence[int]) -> None:
    for wire, matrix in zip(on, matrices, strict=True):
        qml.QubitUnitary(matrix, wires=wire)


def _pairs(wires: int, pairs: Pairs) -> tuple[tuple[int, int], ...]:
    graphs = {
        "chain": [(i, i + 1) for i in range(wires - 1)],
        "star": [(0, i) for i in range(1, wires)],
        "all": [(i, j) for i in range(wires) for j in range(i + 1, wires)],
    }
    if not isinstance(pairs, str):
        return tuple((int(a), int(b)) for a, b in pairs)
    if pairs not in graphs:
        raise ValueError(
            f"Argument `pairs` must be one of {', '.join(graphs)} or a list of pairs, but is "
            f"{pairs!r}. Pass for example pairs='chain'."
        )
    return tuple(graphs[pairs])
