"""Rényi divergences below order 1 of models with a kernel: finite wherever the supports meet."""

import jax.numpy as jnp
import numpy as np
import pytest

from qce import classical, quantum, states

ORDERS = [0.3, 0.5, 0.6, 0.75, 0.9, 0.99]
EPS = np.finfo(float).eps


@pytest.mark.thinned(4)
@pytest.mark.parametrize("alpha", ORDERS)
@pytest.mark.parametrize("library", [np.asarray, jnp.asarray])
@pytest.mark.parametrize("d", [2, 5, 8])
def test_of_a_pure_model_it_is_its_weight_in_the_data(alpha, library, d):
    """M has one eigenvalue ⟨ψ|ρ|ψ⟩, so that D = α/(α − 1) log ⟨ψ|ρ|ψ⟩."""
    rho = states.random_density_matrix(d, seed=d)
    psi = np.linalg.qr(np.random.default_rng(d).normal(size=(d, d)))[0][:, 0]
    expected = alpha / (alpha - 1) * np.log((psi @ rho @ psi).real)
    found = quantum.sandwiched_renyi_divergence(library(rho), library(np.outer(psi, psi)), alpha)
    # Rounding of the eigenvector is seen by the root; the order divides by 1 − α.
    assert abs(float(found) - expected) < 100 * d * EPS * max(1, expected) / (1 - alpha)


@pytest.mark.parametrize("alpha", ORDERS)
def test_between_diagonal_states_it_is_the_classical_one(alpha):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4, 0.0])
    for divergence in (quantum.sandwiched_renyi_divergence, quantum.petz_renyi_divergence):
        found = divergence(np.diag(p), np.diag(q), alpha)
        expected = classical.renyi_divergence(p, q, alpha)
        assert abs(found - expected) < 100 * EPS / (1 - alpha)
    stack = quantum.sandwiched_renyi_divergence(
        np.array([np.diag(p)] * 2), np.array([np.diag(q), np.eye(3) / 3]), alpha
    )
    assert np.isfinite(stack).all()


@pytest.mark.parametrize("alpha", [0.9, 0.97, 0.99, 0.999])
def test_of_cold_fermions_it_is_right_or_refused(alpha):
    hot, cold = (
        states.GaussianFermions.thermal(states.QuadraticHamiltonian.random_bonds(3, seed), beta)
        for seed, beta in ((1, 0.7), (2, np.inf))
    )
    weight = np.trace(hot.dense() @ cold.dense()).real
    try:
        found = float(quantum.sandwiched_renyi_divergence(hot, cold, alpha))
    except ValueError as problem:
        assert alpha > 0.96 and "must be at moderate energies" in str(problem)
    else:
        expected = alpha / (alpha - 1) * np.log(weight)
        assert abs(found - expected) < 1e-12 * expected / (1 - alpha)
