"""The experiments on estimators, run small, and what they find held against the theory."""

import inspect

import numpy as np
import pytest
from legibility import illegible
from scipy.stats import multinomial

from qce import data, plots, quantum, runs


@pytest.fixture(scope="module")
def early():
    experiment = runs.load_experiment(runs.find("measuring_early"))
    spec = experiment.spec(angles=5, outcomes=400, wires=2, shots=(30, 1000), repeats=30)
    return experiment, spec, experiment.run(spec)


@pytest.fixture(scope="module")
def shots():
    experiment = runs.load_experiment(runs.find("shots"))
    spec = experiment.spec(wires=1, layers=1, shots=(30, 1000), repeats=20, samples=200)
    return experiment, spec, experiment.run(spec, record=runs.Record())


def section(outcome, start):
    (found,) = [rows for title, rows in outcome.report.items() if title.startswith(start)]
    return found


def test_the_gap_across_the_measurement_is_that_of_the_reference_pair(early):
    rows = section(early[2], "Cross entropy above")
    assert rows["gap at 90°, |s| = 0.5"] == pytest.approx(0.143841036225890, abs=1e-14)
    # Ten points: one beyond five standard errors has a probability of 6e-6.
    assert 0 < rows["largest deviation (standard errors)"] < 5
    history = early[2].history
    assert np.all(history["gap/0.5/gap"] > -1e-14)
    ends = history["gap/0.9/law"][[0, -1]]
    assert np.abs(ends).max() < 1e-14


def test_the_floor_is_the_bias_law(early):
    laws = early[2].history["floor/mub/law"]
    np.testing.assert_allclose(laws, [0.636514168294813, 1.332179019], atol=1e-9)
    pauli = early[2].history["floor/pauli/law"]
    np.testing.assert_allclose(pauli, 0.636514168294813 * np.array([1, 2]), atol=1e-12)


def test_the_floor_of_few_outcomes_lies_between_its_bounds(early):
    """In the mean over 20 draws, to five standard errors: at the law at most, above the other."""
    history = early[2].history
    for name in ("mub", "pauli"):
        seen = history[f"floor/{name}/seen"]
        assert seen.shape == (2, 20)
        mean, error = seen.mean(axis=1), seen.std(axis=1, ddof=1) / 20**0.5
        assert (mean <= history[f"floor/{name}/law"] + 5 * error).all()
        assert (mean >= history[f"floor/{name}/least"] - 5 * error).all()
        assert (seen.min(axis=1) < history[f"floor/{name}/law"]).all()  # single draws fall below
    law, least = history["floor/mub/law"], history["floor/mub/least"]
    np.testing.assert_allclose(law - least, np.log1p(np.array([1, 3]) / 400), atol=1e-14)


@pytest.mark.parametrize("outcomes", [1, 2, 3, 6])
def test_the_bounds_hold_for_every_number_of_outcomes(early, outcomes):
    """All sequences of outcomes of the six Pauli states, with their probabilities."""
    bases, rho = data.random_bases("mub", 1), np.diag([0.95, 0.05])
    law = (bases.overlaps(rho) / bases.count).ravel()
    mean = 0.0
    for counts in compositions(outcomes, 6):
        chance = multinomial(outcomes, law).pmf(counts)
        state = bases.empirical(np.reshape(counts, (3, 2)) / outcomes)
        mean += chance * float(quantum.entropy(state))
    entropy = float(quantum.entropy(data.measured_state(rho, bases)))
    bound = inspect.unwrap(early[0].run).__globals__["in_the_mean"](entropy, 2, outcomes)
    assert bound <= mean + 1e-12 and mean <= entropy + 1e-12
    if outcomes == 1:  # a pure state; the bound is off by the rest of ln 2
        assert mean == pytest.approx(0, abs=1e-12) and bound > -0.06


def compositions(total, parts):
    """All tuples of so many whole numbers from 0 on with that sum."""
    if parts == 1:
        return [(total,)]
    heads = range(total + 1)
    return [(k, *rest) for k in heads for rest in compositions(total - k, parts - 1)]


def test_three_ways_have_the_errors_that_theory_gives_them(early):
    rows = section(early[2], "Three estimates")
    for way in ("deferred", "shadows"):
        theory = rows[f"{way}: variance, theory"]
        # A mean of 30 sample variances of 1000 outcomes each.
        assert rows[f"{way}: variance of one outcome"] == pytest.approx(theory, rel=0.1)
        assert abs(rows[f"{way}: bias"]) < 5 * (theory / 1000 / 30) ** 0.5
    assert rows["shadows: variance, theory"] > 3 * rows["deferred: variance, theory"]
    bias = rows["empirical state: bias, theory"]
    assert rows["empirical state: bias"] == pytest.approx(bias, abs=5 * (0.1 / 30_000) ** 0.5)


def test_the_record_counts_what_was_sent(early):
    _, spec, outcome = early
    gap, floor = 2 * spec.angles * spec.outcomes, 2 * spec.wires * spec.outcomes * spec.draws
    ways = 3 * spec.repeats * sum(spec.shots)
    assert outcome.shots == gap + floor + ways and outcome.circuits > 3 * 2 * spec.repeats


@pytest.mark.long
def test_errors_fall_with_the_root_of_the_shots_unless_there_is_bias(shots):
    powers = section(shots[2], "Power")
    # RMS of 20 repeats is off by 16 %, so that the power from a factor of 33 is off by 0.065.
    for name in ("deferred", "shadows, Pauli", "shadows, unbiased", "shots, add-half"):
        assert powers[name] == pytest.approx(-0.5, abs=5 * 0.065)
        assert powers[f"{name}, gradient"] == pytest.approx(-0.5, abs=5 * 0.065)
    assert abs(powers["empirical state"]) < 0.1
    assert powers["data"] == pytest.approx(-0.5, abs=0.1)
    stated = section(shots[2], "Stated over found")
    for name in ("deferred", "shadows, Pauli", "shadows, unbiased", "shots, add-half"):
        assert stated[name] == pytest.approx(1, abs=5 * 0.16)
    assert shots[2].shots > 0 and shots[2].circuits > 0


@pytest.mark.long
@pytest.mark.parametrize("name", ["early", "shots"])
def test_the_figures_are_drawn_from_what_was_saved(name, request):
    experiment, _, outcome = request.getfixturevalue(name)
    with plots.style():
        figure = experiment.draw(outcome)
        assert len(figure.axes) == {"early": 3, "shots": 4}[name]
        assert all(axes.lines for axes in figure.axes)
        assert illegible(figure) == []


def test_the_figure_of_the_paper_is_drawn_from_what_was_saved(early):
    from qce.reproduce import paper

    script = paper.script("measuring_early")
    with plots.style():
        figure = script.draw(script.panels(early[2]))
        assert len(figure.axes) == 3 and illegible(figure) == []
