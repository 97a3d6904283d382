"""One training step: compiled by the hundred on simulators, one by one on devices."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.objectives import Objective
from qce.objectives.objective import TracedMeasure
from qce.objectives.outcomes import folded
from qce.objectives.rounds import Rounds
from qce.results import Cost
from qce.training.arguments import is_sampled
from qce.training.batches import Batches, rows_of
from qce.training.interface import Optimizer, Oracle, Reading
from qce.training.oracles import Drawing, measured, of_loss, searched, simulated, simulated_overlaps
from qce.training.state import (
    CHUNK,
    CONVERGED,
    NON_FINITE,
    RUNNING,
    STALLED,
    STEP_LIMIT,
    Limits,
    Point,
    State,
    Trace,
)

_NEVER = 2**62  # line searches in a row
_ROUNDING = 4 * np.finfo(float).eps  # of a value: a sum of a few terms of order one

Advance = Callable[[State, int, Limits], tuple[State, Trace, str]]  # last, bias of what was read
Settle = Callable[[State, Limits, Reading], tuple[State, Array]]
Stretch = Callable[[State, Array, Limits], tuple[State, Array, Trace]]


@lru_cache(maxsize=8)
def stepper(objective: Objective, optimizer: Optimizer, batches: Batches | None = None) -> Advance:
    """Return `state, count, limits → state, trace, bias`: up to `count` points, fewer at the end.

    Cached, so that fits of one objective from many starting points compile once.
    """
    if objective.rounds is not None:
        return _in_rounds(objective, objective.rounds, optimizer)
    if isinstance(objective.measure, TracedMeasure) and not optimizer.repeats:
        return _simulated(objective, objective.measure, optimizer)
    if objective.evaluate is None and optimizer.searches:
        return _measured(objective, optimizer, _searching(objective, optimizer))
    if objective.evaluate is None:
        settle = _settled(optimizer, objective.model, is_sampled(objective))
        return _measured(objective, optimizer, settle)
    if batches is not None:
        return _by_batches(objective, optimizer, batches)
    run = jax.jit(_stretch(objective, optimizer, _settling(objective, optimizer)))

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        state, done, trace = run(state, *jax.device_put((min(count, CHUNK), limits)))
        return state, _record(done, trace), objective.bias

    return advance


@lru_cache(maxsize=8)
def batch_stepper(objective: Objective, optimizer: Optimizer) -> Stretch:
    """Return the compiled `states, count, limits → states, done, trace` of many starts.

    States have a leading axis; those of starts that have ended stay as they are.
    """
    run = _stretch(objective, optimizer, _settling(objective, optimizer))
    return jax.jit(jax.vmap(run, in_axes=(0, None, None)))


@lru_cache(maxsize=32)
def _settled(optimizer: Optimizer, model: Any, noisy: bool) -> Settle:
    """The update after an evaluation, compiled once for all devices and data of a model."""
    return jax.jit(_settling(Objective("on a device", model), optimizer, noisy))


def _simulated(objective: Objective, measure: TracedMeasure, optimizer: Optimizer) -> Advance:
    """Steps with simulated outcomes: drawing, evaluation and update in one compiled program."""
    settle = _settling(objective, optimizer, noisy=True)
    simulator = measure.simulator

    @jax.jit
    def run(state: State, base: Array, count: Array, limits: Limits) -> Any:
        def step(state: State, at_hand: _Told) -> tuple[State, Seen, _Told]:
            asked = Drawing(objective, measure, folded(base, state.seed, state.step))
            reading = _reading(optimizer, asked.oracle, state)
            state, norm = settle(state, limits, reading)
            told = _Told(at_hand.spent + asked.spent, asked.remarks)
            return state, (reading.value, reading.stderr, norm), told

        def told() -> _Told:
            asked = Drawing(objective, measure, base)
            _reading(optimizer, asked.oracle, state)
            return _Told(asked.spent, asked.remarks)

        nothing = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(told))
        return _repeated(step, state, nothing, count)

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        # Without a seed every call draws with a new key.
        base = simulator.base if objective.seed is not None else simulator.next_key()
        asked = jax.device_put((min(count, CHUNK), limits))
        state, done, trace, told = run(state, base, *asked)
        told = jax.device_get(told)
        simulator.spend(Cost(*told.spent.tolist()))
        said = [objective.bias if remark is None else str(remark) for remark in told.remarks]
        return state, _record(done, trace), _joined(said)

    return advance


def _in_rounds(objective: Objective, rounds: Rounds, optimizer: Optimizer) -> Advance:
    """Steps with rounds: new copies are measured when due; steps in between are compiled once."""

    @jax.jit
    def run(state: State, seen: Any, count: Array, limits: Limits) -> Any:
        bound = replace(objective, evaluate=rounds.bound(seen), measure=None, rounds=None)
        return _stretch(bound, optimizer, _settling(bound, optimizer))(state, count, limits)

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        step, params = int(state.step), np.asarray(state.params)
        if rounds.is_due(step) and np.isfinite(params).all():
            objective.reseed(int(state.seed), step)
            rounds.measure(params)
            if optimizer.searches:  # what it remembers is of another loss
                state = state._replace(
                    memory=optimizer.init(state.params), lowest=jnp.full_like(state.lowest, jnp.inf)
                )
        if (left := rounds.steps_to_go(step)) is not None:
            # More rounds follow: neither a small gradient nor an idle search ends the training.
            count = min(count, max(left, 1))
            limits = limits._replace(tolerance=-1.0, patience=_NEVER)
        asked = jax.device_put((min(count, CHUNK), limits))
        state, done, trace = run(state, rounds.seen, *asked)
        return state, _record(done, trace), objective.bias

    return advance


def _record(done: Array, trace: Trace) -> Trace:
    """The record of the points, as arrays of NumPy."""
    done, trace = jax.device_get((done, trace))
    return Trace(*(column[: int(done)] for column in trace))


class _Told(NamedTuple):
    """Costs and remarks of a number of steps."""

    spent: Array  # circuits, jobs, shots of all steps
    remarks: tuple[Any, ...]  # on the bias of each evaluation of the last step


def _searching(objective: Objective, optimizer: Optimizer) -> Settle:
    """The update after an exact evaluation on a device, if it needs further evaluations."""
    settle = _settling(searched(objective), optimizer)

    def settled(state: State, limits: Limits, reading: Reading) -> tuple[State, Array]:
        with jax.disable_jit():  # circuits need numbers
            return settle(state, limits, reading)

    return settled


def _settling(objective: Objective, optimizer: Optimizer, noisy: bool = False) -> Settle:
    def settle(state: State, limits: Limits, reading: Reading) -> Any:
        """Check the point just evaluated, and update it unless the run ends there."""
        value, stderr, gradient, evaluations, _ = reading
        norm = jnp.linalg.norm(gradient)
        # A loss, or drawn outcomes, may be finite although a parameter is NaN.
        finite = jnp.isfinite(value) & jnp.isfinite(norm) & jnp.isfinite(state.params).all()
        # A line search goes on below the rounding of the value, where nothing is left to gain.
        rounding = _ROUNDING * jnp.maximum(1.0, jnp.abs(value)) if optimizer.searches else 0.0
        lower = value < state.lowest - rounding
        idle = jnp.where(lower, 0, state.idle + 1)
        # A sampled gradient may vanish anywhere: if two values happen to be equal, if outcomes are
        # as frequent as in the data, or for a few rows.
        converged = optimizer.exact & (not noisy) & (norm <= limits.tolerance)
        stalled = optimizer.searches & (idle >= limits.patience)
        # The first that holds.
        tests = [~finite, converged, stalled, state.step >= limits.steps]
        verdict = jnp.select(tests, [NON_FINITE, CONVERGED, STALLED, STEP_LIMIT], RUNNING)
        kept = _choose(finite, Point(state.params, value, stderr, evaluations), state.kept)
        go_on = verdict == RUNNING
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
    return _whole(simulated(objective), optimizer, settle)


def _whole(oracle: Oracle, optimizer: Optimizer, settle: Settle) -> Stretch:
    """Every step uses all data."""

    def run(state: State, count: Array, limits: Limits) -> tuple[State, Array, Trace]:
        def step(state: State, at_hand: tuple[()]) -> tuple[State, Seen, tuple[()]]:
            reading = _reading(optimizer, oracle, state)
            state, norm = settle(state, limits, reading)
            return state, (reading.value, reading.stderr, norm), at_hand

        return _repeated(step, state, (), count)[:3]

    return run


def _by_batches(objective: Objective, optimizer: Optimizer, batches: Batches) -> Advance:
    """Every step uses some of the data, in an order that is drawn for each epoch."""
    rows, overlaps = rows_of(objective), simulated_overlaps(objective)
    settle = _settling(objective, optimizer, noisy=True)

    @jax.jit
    def drawn(seed: Array, step: Array) -> Array:
        return batches.order(seed, step // batches.steps)

    @jax.jit
    def run(state: State, order: Array, count: Array, limits: Limits) -> Any:
        def step(state: State, order: Array) -> tuple[State, Seen, Array]:
            begins = state.step % batches.steps == 0
            order = jax.lax.cond(begins, lambda: drawn(state.seed, state.step), lambda: order)
            entries = batches.of(order, state.step)
            oracle = of_loss(lambda params: rows.batch(params, entries), overlaps)
            reading = _reading(optimizer, oracle, state)
            state, norm = settle(state, limits, reading)
            return state, (reading.value, reading.stderr, norm), order

        return _repeated(step, state, order, count)

    held: list[tuple[tuple[int, int], Array]] = []

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        # A million entries take longer to shuffle than dozens of steps: the order is kept from
        # one call to the next, and drawn here only where a training is resumed.
        here = _place(state)
        order = held[0][1] if held and held[0][0] == here else drawn(state.seed, state.step)
        asked = jax.device_put((min(count, CHUNK), limits))
        state, done, trace, order = run(state, order, *asked)
        held[:] = [(_place(state), order)]
        return state, _record(done, trace), objective.bias

    return advance


def _place(state: State) -> tuple[int, int]:
    """Seed and number of the step, which determine the order of entries."""
    seed, step = jax.device_get((state.seed, state.step))
    return int(seed), int(step)


Seen = tuple[Array, Array, Array]


def _repeated(
    step: Callable[[State, Any], tuple[State, Seen, Any]], state: State, at_hand: Any, count: Array
) -> tuple[State, Array, Trace, Any]:
    """Steps until there are `count` or the run ends, each passing something to the next."""

    def turn(carry: tuple[State, Array, Trace, Any]) -> tuple[State, Array, Trace, Any]:
        state, i, trace, at_hand = carry
        state, seen, at_hand = step(state, at_hand)
        columns = (t.at[i].set(x) for t, x in zip(trace, seen, strict=True))
        return state, i + 1, Trace(*columns), at_hand

    def unfinished(carry: tuple[State, Array, Trace, Any]) -> Array:
        return (carry[1] < count) & (carry[0].ending == RUNNING)

    empty = Trace(*(jnp.zeros(CHUNK) for _ in Trace._fields))
    return jax.lax.while_loop(unfinished, turn, (state, jnp.asarray(0), empty, at_hand))


def _measured(objective: Objective, optimizer: Optimizer, settle: Settle) -> Advance:
    """Steps that a device evaluates; the rest of the step is compiled."""
    said: list[str] = []
    oracle = measured(objective, said.append)

    def advance(state: State, count: int, limits: Limits) -> tuple[State, Trace, str]:
        del count  # one point at a time, so that an interrupt loses no measurement
        said.clear()
        objective.reseed(int(state.seed), int(state.step))
        reading = _reading(optimizer, oracle, state)
        state, norm = settle(state, limits, reading)
        seen = (reading.value, reading.stderr, norm)
        return state, Trace(*(np.array([float(x)]) for x in seen)), _joined(said)

    return advance


def _joined(said: list[str]) -> str:
    """The bias of a mean of evaluations: each different remark once."""
    each = list(dict.fromkeys(said))
    return "; ".join(one for one in each if not any(x != one and x.startswith(one) for x in each))


def pricing(objective: Objective, optimizer: Optimizer) -> Callable[[State], Cost]:
    """Return `state → cost` of the next step on a device, with its draws; nothing is sent."""
    rounds = objective.rounds

    def price(state: State) -> Cost:
        def step() -> None:
            if rounds is not None:
                rounds.measure(np.asarray(state.params))
                return
            objective.reseed(int(state.seed), int(state.step))
            _reading(optimizer, measured(objective), state)

        due = rounds is None or rounds.is_due(int(state.step))
        return objective.rehearse(step) if due else Cost()

    return price


def _reading(optimizer: Optimizer, oracle: Oracle, state: State) -> Reading:
    return optimizer.read(oracle, state.params, state.memory, state.seed, state.step)


def _choose(condition: Array, yes: Point, no: Point) -> Point:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


class Pace:
    """How many steps to run in one call, so that progress is shown a few times a second."""

    def __init__(self, interval: float = 0.2):
        self._interval = interval
        self._count = 1

    def run(
        self, advance: Advance, state: State, limits: Limits, most: int = CHUNK
    ) -> tuple[State, Trace, str, np.ndarray]:
        """Advance by the present count, at most `most`; return the times of the points too."""
        begun = time.perf_counter()
        state, trace, bias = advance(state, min(self._count, most), limits)
        ended = time.perf_counter()
        points = max(len(trace.loss), 1)
        # At most ten times the last count: the first call includes the compilation.
        wish = self._interval * points / (ended - begun)
        self._count = int(np.clip(wish, 1, min(10 * self._count, CHUNK)))
        return state, trace, bias, np.linspace(begun, ended, points + 1)[1:]
