"""The interface of optimisers: what they evaluate at a point, and their update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
from jax import Array

from qce.objectives import Objective

Points = Sequence[Array]
Values = list[tuple[Array, Array]]  # of each point: value, stderr


class Reading(NamedTuple):
    """The evaluation of a point."""

    value: Array
    stderr: Array
    gradient: Array
    evaluations: Array = 1  # independent ones, whose mean is the value
    extra: Any = ()  # passed from the optimiser's own `read` to its `update`


class Oracle(NamedTuple):
    """An objective as `read` evaluates it: traced by JAX on simulators, measured on devices.

    All circuits of one call are sent together.
    """

    values: Callable[[Points], Values]
    gradients: Callable[[Points], list[tuple[Array, Array, Array]]]  # value, stderr, gradient
    # points, params, others (k, P), key → what `values` says, and |⟨ψ|ψ'⟩|² (k,)
    with_overlaps: Callable[[Points, Array, Array, Array], tuple[Values, Array]]


Read = Callable[[Oracle, Array, Any, Array, Array], Reading]
Update = Callable[[Array, Any, Reading, Objective], tuple[Array, Any]]


def read_gradient(oracle: Oracle, params: Array, memory: Any, seed: Array, step: Array) -> Reading:
    """One value with its gradient: by backpropagation, or by parameter shifts on a device."""
    del memory, seed, step
    return Reading(*oracle.gradients([params])[0])


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An optimiser of the loop.

    Args:
        settings: name and settings, for the record.
        init: `params → memory`.
        update: `params, memory, reading, objective → params, memory`; traced by JAX.
        read: `oracle, params, memory, seed, step → reading`. What it draws depends only on the
            last two, so that a run can be resumed at any step.
        searches: whether `update` calls `objective.loss`, as a line search does.
        exact: whether the gradient that is read vanishes at a minimum, and only there.
        repeats: whether the number of evaluations in `read` depends on `memory`: on devices only.
        metric: whether it needs the metric of the model, which a mere function does not have.
    """

    settings: dict[str, Any]
    init: Callable[[Array], Any]
    update: Update
    read: Read = read_gradient
    searches: bool = False
    exact: bool = True
    repeats: bool = False
    metric: bool = False


def random_key(seed: Array, step: Array) -> Array:
    """The random key of one step."""
    return jax.random.fold_in(jax.random.PRNGKey(seed), step)
