"""Many starts of one training, side by side in one compiled program."""

from __future__ import annotations

import time
from collections.abc import Sequence

import jax
import numpy as np
import optax

from qce._checks import concrete, error, sequence
from qce._concrete import called
from qce._forks import computes
from qce.objectives import Objective
from qce.results import FitResult
from qce.training import optimizers
from qce.training.arguments import check, check_seed, check_steps, starting_point, tensors_of
from qce.training.free import Loss, as_objective
from qce.training.history import History
from qce.training.loop import estimate, warn_infinite
from qce.training.optimizers import Optimizer
from qce.training.state import CHUNK, Limits, State, Trace, ending, start
from qce.training.stepper import batch_stepper
from qce.typing import Array


def fit_many(
    objective: Objective | Loss,
    seeds: Sequence[int],
    params: Array | None = None,
    *,
    optimizer: str | Optimizer | optax.GradientTransformation = "adam",
    learning_rate: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-8,
) -> list[FitResult]:
    """Minimise an objective from many starts at once; simulators only.

    As `fit` for one seed, under one `jax.vmap`: many small trainings together use a processor that
    a single one would leave idle. The call ends with the last of them.

    Args:
        objective: What to minimise, simulated; or a function of the parameters, as for `fit`.
        seeds: Of the starting points.
        params: Starting points, shape `(len(seeds), size)`, required for a function; `None` for
            random ones.
        optimizer: As for `fit`.
        learning_rate: As for `fit`.
        steps: As for `fit`.
        tolerance: As for `fit`.

    Returns:
        One result for each seed, that of `fit` up to rounding; `seconds` are those of all together.

    Raises:
        ValueError: The objective is measured on a device, there is no seed, or a setting is out of
            range.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))
        >>> [bool(result.gap < 1e-9) for result in fit_many(objective, [0, 1], steps=500)]
        [True, True]
        >>> results = fit_many(lambda p: (p[0] - 3) ** 2, [0, 1], [[0.0], [9.0]], steps=500)
        >>> [round(float(result.params[0]), 3) for result in results]
        [3.0, 3.0]
    """
    computes()
    jax.config.update("jax_enable_x64", True)
    with called(seed="seeds"):
        seeds = [check_seed(one) for one in sequence("seeds", seeds, "range(8), for example")]
    if len(seeds) == 0:
        raise error("seeds", "not be empty", "there is none", "for example range(8)")
    rows = None if params is None else _rows(params, len(seeds))
    objective = as_objective(objective, None if rows is None else rows[0])
    points = [
        starting_point(objective, None if rows is None else rows[k], seed)
        for k, seed in enumerate(seeds)
    ]
    tensors = tensors_of(objective)
    method = optimizers.choose(optimizer, learning_rate, objective.size, tensors)
    steps, tolerance = check_steps(steps), check(objective, method, tolerance)
    if objective.evaluate is None:
        raise error("objective", "be simulated", objective.apart, "it to `fit`")
    begun = time.perf_counter()
    pairs = zip(points, seeds, strict=True)
    states = _stacked([start(point, method, seed) for point, seed in pairs])
    advance, limits = batch_stepper(objective, method), Limits(steps, tolerance)
    histories = [History() for _ in seeds]
    while any(ending(state) is None for state in _each(states)):
        since = time.perf_counter()
        states, done, traces = jax.device_get(advance(states, CHUNK, limits))
        until = time.perf_counter()
        for k, history in enumerate(histories):
            times = np.linspace(since, until, done[k] + 1)[1:]
            trace = Trace(*(column[k, : done[k]] for column in traces))
            history.add(trace, times - begun)
    seconds = time.perf_counter() - begun
    for history in histories:
        warn_infinite(history)
    finished = zip(_each(states), histories, seeds, strict=True)
    return [
        _result(objective, method, state, history, seed, seconds)
        for state, history, seed in finished
    ]


def _rows(params: Array, count: int) -> np.ndarray:
    found = concrete("params", params)
    if found.ndim != 2 or len(found) != count:
        but, remedy = f"its shape is {found.shape}", "one row for each seed, or None"
        raise error("params", f"have shape ({count}, P)", but, remedy)
    return np.asarray(found)


def _result(
    objective: Objective,
    method: Optimizer,
    state: State,
    history: History,
    seed: int,
    seconds: float,
) -> FitResult:
    status = ending(state)
    assert status is not None
    return FitResult(
        params=np.asarray(state.kept.params),
        estimate=estimate(objective, state.kept),
        history=history.arrays(),
        status=status,
        message=f"{status.value}, at step {int(state.step)}",
        steps=int(state.step),
        seconds=seconds,
        seed=seed,
        optimizer=method.settings,
        floor=objective.floor,
    )


def _stacked(states: list[State]) -> State:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *states)


def _each(states: State) -> list[State]:
    count = len(states.step)
    return [jax.tree.map(lambda leaf, k=k: leaf[k], states) for k in range(count)]
