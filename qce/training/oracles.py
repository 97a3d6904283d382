"""Objectives as optimisers evaluate them: traced on simulators, circuit by circuit on devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.objectives import Objective
from qce.objectives.objective import (
    Evaluate,
    Measurement,
    OverlapMeasure,
    Overlaps,
    TracedMeasure,
)
from qce.objectives.outcomes import folded
from qce.objectives.simulator import overlaps
from qce.training.interface import Oracle, Points, Values

Overlapping = Callable[[Array, Array, Array], Array]
WithOverlaps = Callable[[Points, Array, Array, Array], tuple[Values, Array]]


def simulated(objective: Objective) -> Oracle:
    """The evaluations as JAX traces them."""
    assert objective.evaluate is not None
    return of_loss(objective.evaluate, simulated_overlaps(objective))


def of_loss(evaluate: Evaluate, overlaps: Overlapping) -> Oracle:
    """The evaluations of a loss that JAX traces."""
    with_slope = jax.value_and_grad(evaluate, has_aux=True)

    def values(points: Points) -> Values:
        return [evaluate(params) for params in points]

    def gradients(points: Points) -> list[tuple[Array, Array, Array]]:
        found = [with_slope(params) for params in points]
        return [(value, stderr, slope) for (value, stderr), slope in found]

    return Oracle(values, gradients, _beside(values, overlaps))


def _beside(values: Callable[[Points], Values], overlaps: Overlapping) -> WithOverlaps:
    """Values and overlaps, computed separately."""

    def with_overlaps(
        points: Points, params: Array, others: Array, key: Array
    ) -> tuple[Values, Array]:
        return values(points), overlaps(params, others, key)

    return with_overlaps


def measured(objective: Objective, note: Callable[[str], Any] = lambda bias: None) -> Oracle:
    """The evaluations by circuits.

    Args:
        objective: What is measured.
        note: Called with the bias of each evaluation.
    """
    measure = objective.measure
    assert measure is not None

    def noted(found: list[Measurement]) -> list[Measurement]:
        for each in found:
            note(objective.measured(each).bias)
        return found

    def values(points: Points) -> Values:
        return _values(noted(measure(_numbers(points), False)))

    def gradients(points: Points) -> list[tuple[Any, Any, Any]]:
        found = noted(measure(_numbers(points), True))
        return [(each.value, each.stderr, each.gradient) for each in found]

    def with_overlaps(
        points: Points, params: Array, others: Array, key: Array
    ) -> tuple[Values, Any]:
        assert isinstance(measure, OverlapMeasure)
        if not np.isfinite(others).all():
            return values(points), np.full(len(others), np.nan)  # and nothing is sent for them
        found, overlaps = measure.with_overlaps(
            _numbers(points), _asked(objective, params, others, key)
        )
        return _values(noted(found)), overlaps

    if not isinstance(measure, OverlapMeasure):
        return Oracle(values, gradients, _beside(values, simulated_overlaps(objective)))
    return Oracle(values, gradients, with_overlaps)


def _numbers(points: Points) -> list[np.ndarray]:
    return [np.asarray(params) for params in points]


def _values(found: Sequence[Measurement]) -> Values:
    return [(each.value, each.stderr) for each in found]


def _asked(objective: Objective, params: Array, others: Array, key: Array) -> Overlaps:
    """Overlaps of one eigenstate of the model at `params` and at the others."""
    model = objective.model
    there = np.stack([np.asarray(model.angles(other)) for other in others])
    x = int(model.eigenstate(params, key))
    return Overlaps(model.circuit, x, np.asarray(model.angles(params)), there, objective.shots)


class Drawing:
    """The evaluations by outcomes that are drawn inside a step that JAX traces.

    Args:
        objective: what is measured.
        measure: draws its outcomes.
        key: of all that is drawn in the step.
    """

    def __init__(self, objective: Objective, measure: TracedMeasure, key: Array):
        self._objective, self._measure, self._key = objective, measure, key
        self._asked = 0
        self.spent: Array = jnp.zeros(3, dtype=int)  # circuits, jobs, shots
        self.remarks: tuple[Any, ...] = ()  # of each evaluation, on its bias
        self.oracle = Oracle(self._values, self._gradients, self._with_overlaps)

    def _next_key(self) -> Array:
        """The next key, as outside of a compiled step."""
        self._asked += 1
        return folded(self._key, self._asked - 1)

    def _ask(self, points: Points, with_gradient: bool) -> tuple[list[Measurement], list[Array]]:
        found, costs = [], []
        for params in points:
            measured, cost = self._measure.traced(params, self._next_key(), with_gradient)
            self.remarks += (measured.bias,)
            found.append(measured)
            costs.append(cost)
        return found, costs

    def _spend(self, costs: list[Array]) -> None:
        """Count circuits that are sent together as one job."""
        cost = jnp.sum(jnp.stack(costs), axis=0)
        self.spent = self.spent + cost.at[1].set(jnp.minimum(cost[1], 1))

    def _values(self, points: Points) -> Values:
        found, costs = self._ask(points, False)
        self._spend(costs)
        return _values(found)

    def _gradients(self, points: Points) -> list[tuple[Array, Array, Array]]:
        found, costs = self._ask(points, True)
        self._spend(costs)
        return [(each.value, each.stderr, each.gradient) for each in found]

    def _with_overlaps(
        self, points: Points, params: Array, others: Array, key: Array
    ) -> tuple[Values, Array]:
        measured, costs = self._ask(points, False)
        model, shots = self._objective.model, self._objective.shots
        assert shots is not None
        x, back = model.eigenstate(params, key), model.angles(params)
        there = jax.vmap(model.angles)(others)
        found = overlaps(model.circuit, x, back, there, shots, self._next_key())
        number = len(others)
        finite = jnp.isfinite(others).all()
        self._spend([*costs, jnp.where(finite, jnp.array([number, 1, number * shots]), 0)])
        return _values(measured), jnp.where(finite, found, jnp.nan)


def searched(objective: Objective) -> Objective:
    """The same objective with a loss for a line search, circuit by circuit.

    For exact values: a line search cannot compare values with sampling noise. It needs
    `jax.disable_jit`, since circuits take numbers.
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


def simulated_overlaps(objective: Objective) -> Overlapping:
    """Overlaps of one eigenstate of the model, as JAX traces them."""
    model = objective.model

    def overlaps(params: Array, others: Array, key: Array) -> Array:
        start = jnp.eye(model.circuit.dimension)[x := model.eigenstate(params, key)]

        def overlap(other: Array) -> Array:
            """|⟨x|U(φ)†U(φ')|x⟩|²."""
            there = model.circuit.evolve(start, model.angles(other))
            back = model.circuit.evolve(there, model.angles(params), adjoint=True)
            return jnp.abs(back[x]) ** 2

        return jax.vmap(overlap)(others)

    return overlaps
