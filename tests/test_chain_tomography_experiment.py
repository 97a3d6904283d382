"""The experiment on chains, small: states are found, and the figure can be read."""

import functools
import runpy

import numpy as np
import pytest
import scipy.linalg
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


def test_the_thermal_ising_chain_is_that_of_dense_matrices():
    module = runpy.run_path(str(runs.find("chain_tomography")))
    wires, beta, seed = 6, 1.0, 3
    found = module["ising"](wires, beta, seed)
    x, z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])

    def product(**factors):
        each = [factors.get(f"w{k}", np.eye(2)) for k in range(wires)]
        return functools.reduce(np.kron, each)

    fields = np.random.default_rng(seed).uniform(0.5, 1.5, wires)
    terms = [-h * product(**{f"w{k}": x}) for k, h in enumerate(fields)]
    terms += [-product(**{f"w{k}": z, f"w{k + 1}": z}) for k in range(wires - 1)]
    rho = scipy.linalg.expm(-beta * sum(terms))
    rho /= np.trace(rho)
    # Steps δ of 0.01: a product formula of second order errs by β δ²/12 of double commutators, some
    # 16 each, two of each pair of neighbours, times ρ; a bond of six leaves 1e-9.
    gap = np.abs(np.asarray(found.model.density_matrix(found.params)) - rho).max()
    assert gap < beta * 0.01**2 / 12 * 2 * 16 * 5 * rho.max()
