"""The cost of a training, before anything is sent."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jax
import numpy as np
import optax

from qce._checks import error, number
from qce._forks import computes
from qce.devices.plugins import is_remote
from qce.objectives import Objective
from qce.results import Cost
from qce.training import optimizers
from qce.training.arguments import (
    check,
    check_budget,
    check_seed,
    check_steps,
    starting_point,
    tensors_of,
)
from qce.training.budget import Budget
from qce.training.free import Loss, as_objective
from qce.training.optimizers import Optimizer
from qce.training.pytrees import Params
from qce.training.state import Limits, State, start
from qce.training.stepper import pricing, stepper

_TRIAL = 20  # compiled steps that are timed


@dataclass(frozen=True)
class Plan:
    """The circuits, jobs and shots that a training would send, and its time.

    Args:
        points: number of evaluations, one more than steps.
        step: cost of the first step.
        total: cost of all steps, within the budget. Later steps of "cans" take more.
        seconds: for all steps, `None` where the device's speed is not known.
        source: where the time comes from.
    """

    points: int
    step: Cost
    total: Cost
    seconds: float | None
    source: str

    def rows(self) -> dict[str, object]:
        """Return the plan as named values, for people and for JSON."""
        counts = {**vars(self.total)}
        times = {"seconds": self.seconds, "time is": self.source}
        return {"points": self.points, **counts, **times}


def plan(
    objective: Objective | Loss,
    params: Params | None = None,
    *,
    optimizer: str | Optimizer | optax.GradientTransformation = "adam",
    learning_rate: float | None = None,
    steps: int = 1000,
    seed: int = 0,
    budget: Budget | None = None,
    seconds_a_job: float | None = None,
) -> Plan:
    """Return what `fit` with the same arguments would cost; nothing is sent to a remote device.

    Args:
        objective: As for `fit`.
        params: As for `fit`.
        optimizer: As for `fit`.
        learning_rate: As for `fit`.
        steps: As for `fit`.
        seed: As for `fit`.
        budget: As for `fit`.
        seconds_a_job: Seconds for each job on the device, queue included; `None` to time one step
            where the device is a simulator on this machine.

    Returns:
        Plan for all steps; a training that converges takes fewer.

    Raises:
        ValueError: As for `fit`.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(2))
        >>> distribution = [0.4, 0.3, 0.2, 0.1]
        >>> objective = objectives.measured_likelihood(machine, distribution, shots=100, seed=1)
        >>> plan(objective, optimizer="spsa", steps=49).total
        Cost(circuits=100, jobs=50, shots=10000)
    """
    computes()
    jax.config.update("jax_enable_x64", True)
    objective = as_objective(objective, params)
    seed, steps = check_seed(seed), check_steps(steps)
    tensors = tensors_of(objective)
    method = optimizers.choose(optimizer, learning_rate, objective.size, tensors)
    check(objective, method, tolerance=0.0)
    check_budget(budget, objective, method)
    if seconds_a_job is not None:
        number("seconds_a_job", seconds_a_job, "None where it is not known", least=0)
    point = starting_point(objective, params, seed)
    if params is not None and not np.isfinite(point).all():
        but = "they are not, and a training would end where it begins"
        raise error("params", "be finite", but, "finite numbers, or None")
    state = start(point, method, seed)
    points = times = steps + 1
    if objective.evaluate is not None:
        seconds = _compiled(objective, method, state, points)
        return Plan(points, Cost(), Cost(), seconds, "measured here, on a few steps")
    with objective.trial():
        if objective.rounds is not None:
            objective.rounds.forget()  # as a training does
        step = pricing(objective, method)(state)
    if objective.rounds is not None:
        times = objective.rounds.within(steps)
    while budget is not None and times and not budget.covers(times * step):
        times -= 1
    total = times * step
    points = points if objective.rounds is not None else times
    if seconds_a_job is not None:
        return Plan(points, step, total, seconds_a_job * total.jobs, "as stated, for each job")
    if not _is_here(objective):
        return Plan(points, step, total, None, "unknown: the device is not on this machine")
    with objective.trial():
        seconds = points * _one_step(objective, method, state)
    return Plan(points, step, total, seconds, "measured here, on one step")


def _compiled(objective: Objective, method: Optimizer, state: State, points: int) -> float:
    """Seconds of compilation and of all steps."""
    advance, limits = stepper(objective, method), Limits(_TRIAL, 0.0)
    begun = time.perf_counter()
    state, *_ = advance(state, 1, limits)
    compiled = time.perf_counter()
    _, trace, _ = advance(state, _TRIAL, limits)
    each = (time.perf_counter() - compiled) / max(len(trace.loss), 1)
    return compiled - begun + each * points


def _one_step(objective: Objective, method: Optimizer, state: State) -> float:
    advance = stepper(objective, method)
    advance(state, 1, Limits(1, 0.0))  # compiles
    begun = time.perf_counter()
    advance(state, 1, Limits(1, 0.0))
    return time.perf_counter() - begun


def _is_here(objective: Objective) -> bool:
    """Whether the device is a simulator on this machine, without an account."""
    device = getattr(objective.machine, "device", None)
    name = str(getattr(device, "short_name", None) or getattr(device, "name", ""))
    return not is_remote(name) and getattr(device, "service", None) is None
