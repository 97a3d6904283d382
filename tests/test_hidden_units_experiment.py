"""The experiment on hidden units, small: where two gradients agree, and a figure to be read."""

import numpy as np
import pytest
from legibility import illegible

from qce import plots, runs
from qce.reproduce import paper

SMALL = {
    "seeds": 3,
    "strengths": (0.0, 1.0),
    "steps": 40,
    "units": (1,),
    "starts": 2,
    "descents": 100,
}


def drawn_well(experiment, found):
    import matplotlib.pyplot as plt

    with plots.style():
        figure = experiment.draw(found)
        faults = illegible(figure)
        plt.close(figure)
    script = paper.script("hidden_units")
    printed = script.draw(script.panels(found))
    labelled = all(axes.get_xlabel() for axes in printed.axes)
    plt.close(printed)
    return faults == [] and labelled


@pytest.mark.long
def test_expectation_maximisation_is_exact_where_nothing_is_entangled():
    experiment = runs.load_experiment(runs.find("hidden_units"))
    found = experiment.run(experiment.spec(**SMALL), record=runs.Record())
    apart, coupled = (found.history[f"gradients/{name}"] for name in ("apart", "coupled"))
    # Roots and inverse roots of states with weights above 1e-3.
    assert apart.max() < 1e-11 and coupled[:, 0].max() < 1e-11
    assert coupled[:, 1].min() > 1e-3
    exact, em = (found.history[f"gradients/{name}"] for name in ("exact", "em"))
    assert np.median(em[:, 1] - exact[:, 1]) > 1e-3
    assert np.abs(em - exact)[:, 0].max() < 1e-6  # both reach data that are diagonal
    (rows,) = (rows for title, rows in found.report.items() if "test rows" in title)
    for kind in ("quantum", "classical"):
        assert rows["entropy"] < rows[f"1: {kind}, 39 parameters"] < 9 * np.log(2)
    assert 0 <= rows["1: quantum, share of starts at the entropy"] <= 1
    assert drawn_well(experiment, found)


@pytest.mark.long
def test_bits_of_ones_own(tmp_path):
    bits = np.random.default_rng(0).integers(0, 2, (200, 1)).repeat(5, axis=1)
    np.savetxt(tmp_path / "bits.csv", bits, fmt="%d", delimiter=",")
    experiment = runs.load_experiment(runs.find("hidden_units"))
    spec = experiment.spec(
        **SMALL | {"steps": 1, "data": str(tmp_path / "bits.csv"), "epochs": 40, "batch": 40}
    )
    found = experiment.run(spec, record=runs.Record())
    (rows,) = (rows for title, rows in found.report.items() if "test rows" in title)
    # Five equal bits are one: ln 2; independent ones would cost five times as much.
    assert rows["1: quantum, 23 parameters"] < 2 * np.log(2)
    assert "1: quantum less classical, standard error" in rows
    assert drawn_well(experiment, found)
