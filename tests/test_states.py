"""Factorised states agree with their dense form; products, random states, names and bases."""

import math

import jax
import numpy as np
import oracles
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import EPS, spectral
from strategies import FULL, KINDS, Spectral, ket, random_spectrum, random_unitary, seeds, theorem

from qce import quantum
from qce.states import (
    Dense,
    Diagonal,
    Ensemble,
    IsingChain,
    Product,
    Pure,
    Rotated,
    Thermal,
    random_density_matrix,
)

# --- every kind of state agrees with its dense form -----------------------------------------------

FULL_RANK = ("diagonal", "rotated", "dense", "thermal", "product", "chain")
ANY_RANK = (*FULL_RANK, "pure", "ensemble", "deficient", "kron")


def build(kind, rng, spectrum_kind):
    """A factorised state of dimension 4 and its matrix, made without `qce`."""
    p, v = random_spectrum(rng, 4, spectrum_kind), random_unitary(rng, 4)
    if kind == "diagonal":
        return Diagonal(p), np.diag(p)
    if kind == "rotated":
        return Rotated(p, v), Spectral(p, v).matrix
    if kind == "dense":
        return Dense(Spectral(p, v).matrix), Spectral(p, v).matrix
    if kind == "deficient":
        p = random_spectrum(rng, 4, "deficient")
        return Rotated(p, v), Spectral(p, v).matrix
    if kind == "pure":
        return Pure(v[:, 0]), np.outer(v[:, 0], v[:, 0].conj())
    if kind == "ensemble":
        n = int(rng.integers(1, 6))
        kets, w = np.array([ket(rng, 4) for _ in range(n)]), rng.dirichlet(np.ones(n))
        return Ensemble(kets, w), np.einsum("k,ki,kj->ij", w, kets, kets.conj())
    if kind == "thermal":
        energies, beta = 3 * rng.normal(size=4), rng.normal()
        q = np.exp(-beta * energies)
        return Thermal((v * energies) @ v.conj().T, beta), Spectral(q / q.sum(), v).matrix
    if kind == "chain":
        coupling, field, beta = rng.normal(size=3)
        z, x, one = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
        h = -coupling * np.kron(z, z) - field * (np.kron(x, one) + np.kron(one, x))
        energies, u = np.linalg.eigh(h)
        q = np.exp(-beta * energies)
        return Thermal(IsingChain(2, coupling, field), beta), Spectral(q / q.sum(), u).matrix
    a, b = random_spectrum(rng, 2, "generic"), random_spectrum(rng, 2, "generic")
    u, w = random_unitary(rng, 2), random_unitary(rng, 2)
    if kind == "kron":
        x = ket(rng, 2)
        matrix = np.kron(np.outer(x, x.conj()), Spectral(b, w).matrix)
        return Product(Pure(x), Rotated(b, w)), matrix
    matrix = np.kron(Spectral(a, u).matrix, np.diag(b))
    return Product(Rotated(a, u), Diagonal(b)), matrix


@theorem
@given(st.sampled_from(ANY_RANK), st.sampled_from(KINDS), seeds)
def test_a_state_is_its_matrix_and_has_its_entropy(kind, spectrum_kind, seed):
    state, matrix = build(kind, np.random.default_rng(seed), spectrum_kind)
    # Two roundings of entries of at most 1, summed over at most eight terms.
    np.testing.assert_allclose(np.asarray(state), matrix, atol=16 * EPS)
    limit = oracles.entropy_limit(spectral(matrix))
    assert abs(quantum.entropy(state) - quantum.entropy(matrix)) <= limit


@theorem
@given(st.sampled_from(ANY_RANK), st.sampled_from(FULL_RANK), st.sampled_from(FULL), seeds)
def test_cross_and_relative_entropy_agree_with_the_dense_ones(first, second, kind, seed):
    """State with state, array with state and state with array: all four are one value."""
    rng = np.random.default_rng(seed)
    (data, rho), (model, sigma) = build(first, rng, kind), build(second, rng, kind)
    for name in ("cross_entropy", "relative_entropy"):
        quantity = getattr(quantum, name)
        value = quantity(rho, sigma)
        limit = 2 * oracles.LIMITS[name](spectral(rho), spectral(sigma))
        for pair in ((data, model), (rho, model), (data, sigma)):
            assert abs(quantity(*pair) - value) <= limit, pair
    assert quantum.relative_entropy(data, model) >= 0


@theorem
@given(st.sampled_from(ANY_RANK), seeds)
def test_relative_entropy_of_a_state_to_itself_vanishes(kind, seed):
    rng = np.random.default_rng(seed)
    state, matrix = build(kind, rng, "generic")
    # Overlaps between different eigenvectors are rounding, ε d in amplitude, and enter squared.
    d = len(matrix)
    spread = 1 - np.log(EPS) * d
    if kind in ("dense", "kron", "product"):
        assert 0 <= quantum.relative_entropy(state, state) <= d**2 * EPS * spread
    else:
        assert 0 <= quantum.relative_entropy(state, state) <= 8 * EPS * d


def test_batches_of_dense_data_beside_a_factorised_model():
    rng = np.random.default_rng(5)
    stack = np.array([[random_density_matrix(4, seed=rng) for _ in range(3)] for _ in range(2)])
    models = [Rotated([0.4, 0.3, 0.2, 0.1], random_unitary(rng, 4)), Thermal(IsingChain(2))]
    models.append(Product(Diagonal([0.3, 0.7]), Diagonal([0.6, 0.4])))
    for model in models:
        for quantity in (quantum.cross_entropy, quantum.relative_entropy):
            value = quantity(stack, model)
            assert value.shape == (2, 3)
            # Well conditioned: eigenvalues of 1e-3 and more, sums of 16 terms.
            np.testing.assert_allclose(value, quantity(stack, model.dense()), atol=1e3 * EPS * 16)


def test_other_quantities_take_a_state_for_its_matrix_and_gradients_flow_beside_one():
    rng = np.random.default_rng(6)
    psi, sigma = Pure(ket(rng, 3)), random_density_matrix(3, seed=rng)
    overlap = (psi.ket.conj() @ sigma @ psi.ket).real
    assert math.isclose(quantum.fidelity(psi, sigma), overlap, rel_tol=1e-13)
    by_state = jax.grad(lambda model: quantum.cross_entropy(psi, model, check=False))
    by_matrix = jax.grad(lambda model: quantum.cross_entropy(psi.dense(), model, check=False))
    np.testing.assert_array_equal(by_state(sigma), by_matrix(sigma))


# --- products -------------------------------------------------------------------------------------


def test_a_hundred_factors_are_additive():
    rng = np.random.default_rng(4)
    pairs = [[random_density_matrix(2, seed=rng) for _ in range(2)] for _ in range(100)]
    data, model = (Product(*factors) for factors in zip(*pairs, strict=True))
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        total = sum(quantity(rho, sigma) for rho, sigma in pairs)
        assert quantity(data, model) == pytest.approx(
            total, rel=1e-11, abs=0
        )  # eigenvalues above 1e-3
    with pytest.raises(ValueError, match=r"dimension <= 8192 .* but its dimension is 2\*\*100"):
        data.dense()


@theorem
@given(st.sampled_from(["array", "pure", "ensemble", "diagonal"]), seeds)
def test_a_product_model_needs_the_marginals_alone(kind, seed):
    rng = np.random.default_rng(seed)
    factors = [random_density_matrix(d, seed=rng) for d in (2, 3, 2)]
    data = {
        "array": lambda: random_density_matrix(12, seed=rng),
        "pure": lambda: Pure(ket(rng, 12)),
        "ensemble": lambda: Ensemble(np.array([ket(rng, 12) for _ in range(3)])),
        "diagonal": lambda: Diagonal(rng.dirichlet(np.ones(12))),
    }[kind]()
    sigma = np.kron(np.kron(factors[0], factors[1]), factors[2])
    limit = 2 * oracles.cross_limit(spectral(np.asarray(data)), spectral(sigma))
    value = quantum.cross_entropy(data, Product(*factors))
    assert abs(value - quantum.cross_entropy(np.asarray(data), sigma)) <= limit


def test_products_of_products_are_flat():
    a, b, c = (Diagonal([p, 1 - p]) for p in (0.1, 0.2, 0.3))
    assert Product(Product(a, b), c).factors == (a, b, c)
    assert Product(Product(a, b), c).dimensions == (2, 2, 2)


# --- random states, names and bases ---------------------------------------------------------------


@pytest.mark.parametrize("d, rank", [(4, None), (4, 2), (3, 1)])
def test_random_density_matrices_follow_the_induced_measure(d, rank):
    """E Tr ρ² = (d + K)/(dK + 1); within five standard errors over 2000 draws, seed 21."""
    rng, k = np.random.default_rng(21), rank or d
    draws = [random_density_matrix(d, rank, seed=rng) for _ in range(2000)]
    purity = np.array([np.sum(np.abs(rho) ** 2) for rho in draws])
    error = max(5 * purity.std() / math.sqrt(2000), 1e-12)
    assert abs(purity.mean() - (d + k) / (d * k + 1)) <= error
    assert np.linalg.matrix_rank(draws[0], tol=1e-10) == k
    np.testing.assert_array_equal(
        random_density_matrix(d, rank, seed=3), random_density_matrix(d, rank, seed=3)
    )


@pytest.mark.parametrize(
    "state, text",
    [
        (Pure([1.0, 0.0]), "Pure(d=2)"),
        (Product(Diagonal([1.0]), Diagonal([0.5, 0.5])), "Product(Diagonal(d=1), Diagonal(d=2))"),
        (Thermal(np.eye(2), 0.5), "Thermal(d=2, beta=0.5)"),
        (Thermal(IsingChain(2)), "Thermal(IsingChain(sites=2, J=1.0, h=1.0), beta=1)"),
    ],
)
def test_states_are_short_to_read(state, text):
    assert repr(state) == text


def test_a_basis_is_taken_by_what_it_can_do():
    u = random_unitary(np.random.default_rng(3), 2)
    matrix = Rotated([0.8, 0.2], u).dense()
    gate = qml.QubitUnitary(u, wires=0)
    for basis in (gate, lambda kets: kets @ u.T):
        np.testing.assert_allclose(Rotated([0.8, 0.2], basis).dense(), matrix, atol=4 * EPS)
