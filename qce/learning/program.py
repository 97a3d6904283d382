"""Compiled programs: an epoch of updates, and the loss and accuracy of a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import optax

from qce import _checks
from qce._checks import one_of
from qce.learning.batches import Batch
from qce.learning.contracts import TrainedModel
from qce.learning.likelihood import Likelihood
from qce.learning.loss import Loss
from qce.typing import Array, Scalar

# Adam divides a slope by its usual size. With its own ε of 1e-8, rounding of 1e-16 in a slope that
# is nearly 0 moves a parameter by 1e-8 of a step, every step: fits to the same examples in another
# order, or by weights in place of repetitions, were 1e-7 apart after a hundred epochs.
_LEAST_SLOPE = 1e-5

OPTIMIZERS = {
    "adam": partial(optax.adam, eps=_LEAST_SLOPE),
    "adamw": partial(optax.adamw, eps=_LEAST_SLOPE),
    "sgd": optax.sgd,
}


class State(NamedTuple):
    """The state for the next update, of constant size."""

    params: Array
    memory: Any  # of the optimiser


class Score(NamedTuple):
    """Loss and accuracy of predictions."""

    loss: Any
    accuracy: Any  # share of labels that count; NaN where no classes are predicted


class Program(NamedTuple):
    """A training, compiled.

    Attributes:
        start: `params → state`.
        epoch: `state, batches → state, scores`: one update a batch, each scored before its update.
        judge: `params, batch → score, shares`, the weights of loss and accuracy among batches.
    """

    start: Callable[[Array], State]
    epoch: Callable[[State, Batch], tuple[State, Score]]
    judge: Callable[[Array, Batch], tuple[Score, Score]]


@lru_cache(maxsize=16)
def program(
    model: TrainedModel, loss: Loss | Likelihood, optimizer: str, learning_rate: float
) -> Program:
    """Return the compiled training; equal models, losses and settings share one."""

    def evaluate(params: Array, batch: Batch) -> tuple[Array, Scalar]:
        return loss.of_batch(cast(Any, model), params, *batch)

    def update(state: State, batch: Batch) -> tuple[State, Score]:
        (value, accuracy), slope = jax.value_and_grad(evaluate, has_aux=True)(state.params, batch)
        return moved(optimizer, learning_rate, loss, state, slope, batch), Score(value, accuracy)

    def epoch(state: State, batches: Batch) -> tuple[State, Score]:
        return jax.lax.scan(update, state, batches)

    def judge(params: Array, batch: Batch) -> tuple[Score, Score]:
        shares = Score(jnp.sum(batch.weights), jnp.sum(batch.weights > 0))
        return Score(*evaluate(params, batch)), shares

    return Program(
        lambda params: begun(optimizer, learning_rate, params), jax.jit(epoch), jax.jit(judge)
    )


def begun(optimizer: str, learning_rate: float, params: Array) -> State:
    """Return the initial state of a training."""
    method = OPTIMIZERS[optimizer](learning_rate)
    return State(jnp.asarray(params, dtype=float), method.init(jnp.asarray(params)))


def moved(
    optimizer: str,
    learning_rate: float,
    loss: Loss | Likelihood,
    state: State,
    slope: Array,
    batch: Batch,
) -> State:
    """Return the state after one step of the optimiser; JAX traces it."""
    if loss.of_labels:  # what counts twice moves the parameters twice, alone in a batch too
        slope = slope * (jnp.sum(batch.weights) / jnp.sum(batch.weights > 0))
    method = OPTIMIZERS[optimizer](learning_rate)
    change, memory = method.update(slope, state.memory, state.params)
    return State(optax.apply_updates(state.params, change), memory)


def check_optimizer(optimizer: str, learning_rate: float) -> float:
    """Refuse an unknown optimiser or invalid rate; return the rate as a hashable number."""
    one_of("optimizer", optimizer, tuple(OPTIMIZERS))
    return _checks.number("learning_rate", learning_rate, "for example 0.05", above=0)
