"""The experiment on chains, small: states are found, and the figure can be read."""

import pytest
from legibility import illegible

from qce import plots, runs

SMALL = {
    "states": ("ghz",),
    "wires": (6,),
    "shots": 2000,
    "epochs": 20,
}


@pytest.mark.long
def test_a_state_is_found_and_drawn():
    import matplotlib.pyplot as plt

    experiment = runs.load_experiment(runs.find("chain_tomography"))
    found = experiment.run(experiment.spec(**SMALL), record=runs.Record())
    (rows,) = found.report.values()
    # 2000 outcomes and some twenty parameters that matter: about a hundredth is missing.
    assert rows["similarity"] > 0.95 and rows["least fidelity of three neighbours"] > 0.98
    assert rows["outcomes set apart (nats)"] - rows["the same, true state (nats)"] < 0.1
    with plots.style():
        figure = experiment.draw(found)
        faults = illegible(figure)
        plt.close(figure)
    assert faults == []
