"""Noise of whole trainings from shots: white from step to step, in compiled steps and on devices.

What repeats from one step to the next is no noise but another loss, and no error bar knows of it.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import qce
from qce import circuits, models, objectives
from qce.results import Status
from qce.training.state import Limits, start
from qce.training.stepper import stepper
from qce.training.transformations import transformed

MODEL = models.ThermalModel(circuits.strongly_entangling(1, 1), models.ProductSpectrum(1))
# Estimates without bias; of one ket: how often each of several is drawn, all copies have in common.
KET = np.array([0.8, 0.36 + 0.48j])
BUILD = partial(objectives.deferred_cross_entropy, MODEL, KET)
WAYS = {"compiled": None, "PennyLane": "default.qubit gradient=shifts"}
STEPS = {"compiled": 2000, "PennyLane": 150}
SHOTS = 50


@cache  # one object, so that trainings of one objective are compiled once
def standing(steps, size):
    """An optimiser that stays where it is, and keeps the gradients that it is handed."""

    def init(params):
        return jnp.zeros((steps, size)), jnp.zeros((), int)

    def update(gradient, memory, params=None, **more):
        del params, more
        kept, k = memory
        return jnp.zeros(size), (kept.at[k].set(gradient), k + 1)

    return optax.GradientTransformation(init, update)


@cache
def built(way, seed):
    return BUILD(device=WAYS[way], shots=SHOTS, seed=seed)


def spread(params):
    """Standard deviations that outcomes 0 and 1, of energies a and b, give to value and slopes.

    A mean m of them has the variance (m − a)(b − m) / shots, whatever the probabilities.
    """
    exact, (a, b) = BUILD(), np.sort(-MODEL.log_probabilities(params))
    quarter = np.pi / 2 * np.eye(MODEL.size)[1:]  # of the angles, which follow the spectrum
    variances = [
        [(m - a) * (b - m) / SHOTS for m in (exact(params + sign * each).value for each in quarter)]
        for sign in (1, -1)
    ]
    m = exact(params).value
    return np.sqrt([(m - a) * (b - m) / SHOTS, *np.sum(variances, axis=0) / 4])


def noise(way, seed, training):
    """Errors of a training that stands still, in their standard deviations, `(steps, 1 + P)`.

    Those of the values, and of the slopes by each of P angles.
    """
    jax.config.update("jax_enable_x64", True)
    steps, params = STEPS[way], MODEL.initial(1)
    method = transformed(standing(steps, MODEL.size), MODEL.size)
    advance = stepper(built(way, seed), method)
    state, losses = start(params, method, training), []
    while len(losses) < steps:  # as many points a call as the way makes
        state, trace, _ = advance(state, steps - len(losses), Limits(steps, -1.0))
        losses.extend(trace.loss)
    gradients = np.asarray(state.memory[0])[:, 1:]
    value, gradient = BUILD().value_and_gradient(params)
    errors = np.column_stack([losses, gradients]) - np.array([value.value, *gradient[1:]])
    return errors / spread(params)


@pytest.mark.parametrize("way", WAYS)
def test_the_noise_of_a_step_knows_nothing_of_other_steps_copies_and_seeds(way):
    one, other, swapped = (noise(way, *seeds) for seeds in [(3, 4), (3, 5), (4, 3)])
    steps, size = one.shape
    # 5 standard errors of means of products of independent numbers of variance 1.
    bound = 5 / steps**0.5
    for first, second in [(one, other), (one, swapped), (other, swapped)]:
        assert np.abs(first.T @ second / steps).max() < bound
    for lag in (1, 2, 7):
        assert np.abs(one[:-lag].T @ one[lag:] / steps).max() < bound
    # Squares vary by 2, and those of means of few outcomes by no more.
    for each in (one, other, swapped):
        within = each.T @ each / steps - np.eye(size)
        np.testing.assert_array_less(np.abs(within), bound * np.sqrt(1 + np.eye(size)))
    # A pattern that stays adds up with the steps, not with their root.
    assert np.abs(one.sum(axis=0) / steps).max() < bound


@pytest.mark.parametrize("way", WAYS)
def test_outcomes_that_fit_by_chance_are_no_convergence(way):
    """Four outcomes are as frequent as they should be 3 times in 8, and the slope is zero then."""
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_discrepancy(
        machine, np.array([0.5, 0.5]), device=WAYS[way], shots=4, seed=3
    )
    for tolerance in (0, 1e-8):
        result = qce.fit(objective, [0.3], steps=30, tolerance=tolerance, progress=False)
        assert result.history["grad_norm"].min() < 1e-15
        assert result.status is Status.STEP_LIMIT and result.steps == 30
