"""Known PennyLane plugins: their devices, and what they need."""

from __future__ import annotations

from typing import NamedTuple


class Plugin(NamedTuple):
    """A package that brings devices.

    Args:
        package: name of the package.
        devices: their names, or prefixes of these.
        install: argument of `pip install`.
        needs: an account, where one is needed; empty where none is.
        remote: beginnings of the names of devices that are reached through the account.
    """

    package: str
    devices: tuple[str, ...]
    install: str
    needs: str = ""
    remote: tuple[str, ...] = ()


PLUGINS = (
    Plugin(
        "pennylane-qiskit",
        ("qiskit.aer", "qiskit.basicsim", "qiskit.remote"),
        "'qce[qiskit]'",
        "an IBM account for real backends; fake ones need none",
    ),
    Plugin(
        "amazon-braket-pennylane-plugin",
        ("braket.local.qubit", "braket.aws.qubit", "braket.aws.ahs", "braket.local.ahs"),
        "'qce[braket]'",
        "an AWS account for braket.aws; braket.local needs none",
        ("braket.aws",),
    ),
    Plugin(
        "pennylane-cirq",
        ("cirq.simulator", "cirq.mixedsimulator"),
        "pennylane-cirq",
    ),
    Plugin("pennylane-qulacs", ("qulacs.simulator",), "pennylane-qulacs qulacs"),
    Plugin(
        "pennylane-ionq",
        ("ionq.simulator", "ionq.qpu"),
        "pennylane-ionq",
        "an IonQ account",
        ("ionq",),
    ),
    Plugin(
        "pennylane-aqt",
        ("aqt.sim", "aqt.noisy_sim"),
        "pennylane-aqt",
        "an AQT account",
        ("aqt",),
    ),
)

# By prefixes of their names; `qiskit.remote` counts as local with a fake backend.
_SIMULATORS = ("default.", "reference.", "lightning.", "null.", "cirq.simulator",
               "cirq.mixedsimulator", "qiskit.aer", "qiskit.basic", "qiskit.remote",
               "braket.local.", "qulacs.")  # fmt: skip


def plugin_of(name: str) -> Plugin | None:
    """Return the known plugin that brings a device."""
    return next((p for p in PLUGINS if name in p.devices), None)


def is_remote(name: str) -> bool:
    """Whether a device is reached through an account, each circuit a task of its own."""
    return name.startswith(tuple(start for p in PLUGINS for start in p.remote))


def is_local(name: str) -> bool:
    """Whether a device is known to be a simulator on this machine."""
    return name.startswith(_SIMULATORS)
