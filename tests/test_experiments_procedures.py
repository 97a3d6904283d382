"""Experiments on procedures, at their quick size: values that are known, laws that have to hold."""

import inspect
from functools import cache

import numpy as np
import pytest
from legibility import illegible

from qce import runs
from qce.reproduce import catalogue, compare

NAMES = (
    "classical_limit",
    "correctness",
    "compression",
    "hypothesis",
    "tomography",
    "benchmarking",
)
EPS = np.finfo(float).eps


@cache
def outcome(name):
    (figure,) = [figure for figure in catalogue() if figure.name == name]
    experiment, spec = figure.pair(quick=True)
    return experiment.run(spec)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_is_found(name):
    checks = compare({name: outcome(name)}, quick=True)
    assert [check for check in checks if check.verdict == "OUTSIDE"] == []
    assert sum(check.verdict == "ok" for check in checks) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_is_drawn_from_what_was_found(name):
    import matplotlib.pyplot as plt

    from qce import plots

    experiment = runs.load_experiment(runs.find(name))
    with plots.style():
        figure = experiment.draw(outcome(name))
        assert figure.get_figwidth() == pytest.approx(plots.COLUMN)
        assert all(axes.get_xlabel() and axes.lines for axes in figure.axes if not axes.patches)
        assert illegible(figure) == []
        plt.close(figure)


def test_divergences_of_a_path_are_ordered():
    path = outcome("classical_limit").history
    chain = ["sandwiched 1/2", "measured", "Umegaki", "sandwiched 2", "Petz 2"]
    # Sandwiched Rényi divergences grow with α, the one of 1/2 is reached by a measurement, and
    # Petz's is never below the sandwiched one. Sums of 16 terms of order one.
    for low, high in zip(chain, chain[1:], strict=False):
        assert (path[low] <= path[high] + 64 * EPS).all()
    assert (path["Umegaki"] <= path["Belavkin-Staszewski"] + 64 * EPS).all()


def test_the_wrong_code_never_beats_the_right_one():
    found = outcome("compression")
    success = found.history["success"]
    assert (np.diff(success, axis=1) >= 0).all() and success.min() >= 0 and success.max() <= 1
    rates = found.report["Rates (bits a letter)"]
    assert rates["entropy"] < rates["letter entropy"] < rates["cross entropy"]
    lengths, words = found.history["mean length"], found.history["words"]
    assert (lengths >= rates["cross entropy"] - 8 * EPS).all()
    assert (lengths < rates["cross entropy"] + 1 / words).all()


def test_measuring_together_is_never_worse():
    found = outcome("hypothesis").history
    assert (found["together"] >= found["one by one"] - 1e-9).all()


def test_the_certificate_bounds_what_is_left():
    found = outcome("tomography").history
    for method in ("accelerated", "diluted", "cover"):
        loss, bound = (found[f"pair/{method}/{x}"] for x in ("loss", "certificate"))
        # The least value is known to twelve digits.
        assert (loss - 2.483532755137 <= bound + 1e-11).all() and bound[-1] <= 1e-11


def test_the_wrong_reference_is_off_by_what_is_expected():
    found = outcome("benchmarking").history
    for estimator in ("linear", "log"):
        value, stderr = (found[f"{estimator}/porter_thomas/{x}"] for x in ("value", "stderr"))
        assert (abs(value - found[f"{estimator}/expected"]) < 5 * stderr).all()
        assert found[f"{estimator}/expected"][0] < 0.9


def test_the_truth_of_pairs_is_that_of_many_digits():
    """The known values themselves, against fifty digits."""
    import mpmath

    code = inspect.unwrap(runs.load_experiment(runs.find("correctness")).run).__globals__
    rng = np.random.default_rng(3)
    for t in (1e-1, 1e-4, 1e-7):
        rho, sigma, known = code["close_pair"](rng, 3, t)
        # To the digits that matrices in double precision have: ε/t of the value.
        assert abs(known / divergence(mpmath, rho, sigma) - 1) < 9 * 16 * EPS / t
    for d in (2, 4, 8):
        rho, sigma, known = code["inside"](rng, d)
        assert np.linalg.matrix_rank(rho) < d and np.linalg.matrix_rank(sigma) < d
        values, vectors = np.linalg.eigh(sigma)
        assert np.abs(rho @ vectors[:, values < 1e-12]).max() < 16 * d * EPS  # in the support
        # Rounding of matrices with eigenvalues above 1/16 and logarithms up to 3.
        assert abs(known - divergence(mpmath, rho, sigma)) < 64 * d * EPS


def divergence(mpmath, rho, sigma):
    """Tr ρ(ln ρ − ln σ) on the supports, with fifty digits."""
    with mpmath.workdps(50):
        logs = []
        for x in (rho, sigma):
            values, vectors = mpmath.eighe(mpmath.matrix(x.tolist()))
            scale = sum(values)
            kept = [mpmath.log(v / scale) if v > 1e-12 else 0 for v in values]
            logs.append(vectors * mpmath.diag(kept) * vectors.H)
        product = mpmath.matrix(rho.tolist()) * (logs[0] - logs[1])
        return float(mpmath.re(sum(product[i, i] for i in range(len(rho)))))
