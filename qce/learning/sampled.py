"""Training and prediction from simulated outcomes, in one compiled program.

The same distributions of outcomes, losses and shifts as in `measured`, for all examples of a batch
at once and all batches of an epoch in one call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce.circuits.shifted import Shifted, shifted
from qce.learning.batches import Batch, over_examples
from qce.learning.contracts import Device, Measured, Traceable
from qce.learning.likelihood import Likelihood
from qce.learning.loss import Loss
from qce.learning.measured import check_outcomes, worth
from qce.learning.program import Program, Score, State, begun, moved
from qce.models.thermal import born
from qce.objectives.outcomes import draw
from qce.objectives.sampling import simulates
from qce.objectives.simulator import slopes
from qce.typing import Array, Scalar

Pull: TypeAlias = Callable[[Array], Array]
"""From costs of outcomes, `(B, 2^n)`, to the derivative of the sum of their means."""


def drawn_here(model: Measured, device: Device, shots: int | None) -> bool:
    """Whether outcomes are drawn inside compiled programs, and not by a PennyLane device."""
    return simulates(device, shots) and isinstance(model, Traceable)


class _Compiled(NamedTuple):
    """A training as JAX compiles it; the last argument is the number that outcomes follow from."""

    epoch: Callable[[State, Batch, int], tuple[State, Score]]
    judge: Callable[[Array, Batch, int], tuple[Score, Score]]


def sampled_program(
    model: Traceable,
    loss: Loss | Likelihood,
    optimizer: str,
    learning_rate: float,
    shots: int,
    rng: np.random.Generator,
) -> Program:
    """Return a training from simulated outcomes, with the interface of an exact one.

    Args:
        model: whose circuits JAX traces.
        loss: of outcomes.
        optimizer: its name.
        learning_rate: of it.
        shots: outcomes a circuit.
        rng: of outcomes: each call takes one number from it.
    """
    shots = check_outcomes(loss, shots)
    made = _compiled(model, loss, optimizer, learning_rate, shots)

    def epoch(state: State, batches: Batch) -> tuple[State, Score]:
        return made.epoch(state, batches, _number(rng))

    def judge(params: Array, batch: Batch) -> tuple[Score, Score]:
        return made.judge(params, batch, _number(rng))

    return Program(lambda params: begun(optimizer, learning_rate, params), epoch, judge)


def sampled_distributions(
    model: Traceable, params: np.ndarray, x: np.ndarray, shots: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the frequencies of all outcomes for each example, `(N, 2^n)`."""
    of = _frequencies(model, _checks.integer("shots", shots, "shots=1000", least=1))
    return over_examples(lambda params, batch: of(params, batch, _number(rng)), params, x)


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(2**63))


@lru_cache(maxsize=16)
def _frequencies(model: Traceable, shots: int) -> Callable[[Array, Array, int], Array]:
    def of(params: Array, features: Array, number: Array) -> Array:
        return outcomes(model, params, features, shots, jax.random.key(number))[0]

    return jax.jit(of)


@lru_cache(maxsize=16)
def _compiled(
    model: Traceable, loss: Loss | Likelihood, optimizer: str, learning_rate: float, shots: int
) -> _Compiled:
    def value(params: Array, seen: Array, batch: Batch) -> tuple[Array, Scalar]:
        return worth(model, loss, shots, params, seen, batch)

    def update(state: State, drawn: tuple[Batch, Array]) -> tuple[State, Score]:
        batch, key = drawn
        seen, pull = outcomes(model, state.params, batch.features, shots, key)
        of_both = jax.value_and_grad(value, argnums=(0, 1), has_aux=True)
        (found, accuracy), (direct, costs) = of_both(state.params, seen, batch)
        slope = direct + pull(costs)
        return moved(optimizer, learning_rate, loss, state, slope, batch), Score(found, accuracy)

    def epoch(state: State, batches: Batch, number: Any) -> tuple[State, Score]:
        keys = jax.random.split(jax.random.key(number), len(batches.labels))
        return jax.lax.scan(update, state, (batches, keys))

    def judge(params: Array, batch: Batch, number: Any) -> tuple[Score, Score]:
        seen, _ = outcomes(model, params, batch.features, shots, jax.random.key(number))
        shares = Score(jnp.sum(batch.weights), jnp.sum(batch.weights > 0))
        return Score(*value(params, seen, batch)), shares

    return _Compiled(jax.jit(epoch), jax.jit(judge))


def outcomes(
    model: Traceable, params: Array, features: Array, shots: int, key: Array
) -> tuple[Array, Pull]:
    """Draw outcomes of the circuits of a batch; JAX traces it.

    Args:
        model: whose circuits they are.
        params: shape `(size,)`.
        features: shape `(B, f)`.
        shots: outcomes of each circuit, those of parameter shifts too.
        key: of all that is drawn.

    Returns:
        Frequencies, shape `(B, 2^n)`, and their pull-back to `params`, of outcomes of its own.
    """
    kets, _ = model.prepared(params, features)
    copies = shifted(model.circuit)

    def angles_of(params: Array) -> Array:
        """Angles of the gates, `(A,)` where all examples have the same, or `(B, A)`."""
        _, each = model.prepared(params, features)
        return copies.angles(each) if each.ndim == 1 else jax.vmap(copies.angles)(each)

    angles, back = jax.vjp(angles_of, params)
    of_value, of_slope = jax.random.split(key)
    rows = jnp.repeat(jnp.arange(len(kets)), shots)
    drawn = draw(_laws(copies, kets, angles), rows, of_value)
    dimension = kets.shape[1]
    counts = jnp.bincount(rows * dimension + drawn, length=kets.size)

    def pull(costs: Array) -> Array:
        def means(index: Array, shift: Array, key: Array) -> Array:
            laws = _laws(copies, kets, angles.at[..., index].add(shift))
            found = costs[rows, draw(laws, rows, key)].reshape(len(kets), shots).mean(axis=1)
            return found if angles.ndim == 2 else found.sum()

        found = slopes(copies, means, of_slope, held=max(kets.size, len(rows)))
        return back(jnp.moveaxis(found, 0, -1))[0]

    return counts.reshape(kets.shape) / shots, pull


def _laws(copies: Shifted, kets: Array, angles: Array) -> Array:
    """Probabilities of all outcomes for each example, `(B, 2^n)`."""
    if angles.ndim == 1:
        return born(copies.circuit.evolve(kets, angles))
    return born(jax.vmap(copies.circuit.evolve)(kets, angles))
