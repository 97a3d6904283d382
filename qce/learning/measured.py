"""Training and prediction on a device: each example is a circuit, with measured probabilities.

A batch is sent together, with the circuits of its parameter shifts. The loss is a function of the
outcome frequencies of its examples; its slope by them is pulled back through the circuits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import jax
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.learning.batches import Batch, one_by_one
from qce.learning.contracts import Device, Measured
from qce.learning.likelihood import Likelihood
from qce.learning.loss import Loss
from qce.learning.program import Program, Score, State, begun, moved
from qce.models import Segmenter
from qce.objectives.machine import Call, Machine, check_plain, open_machine
from qce.typing import Array, Scalar


def machine_for(model: Measured, device: Device, shots: int | None, seed: int) -> Machine:
    """The device on which a model runs.

    Raises:
        ValueError: If it is not available, or the model is a segmenter (many circuits an image).
    """
    if isinstance(model, Segmenter):
        name, but = "shots" if device is None else "device", "every pixel would be a circuit"
        raise error(name, "be None for a segmenter", but, "a Classifier of patches")
    if shots is not None:
        _checks.integer("shots", shots, "shots=1000, or None for exact values", least=1)
    with called(text="device"):
        machine = open_machine(device, model.wires, seed)
    check_plain(machine, "loss of classes")
    return machine


def check_outcomes(loss: Loss | Likelihood, shots: int) -> int:
    """Check the number of outcomes, and that the loss can be computed from outcomes."""
    _refuse_states(loss)
    return _checks.integer("shots", shots, "shots=1000, or None for exact values", least=1)


def _refuse_states(loss: Loss | Likelihood) -> None:
    if loss.of_states:
        but = f"{loss.name!r} is one of states, and a device gives outcomes"
        raise error("loss", "be one of outcomes on a device", but, "loss='cross_entropy'")


def worth(
    model: Measured,
    loss: Loss | Likelihood,
    shots: int | None,
    params: Array,
    seen: Array,
    batch: Batch,
) -> tuple[Array, Scalar]:
    """Loss and accuracy of frequencies `(B, 2^n)`; their slopes by both arrays are exact."""
    smooth = model.smoothed(seen, shots)
    return loss.of_laws(cast(Any, model), params, smooth, batch.labels, batch.weights)


def distributions(
    machine: Machine, model: Measured, params: np.ndarray, x: np.ndarray, shots: int | None
) -> np.ndarray:
    """Return the frequencies of all outcomes for each example, `(N, 2^n)`."""
    return np.stack(machine.all_frequencies(_calls(model, params, x, shots)))


def measured_program(
    machine: Machine,
    shots: int | None,
    model: Measured,
    loss: Loss | Likelihood,
    optimizer: str,
    learning_rate: float,
) -> Program:
    """Return a training on a device, with the interface of a compiled one."""
    _refuse_states(loss)
    value = jax.jit(partial(worth, model, loss, shots))
    both = partial(worth, model, loss, shots)
    value_and_slopes = jax.jit(jax.value_and_grad(both, argnums=(0, 1), has_aux=True))

    @jax.jit
    def step(state: State, slope: Array, batch: Batch) -> State:
        return moved(optimizer, learning_rate, loss, state, slope, batch)

    def update(state: State, batch: Batch) -> tuple[State, Score]:
        batch = batch.take(batch.weights > 0)
        params = np.asarray(state.params)
        pairs = machine.all_vjps(_calls(model, params, batch.features, shots))
        seen = np.stack([distribution for distribution, _ in pairs])
        (found, accuracy), (direct, costs) = value_and_slopes(params, seen, batch)
        pulled = [pull(cost) for (_, pull), cost in zip(pairs, np.asarray(costs), strict=True)]
        slope = np.asarray(direct) + np.sum(pulled, axis=0)
        return step(state, slope, batch), Score(found, accuracy)

    def epoch(state: State, batches: Batch) -> tuple[State, Score]:
        scores = []
        for batch in one_by_one(batches):
            state, found = update(state, batch)
            scores.append([float(part) for part in found])
        return state, Score(*np.transpose(scores))

    def judge(params: Array, batch: Batch) -> tuple[Score, Score]:
        batch = batch.take(batch.weights > 0)
        seen = distributions(machine, model, np.asarray(params), batch.features, shots)
        shares = Score(batch.weights.sum(), float(len(batch.weights)))
        return Score(*value(params, seen, batch)), shares

    return Program(lambda params: begun(optimizer, learning_rate, params), epoch, judge)


def _calls(model: Measured, params: np.ndarray, x: np.ndarray, shots: int | None) -> list[Call]:
    queues: list[Callable[[Array], None]] = [partial(model.queue, features=row) for row in x]
    return [Call(queue, params, shots) for queue in queues]
