"""Which circuits of a mixture a device runs does not depend on what they show."""

import numpy as np
import pennylane as qml
import pytest

from qce import circuits, models, objectives
from qce.objectives.objective import own_generator


@pytest.mark.parametrize("key", [(), (3,), (3, 1)])
def test_an_objective_and_a_device_of_one_seed_draw_from_two_streams(key):
    mine, device = own_generator(7, *key), np.random.default_rng((7, *key) if key else 7)
    assert not np.isin(mine.random(1000), device.random(1000)).any()
    assert own_generator(7, *key).random() == own_generator(7, *key).random()


def test_what_is_drawn_together_is_as_it_would_be_apart():
    """Shares of kets and frequencies of outcomes, over trainings' seeds, do not correlate.

    Two kets of equal weight, each with both outcomes equally likely: of N shots n are of the first,
    and of them a share f shows 0. With one stream n and f were made of the same numbers.
    """
    shots, repeats = 6, 1600
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    device = qml.device("default.qubit", wires=1, seed=0)
    terms = {"X": 0.3, "Z": 1.0}
    objective = objectives.thermalisation(model, terms, device=device, shots=shots, seed=5)
    params = np.array([0.0, np.pi / 2])
    asked, shown = [], []
    run = objective.machine.readings

    def watched(calls, *rest, **more):
        found = run(calls, *rest, **more)
        if calls[0].shots < shots:  # both kets occur in both bases
            asked.append(calls[0].shots)
            shown.append(found[0][0].distribution[0])
        return found

    object.__setattr__(objective.machine, "readings", watched)
    for step in range(repeats):
        objective.reseed(5, step)
        objective(params)
    correlation = np.corrcoef(asked, shown)[0, 1]
    # Of independent numbers it is normal with deviation 1/√1500: above 0.1 once in 10,000 times.
    assert len(asked) > 1500 and abs(correlation) < 0.1
