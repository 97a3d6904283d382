"""Parametric bootstrap: many sets of data drawn from a model, and a training on each."""

from __future__ import annotations

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from qce.objectives import Objective
from qce.objectives.likelihood import Likelihood
from qce.results import Status
from qce.training.free import Parameters
from qce.training.gradient import lbfgs
from qce.training.interface import Optimizer
from qce.training.state import CHUNK, Limits, State, ending, start
from qce.training.stepper import batch_stepper

_AT_ONCE = 25  # trainings side by side
_LIMITS = Limits(steps=300, tolerance=1e-7)


@lru_cache(maxsize=8)
def _trainer(likelihood: Likelihood, size: int) -> tuple[Objective, Optimizer]:
    """The loss of parameters with the data behind them, so that one program serves all sets."""

    def evaluate(x: Array) -> tuple[Array, Array]:
        return likelihood.loss(x[:size], jax.lax.stop_gradient(x[size:])), jnp.zeros(())

    both = Parameters(size + likelihood.counts.size)
    return Objective("likelihood", both, evaluate=evaluate), lbfgs()


def resampled(
    likelihood: Likelihood, params: np.ndarray, samples: int, seed: int, progress: bool
) -> tuple[np.ndarray, str]:
    """Return the parameters trained on each set of data, and a remark on the trainings.

    Args:
        likelihood: Gives the distributions from which data are drawn.
        params: Of these distributions, and the start of each training.
        samples: How many sets.
        seed: Of the sets, with their number.
        progress: Show a bar.

    Returns:
        Shape `(samples, P)`, without those where the training broke down.
    """
    from tqdm import tqdm

    size, (objective, method) = len(params), _trainer(likelihood, len(params))
    advance = batch_stepper(objective, method)
    found: list[np.ndarray] = []
    slow = broken = 0
    with tqdm(total=samples, disable=not progress, unit="set of data") as bar:
        for first in range(0, samples, _AT_ONCE):
            # The last batch is as large as the others; another size would be compiled again.
            drawn = [likelihood.drawn(params, (seed, first + k)) for k in range(_AT_ONCE)]
            starts = [start(np.concatenate([params, data]), method, seed) for data in drawn]
            states: State = jax.tree.map(lambda *leaves: np.stack(leaves), *starts)
            while not np.asarray(states.ending).all():
                states, *_ = jax.device_get(advance(states, CHUNK, _LIMITS))
            for k in range(min(_AT_ONCE, samples - first)):
                status = ending(jax.tree.map(lambda leaf, k=k: leaf[k], states))
                slow += status is Status.STEP_LIMIT
                broken += status is Status.NON_FINITE
                if status is not Status.NON_FINITE:
                    found.append(np.asarray(states.kept.params[k][:size]))
            bar.update(min(_AT_ONCE, samples - first))
    said = f", {slow} not trained to the end" if slow else ""
    said += f", {broken} left out as not finite" if broken else ""
    return np.array(found).reshape(-1, size), said
