"""Outcomes of all Pauli bases: measured with PennyLane, read from dictionaries, or simulated."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from qce import _checks, classical
from qce._checks import error, states
from qce._concrete import called
from qce.data import Counts
from qce.tomography._memory import check_pauli
from qce.tomography.povm import Povm
from qce.typing import Array, Device

_LETTERS = "XYZ"


def measure_pauli(
    prepare: Callable[[], Any],
    wires: int,
    *,
    shots: int,
    device: str | Device = "default.qubit",
    seed: int | None = None,
    memory: float = 4.0,
) -> Counts:
    """Measure a prepared state in all 3^n Pauli bases, as one job.

    Args:
        prepare: Queues or returns the PennyLane operations that prepare the state on wires
            0 … n − 1; a QNode is taken by its quantum function.
        wires: Number of wires n.
        shots: Outcomes a basis.
        device: PennyLane device, or its name.
        seed: Of the outcomes, for a device opened by name.
        memory: GiB that may be used; a simulator runs all bases at once.

    Returns:
        Counts of every basis.

    Raises:
        ValueError: If there are no shots, too many wires for the memory, or no such device; or
            `prepare` queues nothing.

    Example:
        >>> import pennylane as qml
        >>> counts = measure_pauli(lambda: qml.Hadamard(0), 1, shots=100, seed=1)
        >>> counts.by_basis["X"].tolist()
        [100, 0]
    """
    import pennylane as qml

    from qce import devices
    from qce.circuits.recording import recorded, requeue
    from qce.devices import kinds

    wires = _checks.integer("wires", wires, "a number", least=1)
    shots = _checked_run(("wires", "shots"), wires, shots, memory)
    operations = recorded("prepare", prepare, wires)
    seed = _checks.seed("seed", seed)
    if isinstance(device, str):
        with called(text="device", options="device"):
            device = devices.open(device, wires, **({} if seed is None else {"seed": seed}))
    kinds.check_open(device, wires)
    bases = _bases(wires)
    # One circuit with a batch of angles: X by RY(−π/2), Y by RX(π/2), Z by none.
    letters = np.array([list(basis) for basis in bases])
    around_y, around_x = -np.pi / 2 * (letters == "X"), np.pi / 2 * (letters == "Y")

    @qml.qnode(device, diff_method=None)
    def node() -> Any:
        requeue(operations)
        for wire in range(wires):
            qml.RY(around_y[:, wire], wires=wire)
            qml.RX(around_x[:, wire], wires=wire)
        return qml.sample(wires=range(wires))

    samples = np.asarray(qml.set_shots(node, int(shots))()).reshape(len(bases), shots, wires)
    return Counts.from_samples(dict(zip(bases, samples.astype(int), strict=True)))


def read_counts(counts: Mapping[str, Mapping[Any, int]], *, order: str | None = None) -> Counts:
    """Read what `qml.counts` or a job of Qiskit's returns for each basis: basis → key → count.

    From the circuits to the state, step by step: `docs/how-to/counts.md`.

    Args:
        counts: Dictionaries of counts, as `qce.data.from_counts` reads them. Bases are letters X,
            Y, Z, wire 0 first, whatever the order of the bits. Qiskit's labels of Pauli operators
            have it last: for those pass `label[::-1]`.
        order: "wires" if wire 0 is the first bit of a string, "qiskit" if it is the last. None for
            "qiskit" where the dictionaries show that they are Qiskit's, and "wires" elsewhere.

    Returns:
        Counts of every basis in the dictionary.

    Raises:
        ValueError: If a key is no outcome of its basis, or a count is no whole number.

    Example:
        >>> read_counts({"XZ": {"00": 3, "11": 1}}).by_basis["XZ"].tolist()
        [3, 0, 0, 1]
        >>> read_counts({"XZ": {"00": 3, "01": 1}}, order="qiskit").by_basis["XZ"].tolist()
        [3, 0, 1, 0]
    """
    return Counts.from_counts(counts, order=order)


def simulate_pauli(
    state: Array, *, shots: int, seed: int | np.random.Generator, memory: float = 4.0
) -> Counts:
    """Draw outcomes of all 3^n Pauli bases from a density matrix.

    Args:
        state: Density matrix `(2^n, 2^n)`.
        shots: Outcomes a basis.
        seed: Seed, or a `numpy.random.Generator`.
        memory: GiB that may be used.

    Returns:
        Counts of every basis.

    Raises:
        ValueError: If `state` is no state of qubits, there are no shots, or too many wires for the
            memory.

    Example:
        >>> simulate_pauli([[1, 0], [0, 0]], shots=5, seed=1).by_basis["Z"].tolist()
        [5, 0]
    """
    states("state", state)
    rho = _checks.concrete("state", state)
    wires = len(rho).bit_length() - 1
    if rho.ndim != 2 or len(rho) != 2**wires or wires == 0:
        raise error("state", "be of qubits", f"its shape is {rho.shape}", "shape (2^n, 2^n)")
    shots = _checked_run(("state", "shots"), wires, shots, memory)
    return draw_pauli(rho, shots, _checks.rng("seed", seed))


def draw_pauli(rho: np.ndarray, shots: int, rng: np.random.Generator) -> Counts:
    """Counts in all 3^n bases, `shots` in each, without checks."""
    wires = len(rho).bit_length() - 1
    distributions = by_basis(Povm.pauli(wires).probabilities(rho), wires)
    distributions = np.maximum(distributions, 0.0)
    distributions /= distributions.sum(axis=1, keepdims=True)
    return Counts(dict(zip(_bases(wires), rng.multinomial(shots, distributions), strict=True)))


def choice_of_basis(counts: Counts) -> float:
    """Entropy −Σ s_b ln s_b of the shares s_b of all outcomes that each basis has (nats)."""
    shares = np.array([table.sum() for table in counts.by_basis.values()]) / counts.total
    return float(classical.entropy(shares))


def pauli_outcomes(counts: Counts, povm: Povm | None = None) -> tuple[np.ndarray, Povm]:
    """Counts of shape `(6, …, 6)`, and the measurement with the share that each basis has.

    Args:
        counts: in Pauli bases.
        povm: the actual measurement, with noise; None for `Povm.pauli`.
    """
    n, total = counts.wires, counts.total
    table = np.zeros((3**n, 2**n), dtype=np.int64)
    for basis, row in counts.by_basis.items():
        table[int("".join(str(_LETTERS.index(x)) for x in basis), 3)] = row
    totals = table.sum(axis=1)
    if povm is None:
        povm = Povm.pauli(n)
    elif povm.outcomes != (6,) * n or povm.share is not None:
        but = f"its outcomes are {povm.outcomes}"
        if povm.share is not None:
            but += ", with shares of its own"
        must = f"have six outcomes on each of {n} wires, as Povm.pauli, for Pauli counts"
        raise error("povm", must, but, "effects of X+, X−, Y+, Y−, Z+, Z−, all bases alike")
    if (totals != totals[0]).any():
        share = np.repeat(totals[:, None] * (3**n / total), 2**n, axis=1)
        povm = Povm(povm.sites, by_outcome(share, n))
    return by_outcome(table, n), povm


def _checked_run(names: tuple[str, ...], wires: int, shots: int, memory: float) -> int:
    shots = _checks.outcomes("shots", shots)
    check_pauli(names, wires, shots, _checks.memory_limit(memory))
    return shots


def _bases(wires: int) -> list[str]:
    return ["".join(letters) for letters in itertools.product(_LETTERS, repeat=wires)]


def by_outcome(table: np.ndarray, n: int) -> np.ndarray:
    """(3^n bases, 2^n bits) → (6, …, 6) with the index 2 × letter + bit a wire."""
    order = [axis for wire in range(n) for axis in (wire, n + wire)]
    return np.ascontiguousarray(table.reshape((3,) * n + (2,) * n).transpose(order)).reshape(
        (6,) * n
    )


def by_basis(outcomes: np.ndarray, n: int) -> np.ndarray:
    """(6, …, 6) → (3^n bases, 2^n bits)."""
    order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
    return outcomes.reshape((3, 2) * n).transpose(order).reshape(3**n, 2**n)
