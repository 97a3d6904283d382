"""An objective as optimisers ask it: traced on simulators, circuit by circuit on devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.objectives import Objective
from qce.objectives.objective import Evaluate, Measurement, TracedMeasure
from qce.objectives.outcomes import folded
from qce.objectives.simulator import overlaps
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

    def values(points: Points) -> list[tuple[Any, Any]]:
        return [(found.value, found.stderr) for found in ask(points, False)]

    def gradients(points: Points) -> list[tuple[Any, Any, Any]]:
        return [(found.value, found.stderr, found.gradient) for found in ask(points, True)]

    overlaps = _simulated_overlaps if objective.machine is None else _measured_overlaps
    return Oracle(values, gradients, overlaps(objective))


class Drawing:
    """The questions as outcomes answer them that are drawn while JAX traces a step.

    Args:
        objective: what is asked.
        measure: draws its outcomes.
        key: of all that is drawn in the step.
    """

    def __init__(self, objective: Objective, measure: TracedMeasure, key: Array):
        self._objective, self._measure, self._key = objective, measure, key
        self._asked = 0
        self.spent: Array = jnp.zeros(3, dtype=int)  # circuits, jobs, shots
        self.remarks: tuple[Any, ...] = ()  # of each evaluation, on its bias
        self.oracle = Oracle(self._values, self._gradients, self._overlaps)

    def _next_key(self) -> Array:
        """As the key of what is asked outside of a compiled step."""
        self._asked += 1
        return folded(self._key, self._asked - 1)

    def _ask(self, points: Points, with_gradient: bool) -> list[Measurement]:
        found, costs = [], []
        for params in points:
            measured, cost = self._measure.traced(params, self._next_key(), with_gradient)
            self.remarks += (measured.bias,)
            found.append(measured)
            costs.append(cost)
        self._spend(jnp.sum(jnp.stack(costs), axis=0))
        return found

    def _spend(self, cost: Array) -> None:
        """Count what goes out together as one job."""
        self.spent = self.spent + cost.at[1].set(jnp.minimum(cost[1], 1))

    def _values(self, points: Points) -> list[tuple[Array, Array]]:
        return [(found.value, found.stderr) for found in self._ask(points, False)]

    def _gradients(self, points: Points) -> list[tuple[Array, Array, Array]]:
        return [(found.value, found.stderr, found.gradient) for found in self._ask(points, True)]

    def _overlaps(self, params: Array, others: Array, key: Array) -> Array:
        model, shots = self._objective.model, self._objective.shots
        assert shots is not None
        x, back = model.eigenstate(params, key), model.angles(params)
        there = jax.vmap(model.angles)(others)
        found = overlaps(model.circuit, x, back, there, shots, self._next_key())
        number = len(others)
        finite = jnp.isfinite(others).all()
        self._spend(jnp.where(finite, jnp.array([number, 1, number * shots]), 0))
        return jnp.where(finite, found, jnp.nan)


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

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        if not np.isfinite(others).all():
            return np.full(len(others), np.nan)  # and nothing is sent
        x = int(model.eigenstate(params, key))
        there = np.stack([np.asarray(model.angles(other)) for other in others])
        back = np.asarray(model.angles(params))
        return machine.overlaps(model.circuit, x, back, there, objective.shots)

    return overlaps
