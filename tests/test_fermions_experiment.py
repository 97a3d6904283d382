"""The experiment on free fermions, small: laws that have to hold, and a figure to be read."""

import numpy as np
from legibility import illegible

from qce import plots, runs


def test_fermions_small():
    import matplotlib.pyplot as plt

    experiment = runs.load_experiment(runs.find("fermions"))
    spec = experiment.spec(sites=12, shots=(10_000, 100_000), critical=60, blocks=5)
    found = experiment.run(spec)
    assert found.report["Random chain"]["largest error, exact moments"] < 1e-8
    # Root mean squares of 23 errors, of this seed: if these were independent, a factor of two would
    # be six standard deviations.
    ratio = found.history["error"] / found.history["expected"]
    assert ((ratio > 0.5) & (ratio < 2)).all()
    assert abs(found.report["Critical chain"]["central charge"] - 0.5) < 0.05  # falls as 1/n
    assert np.isfinite(found.history["entropy"]).all()
    with plots.style():
        figure = experiment.draw(found)
        assert illegible(figure) == []
        plt.close(figure)
