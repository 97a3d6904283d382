"""What is written is exact and stays as it was: the classical rule for every kind of state."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from qce import classical, quantum
from qce.states import Dense, Diagonal, Ensemble, Product, Pure, Rotated, Thermal

EPS = np.finfo(float).eps
KINDS = {
    "array": np.diag,
    "Diagonal": Diagonal,
    "Dense": lambda p: Dense(np.diag(p)),
    "Ensemble": lambda p: Ensemble(np.eye(len(p)), p),
    "Rotated": lambda p: Rotated(p, np.eye(len(p))),
    "Product": lambda p: Product(np.eye(1), np.diag(p)),
}
every_pair = pytest.mark.parametrize("data, model", list(itertools.product(KINDS, KINDS)))


@every_pair
@pytest.mark.parametrize("mass", [1e-17, 1e-300])
def test_any_written_mass_where_the_model_has_none_is_infinite(data, model, mass):
    """As for two diagonal arrays, and for probabilities."""
    rho = KINDS[data](np.array([0.5, 0.5 - mass, mass]))
    sigma = KINDS[model](np.array([0.4, 0.6, 0.0]))
    assert quantum.cross_entropy(rho, sigma) == quantum.relative_entropy(rho, sigma) == np.inf


@every_pair
def test_a_written_eigenvalue_is_support_however_small(data, model):
    p, q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([1.0, 1e-40, 1e-20, 0.0])
    found = quantum.cross_entropy(KINDS[data](p), KINDS[model](q))
    assert found == pytest.approx(classical.cross_entropy(p, q), rel=8 * EPS, abs=0)


def test_one_written_state_of_a_batch_keeps_its_own_rule():
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    turned = turn @ np.diag([1.0, 1e-17]) @ turn.T  # 1e-17 is rounding of a matrix, not mass
    data = np.stack([np.diag([1 - 1e-17, 1e-17]), turned])
    assert quantum.cross_entropy(data, Rotated([1.0, 0.0], np.eye(2)))[0] == np.inf
    assert quantum.cross_entropy(data, Rotated([1.0, 0.0], turn))[1] == 0.0


def test_a_marginal_is_no_more_written_than_the_whole():
    """An amplitude of 1e-17 beside one of 1 is rounding, also once the partner is traced out."""
    ket = Pure([1.0, 0.0, 0.0, 1e-17])
    model = Product(Diagonal([1.0, 0.0]), Diagonal([1.0, 0.0]))
    assert quantum.cross_entropy(ket, model) == 0.0
    assert quantum.cross_entropy(ket.dense(), model) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_the_relative_entropy_of_pure_data_is_never_negative(seed):
    """An eigenvalue of a model of repeated kets, or one that a check let pass, may exceed 1."""
    ket = np.random.default_rng(seed).normal(size=5)
    ket /= np.linalg.norm(ket)
    assert quantum.relative_entropy(Pure(ket), Ensemble([ket] * 2)) >= 0
    assert quantum.relative_entropy(Pure([1.0, 0.0]), Diagonal([1 + 1e-9, 0.0])) == 0


MADE = {
    "Diagonal": (Diagonal, np.array([0.75, 0.25])),
    "Dense": (Dense, np.diag([0.75, 0.25])),
    "Rotated": (lambda v: Rotated([0.75, 0.25], v), np.eye(2)),
    "Pure": (Pure, np.array([0.6, 0.8])),
    "Ensemble": (Ensemble, np.array([[0.6, 0.8], [1.0, 0.0]])),
    "Thermal": (lambda h: Thermal(h, 1.0), np.diag([0.0, 1.0])),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_state_stays_what_it_was(kind):
    """Neither the array it was made of nor the matrix it gives away leads back into it."""
    make, array = MADE[kind]
    array = array.copy()
    state = make(array)
    before = state.dense()
    entropy = quantum.entropy(state)
    array[...] = np.roll(array, 1)
    state.dense()[...] = 0.0
    assert np.array_equal(state.dense(), before) and quantum.entropy(state) == entropy
    assert quantum.entropy(state.dense()) == pytest.approx(entropy, abs=8 * EPS)


def test_a_hamiltonian_in_single_precision_is_hermitian_within_its_own_rounding():
    rng = np.random.default_rng(3)
    h = (rng.normal(size=(8, 8)) + np.eye(8)).astype(np.float32)
    h = h + h.T
    skewed = h + np.float32(1e-6) * np.triu(np.ones((8, 8), np.float32), 1)
    assert quantum.entropy(Thermal(skewed)) == pytest.approx(quantum.entropy(Thermal(h)), rel=1e-4)
    with pytest.raises(ValueError, match="be Hermitian"):
        Thermal(skewed.astype(float))


@pytest.mark.parametrize("value, kind", [("1", TypeError), (1j, TypeError), (np.nan, ValueError)])
def test_a_partition_function_is_a_finite_number(value, kind):
    with pytest.raises(kind, match="Argument `log_partition` must be"):
        Thermal(sparse.eye_array(8192, format="csr"), 1.0, log_partition=value)


def test_a_relative_entropy_beyond_the_range_of_numbers():
    """Σ p (log p + βE) + log Z with e^{−βE} far below the least number, on both sides of it."""
    energies = np.array([0.0, 0.05, 0.5, 2.0])
    for beta in (100.0, 1e4):
        model = Thermal(np.diag(energies), beta)
        expected = -np.log(4) + beta * energies.mean() + np.log(np.exp(-beta * energies).sum())
        for data in (np.eye(4) / 4, Diagonal(np.full(4, 0.25))):
            value = quantum.relative_entropy(data, model)
            assert abs(value - expected) <= 16 * EPS * expected
