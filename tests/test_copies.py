"""The experiment on copies: its likelihood, its laws, and what it finds at its quick size."""

import inspect

import numpy as np
import pytest
from legibility import illegible
from scipy.optimize import minimize

from qce import plots, quantum, runs
from qce.reproduce import catalogue, compare

EXPERIMENT = runs.load_experiment(runs.find("copies"))
CODE = inspect.unwrap(EXPERIMENT.run).__globals__
NAME = "copies"


@pytest.fixture(scope="module")
def outcome():
    (figure,) = [figure for figure in catalogue() if figure.name == NAME]
    return EXPERIMENT.run(figure.pair(quick=True)[1])


def state(r):
    x, y, z = r
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


def test_the_relative_entropy_is_that_of_matrices():
    rng = np.random.default_rng(0)
    r = np.array([0.1, -0.6, 0.5])
    others = rng.uniform(-0.55, 0.55, (20, 3))
    dense = [float(quantum.relative_entropy(state(r), state(s))) for s in others]
    assert CODE["relative_entropy"](r, others) == pytest.approx(dense, abs=1e-14)


def test_the_likeliest_state_is_that_of_another_search():
    """Also where counts are few, and where the states lie on the surface without the hedge."""
    rng = np.random.default_rng(1)
    axes = rng.normal(size=(6, 4, 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    counts = rng.integers(0, 30, size=(6, 4, 2)).astype(float)
    counts[3:] *= 1000
    axes[::3, :3], counts[::3, 0] = np.eye(3), [0, 40]  # on the surface, but for the hedge
    found = CODE["likeliest"](axes, counts)
    for s, m, n in zip(found, axes, counts, strict=True):

        def loss(x, m=m, n=n):
            if x @ x >= 1:
                return np.inf
            told = n[:, 0] @ np.log1p(m @ x) + n[:, 1] @ np.log1p(-m @ x)
            return -told - 0.5 * np.log(1 - x @ x)

        best = minimize(loss, 0.9 * s, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9})
        assert loss(s) <= best.fun + 1e-8
        assert np.abs(s - best.x).max() < 1e-3


def test_the_predictions_are_second_derivatives_of_the_relative_entropy():
    """The metric by finite differences of D, the bound at the values of another computation."""
    r, h = 0.9 * np.array([1, 2, 2]) / 3, 1e-4
    steps = h * np.eye(3)
    around = CODE["relative_entropy"](r, r + steps) + CODE["relative_entropy"](r, r - steps)
    # D = δᵀGδ/2 + O(δ³): the cubic terms cancel; fourth ones are (1 − a)^-3 h² ≈ 1e-5 of it.
    law = 0.5 * 3 * (1 - r**2) @ (around / h**2)
    assert CODE["fixed_prediction"](r) == pytest.approx(law, rel=1e-4)
    assert [CODE["bound"](a) for a in (0.5, 0.9, 0.99)] == pytest.approx(
        [4.79, 6.33, 9.12], abs=6e-3
    )
    assert CODE["fixed_prediction"](r) == pytest.approx(9.02, abs=5e-3)


def test_axes_across_are_a_right_angle_apart():
    s = np.array([[0.0, 0.0, 0.0], [0.3, -0.2, 0.1], [0.0, 0.9, 0.0]])
    axes = CODE["across"](s)
    assert np.abs(axes @ axes.swapaxes(1, 2) - np.eye(3)).max() < 1e-14
    assert np.abs(np.cross(axes[1, 0], s[1])).max() < 1e-16


def test_what_is_known_is_found_and_the_figure_drawn(outcome):
    checks = compare({NAME: outcome}, quick=True)
    assert [c for c in checks if c.verdict == "OUTSIDE"] == []
    assert sum(c.verdict == "ok" for c in checks) == 4
    with plots.style():
        assert illegible(EXPERIMENT.draw(outcome)) == []


def test_no_copy_is_used_twice_and_none_is_left():
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.1, 1, (50, 3))
    parts = CODE["divided"](1001, weights)
    assert (parts.sum(axis=1) == 1001).all() and (parts > 0).all()


@pytest.mark.parametrize("way", ["adapted", "fresh, averaged"])
def test_measuring_in_the_axes_of_the_model_reaches_the_bound(outcome, way):
    """10 000 copies at |r| = 0.9, 40 trainings: five standard errors, and the first tenth."""
    rows = outcome.report["Copies times relative entropy, |r| = 0.9 (nats)"]
    error = rows[f"{way}, 10000 copies, standard error"]
    assert abs(rows[f"{way}, 10000 copies"] - rows["bound"]) < 5 * error + 0.5
    adam, its = (rows[f"fresh, Adam, 10000 copies{x}"] for x in ("", ", standard error"))
    assert adam - rows[f"{way}, 10000 copies"] > 5 * np.hypot(its, error)
