"""The Belavkin-Staszewski relative entropy of models whose small eigenvalues are written down."""

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import oracles
import pytest
import torch
from oracles import EPS, random_basis, state, to_complex128
from strategies import random_unitary

from qce import quantum
from qce.states import Dense, Diagonal, Product, Rotated, Thermal

belavkin_staszewski = quantum.belavkin_staszewski_relative_entropy
DIGITS = 400  # more than √ρ σ^{−1} √ρ spans decades


def witness(rho, sigma):
    """Tr ρ log(√ρ σ^{−1} √ρ) by mpmath's eigensolver, on the support of ρ."""
    overlaps = mp.workdps(oracles.DIGITS)(lambda: rho.basis.transpose_conj() * sigma.basis)()
    with mp.workdps(DIGITS):
        p = [(i, mp.sqrt(x)) for i, x in enumerate(rho.spectrum) if x > 0]
        q = [(j, 1 / x) for j, x in enumerate(sigma.spectrum) if x > 0]
        matrix = mp.matrix(len(p), len(p))
        for a, (i, x) in enumerate(p):
            for b, (k, y) in enumerate(p):
                terms = (overlaps[i, j] * mp.conj(overlaps[k, j]) * z for j, z in q)
                matrix[a, b] = x * y * mp.fsum(terms)
        m, vectors = mp.eighe((matrix + matrix.transpose_conj()) / 2)
        weights = (
            mp.fsum(abs(vectors[a, k]) ** 2 * x**2 for a, (_, x) in enumerate(p))
            for k in range(len(p))
        )
        return float(mp.fsum(w * mp.log(x) for w, x in zip(weights, m, strict=True)))


DATA = {
    "full rank": (0.4, 0.3, 0.2, 0.1),
    "rank two": (0.75, 0.25, 0, 0),
    "pure": (1, 0, 0, 0),
    "a small eigenvalue": ("0.7", "0.2", "1e-6", "rest"),
}


@pytest.mark.parametrize("spectrum", [("0.5", "0.3", "rest", 1), ("0.5", "rest", 1, 1)])
@pytest.mark.parametrize("small", ["1e-10", "1e-20", "1e-120", "1e-300"])
@pytest.mark.parametrize("basis", [None, 12])
def test_small_eigenvalues_of_a_written_model_are_exact(basis, small, spectrum):
    """Dense data say ρ to 4·ε·d, by which log m of weights above that moves."""
    sigma = state([small if x == 1 else x for x in spectrum], basis)
    q = [float(x) for x in sigma.spectrum]
    model = Diagonal(q) if basis is None else Rotated(q, to_complex128(sigma.basis))
    for name, p in DATA.items():
        rho = state(p, 11)
        # What rounding puts on the kernel of deficient data is taken away by the support rule.
        exact = rho if 0 in p else oracles.nearest_state(rho.array)
        value, expected = belavkin_staszewski(rho.array, model), witness(exact, sigma)
        assert abs(value - expected) <= 16 * EPS * (1 + expected), name


@pytest.mark.parametrize("asarray", [np.asarray, jnp.asarray, torch.as_tensor])
@pytest.mark.parametrize("kernel", [0, 1])
def test_the_same_of_a_diagonal_array_in_every_library(asarray, kernel):
    """With and without a kernel that both states share; columns of q^{−½} are descending."""
    sigma = state(("0.5", "rest", "1e-50"))
    rho = state((0.5, 0.375, 0.125), 7)
    arrays = [np.pad(x.array, (0, kernel)) for x in (rho, sigma)]
    value = float(belavkin_staszewski(*map(asarray, arrays)))
    expected = witness(oracles.nearest_state(rho.array), sigma)
    assert abs(value - expected) <= 16 * EPS * (1 + expected)


def test_logarithms_beyond_floating_point():
    """σ = e^{−βH}/Z with β = 10⁴ against I/d: D_BS = D = −Tr log σ/d − log d, as they commute."""
    hamiltonian = np.diag([0.0, 0.5, 1.0, 2.0])
    expected = 1e4 * 3.5 / 4 - np.log(4)
    value = belavkin_staszewski(np.eye(4) / 4, Thermal(hamiltonian, 1e4))
    assert abs(value - expected) <= 16 * EPS * expected


def test_additive_on_products_too_large_to_write_down():
    pair = np.diag([0.75, 0.25]), state((0.625, 0.375), 5).array
    one = belavkin_staszewski(*pair)
    rho, sigma = (Product(*[Dense(x)] * 40) for x in pair)
    assert abs(belavkin_staszewski(rho, sigma) - 40 * one) <= 64 * EPS * 40 * one


def test_a_million_levels_that_commute():
    p = np.full(10**6, 1e-6)
    q = np.where(np.arange(10**6) < 5 * 10**5, 1.5e-6, 0.5e-6)
    expected = -np.log(0.75) / 2
    assert abs(belavkin_staszewski(Diagonal(p), Diagonal(q)) - expected) <= 1e6 * EPS * expected


@pytest.mark.parametrize("distance", [1e-3, 1e-6])
def test_close_states_are_relatively_accurate(distance):
    """log m carries a few ε·d, relative to itself ε/distance, and the value is its square."""
    rho = state((0.4, 0.3, 0.2, 0.1), 11)
    velocity = (1, -1, 0.5, -0.5)
    with mp.workdps(oracles.DIGITS):
        pairs = [(p, p + distance * v) for p, v in zip(rho.spectrum, velocity, strict=True)]
        expected = float(mp.fsum(p * mp.log(p / q) for p, q in pairs))
    q, v = np.array([float(q) for _, q in pairs]), to_complex128(rho.basis)
    value = belavkin_staszewski(rho.array, Rotated(q, v))
    assert abs(value - expected) <= 2 * 16 * EPS * 4 / (0.1 * distance) * expected


def test_batches_bases_and_states_as_data():
    rng = np.random.default_rng(3)
    u = random_unitary(rng, 4)
    model = Rotated([0.5, 0.3, 0.2 - 1e-30, 1e-30], to_complex128(random_basis(4, 2)))
    dense = [(u * p) @ u.conj().T for p in ([0.4, 0.3, 0.2, 0.1], [0.5, 0.5, 0, 0])]
    batch = belavkin_staszewski(np.array([dense, dense[::-1]]), model, base=2)
    assert batch.shape == (2, 2)
    for k, p in enumerate(([0.4, 0.3, 0.2, 0.1], [0.5, 0.5, 0, 0])):
        alone = belavkin_staszewski(Rotated(p, u), model, base=2)
        assert np.abs(batch[[0, 1], [k, 1 - k]] - alone).max() <= 64 * EPS * alone


def test_data_outside_the_support_of_the_model():
    u = to_complex128(random_basis(3, 2))
    model = Rotated([0.75, 0.25, 0.0], u)
    inside = (u * [0.25, 0.75, 0]) @ u.conj().T
    assert np.isfinite(belavkin_staszewski(inside, model))
    assert belavkin_staszewski(np.eye(3) / 3, model) == np.inf
    with pytest.raises(ValueError, match="Argument `model` must contain the data"):
        belavkin_staszewski(np.eye(3) / 3, model, support="raise")
    with pytest.raises(ValueError, match="same dimension"):
        belavkin_staszewski(np.eye(2) / 2, model)
    with pytest.raises(ValueError, match="Argument `data` must be plain numbers"):
        belavkin_staszewski(torch.tensor(inside, requires_grad=True), model)
