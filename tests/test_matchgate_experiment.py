"""The experiment on matchgate Born machines, small, on rows of a chain; and its figure."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from legibility import illegible

from qce import plots, runs


@pytest.fixture
def rows(tmp_path):
    """A chain of seven bits, each like the one before with probability 0.9, in another order."""
    rng = np.random.default_rng(0)
    flips = rng.random((900, 7)) < 0.1
    bits = (rng.integers(0, 2, (900, 1)) + np.cumsum(flips, axis=1)) % 2
    mixed = bits[:, rng.permutation(7)].astype(np.int8)
    np.savez(tmp_path / "chain.npz", train=mixed[:500], valid=mixed[500:700], test=mixed[700:])
    return tmp_path / "chain"


@pytest.mark.long
def test_a_matchgate_machine_is_between_independent_bits_and_the_tree(rows, tmp_path):
    import matplotlib.pyplot as plt

    experiment = runs.load_experiment(runs.find("matchgate_born"))
    settings = {"seeds": 2, "hidden": (1,), "epochs": 20, "batch": 50}
    spec = runs.checked(experiment.spec(data=str(rows), **settings))
    folder, outcome = runs.execute(experiment, spec, tmp_path / "runs", progress=False)
    (found,) = outcome.report.values()
    assert found["Chow-Liu tree"] < found["matchgate, 1 hidden"] < found["independent bits"] - 1
    assert (folder / "figure.pdf").stat().st_size > 1000
    with plots.style():
        figure = experiment.draw(outcome)
        assert illegible(figure) == []
        plt.close(figure)


def test_wires_stand_beside_those_they_depend_on(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    joined = importlib.import_module("matchgate_born").joined
    assert joined((2, -1, 1, 0)) == [1, 2, 0, 3]  # a chain 1 – 2 – 0 – 3
    order = joined((-1, 0, 0, 1, 1))
    assert sorted(order) == list(range(5)) and order[0] == 0
