"""One training step: compiled by the hundred on simulators, one by one on devices."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qce.objectives import Objective
from qce.results import Status
from qce.training.optimizers import Optimizer

Array = Any

_ENDINGS = (None, Status.CONVERGED, Status.STEP_LIMIT, Status.NON_FINITE, Status.STALLED)
_RUNNING, _CONVERGED, _STEP_LIMIT, _NON_FINITE, _STALLED = range(len(_ENDINGS))

# A line search finds a lower value unless rounding hides it; so often in a row, it does.
_PATIENCE = 10

# The longest stretch of steps in one compiled call: the length of its record.
CHUNK = 1000


class Point(NamedTuple):
    """Parameters together with what they are worth."""

    params: Array
    value: Array
    stderr: Array


class State(NamedTuple):
    """What the next step needs."""

    params: Array  # evaluated by the next step
    memory: Any  # of the optimiser
    kept: Point  # the last point where loss and gradient were finite
    lowest: Array  # value so far
    idle: Array  # points since then
    step: Array  # updates made
    ending: Array  # index into _ENDINGS


class Trace(NamedTuple):
    """What people want to see of a stretch of steps, one entry a point visited."""

    loss: np.ndarray
    grad_norm: np.ndarray


class Limits(NamedTuple):
    """When to stop; numbers, so that changing them does not compile again."""

    steps: int
    tolerance: float


Advance = Callable[[State, int, Limits], tuple[State, Trace]]
Settle = Callable[..., tuple[State, Array]]
Stretch = Callable[[State, Array, Limits], tuple[State, Array, Array, Array]]


def ending(state: State) -> Status | None:
    """How the run ended, `None` while it goes on."""
    return _ENDINGS[int(state.ending)]


def start(params: np.ndarray, optimizer: Optimizer) -> State:
    """The state before the first step."""
    point = jnp.asarray(params, dtype=float)
    kept = Point(point, jnp.nan, jnp.nan)
    state = State(point, optimizer.init(point), kept, jnp.inf, 0, 0, _RUNNING)
    # Every type spelt out: a state of weaker type than the next one would compile a second time.
    return jax.tree.map(lambda x: jnp.array(x, dtype=jnp.asarray(x).dtype), state)


@lru_cache(maxsize=8)
def stepper(objective: Objective, optimizer: Optimizer) -> Advance:
    """Return `state, count, limits → state, trace`: up to `count` points, fewer where it ends.

    Cached, so that fits of one objective from many starting points compile once.
    """
    settle = _settling(objective, optimizer)
    if objective.evaluate is None:
        return _measured(objective, settle)
    run = jax.jit(_stretch(objective, settle))

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace]:
        state, done, losses, norms = run(state, min(count, CHUNK), limits)
        return state, Trace(np.asarray(losses)[:done], np.asarray(norms)[:done])

    return advance


@lru_cache(maxsize=8)
def batch_stepper(objective: Objective, optimizer: Optimizer) -> Stretch:
    """Return the compiled `states, count, limits → states, done, losses, norms` of many starts.

    States carry a leading axis; a start that has ended waits for the others as it is.
    """
    run = _stretch(objective, _settling(objective, optimizer))
    return jax.jit(jax.vmap(run, in_axes=(0, None, None)))


def _settling(objective: Objective, optimizer: Optimizer) -> Settle:
    loss = None if objective.evaluate is None else objective.loss

    def settle(state: State, limits: Limits, value: Array, stderr: Array, gradient: Array) -> Any:
        """Judge the point just evaluated, and move on from it unless the run ends there."""
        norm = jnp.linalg.norm(gradient)
        finite = jnp.isfinite(value) & jnp.isfinite(norm)
        lower = value < state.lowest
        idle = jnp.where(lower, 0, state.idle + 1)
        stalled = optimizer.searches & (idle >= _PATIENCE)
        # The first that holds.
        tests = [~finite, norm <= limits.tolerance, stalled, state.step >= limits.steps]
        verdict = jnp.select(tests, [_NON_FINITE, _CONVERGED, _STALLED, _STEP_LIMIT], _RUNNING)
        kept = _choose(finite, Point(state.params, value, stderr), state.kept)
        go_on = verdict == _RUNNING
        params, memory = jax.lax.cond(
            go_on,
            lambda: optimizer.update(state.params, state.memory, value, gradient, loss),
            lambda: (state.params, state.memory),
        )
        lowest = jnp.where(lower, value, state.lowest)
        moved = State(params, memory, kept, lowest, idle, state.step + go_on, verdict)
        return jax.tree.map(lambda new, old: new.astype(old.dtype), moved, state), norm

    return settle


def _stretch(objective: Objective, settle: Settle) -> Stretch:
    """Loss, gradient and update of many steps, to be compiled as one call."""
    evaluate = jax.value_and_grad(objective.evaluate, has_aux=True)

    def run(state: State, count: Array, limits: Limits) -> tuple[State, Array, Array, Array]:
        def turn(carry: tuple[State, Array, Array, Array]) -> tuple[State, Array, Array, Array]:
            state, i, losses, norms = carry
            (value, stderr), gradient = evaluate(state.params)
            state, norm = settle(state, limits, value, stderr, gradient)
            return state, i + 1, losses.at[i].set(value), norms.at[i].set(norm)

        def unfinished(carry: tuple[State, Array, Array, Array]) -> Array:
            return (carry[1] < count) & (carry[0].ending == _RUNNING)

        empty = jnp.zeros(CHUNK)
        return jax.lax.while_loop(unfinished, turn, (state, jnp.asarray(0), empty, empty))

    return run


def _measured(objective: Objective, settle: Settle) -> Advance:
    """The device evaluates; the rest of the step is compiled."""
    settle = jax.jit(settle)

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace]:
        del count  # one point at a time: an interrupt loses no measurement that was made
        estimate, gradient = objective.value_and_gradient(np.asarray(state.params))
        state, norm = settle(state, limits, estimate.value, estimate.stderr, gradient)
        return state, Trace(np.array([estimate.value]), np.array([norm]))

    return advance


def _choose(condition: Array, yes: Point, no: Point) -> Point:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


class Pace:
    """How many steps to ask for at once, so that people hear of progress a few times a second."""

    def __init__(self, interval: float = 0.2):
        self._interval = interval
        self._count = 1

    def run(
        self, advance: Advance, state: State, limits: Limits
    ) -> tuple[State, Trace, np.ndarray]:
        """Advance by the present count; return the times of the points as well."""
        begun = time.perf_counter()
        state, trace = advance(state, self._count, limits)
        ended = time.perf_counter()
        points = max(len(trace.loss), 1)
        # A stretch is at most tenfold the last: the first holds the compilation and says little.
        wish = self._interval * points / (ended - begun)
        self._count = int(np.clip(wish, 1, min(10 * self._count, CHUNK)))
        return state, trace, np.linspace(begun, ended, points + 1)[1:]
