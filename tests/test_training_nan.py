"""Parameters and losses that are no numbers end a training as such, whatever the optimiser."""

import jax.numpy as jnp
import numpy as np
import pytest

from qce import circuits, models, objectives, training
from qce.objectives import Objective
from qce.objectives.objective import Measurement
from qce.results import Status
from qce.training.many import fit_many
from qce.training.optimizers import NAMES

LAW = [0.4, 0.3, 0.2, 0.1]
MACHINE = models.BornMachine(circuits.rx(2))
SIMULATED = objectives.measured_likelihood(MACHINE, LAW)  # one of each: they compile once
SENT = objectives.measured_likelihood(MACHINE, LAW, shots=100, seed=0)
ON_SIMULATORS = [name for name in NAMES if name not in ("cans", "soap")]
ON_DEVICES = [name for name in NAMES if name not in ("lbfgs", "marquardt", "soap")]
STARTS = [[np.nan, np.nan], [np.nan, 0.1], [0.1, np.inf], [-np.inf, 0.1]]


def fit(objective, *args, **options):
    return training.fit(objective, *args, progress=False, steps=4, **options)


@pytest.mark.thinned(13)
@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("optimizer", ON_SIMULATORS)
def test_a_start_that_is_no_number_is_reported(optimizer, start):
    result = fit(SIMULATED, start, optimizer=optimizer)
    assert (result.status, result.steps) == (Status.NON_FINITE, 0)
    assert np.isnan(result.estimate.value)
    np.testing.assert_array_equal(result.params, start)


@pytest.mark.thinned(13)
@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("optimizer", ON_DEVICES)
def test_nothing_is_sent_for_a_start_that_is_no_number(optimizer, start):
    result = fit(SENT, start, optimizer=optimizer)
    assert (result.status, result.steps, result.spent.circuits) == (Status.NON_FINITE, 0, 0)
    assert np.isnan(result.estimate.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("optimizer", ["soap", None])
def test_a_tree_that_starts_at_no_number_is_reported(optimizer, bad):
    """SOAP, which is for trees alone, and the default of their mini-batches."""
    tree = models.TensorTree([-1, 0], 2)
    start = tree.initial(0)
    start[-1] = bad
    objective = objectives.measured_likelihood(tree, [[0, 1], [1, 1], [0, 0], [0, 1]])
    result = fit(objective, start, optimizer=optimizer, batch=2)
    assert (result.status, result.steps) == (Status.NON_FINITE, 0)
    np.testing.assert_array_equal(result.params, start)


class Nowhere:
    """A model that starts at no number."""

    size = 2

    def initial(self, seed):
        return np.array([np.nan, seed])


# What scores a broken model as perfect: a loss that looks at one parameter, or cleans the others.
OVERLOOKING = [lambda x: x[1] ** 2, lambda x: jnp.sum(jnp.where(x > 0, x, 0.0) ** 2)]


@pytest.mark.thinned(9)
@pytest.mark.parametrize("loss", OVERLOOKING, ids=["one", "clean"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "spsa", "coordinate"])
def test_a_loss_that_overlooks_nan_does_not_converge(optimizer, loss):
    objective = Objective("kind", Nowhere(), evaluate=lambda x: (loss(x), jnp.zeros(())))
    alone = fit(objective, optimizer=optimizer)
    together = fit_many(objective, [0, 1], optimizer=optimizer, steps=4)
    assert [r.status for r in (alone, *together)] == [Status.NON_FINITE] * 3


@pytest.mark.thinned(3)
@pytest.mark.parametrize("optimizer", ["adam", "spsa", "coordinate", "cans"])
def test_a_device_that_overlooks_nan_does_not_converge(optimizer):
    def measure(points, with_gradient):
        return [Measurement(0.0, 0.1, np.zeros(2) if with_gradient else None) for _ in points]

    objective = Objective("kind", Nowhere(), measure=measure)
    assert fit(objective, optimizer=optimizer).status is Status.NON_FINITE


def test_what_becomes_nan_on_the_way_keeps_the_last_point():
    """-ln(1 - x) from 0.5 at a rate of 1: Adam's steps are 1 at first, and 1.5 has no logarithm."""
    loss = Objective("log", MACHINE, evaluate=lambda x: (jnp.log(1 - x).sum(), jnp.zeros(())))
    result = fit(loss, [0.5, 0.5], learning_rate=1.0)
    assert (result.status, result.steps) == (Status.NON_FINITE, 1)
    np.testing.assert_array_equal(result.params, [0.5, 0.5])
