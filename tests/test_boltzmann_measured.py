"""Boltzmann machines from outcomes in Pauli bases: moments and errors of couplings."""

import numpy as np
import pytest

import qce
from qce import data, models
from qce.boltzmann import FermionMachine, Moments, coupling_errors, gibbs_cross_entropy, learn
from qce.tomography import simulate_pauli

CHAIN = models.PauliTerms.chain(3, "Z", ["XX"])
STATE = data.gibbs_state(CHAIN.matrix(np.array([0.4, -0.2, 0.3, 0.5, -0.6])))


def measured(seed, shots=400):
    """Counts in the two bases that show every term."""
    counts = simulate_pauli(STATE, shots=shots, seed=seed)
    return data.Counts({basis: counts.by_basis[basis] for basis in ("XXX", "ZZZ")})


def one_by_one(string, outcomes):
    """The values of a string, NaN where an outcome does not show it, row by row."""
    values = []
    for letters, bits in zip(outcomes.settings, outcomes.bits, strict=True):
        pairs = [(x, "XYZ"[a], b) for x, a, b in zip(string, letters, bits, strict=True)]
        if any(x != "I" and (x != a or b < 0) for x, a, b in pairs):
            values.append(np.nan)
        else:
            values.append(float(np.prod([(-1.0) ** b for x, _, b in pairs if x != "I"])))
    return np.array(values)


def test_moments_of_outcomes_are_their_averages_with_wires_that_were_not_seen():
    rng = np.random.default_rng(0)
    settings = rng.integers(0, 3, (300, 3))
    outcomes = data.PauliOutcomes(settings, rng.integers(-1, 2, (300, 3)))
    strings = ("XII", "IYZ", "XIX", "ZZI", "XYI")
    found = Moments.from_outcomes(strings, outcomes)
    seen = np.array([one_by_one(s, outcomes) for s in strings])
    np.testing.assert_allclose(found.values, np.nanmean(seen, axis=1), rtol=0, atol=1e-15)
    centred = np.nan_to_num(seen - np.nanmean(seen, axis=1, keepdims=True))
    number = (~np.isnan(seen)).sum(axis=1)
    # Sums of at most 300 terms of size 4, over numbers of 6 or more.
    expected = centred @ centred.T / np.outer(number, number)
    np.testing.assert_allclose(found.covariance, expected, rtol=0, atol=1200 / 36 * 2**-52)


def test_moments_of_blocks_are_those_of_all_outcomes(monkeypatch):
    whole = Moments.from_outcomes(CHAIN, measured(0))
    monkeypatch.setattr("qce.boltzmann.measured._NUMBERS", 7 * CHAIN.matrix(np.zeros(5)).shape[0])
    blocks = Moments.from_outcomes(CHAIN, measured(0))
    np.testing.assert_array_equal(whole.values, blocks.values)
    np.testing.assert_array_equal(whole.covariance, blocks.covariance)


@pytest.mark.parametrize("make", [models.BoltzmannMachine, lambda t: FermionMachine(t.strings)])
def test_counts_and_outcomes_are_learned_from_as_their_moments(make):
    machine, counts = make(CHAIN), measured(1)
    by_hand = learn(machine, Moments.from_outcomes(CHAIN, counts)).params
    for one in (counts, data.PauliOutcomes.from_counts(counts)):
        np.testing.assert_array_equal(learn(machine, one).params, by_hand)


def test_counts_make_an_objective():
    machine, counts = models.BoltzmannMachine(CHAIN), measured(1)
    result = qce.fit(gibbs_cross_entropy(machine, counts), optimizer="lbfgs", progress=False)
    # Both end where the gradient is below 1e-8; no eigenvalue of the metric is below 0.3 here.
    np.testing.assert_allclose(result.params, learn(machine, counts).params, rtol=0, atol=1e-7)


def test_errors_of_couplings_are_those_of_fermions_and_of_differences():
    machine, moments = models.BoltzmannMachine(CHAIN), Moments.from_outcomes(CHAIN, measured(2))
    params = learn(machine, moments).params
    errors = coupling_errors(machine, params, moments)
    fermions = coupling_errors(FermionMachine(CHAIN.strings), params, moments.covariance)
    np.testing.assert_allclose(errors, fermions, rtol=1e-10)
    step = 1e-5
    slopes = np.array(
        [
            learn(machine, Moments(moments.values + step * unit)).params
            - learn(machine, Moments(moments.values - step * unit)).params
            for unit in np.eye(5)
        ]
    ).T / (2 * step)
    by_differences = np.sqrt(np.diagonal(slopes @ moments.covariance @ slopes.T))
    # Third derivatives of order 10 times step² / 6, and parameters to 1e-9 over the step.
    np.testing.assert_allclose(errors, by_differences, rtol=5e-4)


def test_errors_of_couplings_are_the_scatter_of_what_is_learned():
    machine, draws = models.BoltzmannMachine(CHAIN), 60
    found, errors = [], []
    for seed in range(draws):
        moments = Moments.from_outcomes(CHAIN, measured(seed))
        found.append(learn(machine, moments).params)
        errors.append(coupling_errors(machine, found[-1], moments))
    ratio = np.std(found, axis=0, ddof=1) / np.mean(errors, axis=0)
    # A standard deviation of 60 draws has the error 1/√118; five of them, in each of five numbers:
    # by chance once in 300 000 seeds.
    assert np.abs(ratio - 1).max() < 5 / np.sqrt(2 * (draws - 1))


REFUSED = [
    (lambda: Moments.from_outcomes(("YII",), measured(0)), "`outcomes` must show YII"),
    (lambda: Moments.from_outcomes(("X",), measured(0)), "`outcomes` must be on 1 wires"),
    (lambda: Moments.from_outcomes(("XII",), 3), "`outcomes` must be outcomes in Pauli bases"),
    (lambda: Moments([0.0], covariance=[0.0]), r"`covariance` must have shape \(1, 1\)"),
    (
        lambda: learn(models.BoltzmannMachine(models.PauliTerms(("YII",))), measured(0)),
        "`data` must show YII, but none does. Pass outcomes in a basis such as YZZ",
    ),
    (
        lambda: coupling_errors(models.BoltzmannMachine(CHAIN), np.zeros(5), Moments([0.0] * 5)),
        "`variances` must be known",
    ),
    (
        lambda: coupling_errors(models.BoltzmannMachine(CHAIN, hidden=1), np.zeros(5), np.ones(5)),
        "`machine` must have visible wires only",
    ),
    (lambda: coupling_errors(3, np.zeros(5), np.ones(5)), "`machine` must"),
]


@pytest.mark.parametrize(("call", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_measured_is_refused(call, said):
    with pytest.raises(ValueError if "be outcomes" not in said else TypeError, match=said):
        call()
