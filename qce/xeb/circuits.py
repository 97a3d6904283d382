"""Random circuits on PennyLane, their ideal probabilities, and outcomes with noise.

Noise whose Kraus operators are multiples of unitaries (Pauli, depolarising, flips) is drawn for
each shot, and all shots run as one batch of pure states. Outcomes have exactly the noisy
distribution, at a cost of 2^n a shot instead of 4^n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qce import _checks, devices
from qce._checks import error
from qce._concrete import called
from qce.devices import kinds
from qce.typing import Device

Queue = Callable[[], None]

_BATCH = 0.25  # GiB of kets that are worth running at once
_ANGLES = 8 * 5  # bytes for those of one gate, with what they are made of
_OUTCOME = 8 * 4  # bytes for a bit of an outcome: to draw, sort and count it
_COPIES = 4  # of a state that a simulator holds while it applies a gate


def random_circuit(wires: int, depth: int, seed: int | np.random.Generator) -> Queue:
    """Return a random circuit: `depth` times Haar-random gates on all wires, then CZ on neighbours.

    CZ gates alternate between even and odd bonds; Haar-random gates end it.

    Args:
        wires: Number of wires n, in a chain.
        depth: Number of layers with CZ gates.
        seed: Seed, or a `numpy.random.Generator`.

    Returns:
        Function without arguments that queues the operations on wires 0 … n − 1.

    Raises:
        ValueError: If n < 1 or depth < 0.

    Example:
        >>> import pennylane as qml
        >>> tape = qml.tape.make_qscript(random_circuit(4, 2, seed=1))()
        >>> [op.name for op in tape.operations].count("CZ")
        3
    """
    wires = _checks.integer("wires", wires, "a number", least=1)
    depth = _checks.integer("depth", depth, "a number", least=0)
    rng = _checks.rng("seed", seed)
    what = f"{depth} layers on {wires} wires"
    _checks.memory(("wires", "depth"), what, _ANGLES * (depth + 1.0) * wires, None, "fewer")
    # Haar measure in Euler angles: two uniform ones, and cos θ uniform.
    shape = (depth + 1, wires)
    first, last = rng.uniform(0, 2 * np.pi, size=(2, *shape))
    middle = np.arccos(rng.uniform(-1, 1, size=shape))

    def queue() -> None:
        import pennylane as qml

        for layer in range(depth + 1):
            for wire in range(wires):
                angles = (x[layer, wire] for x in (first, middle, last))
                qml.Rot(*angles, wires=wire)
            if layer < depth:
                for wire in range(layer % 2, wires - 1, 2):
                    qml.CZ(wires=[wire, wire + 1])

    return queue


def measure(
    circuit: Queue,
    wires: int,
    *,
    shots: int,
    noise: Any = None,
    device: str | Device = "default.qubit",
    seed: int | None = None,
    memory: float = 4.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ideal probabilities of a circuit, and the counts of a run.

    Args:
        circuit: Function without arguments that queues or returns the operations; a QNode is taken
            by its quantum function.
        wires: Number of wires n.
        shots: Number of outcomes.
        noise: `qml.NoiseModel`, drawn shot by shot; on the device "default.mixed" any noise, else
            noise of unitaries. None if the device has its own noise, or for none.
        device: PennyLane device, or its name.
        seed: Of noise and outcomes, for a device opened by name.
        memory: GiB that the simulation may use.

    Returns:
        Probabilities `(2^n,)` of the circuit without noise, by simulation, and counts `(2^n,)`.

    Raises:
        ValueError: If there are no shots, no such device, too many wires for the memory, or the
            noise is not made of unitaries.

    Example:
        >>> ideal, counts = measure(random_circuit(3, 4, seed=1), 3, shots=100, seed=2)
        >>> ideal.shape, counts.sum().item()
        ((8,), 100)
    """
    import pennylane as qml

    from qce.circuits.recording import recorded

    shots = _checks.outcomes("shots", shots)
    wires = _checks.integer("wires", wires, "the number of wires", least=1)
    memory = _checks.memory_limit(memory)
    rng = _checks.rng("seed", seed)
    _check_noise(noise)
    with called(text="device"):
        name = devices.read(device)[0] if isinstance(device, str) else getattr(device, "name", "")
    mixed = name == "default.mixed"
    _check_memory(wires, shots, mixed, memory)
    if not isinstance(device, str):
        kinds.check_open(device, wires)
    script = qml.tape.QuantumScript(recorded("circuit", circuit, wires))
    if isinstance(device, str):
        options = {} if seed is None else {"seed": int(rng.integers(2**31))}
        with called(text="device", options="device"):
            device = devices.open(device, wires, **options)
    ideal = np.asarray(_node(qml.device("default.qubit", wires=wires), script, qml.probs, wires)())
    if noise is not None:
        (script,), _ = qml.add_noise(script, noise)
    if noise is None or mixed:
        node = qml.set_shots(_node(device, script, qml.sample, wires), int(shots))
        return ideal, _count(np.asarray(node()), wires)
    counts = np.zeros(2**wires, dtype=np.int64)
    most = max(1, int(min(memory, _BATCH) * 2**30 / _ket(wires)))
    for start in range(0, shots, most):
        drawn = _drawn(script, min(most, shots - start), rng)
        node = qml.set_shots(_node(device, drawn, qml.sample, wires), 1)
        counts += _count(np.asarray(node()), wires)
    return ideal, counts


def _node(device: Any, script: Any, measurement: Any, wires: int) -> Any:
    import pennylane as qml

    @qml.qnode(device, diff_method=None)
    def node() -> Any:
        for operation in script.operations:
            qml.apply(operation)
        return measurement(wires=range(wires))

    return node


def _drawn(script: Any, shots: int, rng: np.random.Generator) -> Any:
    """The circuit with one draw of every channel for each shot, as a batch of unitaries."""
    import pennylane as qml

    operations = []
    for operation in script.operations:
        if isinstance(operation, qml.operation.Channel):
            unitaries, weights = _mixture(operation)
            draws = unitaries[rng.choice(len(weights), size=shots, p=weights)]
            operations.append(qml.QubitUnitary(draws, wires=operation.wires))
        else:
            operations.append(operation)
    return qml.tape.QuantumScript(operations)


def _mixture(channel: Any) -> tuple[np.ndarray, np.ndarray]:
    """Unitaries and their probabilities; refuses channels that are no mixture of unitaries."""
    kraus = np.stack([np.asarray(k, dtype=complex) for k in channel.kraus_matrices()])
    weights = np.einsum("kij,kij->k", kraus.conj(), kraus).real / kraus.shape[1]
    kraus, weights = kraus[weights > 0], weights[weights > 0]
    unitaries = kraus / np.sqrt(weights)[:, None, None]
    products = np.einsum("kji,kjl->kil", unitaries.conj(), unitaries)
    if np.abs(products - np.eye(kraus.shape[1])).max() > _checks.tolerance(float):
        but = f"{channel.name} is not a mixture of unitaries"
        raise error("noise", "be made of unitaries", but, 'device="default.mixed" for other noise')
    return unitaries, weights / weights.sum()


def _check_noise(noise: Any) -> None:
    if noise is None:
        return
    import pennylane as qml

    _checks.instance("noise", noise, qml.NoiseModel, 'qce.devices.noise_model("depolarizing:0.01")')


def _check_memory(wires: int, shots: int, mixed: bool, memory: float) -> None:
    states = _ket(2.0 * wires if mixed else wires)
    _checks.memory("wires", f"states of {wires} wires", states, memory, "fewer wires")
    what = f"{shots} outcomes of {wires} wires"
    _checks.memory(("shots", "wires"), what, _OUTCOME * shots * wires, memory, "fewer")


def _ket(wires: float) -> float:
    """Bytes for one ket."""
    return 16 * _COPIES * _checks.power(2, wires)


def _count(samples: np.ndarray, wires: int) -> np.ndarray:
    bits = samples.reshape(-1, wires).astype(int)
    return np.bincount(bits @ (1 << np.arange(wires)[::-1]), minlength=2**wires)
