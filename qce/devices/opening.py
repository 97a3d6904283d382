"""Open a PennyLane device from one line of text."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.devices.noise import noise_model
from qce.devices.plugins import plugin_of
from qce.devices.text import read
from qce.errors import ArgumentError

# Options for `qce.objectives`, which concern the use of outcomes and not the device.
HANDLING = frozenset({"attempts", "readout", "zne", "calibration_shots", "gradient"})


def open(text: str, wires: int, *, seed: int | None = None, **options: Any) -> Any:
    """Return a PennyLane device.

    If the device is not available, this fails before anything is computed or sent.

    Args:
        text: PennyLane's name of the device, then options: `"default.qubit"`,
            `"default.mixed noise=depolarizing:0.01"`, `"qiskit.remote backend=FakeManilaV2"`.
        wires: number of wires.
        seed: of the outcomes. Two jobs of one device draw different ones.
        **options: other arguments of the device, which override those in the text. `noise` is a
            text for `noise_model` or a `qml.NoiseModel` on "default.mixed", and a backend whose
            noise is used on "qiskit.aer". `backend` on "qiskit.remote" is a fake backend, "aer",
            "least_busy" or the name of a real one; `journal` there is a file for the identifiers of
            jobs, so that a resumed run fetches results of jobs sent before. Shots belong to the
            circuit.

    Returns:
        A device. Circuits that are executed together on "qiskit.remote" are sent as one job.

    Raises:
        ValueError: no device of that name is installed, it has too few wires or no seed, there is
            no such noise or backend, or no account for it.
        TypeError: an option that the device does not take.

    Example:
        >>> open("default.qubit", wires=2).name
        'default.qubit'
    """
    name, written = read(text)
    _check_installed(name)
    wires = _checks.integer("wires", wires, "wires=2, for example", least=1)
    seed = _checks.seed("seed", seed)
    options = {**written, **options}
    if handling := sorted(HANDLING & set(options)):
        must = "be what a device takes"
        but = f"{handling[0]} is for the objective that runs on it"
        remedy = "the whole text as `device` to an objective"
        raise error("options", must, but, remedy)
    if "shots" in options:
        but = f"{name} was given some"
        raise error("options", "hold no shots", but, "shots= to what is measured, not the device")
    if name in ("qiskit.remote", "qiskit.aer"):
        from qce.devices import _qiskit

        make = _qiskit.remote if name == "qiskit.remote" else _qiskit.aer
        return _tried(name, make, int(wires), seed, options)
    return _tried(name, _pennylane(name), int(wires), seed, options)


def installed() -> list[str]:
    """Return the names of all installed devices, in alphabetical order."""
    return sorted({entry.name for entry in entry_points(group="pennylane.plugins")})


def takes_seed(text: str) -> bool:
    """Whether a device that is installed can be given a seed."""
    name, _ = read(text)
    _check_installed(name)
    if name in ("qiskit.remote", "qiskit.aer"):
        return True
    (entry, *_) = entry_points(group="pennylane.plugins", name=name)
    return "seed" in signature(entry.load()).parameters


def _pennylane(name: str) -> Any:
    def make(wires: int, seed: int | None, options: dict[str, Any]) -> Any:
        import pennylane as qml

        noise = options.pop("noise", None)
        if seed is not None:
            if not takes_seed(name):
                raise error("seed", "be None for this device", f"{name} takes none", "seed=None")
            options["seed"] = seed
        device = qml.device(name, wires=wires, **options)
        if noise is None:
            return device
        if name != "default.mixed" and options.get("backend") != "braket_dm":
            but = f"{name} has no density matrices"
            remedy = '"default.mixed", "braket.local.qubit backend=braket_dm" or "qiskit.aer"'
            raise error("noise", "be for a device of density matrices", but, remedy)
        with called(text="noise"):
            model = noise_model(noise)
        return qml.noise.add_noise(device, model)

    return make


def _tried(name: str, make: Any, wires: int, seed: int | None, options: dict[str, Any]) -> Any:
    """Open a device; errors of plugins are raised in one line and with a remedy."""
    given = ", ".join(options) or "none"
    try:
        return make(wires, seed, dict(options))
    except ArgumentError:
        raise
    except TypeError as problem:
        must = f"be what {name} takes"
        remedy = f"options from its documentation, {given} were given"
        raise error("options", must, _line(problem), remedy, TypeError) from problem
    except Exception as problem:
        plugin = plugin_of(name)
        needs = f"another one, or what it needs ({plugin.needs})" if plugin and plugin.needs else ""
        but = f"{name} does not: {_line(problem)}"
        raise error("text", "name a device that opens", but, needs or "another one") from problem


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".") or type(problem).__name__


def _check_installed(name: str) -> None:
    if name in (names := installed()):
        return
    if plugin := plugin_of(name):
        but = f"{name!r} comes with {plugin.package}, which is not installed"
        remedy = f"it again after `pip install {plugin.install}`"
        raise error("text", "name an installed device", but, remedy)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names
    known = ", ".join(near)
    remedy = f"one of {known}; `qce devices` lists all"
    raise error("text", "name an installed device", f"it is {name!r}", remedy)
