"""Parameters averaged along a training, which reduces the noise of mini-batches."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.objectives import Objective
from qce.training.interface import Optimizer, Oracle, Reading
from qce.training.state import State


class Averaged(NamedTuple):
    """The memory of an optimiser, and the mean of its points.

    Attributes:
        inner: The memory of the optimiser.
        mean: Of parameters; a step has the weight exp(−age/reach).
        count: Points in the mean.
    """

    inner: Any
    mean: Array
    count: Array


@lru_cache(maxsize=8)
def averaged(method: Optimizer, epochs: float, steps: int) -> Optimizer:
    """Return an optimiser that makes the same steps and keeps the mean of their points.

    The mean is in its memory, so that checkpoints hold it. It includes only points at which loss
    and gradient were finite, since only these are followed by an update.

    Args:
        method: The optimiser.
        epochs: After this number the weight of a point has fallen to 1/e.
        steps: In an epoch.
    """
    reach = epochs * steps

    def init(params: Array) -> Averaged:
        return Averaged(method.init(params), jnp.zeros_like(params), jnp.zeros((), int))

    def read(oracle: Oracle, params: Array, memory: Any, seed: Array, step: Array) -> Reading:
        return method.read(oracle, params, memory.inner, seed, step)

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        count = memory.count + 1
        # One over the sum of all weights, so that the first point gets the weight 1.
        share = jnp.expm1(-1 / reach) / jnp.expm1(-count / reach)
        mean = memory.mean + share * (params - memory.mean)
        params, inner = method.update(params, memory.inner, reading, objective)
        return params, Averaged(inner, mean, count)

    settings = {**method.settings, "average": epochs}
    return replace(method, settings=settings, init=init, read=read, update=update)


def mean_of(state: State) -> np.ndarray | None:
    """Return the mean of the parameters so far; `None` where there is none."""
    memory = state.memory
    if not isinstance(memory, Averaged) or int(memory.count) == 0:
        return None
    return np.asarray(memory.mean)
