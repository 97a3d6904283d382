"""Experiments on procedures, at their quick size: values that are known, laws that have to hold."""

import inspect
import time
from functools import cache

import numpy as np
import pytest
from legibility import illegible

from qce import quantum, runs
from qce.reproduce import catalogue, compare
from qce.states import IsingChain, Thermal

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


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_is_found(name):
    checks = compare({name: outcome(name)}, quick=True)
    assert [check for check in checks if check.verdict == "OUTSIDE"] == []
    assert sum(check.verdict == "ok" for check in checks) >= 5


@pytest.mark.thinned(4)
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


@pytest.mark.long
def test_measuring_together_is_never_worse():
    found = outcome("hypothesis").history
    assert (found["together"] >= found["one by one"] - 1e-9).all()
    assert (found["one by one"] >= found["one by one, basis of n → ∞"]).all()


def test_the_certificate_bounds_what_is_left():
    found = outcome("tomography").history
    for method in ("accelerated", "diluted", "cover"):
        loss, bound = (found[f"pair/{method}/{x}"] for x in ("loss", "certificate"))
        # The least value is known to twelve digits.
        assert (loss - 2.483532755137 <= bound + 1e-11).all() and bound[-1] <= 1e-11


@pytest.mark.long
def test_the_wrong_reference_is_off_by_what_is_expected():
    found = outcome("benchmarking").history
    for estimator in ("linear", "log"):
        value, stderr = (found[f"{estimator}/porter_thomas/{x}"] for x in ("value", "stderr"))
        assert (abs(value - found[f"{estimator}/expected"]) < 5 * stderr).all()
        assert found[f"{estimator}/expected"][0] < 0.9


def test_a_while_of_load_raises_no_point_of_the_curve_of_times():
    """Half of all turns in a row take ten times as long: each size has turns outside of it.

    And what a turn waits for others is not its own time.
    """
    code = inspect.unwrap(runs.load_experiment(runs.find("correctness")).run).__globals__
    calls = []

    def loaded(size):
        calls.append(size)
        end = time.process_time() + (0.02 if 12 <= len(calls) < 24 else 0.002)
        while time.process_time() < end:
            pass
        time.sleep(0.01)

    least = code["least_times"]({"way": loaded}, [(1,), (2,), (3,)], 12)
    assert len(calls) == 39 and least["way"].shape == (3,)
    assert (least["way"] < 0.01).all() and (least["way"] >= 0.002).all()


def test_the_quantum_chain_lies_below_the_classical_one():
    """By its sign, by second-order perturbation theory, and at h = 1 as computed elsewhere."""
    found = outcome("classical_limit")
    assert (found.history["difference"] < 0).all()
    rows = next(rows for title, rows in found.report.items() if title.startswith("Turning"))
    for n in found.history["sites"]:
        # What follows is of order h⁴, with a factor below ten.
        second = rows[f"second order in h a site, {n} sites"] * 1e-6
        assert rows[f"difference a site at h = 0.001, {n} sites"] == pytest.approx(second, rel=1e-5)


def test_other_couplings_have_the_quantum_chain_above_the_classical_one():
    """The sign is no theorem: hot data and a cold model."""
    difference = []
    for h in (1e-2, 1e-9):
        rho, sigma = (Thermal(IsingChain(64, 1.0, h), beta) for beta in (0.1, 2.0))
        difference.append(float(quantum.cross_entropy(rho, sigma)))
    assert difference[0] > difference[1] + 1e-3


def test_the_curves_of_the_paper_take_the_best_basis_and_no_logarithm():
    found = outcome("hypothesis")
    rows = found.report["Exponents (nats a copy)"]
    assert rows["one by one, 40 copies"] == pytest.approx(0.4690, abs=5.1e-5)
    assert rows["one by one, basis of n → ∞, 40 copies"] == pytest.approx(0.45754, abs=5.1e-6)
    second = found.history["second order, far"]
    n = found.history["copies, far"]
    logarithm = found.history["second order and (ln n)/2n, far"] - second
    np.testing.assert_allclose(logarithm, np.log(n) / (2 * n), atol=1e-14)


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
