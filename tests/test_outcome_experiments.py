"""The experiments on models of outcomes, run small, and what they say held against theorems."""

import numpy as np
import pytest
from legibility import illegible

from qce import plots, runs


def small(tmp_path, name, **settings):
    """What a small run found; its figure can be read."""
    experiment = runs.load_experiment(runs.find(name))
    spec = runs.checked(experiment.spec(**settings))
    folder, outcome = runs.execute(experiment, spec, tmp_path, progress=False)
    with plots.style():
        assert illegible(experiment.draw(runs.read(folder))) == []
    return outcome


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Rows of four wires in which neighbours mostly agree, as a file of one's own."""
    flips = np.random.default_rng(0).random((400, 4)) < [0.5, 0.2, 0.2, 0.2]
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    np.savetxt(path, np.cumsum(flips, axis=1) % 2, fmt="%d", delimiter=",")
    return str(path)


def test_two_losses_of_one_circuit_are_judged_by_one_likelihood(tmp_path, table):
    settings = {"data": table, "weight": 2, "steps": 60, "moment_steps": 10, "operators": 40}
    settings["starts"] = 1
    outcome = small(tmp_path, "likelihood_or_discrepancy", **settings)
    rows = outcome.report["Test rows, −ln p (nats)"]
    assert outcome.report["Circuit"] == {"wires": 4, "gates": 10}
    apart = outcome.report["Above exact likelihood (nats)"]
    for name in ("IQP, discrepancy", "independent bits", "Chow-Liu tree", "Boltzmann machine"):
        # Means of 133 differences, in another order.
        assert apart[name] == pytest.approx(rows[name] - rows["IQP, likelihood"], abs=1e-12)
    # A chain is a tree, and a tree of pairs a Boltzmann machine: the fits differ by their noise.
    assert abs(rows["Boltzmann machine"] - rows["Chow-Liu tree"]) < 0.1
    assert rows["Chow-Liu tree"] < rows["independent bits"] - 0.1
    for name in ("likelihood", "discrepancy"):
        curve = outcome.history[f"{name}/nll"]
        assert curve[:, 1].min() < curve[0, 1]


@pytest.mark.long
def test_noise_takes_from_a_deployed_chain_what_training_gave(tmp_path, table):
    settings = {"data": table, "epochs": 20, "steps": 20, "noise": (0.0, 0.02)}
    outcome = small(tmp_path, "train_here_run_there", **settings)
    ideal = outcome.report["Test rows, −ln p (nats), no noise"]
    assert ideal["chain, circuit"] == pytest.approx(
        ideal["chain, before it is a circuit"], abs=1e-9
    )
    for name in ("chain", "deeper"):
        clean, noisy = outcome.report[f"{name}, noise 0"], outcome.report[f"{name}, noise 0.02"]
        assert abs(clean["gap"]) < 1e-9 and clean["test"] == pytest.approx(
            ideal[f"{name}, circuit"], abs=1e-9
        )
        assert noisy["gap"] > 0
    # More gates under the same noise are further off.
    assert outcome.report["deeper, noise 0.02"]["gap"] > outcome.report["chain, noise 0.02"]["gap"]
