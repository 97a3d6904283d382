"""One training step, the same on simulators, where many run in one compiled call, and on devices."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    step: Array  # updates made
    ending: Array  # index into _ENDINGS


class Trace(NamedTuple):
    """What people want to see of a stretch of steps, one entry a point visited."""

    loss: np.ndarray
    grad_norm: np.ndarray


def ending(state: State) -> Status | None:
    """How the run ended, `None` while it goes on."""
    return _ENDINGS[int(state.ending)]


def start(params: np.ndarray, optimizer: Optimizer) -> State:
    """The state before the first step."""
    params = jnp.asarray(params, dtype=float)
    kept = Point(params, jnp.asarray(jnp.nan), jnp.asarray(jnp.nan))
    return State(params, optimizer.init(params), kept, jnp.asarray(0), jnp.asarray(_RUNNING))


Advance = Callable[[State, int], tuple[State, Trace]]


def stepper(objective: Objective, optimizer: Optimizer, steps: int, tolerance: float) -> Advance:
    """Return `state, count → state, trace`: up to `count` points further, fewer where it ends."""
    loss = None if objective.evaluate is None else objective.loss

    def settle(state: State, value: Array, stderr: Array, gradient: Array) -> tuple[State, Array]:
        """Judge the point just evaluated, and move on from it unless the run ends there."""
        norm = jnp.linalg.norm(gradient)
        finite = jnp.isfinite(value) & jnp.isfinite(norm)
        # The first that holds.
        tests = [~finite, norm <= tolerance, state.step >= steps]
        verdict = jnp.select(tests, [_NON_FINITE, _CONVERGED, _STEP_LIMIT], _RUNNING)
        kept = _choose(finite, Point(state.params, value, stderr), state.kept)
        go_on = verdict == _RUNNING
        params, memory = jax.lax.cond(
            go_on,
            lambda: optimizer.update(state.params, state.memory, value, gradient, loss),
            lambda: (state.params, state.memory),
        )
        stuck = go_on & jnp.all(params == state.params) & jnp.any(gradient != 0)
        verdict = jnp.where(stuck, _STALLED, verdict)
        return State(params, memory, kept, state.step + go_on, verdict), norm

    return _compiled(objective, settle) if loss else _measured(objective, settle)


Settle = Callable[[State, Array, Array, Array], tuple[State, Array]]


def _compiled(objective: Objective, settle: Settle) -> Advance:
    """Loss, gradient and update of many steps in one compiled call."""
    evaluate = jax.value_and_grad(objective.evaluate, has_aux=True)

    def turn(carry: tuple[State, Array, Array, Array]) -> tuple[State, Array, Array, Array]:
        state, i, losses, norms = carry
        (value, stderr), gradient = evaluate(state.params)
        state, norm = settle(state, value, stderr, gradient)
        return state, i + 1, losses.at[i].set(value), norms.at[i].set(norm)

    @jax.jit
    def run(state: State, count: Array) -> tuple[State, Array, Array, Array]:
        empty = jnp.zeros(CHUNK)
        carry = (state, jnp.asarray(0), empty, empty)
        return jax.lax.while_loop(
            lambda c: (c[1] < count) & (c[0].ending == _RUNNING), turn, carry
        )

    def advance(state: State, count: int) -> tuple[State, Trace]:
        state, done, losses, norms = run(state, min(count, CHUNK))
        return state, Trace(np.asarray(losses)[:done], np.asarray(norms)[:done])

    return advance


def _measured(objective: Objective, settle: Settle) -> Advance:
    """The device evaluates, one point after the other; the rest of the step is compiled."""
    settle = jax.jit(settle)

    def advance(state: State, count: int) -> tuple[State, Trace]:
        losses, norms = [], []
        while len(losses) < count and ending(state) is None:
            estimate, gradient = objective.value_and_gradient(np.asarray(state.params))
            state, norm = settle(state, estimate.value, estimate.stderr, jnp.asarray(gradient))
            losses.append(estimate.value)
            norms.append(float(norm))
        return state, Trace(np.array(losses), np.array(norms))

    return advance


def _choose(condition: Array, yes: Point, no: Point) -> Point:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


class Pace:
    """How many steps to ask for at once, so that people hear of progress a few times a second."""

    def __init__(self, interval: float = 0.2):
        self._interval = interval
        self._count = 1

    def run(self, advance: Advance, state: State) -> tuple[State, Trace, np.ndarray]:
        """Advance by the present count; return the times of the points as well."""
        begun = time.perf_counter()
        state, trace = advance(state, self._count)
        ended = time.perf_counter()
        points = max(len(trace.loss), 1)
        # A stretch is at most tenfold the last: the first holds the compilation and says little.
        wish = self._interval * points / (ended - begun)
        self._count = int(np.clip(wish, 1, min(10 * self._count, CHUNK)))
        return state, trace, np.linspace(begun, ended, points + 1)[1:]
