"""The natural gradient that damps itself, on cold states: rare outcomes weigh next to nothing."""

from functools import lru_cache

import numpy as np
import pytest

from qce import circuits, models, objectives, quantum, training
from qce.results import Status
from qce.states import Thermal

WORDS = dict.fromkeys(models.PauliTerms.chain(3, couplings=["XX", "YY", "ZZ"]).strings, 1.0)
BETA = 2.0


@lru_cache
def cold():
    """The Heisenberg chain of three sites; its eigenvalues span e^{-12}."""
    hamiltonian = models.PauliTerms(tuple(WORDS)).matrix(np.ones(len(WORDS)))
    return np.asarray(Thermal(hamiltonian, BETA))


@lru_cache
def model():
    return models.ThermalModel(circuits.heisenberg(3, 3), models.CategoricalSpectrum(3))


@lru_cache
def from_data():
    return objectives.exact_cross_entropy(model(), cold())


def fit(objective, **options):
    return training.fit(objective, progress=False, **{"optimizer": "marquardt", **options})


@pytest.mark.thinned(3)
@pytest.mark.parametrize("seed", range(4))
def test_a_cold_state_is_learned_to_the_last_digits(seed):
    result = fit(from_data(), steps=300, seed=seed)
    assert result.status is Status.CONVERGED
    # A loss of order one, summed over 8 kets of 8 numbers after some 60 gates.
    assert abs(result.gap) < 1e-13
    sigma = np.asarray(model().density_matrix(result.params))
    assert abs(float(quantum.relative_entropy(cold(), sigma))) < 1e-12


def test_no_step_raises_the_loss():
    result = fit(from_data(), steps=60, seed=5)
    # The slack that the optimiser itself gives to rounding, eight units of a loss near 1.
    assert np.diff(result.history["loss"]).max() <= 8 * np.finfo(float).eps * 4


def test_a_metric_that_does_not_fit_is_refused_with_its_size():
    wide = models.ThermalModel(circuits.heisenberg(10, 10), models.ProductSpectrum(10))
    objective = objectives.exact_cross_entropy(wide, np.eye(1024)[0])
    with pytest.raises(ValueError, match="8 GiB, but 270 angles on 10 wires need 8.44 GiB"):
        fit(objective)


def test_it_finds_its_own_step_and_needs_exact_values():
    with pytest.raises(ValueError, match="`learning_rate` must be left out for optimizer='marq"):
        fit(from_data(), learning_rate=0.1)
    measured = objectives.deferred_cross_entropy(model(), cold(), shots=10, seed=0)
    with pytest.raises(ValueError, match='`optimizer` must be "adam" on a device'):
        fit(measured)
