"""An objective as optimisers ask it: traced on simulators, circuit by circuit on devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pennylane as qml

from qce.objectives import Objective
from qce.training import geometry
from qce.training.interface import Oracle

Array = Any
Overlaps = Callable[[Array, Array, Array], Array]


def simulated(objective: Objective) -> Oracle:
    """The questions as JAX traces them."""
    assert objective.evaluate is not None
    with_slope = jax.value_and_grad(objective.evaluate, has_aux=True)

    def gradient(params: Array) -> tuple[Array, Array, Array]:
        (value, stderr), slope = with_slope(params)
        return value, stderr, slope

    return Oracle(objective.evaluate, gradient, _simulated_overlaps(objective))


def measured(objective: Objective) -> Oracle:
    """The questions as circuits answer them."""
    measure = objective.measure
    assert measure is not None

    def value(params: Array) -> tuple[float, float]:
        value, stderr, *_ = measure(np.asarray(params), False)
        return value, stderr

    def gradient(params: Array) -> tuple[float, float, Any]:
        value, stderr, slope, *_ = measure(np.asarray(params), True)
        return value, stderr, slope

    overlaps = _simulated_overlaps if objective.machine is None else _measured_overlaps
    return Oracle(value, gradient, overlaps(objective))


def _simulated_overlaps(objective: Objective) -> Overlaps:
    model = objective.model

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        x = geometry.drawn_state(model, params, key)
        return jax.vmap(lambda other: geometry.overlap(model, params, other, x))(others)

    return overlaps


def _measured_overlaps(objective: Objective) -> Overlaps:
    """Prepare |x⟩, apply U(φ'), then U(φ)†: the share of outcomes x. All go out together."""
    model, machine = objective.model, objective.machine
    assert machine is not None
    circuit = model.circuit

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        x = int(geometry.drawn_state(model, params, key))
        bits = (x >> np.arange(circuit.wires)[::-1]) & 1
        back = np.asarray(geometry.angles(model, params))

        def queue(there: Array) -> None:
            qml.BasisState(bits, wires=range(circuit.wires))
            circuit.queue(there)
            qml.adjoint(circuit.queue)(back)

        there = np.stack([np.asarray(geometry.angles(model, other)) for other in others])
        return machine.frequencies(queue, there, objective.shots)[:, x]

    return overlaps
