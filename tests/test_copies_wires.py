"""The experiment on copies of several wires: its likelihood, its laws, and what it finds."""

import inspect

import numpy as np
import pytest
from legibility import illegible

from qce import plots, quantum, runs
from qce.reproduce import catalogue, compare

EXPERIMENT = runs.load_experiment(runs.find("copies_wires"))
CODE = inspect.unwrap(EXPERIMENT.run).__globals__
NAME = "copies_wires"


@pytest.fixture(scope="module")
def outcome():
    (figure,) = [figure for figure in catalogue() if figure.name == NAME]
    return EXPERIMENT.run(figure.pair(quick=True)[1])


def states(wires, length=0.9, count=3):
    return CODE["drawn_states"](wires, length, count, 1)


def test_the_relative_entropy_is_that_of_the_library():
    rho, sigma, _ = states(2)
    assert CODE["relative_entropy"](rho, sigma) == pytest.approx(
        float(quantum.relative_entropy(rho, sigma)), abs=1e-12
    )


@pytest.mark.parametrize("wires", [1, 2])
def test_the_metric_is_the_second_derivative_of_the_relative_entropy(wires):
    """By differences of fourth order: h⁴ times sixth derivatives over p⁵, and rounding over h²."""
    rho = states(wires, 0.5)[0]
    d = len(rho)
    v = np.random.default_rng(0).normal(size=d * d - 1)
    v /= np.linalg.norm(v)
    h = 1e-3

    def left(t):
        return CODE["relative_entropy"](rho, rho + CODE["state"](t * v, d) - np.eye(d) / d)

    second = (-left(2 * h) + 16 * left(h) + 16 * left(-h) - left(-2 * h)) / (12 * h**2)
    assert v @ CODE["metric"](rho) @ v == pytest.approx(second, rel=1e-6)


def test_one_qubit_is_that_of_the_experiment_on_one():
    """The bound at |r| = 0.9 and 0.99, and pairs that reach it: they are the eigenbasis and two."""
    for length, known in ((0.9, 6.33), (0.99, 9.12)):
        rho = states(1, length)[0]
        assert CODE["bound"](rho) == pytest.approx(known, abs=6e-3)
        assert CODE["predicted"](CODE["FRAMES"]["pairs"](rho), rho) == pytest.approx(
            CODE["bound"](rho), rel=1e-4
        )


@pytest.mark.parametrize("wires", [2, 3])
def test_pairs_lie_between_the_bound_and_a_logarithm(wires):
    """At most ½ [√(d−1) + 2 Σ_m (Σ g)^½]², whatever the eigenbasis, also next to pure states.

    The search for shares is within a percent.
    """
    for length in (0.3, 0.9, 0.999):
        rho = states(wires, length)[0]
        p = np.linalg.eigvalsh(rho)
        r = (p[:, None] - p) / (p[:, None] + p)
        g = CODE["slope"](r)
        d = len(p)
        sums = [sum(g[x, x ^ m] for x in range(d) if x < x ^ m) for m in range(1, d)]
        most = 0.5 * (np.sqrt(d - 1) + 2 * np.sqrt(sums).sum()) ** 2
        found = CODE["predicted"](CODE["FRAMES"]["pairs"](rho), rho)
        assert CODE["bound"](rho) <= found <= 1.01 * most


def test_no_set_of_bases_is_below_the_bound_and_equal_shares_are_no_better():
    rho = states(2)[0]
    for frame in (CODE["pauli"](4), *(f(rho) for f in CODE["FRAMES"].values())):
        best = CODE["predicted"](frame, rho)
        assert CODE["bound"](rho) <= best <= CODE["predicted"](frame, rho, equal=True)


def test_fisher_information_is_the_curvature_of_the_mean_likelihood():
    rho = states(2, 0.5)[0]
    kets, d, h = CODE["pauli"](4)[4], 4, 1e-3
    v = np.random.default_rng(1).normal(size=15)
    p = np.einsum("xi,ij,xj->x", kets.conj(), rho, kets).real
    slope = CODE["effects"](kets) @ (v / np.linalg.norm(v))

    def loss(t):
        return -p @ np.log(p + t * slope)

    second = (-loss(2 * h) + 16 * loss(h) - 30 * loss(0) + 16 * loss(-h) - loss(-2 * h)) / 12 / h**2
    found = CODE["information"](kets[None], rho)[0]
    assert v @ found @ v / (v @ v) == pytest.approx(second, rel=1e-6)
    assert d == len(rho)


def test_turned_wires_diagonalise_products():
    """Of a product of states its Pauli bases hold the eigenbasis: basis ZZ sees p as it is."""
    one, other, _ = states(1, 0.7)
    rho = np.kron(one, other)
    kets = CODE["turned_wires"](rho)[-1]
    seen = np.einsum("xi,ij,xj->x", kets.conj(), rho, kets).real
    np.testing.assert_allclose(np.sort(seen), np.linalg.eigvalsh(rho), atol=1e-15)


@pytest.mark.parametrize("copies", [40, 10_000, 1_000_000])
def test_the_likeliest_state_is_where_the_slope_vanishes(copies):
    """ρ ∝ (Σ n/p |φ⟩⟨φ| + h ρ⁻¹)ρ at the maximum, with the factor N + h d: the equation of EM."""
    rho = states(2)[0]
    kets = CODE["pauli"](4)
    parts = CODE["divided"](copies, np.ones(9))
    seen = CODE["measure"](rho, kets, parts, np.random.default_rng(0))
    assert seen.counts.sum() == copies
    sigma = CODE["likeliest"](seen)
    p = np.einsum("ri,ij,rj->r", seen.kets.conj(), sigma, seen.kets).real
    mean = np.einsum("r,ri,rj->ij", seen.counts / p, seen.kets, seen.kets.conj())
    equation = mean @ sigma + 0.5 * np.eye(4) - (copies + 2) * sigma
    # Newton's decrement squared is below 1e-6 nats before its last step.
    assert np.abs(equation).max() < 1e-3 * np.sqrt(copies)


def test_estimates_from_pairs_are_unbiased():
    """Mean of 2000 estimates: six standard errors of 1/√n."""
    rho = states(2)[0]
    u = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    many = np.broadcast_to(rho, (2000, 4, 4))
    found = CODE["inverted"](many, np.broadcast_to(u, many.shape), 10, np.random.default_rng(1))
    assert np.abs(found.mean(axis=0) - rho).max() < 6 / np.sqrt(2000 * 10)
    turned = [np.trace(x).real for x in found]
    np.testing.assert_allclose(turned, 1, atol=1e-12)


def test_what_is_known_is_found_and_the_figure_drawn(outcome):
    checks = compare({NAME: outcome}, quick=True)
    assert [c for c in checks if c.verdict == "OUTSIDE"] == []
    with plots.style():
        assert illegible(EXPERIMENT.draw(outcome)) == []


def test_pairs_leave_least_and_come_to_their_prediction(outcome):
    """20 states of two qubits, |r| = 0.9, 10⁵ copies: five standard errors, and the first tenth."""
    rows = outcome.report["Copies times relative entropy, 2 wires, |r| = 0.9 (nats)"]
    left, error = (rows[f"pairs, 100000 copies{x}"] for x in ("", ", standard error"))
    assert rows["bound"] - 5 * error < left < 1.15 * rows["pairs, predicted"] + 5 * error
    for way in ("fixed", "turned wires", "unbiased", "fresh, Adam"):
        assert rows[f"{way}, 100000 copies"] > left + 3 * error
