"""Open a PennyLane device from one line of text."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from qce._checks import error


def open(text: str, wires: int, **options: Any) -> Any:
    """Return a PennyLane device.

    Fails before anything is computed where no such device is installed.

    Args:
        text: PennyLane's name of the device, such as `"default.qubit"` or `"lightning.qubit"`.
        wires: number of wires.
        **options: what that device takes, such as `seed=`. Shots belong to the circuit.

    Returns:
        A device.

    Raises:
        ValueError: no device of that name is installed.

    Example:
        >>> open("default.qubit", wires=2).name
        'default.qubit'
    """
    if text not in (names := installed()):
        must = f"name an installed device ({', '.join(names)})"
        remedy = "one of these, or install the plugin that brings it"
        raise error("text", must, f"it is {text!r}", remedy)
    import pennylane as qml

    return qml.device(text, wires=wires, **options)


def installed() -> list[str]:
    """Return the names of all installed devices, in alphabetical order."""
    return sorted({entry.name for entry in entry_points(group="pennylane.plugins")})
