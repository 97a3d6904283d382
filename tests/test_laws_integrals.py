"""Frenkel's integral and the layer cake: values, bounds on their errors, and what they witness."""

import numpy as np
import oracles
import pytest
from libraries import AUTOGRAD, hermitian_gradient
from oracles import BACKWARD, EPS

from qce import laws, quantum
from qce.states import random_density_matrix

KINDS = {  # rank of data and of model, as shares of d; the data lie in the support of the model
    "full": (1.0, 1.0),
    "pure": (0.0, 1.0),
    "deficient": (0.5, 1.0),
    "both deficient": (0.5, 0.75),
    "one support": (0.75, 0.75),
}


def pair(kind, d, seed):
    """Data and model of these ranks; the model's support is at random."""
    few, many = (max(1, round(share * d)) for share in KINDS[kind])
    rng = np.random.default_rng([seed, d])
    basis = np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))[0][:, :many]
    small = (random_density_matrix(many, rank=rank, seed=rng) for rank in (min(few, many), many))
    turned = [basis @ x @ basis.conj().T for x in small]
    return [(x + x.conj().T) / 2 for x in turned]


def exact(x):
    """What the support rule keeps of a matrix, in sixty digits."""
    found = oracles.supported(x)
    assert found is not None
    return found


# --- Frenkel's integral ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [2, 3, 8])
def test_frenkels_integral_is_the_relative_entropy(kind, d):
    """Of sixty digits within its bound and what rounded input allows; that of `quantum` as well."""
    for seed in range(3):
        rho, sigma = pair(kind, d, seed)
        value, bound = laws.frenkel_integral(rho, sigma)
        limit = oracles.relative_limit(oracles.spectral(rho), oracles.spectral(sigma))
        truth = float(oracles.relative_entropy(exact(rho), exact(sigma), finite_part=True))
        assert bound < 1e-8  # it says something
        assert abs(value - truth) <= bound + limit
        assert abs(float(quantum.relative_entropy(rho, sigma)) - value) <= bound + limit


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-8])
def test_close_states_lose_no_digits(distance):
    """D of δ² is right to ε/δ of itself: the trace that sixty digits make 1 moves it by that."""
    for d in (2, 4, 8):
        rng = np.random.default_rng(d)
        sigma = random_density_matrix(d, seed=rng)
        rho = sigma + distance * (random_density_matrix(d, seed=rng) - np.eye(d) / d)
        rho /= np.trace(rho).real
        value, bound = laws.frenkel_integral(rho, sigma)
        truth = oracles.relative_entropy(oracles.nearest_state(rho), oracles.nearest_state(sigma))
        logs = [v * np.log(p) @ v.conj().T for p, v in map(oracles.spectral, (rho, sigma))]
        limit = BACKWARD * EPS * d * np.linalg.norm(logs[0] - logs[1], "nuc")
        assert abs(value - float(truth)) <= bound + limit
        assert abs(value - float(quantum.relative_entropy(rho, sigma))) <= bound + limit
        assert bound + limit < 1e-4 * value  # a plain difference of entropies has no digit left


def test_commuting_states_and_the_reference_pair():
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.2, 0.6])
    value, bound = laws.frenkel_integral(np.diag(p), np.diag(q))
    assert abs(value - p @ np.log(p / q)) <= bound
    x, z = np.array([[0, 1], [1, 0]]), np.diag([1.0, -1.0])
    value, bound = laws.frenkel_integral((np.eye(2) + 0.9 * z) / 2, (np.eye(2) + 0.5 * x) / 2)
    assert abs(value - 0.638472973439963) <= bound + EPS


def test_what_the_model_excludes_is_infinite_and_a_state_is_at_no_distance_from_itself():
    ket, mixed = np.diag([1.0, 0.0]), np.eye(2) / 2
    assert laws.frenkel_integral(mixed, ket) == (np.inf, 0.0)
    assert abs(laws.frenkel_integral(ket, mixed).value - np.log(2)) < 1e-12
    for rho in (ket, mixed, pair("both deficient", 8, 0)[0]):
        value, bound = laws.frenkel_integral(rho, rho)
        assert abs(value) <= bound < 1e-18  # an eigenvalue near 0, counted along δγ: δγ²


# --- layers ---------------------------------------------------------------------------------------


def derivative(b, h):
    """D log[B](H) by divided differences on the support."""
    q, v = oracles.spectral(b)
    q = np.where(q > BACKWARD * EPS * len(q) * q.max(), q, 0.0)
    slope = oracles.log_slope(q) * (q[:, None] > 0) * (q > 0)
    return v @ (slope * (v.conj().T @ h @ v)) @ v.conj().T


def allowed(b, h):
    """Rounding B by ε d‖B‖ moves the derivative by the second one, below 2‖H‖/λ_min²."""
    q = oracles.spectral(b)[0]
    least = q[q > BACKWARD * EPS * len(q) * q.max()].min()
    return BACKWARD * EPS * len(q) * q.max() * 2 * np.linalg.norm(h) / least**2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [2, 3, 8])
def test_layers_are_the_derivative_of_the_logarithm(kind, d):
    h, b = pair(kind, d, 0)
    for direction in (h, h - b, -h):
        value, bound = laws.layer_cake_integral(b, direction)
        gap = np.linalg.norm(value - derivative(b, direction), 2)
        assert gap <= bound + allowed(b, direction)
        assert bound < 1e-3 * np.linalg.norm(value, 2)


def test_layers_are_the_gradient_of_the_cross_entropy():
    """∂(−Tr ρ log σ)/∂σ = −D log[σ](ρ), also between states that are close."""
    rho, sigma = pair("full", 4, 1)
    for data in (rho, sigma + 1e-6 * (rho - sigma)):
        gradient = hermitian_gradient(
            AUTOGRAD, lambda y, x=data: quantum.cross_entropy(x, y, check=False), sigma
        )
        value, bound = laws.layer_cake_integral(sigma, data)
        assert np.linalg.norm(gradient + value, 2) <= bound + allowed(sigma, data)


def test_layers_of_degenerate_and_close_eigenvalues():
    """B = 1/d gives dH; eigenvalues 1e-9 apart give nearly the same."""
    h = np.array([[0.3, 0.2j, 0], [-0.2j, -0.5, 0.1], [0, 0.1, 0.2]])
    value, bound = laws.layer_cake_integral(np.eye(3) / 3, h)
    assert np.linalg.norm(value - 3 * h, 2) <= bound
    b = np.diag(np.array([1.0, 1 + 1e-9, 1 - 1e-9]) / 3)
    value, bound = laws.layer_cake_integral(b, h)
    assert np.linalg.norm(value - derivative(b, h), 2) <= bound + allowed(b, h)


def test_nothing_changes_in_no_direction():
    value, bound = laws.layer_cake_integral(np.eye(2) / 2, np.zeros((2, 2)))
    assert not value.any() and bound == 0.0


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: laws.frenkel_integral(np.eye(2), np.eye(2) / 2), "`data` must have trace 1"),
        (lambda: laws.frenkel_integral(np.eye(2) / 2, np.eye(3) / 3), "the same dimension"),
        (lambda: laws.frenkel_integral([np.eye(2) / 2] * 2, np.eye(2) / 2), r"shape \(d, d\)"),
        (lambda: laws.layer_cake_integral(np.diag([1, -1]), np.eye(2)), "`state` must be pos"),
        (lambda: laws.layer_cake_integral(0 * np.eye(2), np.eye(2)), "`state` must be positive"),
        (lambda: laws.layer_cake_integral(np.eye(2), [[0, 1], [0, 0]]), "must be Hermitian"),
        (lambda: laws.layer_cake_integral(np.diag([1, 0]), np.eye(2)), "support of `state`"),
        (lambda: laws.layer_cake(lambda b, h: 1.0), "`derivative` must return a matrix"),
        (lambda: laws.frenkel(lambda rho: 0.0), "`quantity` must take 2"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)
