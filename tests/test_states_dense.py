"""A `Dense` knows no more than its matrix: quantities of it are those of the array."""

import numpy as np
import pytest
import scipy.linalg
from oracles import EPS, nearest_state, relative_entropy, state

from qce import quantum
from qce.states import Dense, Diagonal, Product

LEAST = 0.1


def close_pair(distance):
    """Two states of four levels, the second turned by an angle of about `distance`."""
    rho = state(("rest", "0.3", "0.2", LEAST), 5).array
    rng = np.random.default_rng(3)
    k = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    turn = scipy.linalg.expm(distance * (k - k.conj().T) / 2)
    sigma = turn @ rho @ turn.conj().T
    return rho, (sigma + sigma.conj().T) / 2


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-8])
def test_close_dense_states_and_products_of_them_cancel_nothing(distance):
    """Differences of logarithms of two spectra would lose half of the digits at 1e-8."""
    rho, sigma = close_pair(distance)
    expected = float(relative_entropy(nearest_state(rho), nearest_state(sigma)))
    # Eigenvectors to ε d over the least eigenvalue; the difference ρ − σ is exact.
    tolerance = 64 * EPS * 4 / LEAST * expected
    for data, model in [(Dense(rho), Dense(sigma)), (rho, Dense(sigma)), (Dense(rho), sigma)]:
        assert abs(quantum.relative_entropy(data, model) - expected) <= tolerance
    three = [Product(*[Dense(x)] * 3) for x in (rho, sigma)]
    assert abs(quantum.relative_entropy(*three) - 3 * expected) <= 3 * tolerance


TWO = (
    "cross_entropy", "relative_entropy", "fidelity", "trace_distance", "bures_distance",
    "jensen_shannon_divergence", "relative_entropy_variance", "max_relative_entropy",
    "hellinger_distance", "chernoff", "measured_relative_entropy",
)  # fmt: skip


@pytest.mark.parametrize("name", TWO)
def test_quantities_of_a_dense_state_are_those_of_its_array_bit_for_bit(name):
    rho, sigma = state(("rest", "0.2"), 1).array, state(("rest", "0.4"), 2).array
    f = getattr(quantum, name)
    expected = f(rho, sigma)
    for pair in [(Dense(rho), Dense(sigma)), (rho, Dense(sigma)), (Dense(rho), sigma)]:
        assert np.array_equal(f(*pair), expected)


def test_beside_a_state_that_knows_more_a_dense_one_is_factorised():
    tiny = Diagonal([1 - 1e-300, 1e-300])
    assert quantum.cross_entropy(Dense(np.eye(2) / 2), tiny) == pytest.approx(150 * np.log(10))
