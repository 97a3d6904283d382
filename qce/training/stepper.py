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
from qce.results import Cost, Status
from qce.training.interface import Optimizer, Oracle, Reading
from qce.training.oracles import measured, searched, simulated
from qce.typing import Array

_ENDINGS = (None, Status.CONVERGED, Status.STEP_LIMIT, Status.NON_FINITE, Status.STALLED)
_RUNNING, _CONVERGED, _STEP_LIMIT, _NON_FINITE, _STALLED = range(len(_ENDINGS))

# A line search finds a lower value unless rounding hides it; so often in a row, it does.
_PATIENCE = 10
_ROUNDING = 4 * np.finfo(float).eps  # of a value: a sum of terms of order one, and some of them

# The longest stretch of steps in one compiled call: the length of its record.
CHUNK = 1000


class Point(NamedTuple):
    """Parameters together with what they are worth."""

    params: Array
    value: Array
    stderr: Array
    evaluations: Array  # behind the value


class State(NamedTuple):
    """What the next step needs."""

    params: Array  # evaluated by the next step
    memory: Any  # of the optimiser
    kept: Point  # the last point where loss and gradient were finite
    lowest: Array  # value so far, to rounding
    idle: Array  # points since then
    step: Array  # updates made
    seed: Array  # of what is drawn
    ending: Array  # index into _ENDINGS


class Trace(NamedTuple):
    """What people want to see of a stretch of steps, one entry a point visited."""

    loss: Array
    stderr: Array
    grad_norm: Array


class Limits(NamedTuple):
    """When to stop; numbers, so that changing them does not compile again."""

    steps: int
    tolerance: float


Advance = Callable[[State, int, Limits], tuple[State, Trace, str]]  # last, bias of what was read
Settle = Callable[[State, Limits, Reading], tuple[State, Array]]
Stretch = Callable[[State, Array, Limits], tuple[State, Array, Trace]]


def ending(state: State) -> Status | None:
    """How the run ended, `None` while it goes on."""
    return _ENDINGS[int(state.ending)]


def start(params: np.ndarray, optimizer: Optimizer, seed: int) -> State:
    """The state before the first step."""
    point = jnp.asarray(params, dtype=float)
    kept = Point(point, jnp.nan, jnp.nan, 1)
    state = State(point, optimizer.init(point), kept, jnp.inf, 0, 0, seed, _RUNNING)
    # Every type spelt out: a state of weaker type than the next one would compile a second time.
    return jax.tree.map(lambda x: jnp.array(x, dtype=jnp.asarray(x).dtype), state)


def reopened(state: State) -> State:
    """The state of a run that goes on after all."""
    return state._replace(ending=jnp.full_like(state.ending, _RUNNING))


@lru_cache(maxsize=8)
def stepper(objective: Objective, optimizer: Optimizer) -> Advance:
    """Return `state, count, limits → state, trace, bias`: up to `count` points, fewer at its end.

    Cached, so that fits of one objective from many starting points compile once.
    """
    if objective.evaluate is None and optimizer.searches:
        return _measured(objective, optimizer, _searching(objective, optimizer))
    if objective.evaluate is None:
        return _measured(objective, optimizer, _settled(optimizer, objective.model))
    run = jax.jit(_stretch(objective, optimizer, _settling(objective, optimizer)))

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        state, done, trace = run(state, min(count, CHUNK), limits)
        return state, Trace(*(np.asarray(column)[:done] for column in trace)), objective.bias

    return advance


@lru_cache(maxsize=8)
def batch_stepper(objective: Objective, optimizer: Optimizer) -> Stretch:
    """Return the compiled `states, count, limits → states, done, trace` of many starts.

    States carry a leading axis; a start that has ended waits for the others as it is.
    """
    run = _stretch(objective, optimizer, _settling(objective, optimizer))
    return jax.jit(jax.vmap(run, in_axes=(0, None, None)))


@lru_cache(maxsize=32)
def _settled(optimizer: Optimizer, model: Any) -> Settle:
    """What follows an evaluation, compiled once for all devices, data and shots of a model."""
    return jax.jit(_settling(Objective("on a device", model), optimizer))


def _searching(objective: Objective, optimizer: Optimizer) -> Settle:
    """What follows an exact evaluation on a device where the update asks for further ones."""
    settle = _settling(searched(objective), optimizer)

    def settled(state: State, limits: Limits, reading: Reading) -> tuple[State, Array]:
        with jax.disable_jit():  # numbers all the way, for the circuits
            return settle(state, limits, reading)

    return settled


def _settling(objective: Objective, optimizer: Optimizer) -> Settle:
    def settle(state: State, limits: Limits, reading: Reading) -> Any:
        """Judge the point just evaluated, and move on from it unless the run ends there."""
        value, stderr, gradient, evaluations, _ = reading
        norm = jnp.linalg.norm(gradient)
        # A loss may overlook parameters that are no numbers, and outcomes of them are drawn still.
        finite = jnp.isfinite(value) & jnp.isfinite(norm) & jnp.isfinite(state.params).all()
        # A line search creeps on below the rounding of the value, where nothing is left to gain.
        rounding = _ROUNDING * jnp.maximum(1.0, jnp.abs(value)) if optimizer.searches else 0.0
        lower = value < state.lowest - rounding
        idle = jnp.where(lower, 0, state.idle + 1)
        # Two equal values make a sampled gradient vanish anywhere.
        converged = optimizer.exact & (norm <= limits.tolerance)
        stalled = optimizer.searches & (idle >= _PATIENCE)
        # The first that holds.
        tests = [~finite, converged, stalled, state.step >= limits.steps]
        verdict = jnp.select(tests, [_NON_FINITE, _CONVERGED, _STALLED, _STEP_LIMIT], _RUNNING)
        kept = _choose(finite, Point(state.params, value, stderr, evaluations), state.kept)
        go_on = verdict == _RUNNING
        params, memory = jax.lax.cond(
            go_on,
            lambda: optimizer.update(state.params, state.memory, reading, objective),
            lambda: (state.params, state.memory),
        )
        lowest = jnp.where(lower, value, state.lowest)
        moved = State(params, memory, kept, lowest, idle, state.step + go_on, state.seed, verdict)
        return jax.tree.map(lambda new, old: new.astype(old.dtype), moved, state), norm

    return settle


def _stretch(objective: Objective, optimizer: Optimizer, settle: Settle) -> Stretch:
    """Loss, gradient and update of many steps, to be compiled as one call."""
    oracle = simulated(objective)

    def run(state: State, count: Array, limits: Limits) -> tuple[State, Array, Trace]:
        def turn(carry: tuple[State, Array, Trace]) -> tuple[State, Array, Trace]:
            state, i, trace = carry
            reading = _reading(optimizer, oracle, state)
            state, norm = settle(state, limits, reading)
            seen = Trace(reading.value, reading.stderr, norm)
            return state, i + 1, Trace(*(t.at[i].set(x) for t, x in zip(trace, seen, strict=True)))

        def unfinished(carry: tuple[State, Array, Trace]) -> Array:
            return (carry[1] < count) & (carry[0].ending == _RUNNING)

        empty = Trace(*(jnp.zeros(CHUNK) for _ in Trace._fields))
        return jax.lax.while_loop(unfinished, turn, (state, jnp.asarray(0), empty))

    return run


def _measured(objective: Objective, optimizer: Optimizer, settle: Settle) -> Advance:
    """The device evaluates; the rest of the step is compiled."""
    said: list[str] = []
    oracle = measured(objective, said.append)

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        del count  # one point at a time: an interrupt loses no measurement that was made
        said.clear()
        objective.reseed(int(state.seed), int(state.step))
        reading = _reading(optimizer, oracle, state)
        state, norm = settle(state, limits, reading)
        seen = (reading.value, reading.stderr, norm)
        return state, Trace(*(np.array([float(x)]) for x in seen)), _joined(said)

    return advance


def _joined(said: list[str]) -> str:
    """The bias of a mean of evaluations: what each says, once; some say more than others."""
    each = list(dict.fromkeys(said))
    return "; ".join(one for one in each if not any(x != one and x.startswith(one) for x in each))


def pricing(objective: Objective, optimizer: Optimizer) -> Callable[[State], Cost]:
    """Return `state → cost` of the next step on a device, with its draws; nothing is sent."""

    def price(state: State) -> Cost:
        def step() -> None:
            objective.reseed(int(state.seed), int(state.step))
            _reading(optimizer, measured(objective), state)

        return objective.rehearse(step)

    return price


def _reading(optimizer: Optimizer, oracle: Oracle, state: State) -> Reading:
    return optimizer.read(oracle, state.params, state.memory, state.seed, state.step)


def _choose(condition: Array, yes: Point, no: Point) -> Point:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


class Pace:
    """How many steps to ask for at once, so that people hear of progress a few times a second."""

    def __init__(self, interval: float = 0.2):
        self._interval = interval
        self._count = 1

    def run(
        self, advance: Advance, state: State, limits: Limits, most: int = CHUNK
    ) -> tuple[State, Trace, str, np.ndarray]:
        """Advance by the present count, at `most` so many; return the times of the points too."""
        begun = time.perf_counter()
        state, trace, bias = advance(state, min(self._count, most), limits)
        ended = time.perf_counter()
        points = max(len(trace.loss), 1)
        # A stretch is at most tenfold the last: the first holds the compilation and says little.
        wish = self._interval * points / (ended - begun)
        self._count = int(np.clip(wish, 1, min(10 * self._count, CHUNK)))
        return state, trace, bias, np.linspace(begun, ended, points + 1)[1:]
