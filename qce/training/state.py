"""The state of a training between two steps, and the record of each point."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.results import Status
from qce.training.interface import Optimizer

ENDINGS = (None, Status.CONVERGED, Status.STEP_LIMIT, Status.NON_FINITE, Status.STALLED)
RUNNING, CONVERGED, STEP_LIMIT, NON_FINITE, STALLED = range(len(ENDINGS))

# The most steps in one compiled call, which is the length of its record.
CHUNK = 1000


class Point(NamedTuple):
    """Parameters with their loss."""

    params: Array
    value: Array
    stderr: Array
    evaluations: Array  # behind the value


class State(NamedTuple):
    """The state that the next step needs."""

    params: Array  # evaluated by the next step
    memory: Any  # of the optimiser
    kept: Point  # the last point where loss and gradient were finite
    lowest: Array  # value so far, to rounding
    idle: Array  # points since then
    step: Array  # updates made
    seed: Array  # of what is drawn
    ending: Array  # index into ENDINGS


class Trace(NamedTuple):
    """The record of a number of steps, one entry a point."""

    loss: Array
    stderr: Array
    grad_norm: Array


class Limits(NamedTuple):
    """When to stop; numbers, so that changing them does not compile again."""

    steps: int
    tolerance: float
    patience: int = 10  # line searches in a row that find no lower value


def ending(state: State) -> Status | None:
    """How the run ended, `None` while it goes on."""
    return ENDINGS[int(state.ending)]


def start(params: np.ndarray, optimizer: Optimizer, seed: int) -> State:
    """The state before the first step."""
    point = jnp.asarray(params, dtype=float)
    kept = Point(point, jnp.nan, jnp.nan, 1)
    state = State(point, optimizer.init(point), kept, jnp.inf, 0, 0, seed, RUNNING)
    # Every type spelt out: a state of weaker type than the next one would compile a second time.
    return jax.tree.map(lambda x: jnp.array(x, dtype=jnp.asarray(x).dtype), state)


def reopened(state: State) -> State:
    """The state of a run that is continued after it had ended."""
    return state._replace(ending=jnp.full_like(state.ending, RUNNING))
