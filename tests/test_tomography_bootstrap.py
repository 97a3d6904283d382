"""Error bars of what follows from a reconstructed state, by drawing its outcomes anew."""

import pickle

import numpy as np
import pytest
from tomography_data import QUBIT

from qce import quantum
from qce.data import Counts
from qce.tomography import ErrorBar, Expectation, Povm, reconstruct, simulate_pauli
from qce.tomography.bootstrap import _drawn
from qce.tomography.counts import by_basis

Z = np.diag([1.0, -1.0])
RHO = np.array([[0.7, 0.2], [0.2, 0.3]])
SIGMA = np.diag([0.4, 0.6])


def expectation_of_z(state):
    return np.trace(state @ Z).real


def distance(state):
    return quantum.relative_entropy(state, SIGMA)


def test_of_an_expectation_value_the_error_is_that_of_the_fisher_information():
    found = reconstruct(simulate_pauli(RHO, shots=2000, seed=0))
    bar = found.error_bars({"Z": expectation_of_z}, samples=50)["Z"]
    known = found.expectation(Z)
    assert bar.value == pytest.approx(known.value, abs=1e-15)
    # Of 50 draws the error has an error of 1/√98; five of them, chance below 1e-6.
    assert abs(bar.stderr / known.stderr - 1) < 5 / np.sqrt(98)
    assert abs(bar.bias) < 5 * known.stderr / np.sqrt(50)


def test_a_relative_entropy_scatters_as_its_error_bar_says():
    found = [reconstruct(simulate_pauli(RHO, shots=2000, seed=seed)) for seed in range(40)]
    bar = found[0].error_bars({"D": distance}, samples=40)["D"]
    scatter = np.std([distance(one.state) for one in found], ddof=1)
    # Two errors of 1/√78 each. The state that was found is off by 1/√2000 or so of its Bloch
    # vector, and the error of the distance with it: 5 %.
    assert abs(bar.stderr / scatter - 1) < 5 * np.sqrt(2 / 78) + 0.05


def test_counts_are_drawn_in_the_bases_that_were_used_and_as_many():
    counts = simulate_pauli(np.kron(RHO, RHO), shots=50, seed=0)
    tables = dict(counts.by_basis)
    tables["XX"] = tables["XX"] * 7
    del tables["YZ"]
    found = reconstruct(Counts(tables), hedge=0.5)
    again = _drawn(found, np.random.default_rng(0))
    sums = [by_basis(x, 2).sum(axis=1) for x in (found.counts, again)]
    np.testing.assert_array_equal(*sums)
    assert sorted(set(sums[0].tolist())) == [0, 50, 350]


def test_a_single_measurement_is_drawn_as_a_whole():
    found = reconstruct(QUBIT, Povm.tetrahedron(1))
    again = _drawn(found, np.random.default_rng(0))
    assert again.shape == found.counts.shape and again.sum() == found.shots


def test_what_is_found_again_is_found_with_the_same_settings_and_after_a_pickle():
    counts = simulate_pauli(RHO, shots=50, seed=0)
    found = pickle.loads(pickle.dumps(reconstruct(counts, hedge=0.5, optimizer="accelerated")))
    np.testing.assert_array_equal(found.learn(found.counts), found.state)
    assert np.abs(reconstruct(counts).state - found.state).max() > 1e-4


def test_equal_seeds_give_equal_bars():
    found = reconstruct(simulate_pauli(RHO, shots=50, seed=0))
    a, b, c = (found.error_bars({"D": distance}, samples=3, seed=s)["D"] for s in (0, 0, 1))
    assert a == b != c


def test_an_infinite_quantity_has_no_finite_error():
    found = reconstruct(simulate_pauli(RHO, shots=50, seed=0))
    pure = np.diag([1.0, 0.0])
    bar = found.error_bars({"D": lambda s: quantum.relative_entropy(s, pure)}, samples=2)["D"]
    assert bar.value == np.inf and np.isnan(bar.stderr)
    assert str(bar).startswith("inf ± nan")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((3,), "functions"),
        (({"D": 3},), "functions"),
        (({"D": distance}, 1), "samples"),
        (({"D": distance}, 2**63), "samples"),
        (({"D": distance}, 2.5), "samples"),
        (({"D": distance}, 2, "a"), "seed"),
        (({"D": distance}, 2, -1), "seed"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, name):
    found = reconstruct(QUBIT, Povm.tetrahedron(1))
    settings = dict(zip(("functions", "samples", "seed"), arguments, strict=False))
    with pytest.raises((ValueError, TypeError), match=f"Argument `{name}`"):
        found.error_bars(settings.pop("functions"), **settings)


def test_values_with_errors_print_as_such():
    assert str(Expectation(0.84541, 0.00976)) == "0.8454 ± 0.0098"
    assert str(Expectation(0.5, np.inf)) == "0.50000 ± inf"
    assert str(ErrorBar(0.9, 0.01, -0.021, 50)) == "0.900 ± 0.010 (bias −0.02, 50 sets of data)"
