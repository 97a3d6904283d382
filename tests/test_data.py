"""Data: images, samples, counts, kets and thermal states."""

import numpy as np
import pennylane as qml
import pytest
import scipy.linalg

from qce import data, states
from qce.data.states import as_kets, compact
from qce.errors import ArgumentError

EPS = np.finfo(float).eps


# --- images ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "columns", "patterns"), [(2, 2, 6), (2, 3, 10), (3, 3, 14), (4, 4, 30)]
)
def test_bars_and_stripes_are_equally_likely(rows, columns, patterns):
    p = data.bars_and_stripes(rows, columns)
    assert p.shape == (2 ** (rows * columns),)
    assert np.count_nonzero(p) == patterns == 2**rows + 2**columns - 2
    assert np.all(p[p > 0] == 1 / patterns)


def test_every_pattern_is_a_bar_or_a_stripe():
    for index in np.flatnonzero(data.bars_and_stripes(3, 2)):
        image = np.array([int(b) for b in f"{index:06b}"]).reshape(3, 2)
        assert (image == image[:1]).all() or (image == image[:, :1]).all()


def test_digits_are_nine_bits_in_the_order_of_the_data_set():
    from sklearn.datasets import load_digits

    images, labels = data.digits(), load_digits().target
    assert images.shape == (1797, 9)
    assert set(np.unique(images)) == {0, 1}
    np.testing.assert_array_equal(data.digits([3, 7]), images[np.isin(labels, [3, 7])])


def test_nine_bits_keep_digits_recognisable():
    """Guess the digit most frequent for the pattern among every other image; chance is 0.1."""
    from sklearn.datasets import load_digits

    patterns, labels = data.outcome_index(data.digits()), load_digits().target
    votes = np.zeros((512, 10))
    np.add.at(votes, (patterns[::2], labels[::2]), 1)
    assert np.mean(votes[patterns[1::2]].argmax(axis=1) == labels[1::2]) > 0.6


# --- samples and counts ----------------------------------------------------------------------


def test_wire_0_is_the_most_significant_bit():
    assert data.outcome_index(np.array([1, 0, 0])) == 4


def test_frequencies_are_counts_over_their_number():
    samples = np.random.default_rng(0).integers(0, 2, size=(50, 3))
    p = data.empirical(samples)
    for index, probability in enumerate(p):
        bits = [int(b) for b in f"{index:03b}"]
        assert probability == np.all(samples == bits, axis=1).sum() / 50


def test_counts_come_from_samples_of_each_basis():
    counts = data.Counts.from_samples({"XZ": [[0, 1], [0, 1], [1, 1]], "YY": [[0, 0]]})
    assert (counts.wires, counts.total) == (2, 4)
    np.testing.assert_array_equal(counts.by_basis["XZ"], [0, 2, 0, 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: data.empirical(np.array([[0, 2]])), "integers 0 or 1"),
        (lambda: data.empirical(np.array([[0.5, 0.5]])), "integers 0 or 1"),
        (lambda: data.empirical(np.zeros((0, 3), dtype=int)), "N >= 1"),
        (lambda: data.Counts({"ZA": np.ones(4, dtype=int)}), "letters X, Y, Z"),
        (lambda: data.Counts({"ZZ": np.ones(2, dtype=int)}), r"2\^n counts"),
        (lambda: data.Counts({"Z": np.array([1, -1])}), "not be negative"),
        (lambda: data.Counts({"Z": np.array([0.5, 0.5])}), "integers"),
        (lambda: data.Counts({}), "at least one basis"),
        (lambda: data.Counts({"Z": np.ones(2, dtype=int), "ZZ": np.ones(4, dtype=int)}), "length"),
        (lambda: data.bars_and_stripes(0, 2), "integer >= 1"),
        (lambda: data.digits([10]), "digits 0…9"),
        (lambda: data.digits([]), "digits 0…9"),
        (lambda: states.Ensemble(np.ones((1, 2))), "normalised"),
        (lambda: states.Ensemble(np.eye(2), weights=[0.5, 0.6]), "sum to 1"),
        (lambda: states.Ensemble(np.eye(2), weights=[1.0]), "shape"),
        (lambda: data.Preparations([]), "at least one function"),
        (lambda: data.transverse_field_ising(0), "integer from 1"),
        (lambda: data.gibbs_state(np.array([[0, 1], [0, 0]])), "Hermitian"),
    ],
)
def test_bad_data_are_refused_with_a_remedy(make, message):
    with pytest.raises(ValueError, match=rf"Argument `.*` must .*{message}.* Pass "):
        make()


# --- states ----------------------------------------------------------------------------------


def test_a_density_matrix_becomes_its_eigenvectors():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(8, 3)) + 1j * rng.normal(size=(8, 3))
    rho = a @ a.conj().T / np.linalg.norm(a) ** 2
    kets = as_kets(rho)
    assert len(kets.kets) == 3  # the rank; the other eigenvalues are rounding
    # eigh's backward error is a few eps × d × ‖ρ‖ ≤ 1.
    assert np.abs(kets.dense() - rho).max() < 10 * 8 * EPS


def test_more_kets_than_dimensions_become_as_many_as_needed():
    rng = np.random.default_rng(6)
    vectors = rng.normal(size=(50, 4)) + 1j * rng.normal(size=(50, 4))
    kets = states.Ensemble(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    few = compact(kets)
    assert len(few.kets) == 4 and compact(few) is few
    assert np.abs(few.dense() - kets.dense()).max() < 10 * 4 * EPS


def test_one_ket_is_a_mixture_of_one():
    ket = np.array([0.6, 0.8j])
    np.testing.assert_array_equal(as_kets(ket).kets, [ket])
    np.testing.assert_array_equal(as_kets(ket).weights, [1.0])


def test_kets_of_single_precision_are_normalised_in_double():
    """Norms are right to 6e-8 as given; what is learned from them is right to 2e-16."""
    rng = np.random.default_rng(8)
    vectors = rng.normal(size=(5, 8)) + 1j * rng.normal(size=(5, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.complex64)
    for given in (states.Ensemble(vectors), states.Pure(vectors[0]), vectors[0]):
        kets = as_kets(given).kets
        assert kets.dtype == complex
        assert np.abs(np.linalg.norm(kets, axis=1) - 1).max() < 8 * EPS


def test_an_ensemble_answers_to_the_names_that_data_had_for_it():
    with pytest.warns(DeprecationWarning, match=r"qce.data.Kets is called `Ensemble` now"):
        mixture = data.Kets(np.eye(2), weights=[0.25, 0.75])
    assert isinstance(mixture, states.Ensemble)
    with pytest.warns(DeprecationWarning, match="`vectors` of Ensemble is called `kets` now"):
        assert mixture.vectors is mixture.kets
    with pytest.warns(DeprecationWarning, match="`density_matrix` of Ensemble is called `dense`"):
        np.testing.assert_allclose(mixture.density_matrix(), np.diag([0.25, 0.75]), atol=EPS)
    with pytest.raises(AttributeError, match="'Ensemble' object has no attribute 'rho'"):
        print(mixture.rho)
    with pytest.raises(AttributeError, match=r"module 'qce.data' has no attribute 'Bras'"):
        print(data.Bras)


def test_states_of_kets_are_their_kets():
    """No matrix between: kets that are not orthogonal stay what they are, in one and 16 wires."""
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1j]])
    weights = np.array([0.5, 0.3, 0.2])
    kets = as_kets(states.Ensemble(vectors, weights))
    np.testing.assert_array_equal(kets.kets, vectors)
    np.testing.assert_array_equal(kets.weights, weights)
    ket = np.zeros(2**16)
    ket[3] = 1.0
    np.testing.assert_array_equal(as_kets(states.Pure(ket)).kets, [ket])


def test_what_cannot_be_written_out_is_refused_by_the_name_of_the_argument():
    product = states.Product(*[np.eye(2) / 2] * 20)
    with pytest.raises(ArgumentError, match="16 TiB") as told:
        as_kets(product)
    assert told.value.argument == "data"


def test_a_gibbs_state_is_a_thermal_state_as_a_matrix():
    """Of whatever `states.Thermal` takes, and refused in its words."""
    sparse = data.transverse_field_ising(3).sparse_matrix()
    chain = states.IsingChain(3, 1.0, 0.5)
    for h in (data.transverse_field_ising(3), sparse, chain, np.diag([1.0, 2.0])):
        thermal = states.Thermal(h, 0.7).dense()
        np.testing.assert_array_equal(data.gibbs_state(h, 0.7), thermal)
    skew = np.array([[1.0, 1e-6], [0.0, 1.0]])  # once taken here, and refused as a `Thermal`
    for make in (data.gibbs_state, states.Thermal):
        with pytest.raises(ValueError, match="Argument `hamiltonian` must be Hermitian"):
            make(skew)


@pytest.mark.parametrize("beta", [0.7, -1.3, 300.0])
def test_a_gibbs_state_is_the_normalised_exponential(beta):
    rng = np.random.default_rng(2)
    h = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    h = (h + h.conj().T) / 2
    shifted = -beta * h + np.eye(6) * np.min(beta * np.linalg.eigvalsh(h))
    expected = scipy.linalg.expm(shifted)
    expected /= np.trace(expected).real
    # expm of a matrix of norm s loses about s·d·eps.
    tolerance = 20 * 6 * EPS * max(1.0, np.linalg.norm(shifted, 2))
    assert np.abs(data.gibbs_state(h, beta) - expected).max() < tolerance


def test_the_ising_chain_is_open_and_has_the_signs_of_its_formula():
    matrix = qml.matrix(data.transverse_field_ising(3, J=2.0, h=0.5), wire_order=range(3))
    x, z, one = np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.eye(2)

    def kron(*factors):
        return np.kron(np.kron(factors[0], factors[1]), factors[2])

    expected = -2.0 * (kron(z, z, one) + kron(one, z, z))
    expected = expected - 0.5 * (kron(x, one, one) + kron(one, x, one) + kron(one, one, x))
    np.testing.assert_allclose(matrix, expected, atol=4 * EPS)


def test_the_thermal_chain_has_the_entropy_of_the_free_fermions():
    """theory §6.2, n = 4, J = 1, h = 1/2, β = 1."""
    from qce import quantum

    rho = data.gibbs_state(data.transverse_field_ising(4))
    # The reference has 12 digits after the point.
    assert abs(float(quantum.entropy(rho)) - 1.659185312773) < 1e-12
