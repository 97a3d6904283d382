"""Many starts at once: each is the training it would have been by itself."""

import numpy as np
import pytest

from qce import circuits, data, models, objectives, training
from qce.results import Status
from qce.training.many import fit_many

EPS = np.finfo(float).eps


@pytest.fixture(scope="module")
def bars():
    machine = models.BornMachine(circuits.rotations_xx(4, 2, "chain"))
    return objectives.measured_likelihood(machine, data.bars_and_stripes(2, 2))


@pytest.mark.thinned(2)
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_each_start_is_the_training_it_would_be_alone(bars, optimizer):
    """Ten steps: rounding, 50 ε, grows by less than the five digits left to it."""
    settings = {"optimizer": optimizer, "steps": 10}
    many = fit_many(bars, [3, 1, 4], **settings)
    for seed, result in zip([3, 1, 4], many, strict=True):
        alone = training.fit(bars, seed=seed, progress=False, **settings)
        assert (result.seed, result.steps, result.status) == (seed, alone.steps, alone.status)
        loss = alone.history["loss"]
        np.testing.assert_allclose(result.history["loss"], loss, rtol=0, atol=50 * EPS * 1e5)
        assert result.estimate.value == pytest.approx(alone.estimate.value, abs=50 * EPS * 1e5)


def test_starts_end_each_in_their_own_time():
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_likelihood(machine, np.array([0.3, 0.7]))
    many = fit_many(objective, range(6), tolerance=1e-4, steps=3000)
    alone = [
        training.fit(objective, seed=s, tolerance=1e-4, steps=3000, progress=False)
        for s in range(6)
    ]
    assert len({result.steps for result in many}) > 3
    assert all(result.status is Status.CONVERGED for result in many)
    # The step at which a norm crosses the tolerance may differ by one where it is met exactly.
    assert [r.steps for r in many] == pytest.approx([r.steps for r in alone], abs=1)
    assert all(len(r.history["loss"]) == r.steps + 1 for r in many)


def test_what_cannot_be_done_at_once_is_refused(bars):
    with pytest.raises(ValueError, match="Argument `seeds` must not be empty.*Pass"):
        fit_many(bars, [])
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    device = objectives.deferred_cross_entropy(model, np.eye(2) / 2, shots=10)
    with pytest.raises(ValueError, match="Argument `objective` must be simulated.*Pass"):
        fit_many(device, [0])
