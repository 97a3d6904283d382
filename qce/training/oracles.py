"""An objective as optimisers ask it: traced on simulators, circuit by circuit on devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
from jax import Array

from qce._wires import bits_of
from qce.objectives import Objective
from qce.objectives.objective import Evaluate, Measurement
from qce.training.interface import Oracle, Points

Overlaps = Callable[[Array, Array, Array], Array]


def simulated(objective: Objective) -> Oracle:
    """The questions as JAX traces them."""
    assert objective.evaluate is not None
    return of_loss(objective.evaluate, _simulated_overlaps(objective))


def of_loss(evaluate: Evaluate, overlaps: Overlaps) -> Oracle:
    """The questions to a loss that JAX traces."""
    with_slope = jax.value_and_grad(evaluate, has_aux=True)

    def values(points: Points) -> list[tuple[Array, Array]]:
        return [evaluate(params) for params in points]

    def gradients(points: Points) -> list[tuple[Array, Array, Array]]:
        found = [with_slope(params) for params in points]
        return [(value, stderr, slope) for (value, stderr), slope in found]

    return Oracle(values, gradients, overlaps)


def measured(objective: Objective, note: Callable[[str], Any] = lambda bias: None) -> Oracle:
    """The questions as circuits answer them.

    Args:
        objective: What is measured.
        note: Is told of the bias of each evaluation.
    """
    measure = objective.measure
    assert measure is not None

    def ask(points: Points, with_gradient: bool) -> list[Measurement]:
        found = measure([np.asarray(params) for params in points], with_gradient)
        for each in found:
            note(objective.measured(each).bias)
        return found

    def values(points: Points) -> list[tuple[float, float]]:
        return [(found.value, found.stderr) for found in ask(points, False)]

    def gradients(points: Points) -> list[tuple[float, float, Any]]:
        return [(found.value, found.stderr, found.gradient) for found in ask(points, True)]

    overlaps = _simulated_overlaps if objective.machine is None else _measured_overlaps
    return Oracle(values, gradients, overlaps(objective))


def searched(objective: Objective) -> Objective:
    """The same objective with a loss that a line search can ask, circuit by circuit.

    For exact values: where they have sampling noise, a search has nothing to compare. Outside of
    `jax.disable_jit` it has no numbers to give the circuits.
    """

    def ask(params: Array) -> tuple[Array, Array]:
        with jax.disable_jit(False):
            found, gradient = objective.value_and_gradient(np.asarray(params))
        return jnp.asarray(found.value), jnp.asarray(gradient)

    @jax.custom_vjp
    def loss(params: Array) -> Array:
        return ask(params)[0]

    loss.defvjp(ask, lambda gradient, slope: (slope * gradient,))
    return replace(
        objective, evaluate=lambda params: (loss(params), jnp.zeros(())), measure=None, recipe=None
    )


def _simulated_overlaps(objective: Objective) -> Overlaps:
    model = objective.model

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        start = jnp.eye(model.circuit.dimension)[x := model.eigenstate(params, key)]

        def overlap(other: Array) -> Array:
            """|⟨x|U(φ)†U(φ')|x⟩|²: how much of |x⟩ one circuit brings back of another."""
            there = model.circuit.evolve(start, model.angles(other))
            back = model.circuit.evolve(there, model.angles(params), adjoint=True)
            return jnp.abs(back[x]) ** 2

        return jax.vmap(overlap)(others)

    return overlaps


def _measured_overlaps(objective: Objective) -> Overlaps:
    """Prepare |x⟩, apply U(φ'), then U(φ)†: the share of outcomes x. All go out together."""
    model, machine = objective.model, objective.machine
    assert machine is not None
    circuit = model.circuit

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        if not np.isfinite(others).all():
            return np.full(len(others), np.nan)  # and nothing is sent
        x = int(model.eigenstate(params, key))
        bits = bits_of(x, circuit.wires)
        back = np.asarray(model.angles(params))

        def queue(there: Array) -> None:
            qml.BasisState(bits, wires=range(circuit.wires))
            circuit.queue(there)
            qml.adjoint(circuit.queue)(back)

        there = np.stack([np.asarray(model.angles(other)) for other in others])
        return machine.frequencies(queue, there, objective.shots)[:, x]

    return overlaps
