"""Outcome frequencies of circuits on a device, and their pull-back by the parameter-shift rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml

from qce import devices
from qce._checks import error

Array = Any
Queue = Callable[[Array], None]
Pullback = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Machine:
    """A device that runs `params → outcome frequencies` for circuits on all its wires.

    Args:
        device: PennyLane device.
        wires: number of wires measured.
    """

    device: Any
    wires: int

    def frequencies(self, queue: Queue, params: Array, shots: int | None) -> np.ndarray:
        """Return the relative frequencies of all outcomes, shape `(2^n,)`; exact without shots."""
        return np.asarray(self._node(queue, shots)(params), dtype=float)

    def vjp(self, queue: Queue, params: Array, shots: int | None) -> tuple[np.ndarray, Pullback]:
        """Return the frequencies and the map `c ↦ Σ_x c_x ∂p(x)/∂params` by parameter shifts.

        Every shifted circuit takes `shots` outcomes of its own, so the gradient is unbiased and
        independent of the value.
        """
        from autograd.core import make_vjp

        pullback, law = make_vjp(self._node(queue, shots), qml.numpy.array(params))
        return np.asarray(law._value if hasattr(law, "_value") else law), pullback

    def _node(self, queue: Queue, shots: int | None) -> Any:
        @qml.qnode(self.device, interface="autograd", diff_method="parameter-shift")
        def node(params: Array) -> Any:
            queue(params)
            return qml.probs(wires=range(self.wires))

        return node if shots is None else qml.set_shots(node, shots)


def open_machine(device: Any, wires: int, seed: int | None) -> Machine:
    """Open a device by name, seeded; a device that is open already is taken as it is."""
    if device is not None and not isinstance(device, str):
        return Machine(device, wires)
    options = {} if seed is None else {"seed": seed}
    return Machine(devices.open(device or "default.qubit", wires, **options), wires)


def check_shots(shots: int | None) -> None:
    """A standard error needs two outcomes."""
    if shots is not None and (not isinstance(shots, (int, np.integer)) or shots < 2):
        raise error("shots", "be an integer from 2 on", f"it is {shots!r}", "None for exact values")
