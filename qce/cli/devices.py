"""`qce devices`: what is installed, what it can do, and what is missing for the rest.

What a device can do is tried on one wire, not looked up: few devices declare it. Devices that are
reached through an account are named and left alone, so that no key is read.
"""

import argparse
import json
import math
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from qce import _process

_EXAMPLES = """examples:
  qce devices
  qce devices --json

analytic: exact values; shots: samples; batch: parameters with a batch axis; mixed: density
matrices; gradients: the ways besides shots and parameter shifts.
"""

# Simulators on this machine, by the beginnings of their names.
_LOCAL = ("default.", "reference.", "lightning.", "null.", "cirq.simulator", "cirq.mixedsimulator",
          "qiskit.aer", "qiskit.basicsim", "braket.local.", "qulacs.")  # fmt: skip

_OTHER = ("default.qutrit", "default.gaussian")  # of other things than qubits

# Package, the devices it brings, and what else they need.
_PLUGINS = {
    "pennylane-qiskit": ("qiskit.aer, qiskit.basicsim, qiskit.remote", "remote: an IBM account"),
    "amazon-braket-pennylane-plugin": (
        "braket.local.qubit, braket.aws.qubit",
        "aws: an AWS account",
    ),
    "pennylane-cirq": ("cirq.simulator, cirq.mixedsimulator", ""),
    "pennylane-ionq": ("ionq.simulator, ionq.qpu", "an IonQ account"),
    "pennylane-aqt": ("aqt.sim, aqt.noisy_sim", "an AQT account"),
}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "devices",
        help="list devices: what they can do, and what is missing for others",
        description="List the installed PennyLane devices and what each can do on this machine.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    parser.set_defaults(command=devices)


def devices(options: argparse.Namespace) -> int:
    """Print what is installed and what is missing."""
    _process.limit_threads()
    from qce.runs.table import from_rows

    found = sorted(entry_points(group="pennylane.plugins"), key=lambda entry: entry.name)
    rows = [_row(entry) for entry in found]
    packages = {row["package"] for row in rows}
    missing = [
        {"package": package, "devices": brings, "needs": needs}
        for package, (brings, needs) in _PLUGINS.items()
        if package not in packages
    ]
    if options.json:
        print(json.dumps({"installed": rows, "missing": missing}, indent=2))
        return 0
    print(from_rows(rows))
    if missing:
        print(f"\nnot installed (pip install PACKAGE)\n{from_rows(missing)}")
    return 0


def _row(entry: EntryPoint) -> dict[str, Any]:
    package = entry.dist.name.lower().replace("_", "-") if entry.dist else ""
    row: dict[str, Any] = {"device": entry.name, "package": package}
    row["version"] = entry.dist.version if entry.dist else ""
    if entry.name.startswith(_LOCAL):
        return {**row, **_abilities(entry.name)}
    return {**row, "remark": "not tried: it may need an account"}


def _abilities(name: str) -> dict[str, Any]:
    """Try a device on one wire, where ⟨Z⟩ after RX(θ) is cos θ."""
    import pennylane as qml

    if name.startswith(_OTHER):
        return {"remark": "not one of qubits"}
    try:
        device = qml.device(name, wires=1)
    except Exception as problem:  # plugins raise what they like where a package is missing
        return {"remark": str(problem).strip().splitlines()[-1]}
    angle = qml.numpy.array(0.3, requires_grad=True)
    expectation = _circuit(device, lambda: qml.expval(qml.Z(0)))
    shots = qml.set_shots(_circuit(device, lambda: qml.probs(wires=0)), shots=4)
    mixed = _circuit(device, lambda: qml.density_matrix(wires=0))
    batch = qml.numpy.array([0.1, 0.2])

    def slope(way: str) -> Any:
        return qml.grad(expectation.update(diff_method=way))(angle)

    ways = [w for w in ("backprop", "adjoint", "device") if _gives(slope, w, -math.sin(angle))]
    return {
        "analytic": _gives(expectation, angle, math.cos(angle)),
        "shots": _gives(lambda x: sum(shots(x)), angle, 1),
        "batch": _gives(expectation, batch, [math.cos(x) for x in batch]),
        "mixed": _gives(lambda x: mixed(x)[0, 0], angle, math.cos(angle / 2) ** 2),
        "gradients": ", ".join(ways) or "none",
    }


def _circuit(device: Any, measure: Callable[[], Any]) -> Any:
    import pennylane as qml

    def circuit(angle: Any) -> Any:
        qml.RX(angle, wires=0)
        return measure()

    return qml.QNode(circuit, device)


def _gives(attempt: Callable[[Any], Any], argument: Any, expected: Any) -> bool:
    """Whether an attempt comes back, and with the right value: in single precision, some do."""
    import numpy as np

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(np.allclose(attempt(argument), expected, rtol=0, atol=1e-6))
    except Exception:  # whatever a plugin raises, it cannot
        return False
