"""The experiments on trainability and on Born machines, run small, and their table in full."""

import inspect
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from legibility import illegible

from qce import runs
from qce.circuits import rotations_xx
from qce.models import BornMachine


def load(name):
    return runs.load_experiment(runs.find(name))


@pytest.fixture(scope="module")
def trainability(tmp_path_factory):
    experiment = load("trainability")
    small = {"wires": (2,), "circuits": 60, "depth": 2, "shots": (3, 50)}
    spec = experiment.spec(**small, thermal_wires=(), products=2000)
    folder, outcome = runs.execute(experiment, spec, tmp_path_factory.mktemp("t"), progress=False)
    return experiment, runs.read(folder), outcome


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    experiment = load("bars_and_stripes")
    spec = experiment.spec(layers=(), shots=(20,), shot_starts=1, shot_steps=2)
    folder, outcome = runs.execute(experiment, spec, tmp_path_factory.mktemp("b"), progress=False)
    return experiment, runs.read(folder), outcome


def drawn(experiment, saved, panels):
    from qce import plots

    with plots.style():
        figure = experiment.draw(saved)
        assert len(figure.axes) == panels and all(axes.lines for axes in figure.axes)
        assert illegible(figure) == []


def test_what_is_drawn_lies_on_the_laws(trainability):
    _, _, outcome = trainability
    rows = outcome.report["In all"]
    # The largest of 20 normal deviations is above 5 once in 10⁵.
    assert rows["points"] == 20
    assert rows["largest deviation of a mean (standard errors)"] < 5
    assert rows["largest deviation of a variance (standard errors)"] < 5


def test_the_published_formula_is_held_against_the_exact_one(trainability):
    rows = trainability[2].report["In all"]
    ratio = rows["published variance over exact one, uniform data, 16 wires"]
    assert ratio == pytest.approx(1 / (1 - 6 / np.pi**2), abs=1e-4)


def test_figure_of_trainability_is_drawn_from_what_was_saved(trainability):
    drawn(*trainability[:2], panels=4)


@pytest.mark.long
def test_the_classical_floors_of_bars_and_stripes(bars):
    rows = next(iter(bars[2].report.values()))
    # Sums of 16 logarithms.
    assert rows["best product"] == pytest.approx(math.log(8 / 3), abs=1e-14)
    assert rows["best tree"] == pytest.approx(math.log(9 / 4), abs=1e-14)


def test_every_loss_is_trained_from_outcomes_and_counted(bars):
    _, saved, outcome = bars
    for loss in ("likelihood", "discrepancy", "transport"):
        assert saved.history[loss].shape == (1, 1) and np.all(saved.history[loss] > 0)
    # Three losses, three points; 14 parameters are shifted both ways.
    assert outcome.circuits == 3 * 3 * (1 + 2 * 14)
    assert outcome.shots == 20 * outcome.circuits


def test_figure_of_bars_and_stripes_is_drawn_from_what_was_saved(bars):
    drawn(*bars[:2], panels=2)


@pytest.mark.long
def test_all_that_is_drawn_by_default_lies_on_the_laws(tmp_path):
    experiment = load("trainability")
    _, outcome = runs.execute(experiment, experiment.spec(), tmp_path, progress=False)
    rows = outcome.report["In all"]
    assert rows["points"] >= 50
    assert rows["largest deviation of a mean (standard errors)"] < 5
    assert rows["largest deviation of a variance (standard errors)"] < 5


@pytest.mark.long
def test_the_table_of_depth_and_couplings_in_full():
    """Floors in closed form, from 25 starts of each circuit; all-to-all couplings reach 0."""
    experiment = load("bars_and_stripes")
    names = inspect.unwrap(experiment.run).__globals__
    exact, table = names["exact"], names["CIRCUITS"]
    for name, (layers, pairs, closed) in table.items():
        gaps = exact(experiment.spec(), BornMachine(rotations_xx(4, layers, pairs)))
        assert gaps.min() == pytest.approx(closed, abs=1e-6)
        if name in ("1 layer", "2 layers, all", "4 layers, all"):
            assert np.median(gaps) == pytest.approx(closed, abs=1e-6)


def test_the_figure_of_the_paper_is_drawn_from_what_was_saved(bars):
    from qce.reproduce import paper

    script = paper.script("bars_and_stripes")
    figure = script.draw(script.panels(bars[1]))
    assert all(axes.get_xlabel() for axes in figure.axes)
    plt.close(figure)
