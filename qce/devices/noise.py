"""Noise by name: a channel on every wire of every gate, and readout errors."""

from __future__ import annotations

from typing import Any

from qce._checks import error

# Name, PennyLane's channel, and the meaning of its number.
_CHANNELS = {
    "depolarizing": "DepolarizingChannel",
    "bitflip": "BitFlip",
    "phaseflip": "PhaseFlip",
    "amplitude_damping": "AmplitudeDamping",
    "phase_damping": "PhaseDamping",
}


def noise_model(text: Any) -> Any:
    """Return PennyLane's noise model for a name.

    Args:
        text: `"depolarizing:0.01"`; also `bitflip`, `phaseflip`, `amplitude_damping`,
            `phase_damping`, each with the parameter of the PennyLane channel of that name, which
            follows every gate on each of its wires, and `readout:p`, which flips each outcome with
            probability p. Several are joined by commas. A `qml.NoiseModel` is returned as it is.

    Returns:
        A `qml.NoiseModel`.

    Raises:
        ValueError: there is no noise of that name, or its number is not from 0 to 1.

    Example:
        >>> noise_model("depolarizing:0.01,readout:0.02").meas_map != {}
        True
    """
    import pennylane as qml

    if isinstance(text, qml.NoiseModel):
        return text
    gates, readings = {}, {}
    for word in str(text).split(","):
        name, _, number = word.partition(":")
        strength = _strength(word, name, number)
        if name == "readout":
            readings[qml.BooleanFn(lambda process: True)] = _flips(strength)
        else:
            # One condition for each: equal ones would replace each other.
            gates[qml.BooleanFn(_is_gate)] = _after(getattr(qml, _CHANNELS[name]), strength)
    return qml.NoiseModel(gates, meas_map=readings)


def _is_gate(operation: Any) -> bool:
    import pennylane as qml

    return not isinstance(operation, (qml.operation.StatePrepBase, qml.operation.Channel))


def _after(channel: Any, strength: float) -> Any:
    def noise(operation: Any, **kwargs: Any) -> None:
        for wire in operation.wires:
            channel(strength, wires=wire)

    return noise


def _flips(strength: float) -> Any:
    import pennylane as qml

    def noise(process: Any, **kwargs: Any) -> None:
        for wire in process.wires:
            qml.BitFlip(strength, wires=wire)

    return noise


def _strength(word: str, name: str, number: str) -> float:
    names = (*_CHANNELS, "readout")
    if name not in names:
        must = f"be NAME:NUMBER with one of {', '.join(names)}"
        raise error("text", must, f"it is {word!r}", "noise=depolarizing:0.01, for example")
    try:
        strength = float(number)
    except ValueError:
        strength = float("nan")
    if not 0 <= strength <= 1:
        must = "have a number from 0 to 1 after the colon"
        raise error("text", must, f"it is {word!r}", f"noise={name}:0.01, for example")
    return strength
