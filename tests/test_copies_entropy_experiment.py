"""The experiment on relative entropy from copies, small; its predictions, and its figure."""

import inspect

import numpy as np
import pytest
from legibility import illegible

from qce import plots, quantum, runs

EXPERIMENT = runs.load_experiment(runs.find("relative_entropy"))
CODE = inspect.unwrap(EXPERIMENT.run).__globals__


def test_adaptive_estimates_are_nearer_to_the_bound_than_fixed_ones(tmp_path):
    import matplotlib.pyplot as plt

    spec = runs.checked(EXPERIMENT.spec(copies=(100_000,), repeats=6))
    folder, outcome = runs.execute(EXPERIMENT, spec, tmp_path / "runs", progress=False)
    found = {
        way: [rows[f"{way}, 100000 copies"] for rows in outcome.report.values()]
        for way in ("adaptive", "likelihood")
    }
    # The mean of 18 squares scatters by a third, and Pauli bases have two to three times the error.
    assert 0.3 < np.mean(found["adaptive"]) < np.mean(found["likelihood"])
    for rows in outcome.report.values():
        assert rows["V of Pauli bases"] > 1.9 * rows["V, the bound (nats²)"]
    assert (folder / "figure.pdf").stat().st_size > 1000
    with plots.style():
        figure = EXPERIMENT.draw(outcome)
        assert illegible(figure) == []
        plt.close(figure)


def test_the_prediction_of_fixed_bases_is_that_of_bloch_vectors():
    """Σ 3 κ_k²(1 − r_k²) with the Bloch vector κ of log ρ − log σ."""
    r, s = 0.9 * np.array([1.0, 2.0, 2.0]) / 3, np.array([0.5, 0.0, 0.0])
    kappa = np.arctanh(0.9) * r / 0.9 - np.arctanh(0.5) * s / 0.5
    rho, sigma = CODE["qubit"](r), CODE["qubit"](s)
    found = CODE["fixed_prediction"](rho, sigma)
    assert found == pytest.approx(3 * kappa**2 @ (1 - r**2), rel=1e-12)
    assert float(quantum.relative_entropy_variance(rho, sigma)) < found
