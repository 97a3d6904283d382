"""How kinds of devices differ: seeds, exact values, jobs, wires."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from qce._checks import error
from qce._concrete import shown
from qce.devices.plugins import is_remote


def has_seed(device: Any) -> bool:
    """Whether a device has a random generator that can be set."""
    return isinstance(getattr(_target(device), "_rng", None), np.random.Generator)


def reseed(device: Any, *key: int) -> None:
    """Set the generator of a device from a key of integers; one without stays as it is.

    All PennyLane devices with a seed store their generator under the same name.
    """
    if has_seed(device):
        fresh = np.random.default_rng(key)
        _target(device)._rng.bit_generator.state = fresh.bit_generator.state


def journal_of(device: Any) -> Any:
    """Return the journal of a device's jobs, `None` for one without."""
    return getattr(_target(device), "journal", None)


@contextlib.contextmanager
def untouched(device: Any) -> Iterator[None]:
    """Restore a device's generator and journal after the block: for trials on this machine."""
    target = _target(device)
    drawn = target._rng.bit_generator.state if has_seed(device) else None
    noted = journal_of(device)
    if noted is not None:
        target.journal = type(noted)()
    try:
        yield
    finally:
        if noted is not None:
            target.journal = noted
        if drawn is not None:
            target._rng.bit_generator.state = drawn


def one_shot_number(device: Any) -> bool:
    """Whether all circuits of a batch get as many shots as its first: PennyLane's old interface."""
    from pennylane.devices import LegacyDeviceFacade

    return isinstance(device, LegacyDeviceFacade)


def jobs(device: Any, circuits: int) -> int:
    """The number of jobs for this many circuits sent together."""
    one_each = is_remote(_name(device)) or type(device).__name__ == "RemoteDevice"
    return circuits if one_each else 1


def is_analytic(device: Any) -> bool:
    """Whether a device gives exact values when there are no shots."""
    name = _name(device)
    if name.startswith(("qiskit.remote", "qiskit.basicsim", "ionq", "aqt")):
        return False
    return bool(getattr(_target(device), "_is_state_backend", True))


def check_analytic(device: Any) -> None:
    """Refuse exact values on a device that has only shots."""
    if not is_analytic(device):
        but = f"{_name(device)} gives no exact values"
        raise error("shots", "be a number of outcomes", but, "shots=1000, for example")


def backpropagates(device: Any) -> bool:
    """Whether a device says that its exact probabilities can be differentiated."""
    import pennylane as qml

    config = qml.devices.ExecutionConfig(gradient_method="backprop")
    trial = qml.tape.QuantumScript([qml.RX(0.1, wires=0)], [qml.probs(wires=[0])])
    asked = getattr(device, "supports_derivatives", None)
    return asked is not None and is_analytic(device) and bool(asked(config, trial))


def check_backprop(device: Any) -> None:
    """Refuse backpropagation where a device has none."""
    if not backpropagates(device):
        must = "be shifts or adjoint where a device cannot be differentiated"
        raise error("gradient", must, f"{_name(device)} cannot", "gradient=shifts")


def check_adjoint(device: Any) -> None:
    """Refuse adjoint derivatives of a large diagonal observable where a device has none."""
    import pennylane as qml
    from scipy.sparse import csr_matrix

    remedy = '"lightning.qubit gradient=adjoint", or gradient=shifts'
    if _name(device) == "default.qubit":
        must, but = "be shifts on default.qubit", "it makes a dense matrix of the costs there"
        raise error("gradient", must, but, remedy)
    config = qml.devices.ExecutionConfig(gradient_method="adjoint")
    costs = qml.SparseHamiltonian(csr_matrix(np.eye(2)), wires=[0])
    trial = qml.tape.QuantumScript([qml.RX(0.1, wires=0)], [qml.expval(costs)])
    if not device.supports_derivatives(config, trial):
        must = "be shifts where a device has no adjoint derivatives"
        raise error("gradient", must, f"{_name(device)} has none", remedy)


def check_readable(device: Any) -> None:
    """Refuse readout calibration where the qubits that a circuit uses are not known."""
    if getattr(_target(device), "compile_backend", None) and not hasattr(device, "on"):
        must = "be false where a plugin chooses the qubits for each circuit anew"
        but = f"{_name(device)} with the noise of a backend does"
        raise error("readout", must, but, '"qiskit.remote backend=..." for the device')


def measured_qubits(device: Any, circuit: Any) -> tuple[int, ...]:
    """Return the qubits that a circuit measures: its wires, unless it is compiled."""
    if hasattr(device, "measured_qubits"):
        return device.measured_qubits(circuit)
    return tuple(range(len(circuit.wires)))


def pinned(device: Any, qubits: tuple[int, ...]) -> Any:
    """Return a device whose wires are on these qubits."""
    return device.on(qubits) if hasattr(device, "on") else device


def check_open(device: Any, wires: int) -> None:
    """Refuse an object that is no PennyLane device, has too few wires, or has its own shots."""
    import pennylane as qml

    if not isinstance(device, (qml.devices.Device, qml.devices.LegacyDevice)):
        remedy = '"default.qubit", or a device of PennyLane\'s'
        but = f"it is {shown(device)}"
        raise error("device", "be a device or its name", but, remedy, TypeError)
    check_wires(device, wires)
    if device.shots:
        number = getattr(device.shots, "total_shots", device.shots)
        but = f"it has {number}, which would be passed over"
        remedy = f"a device without shots, and shots={number} where outcomes are asked for"
        raise error("device", "hold no shots", but, remedy)


def check_wires(device: Any, wires: int) -> None:
    """Refuse a device with fewer wires than are measured."""
    if device.wires and not set(range(wires)) <= set(device.wires):
        must = f"have the wires 0 to {wires - 1}"
        but = f"{_name(device)} has {device.wires.tolist()}"
        raise error("device", must, but, f"a device with wires={wires}")


def _name(device: Any) -> str:
    return str(getattr(_target(device), "short_name", None) or device.name)


def _target(device: Any) -> Any:
    """The device inside PennyLane's facade of an old device."""
    return getattr(device, "target_device", device)
