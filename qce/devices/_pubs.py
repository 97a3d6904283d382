"""Circuits of one structure as one compiled circuit with an array of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pennylane_qiskit.converter import circuit_to_qiskit
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter

Structure = tuple[Any, ...]


@dataclass(frozen=True)
class Pub:
    """A unit of work for Qiskit's Sampler.

    Args:
        structure: the common structure of the circuits.
        circuit: compiled, with parameters.
        values: angles of each circuit, shape `(k, parameters)`.
        shots: outcomes a circuit.
        members: positions of these circuits in the batch.
    """

    structure: Structure
    circuit: QuantumCircuit
    values: np.ndarray
    shots: int | None
    members: tuple[int, ...]

    @property
    def bindings(self) -> dict[tuple[Parameter, ...], np.ndarray]:
        """Parameters with values `(k, parameters)`, without those that compilation dropped."""
        names = sorted(self.circuit.parameters, key=lambda p: int(p.name[1:]))
        return {tuple(names): self.values[:, [int(p.name[1:]) for p in names]]}

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubit of the backend that each wire is read from."""
        read = {}
        for step in self.circuit.data:
            if step.operation.name == "measure":
                bit, qubit = step.clbits[0], step.qubits[0]
                read[self.circuit.find_bit(bit).index] = self.circuit.find_bit(qubit).index
        return tuple(read[wire] for wire in sorted(read))

    def as_tuple(self) -> tuple[Any, ...]:
        """The tuple that Sampler takes."""
        return self.circuit, self.bindings, self.shots


class Compiler:
    """Compile every structure once.

    Args:
        wires: number of wires.
        backend: to compile for.
        options: of `qiskit.transpile`.
    """

    def __init__(self, wires: int, backend: Any, options: dict[str, Any]):
        self._wires, self._backend, self._options = wires, backend, options
        self._compiled: dict[Structure, QuantumCircuit] = {}

    def pubs(self, tapes: Sequence[Any]) -> list[Pub]:
        """Group circuits by structure and shots, in the order in which these first occur."""
        groups: dict[tuple[Structure, int | None], list[tuple[int, list[float]]]] = {}
        for position, tape in enumerate(tapes):
            circuit = circuit_to_qiskit(tape, self._wires, diagonalize=True, measure=True)
            structure, values = _opened(circuit)
            if structure not in self._compiled:
                self._compiled[structure] = self._compile(circuit)
            group = groups.setdefault((structure, tape.shots.total_shots), [])
            group.append((position, values))
        pubs = []
        for (structure, shots), group in groups.items():
            members = tuple(position for position, _ in group)
            rows = np.array([values for _, values in group], dtype=float).reshape(len(group), -1)
            pubs.append(Pub(structure, self._compiled[structure], rows, shots, members))
        return pubs

    def _compile(self, circuit: QuantumCircuit) -> QuantumCircuit:
        opened = circuit.copy_empty_like()
        count = 0
        for step in circuit.data:
            operation = step.operation
            if _has_angles(operation):
                operation = operation.to_mutable()
                angles = range(count, count + len(operation.params))
                operation.params = [Parameter(f"p{i}") for i in angles]
                count = angles.stop
            opened.append(operation, step.qubits, step.clbits)
        return transpile(opened, backend=self._backend, **self._options)


def read_samples(pubs: Sequence[Pub], results: Any, wires: int) -> list[np.ndarray]:
    """Outcomes of each circuit in the order of the batch, shape `(shots, wires)`, wire 0 first."""
    samples: dict[int, np.ndarray] = {}
    for pub, result in zip(pubs, results, strict=True):
        (bits,) = result.data.values()
        packed = bits.array.reshape(len(pub.members), bits.num_shots, -1)
        # The last bit of each row is the first classical bit, which is wire 0.
        unpacked = np.unpackbits(packed, axis=-1)[..., : -wires - 1 : -1]
        samples.update(zip(pub.members, unpacked.astype(int), strict=True))
    return [samples[position] for position in range(len(samples))]


def _opened(circuit: QuantumCircuit) -> tuple[Structure, list[float]]:
    """A circuit without its angles, and the angles."""
    index = {bit: i for i, bit in enumerate(circuit.qubits)}
    structure: list[Any] = []
    values: list[float] = []
    for step in circuit.data:
        operation = step.operation
        fixed: tuple[bytes, ...] = ()
        if _has_angles(operation):
            values += [float(x) for x in operation.params]
        else:
            fixed = tuple(np.asarray(x).tobytes() for x in operation.params)
        structure.append((operation.name, fixed, tuple(index[q] for q in step.qubits)))
    return tuple(structure), values


def _has_angles(operation: Any) -> bool:
    params = operation.params
    return bool(params) and all(isinstance(x, (int, float, np.number)) for x in params)
