"""The cross entropy of a Boltzmann machine as an objective of `qce.fit`."""

from __future__ import annotations

import jax.numpy as jnp

from qce._concrete import constant
from qce.boltzmann import _memory
from qce.boltzmann.moments import Moments, Target, cross_entropy, target
from qce.data import Counts, PauliOutcomes
from qce.data.states import StateData
from qce.models import BoltzmannMachine
from qce.objectives import Objective
from qce.objectives.objective import Evaluate
from qce.objectives.recipe import remembered
from qce.typing import Array


@remembered
def gibbs_cross_entropy(
    model: BoltzmannMachine,
    data: StateData | Moments | Counts | PauliOutcomes,
    *,
    memory: float = 4.0,
) -> Objective:
    r"""Quantum cross entropy $S(\rho, \sigma_\theta)$ of data and a Boltzmann machine, exactly.

    $\langle H\rangle_\rho + \ln Z$ where no wire is hidden; else that of the visible state. JAX
    compiles it; first derivatives are exact also where H is degenerate, as at θ = 0.

    Args:
        model: `BoltzmannMachine`.
        data: density matrix `(d, d)`, a state of `qce.states`, or, without hidden
            wires, `Moments`, or `Counts` and `PauliOutcomes` of `qce.data`, which are averaged.
        memory: GiB that may be used.

    Returns:
        Objective with standard error 0; its floor is the entropy of the data where it is known.

    Raises:
        ValueError: The data do not fit the machine, or the memory does not suffice.

    Example:
        >>> import numpy as np
        >>> from qce import fit, models
        >>> machine = models.BoltzmannMachine(models.PauliTerms(("X", "Z")))
        >>> objective = gibbs_cross_entropy(machine, np.array([[0.5, 0.3], [0.3, 0.5]]))
        >>> result = fit(objective, optimizer="lbfgs", progress=False)
        >>> abs(result.gap) < 1e-12, bool(np.isclose(result.params[0], -np.arctanh(0.6)))
        (True, True)
    """
    _memory.check(model, memory)
    seen = target(model, data)
    return Objective("gibbs cross entropy", model, seen.floor, evaluate=_evaluate(model, seen))


def _evaluate(model: BoltzmannMachine, seen: Target) -> Evaluate:
    def evaluate(params: Array) -> tuple[Array, Array]:
        if seen.moments is not None:
            value = params @ constant(seen.moments) + model.log_partition(params)
        else:
            value = cross_entropy(jnp.asarray(seen.state), model.state(params))
        return value, jnp.zeros_like(value)

    return evaluate
