"""Abilities of devices, tested on one wire, since few devices declare them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import numpy as np

from qce.devices.opening import open, takes_seed
from qce.devices.plugins import PLUGINS, is_local, is_remote, plugin_of

_ABILITIES = ("analytic", "shots", "batch", "mixed", "seed", "gradients")

_OTHER = ("default.qutrit", "default.gaussian", "braket.aws.ahs", "braket.local.ahs")

# Texts to try where the name alone opens nothing, or only one of two simulators.
_TRIALS = {
    "qiskit.remote": ("qiskit.remote backend=aer",),
    "qiskit.aer": ("qiskit.aer", "qiskit.aer method=statevector"),
    "braket.local.qubit": ("braket.local.qubit", "braket.local.qubit backend=braket_dm"),
}


def survey() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return one row for each device that is installed, and one for each plugin that is missing.

    Devices that need an account are listed but not opened, so that no key is read.

    Returns:
        Rows with device, package, version, abilities and a remark, `None` for what is not known;
        and rows with package, devices, the argument of `pip install`, and what else is needed.
    """
    found = sorted(entry_points(group="pennylane.plugins"), key=lambda entry: entry.name)
    rows = [row for entry in found for row in _rows(entry)]
    packages = {row["package"] for row in rows}
    missing = [
        {
            "package": plugin.package,
            "devices": ", ".join(plugin.devices),
            "pip install": plugin.install,
            "needs": plugin.needs or "nothing else",
        }
        for plugin in PLUGINS
        if plugin.package not in packages
    ]
    return rows, missing


def processors() -> list[dict[str, Any]]:
    """Return one row for each processor on which JAX runs compiled programs, the default first.

    Returns:
        Rows with the platform (`cpu`, `gpu`, `tpu`), JAX's number of it, its kind, its memory in
        GiB where JAX reports it, and the version of JAX.

    Example:
        >>> sorted(processors()[0])
        ['device', 'jax', 'kind', 'memory', 'platform']
    """
    import jax

    return [
        {
            "platform": device.platform,
            "device": str(device),
            "kind": device.device_kind,
            "memory": _memory(device),
            "jax": jax.__version__,
        }
        for device in jax.devices()
    ]


def _memory(device: Any) -> float | None:
    """GiB that JAX may use on a processor; None where it is not reported."""
    limit = (device.memory_stats() or {}).get("bytes_limit")
    return None if limit is None else round(limit / 2**30, 1)


def _rows(entry: EntryPoint) -> list[dict[str, Any]]:
    package = entry.dist.name.lower().replace("_", "-") if entry.dist else ""
    version = entry.dist.version if entry.dist else ""

    def row(text: str, found: dict[str, Any]) -> dict[str, Any]:
        unknown = dict.fromkeys((*_ABILITIES, "remark"))
        return {"device": text, "package": package, "version": version, **unknown, **found}

    name = entry.name
    if is_remote(name) or not is_local(name):
        plugin = plugin_of(name)
        needs = plugin.needs.partition(" for ")[0] if plugin else "perhaps an account"
        return [row(name, {"remark": f"not tried: needs {needs}"})]
    if name.startswith(_OTHER):
        return [row(name, {"remark": "not one of qubits"})]
    return [row(text, abilities(text)) for text in _TRIALS.get(name, (name,))]


def abilities(text: str) -> dict[str, Any]:
    """Return the abilities of a device, tested by ⟨Z⟩ = cos θ after RX(θ) on one wire.

    Args:
        text: the device, as `qce.devices.open` takes it.

    Returns:
        Truth values of `analytic` (exact values), `shots`, `batch` (a batch axis of parameters),
        `mixed` (density matrices) and `seed`, and `gradients`: methods other than parameter shifts.
        Only a `remark` where it does not open.

    Example:
        >>> abilities("default.qubit")["gradients"]
        'backprop, adjoint'
    """
    import pennylane as qml

    try:
        device = open(text, wires=1)
    except Exception as problem:  # plugins raise what they like where a package is missing
        cause = str(problem.__cause__ or problem).strip()
        return {"remark": cause.splitlines()[-1] if cause else type(problem).__name__}
    angle = qml.numpy.array(0.3, requires_grad=True)
    expectation = _circuit(device, lambda: qml.expval(qml.Z(0)))
    sampled = qml.set_shots(_circuit(device, lambda: qml.probs(wires=0)), shots=4)
    mixed = _circuit(device, lambda: qml.density_matrix(wires=0))
    # Angles with certain outcomes, so that devices with shots can be tested too.
    certain = qml.numpy.array([0.0, math.pi])

    def slope(way: str) -> Any:
        return qml.grad(expectation.update(diff_method=way))(angle)

    ways = [w for w in ("backprop", "adjoint", "device") if _gives(slope, w, -math.sin(angle))]
    return {
        "analytic": _gives(expectation, angle, math.cos(angle)),
        "shots": _gives(sampled, certain[1], [0, 1]),
        "batch": _gives(sampled, certain, np.eye(2)),
        "mixed": _gives(lambda x: mixed(x)[0, 0], angle, math.cos(angle / 2) ** 2),
        "seed": takes_seed(text),
        "gradients": ", ".join(ways) or "none",
    }


def _circuit(device: Any, measure: Callable[[], Any]) -> Any:
    import pennylane as qml

    def circuit(angle: Any) -> Any:
        qml.RX(angle, wires=0)
        return measure()

    return qml.QNode(circuit, device)


def _gives(attempt: Callable[[Any], Any], argument: Any, expected: Any) -> bool:
    """Whether an attempt returns the right value, to single precision, which some devices use."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(attempt(argument), dtype=complex)
            return bool(np.allclose(found, expected, rtol=0, atol=1e-6))
    except Exception:  # a plugin may raise anything
        return False
