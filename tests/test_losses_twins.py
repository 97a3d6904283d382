"""Losses of states: their classical limit, what they are made of, arrays and batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from libraries import AUTOGRAD
from oracles import EPS
from state_losses import (
    CLASSICAL,
    OMEGA,
    QUANTUM,
    RHO,
    ROUNDING,
    SIGMA,
    THREE,
    every_pair,
    random_state,
)
from strategies import FULL, Spectral, full_pairs, random_unitary, seeds, spectra, states, theorem

from qce import losses, quantum
from qce.twins import TWINS

# --- the classical limit -----------------------------------------------------------------------


def test_both_modules_have_the_same_names():
    assert losses.classical.__all__ == losses.quantum.__all__


def test_every_loss_of_two_states_is_in_the_table():
    """So that `qce check` tries it."""

    def functions(twin):
        return {getattr(f, "func", f) for f in (twin.classical, twin.quantum)}

    for name in {*CLASSICAL, "contrastive_loss"}:
        function = name.partition(",")[0]
        pair = {getattr(losses.classical, function), getattr(losses.quantum, function)}
        assert any(functions(twin) == pair for twin in TWINS), function


@pytest.mark.parametrize("name", THREE)
@theorem
@given(spectra(3), spectra(3, FULL), spectra(3, FULL), seeds)
def test_commuting_states_have_the_classical_loss(name, p, q, r, seed):
    """In a basis of any direction; the slopes of these losses are below 100/least."""
    basis = random_unitary(np.random.default_rng(seed), 3)
    diagonal = [p, q, r]
    turned = [Spectral(x, basis).matrix for x in diagonal]
    stack = lambda *x: np.stack(x)  # noqa: E731
    expected = THREE[name](losses.classical, *diagonal, stack)
    value = THREE[name](losses.quantum, *turned, stack)
    least = min(x[x > 0].min() for x in diagonal)
    # The Bures distance of states that differ by rounding e is √e.
    slack = np.sqrt(ROUNDING) if name == "triplet" else 0
    assert value == pytest.approx(float(expected), abs=slack + 100 * ROUNDING / least)


@every_pair
@theorem
@given(full_pairs(3), seeds)
def test_losses_do_not_depend_on_the_basis(name, pair, seed):
    turn = random_unitary(np.random.default_rng(seed), 3)
    given_pair = [state.matrix for state in pair]
    turned = [turn @ x @ turn.conj().T for x in given_pair]
    turned = [(x + x.conj().T) / 2 for x in turned]
    value, expected = (QUANTUM[name](*x) for x in (turned, given_pair))
    least = min(x.spectrum[x.spectrum > 0].min() for x in pair)
    # The distance of close states is a root of what rounding moves; a focal loss a power of it.
    power = 0.5 if name.startswith("contrastive") else 0.75 if "focal_tversky" in name else 1
    assert value == pytest.approx(float(expected), abs=100 * (ROUNDING / least) ** power)


# --- what they are made of ---------------------------------------------------------------------


@theorem
@given(full_pairs(4), states(4))
def test_a_weighted_ensemble_has_the_weighted_mean_of_its_cross_entropies(pair, other):
    rho, sigma, omega = pair[0].matrix, pair[1].matrix, other.matrix
    value = losses.quantum.weighted_cross_entropy((rho, omega), sigma, (3, 1))
    parts = quantum.cross_entropy(rho, sigma), quantum.cross_entropy(omega, sigma)
    # Both sides have the same logarithm of σ, at most log 1e10 = 23; the mixture rounds by ε.
    assert value == pytest.approx((3 * parts[0] + parts[1]) / 4, rel=1e3 * EPS, abs=1e3 * EPS)


@theorem
@given(full_pairs(4))
def test_ends_of_the_families_are_the_cross_entropy(pair):
    rho, sigma = pair[0].matrix, pair[1].matrix
    least = pair[1].spectrum.min()
    expected = quantum.cross_entropy(rho, sigma)
    limit = 10 * ROUNDING / least
    assert losses.quantum.focal_cross_entropy(rho, sigma, gamma=0) == pytest.approx(
        expected, abs=limit
    )
    assert losses.quantum.balanced_cross_entropy(rho, sigma, power=0) == pytest.approx(
        expected, abs=limit
    )


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_fully_balanced_data_is_the_projector_on_its_support(rank):
    rng = np.random.default_rng(rank)
    spectrum = np.pad(rng.dirichlet(np.ones(rank)), (0, 4 - rank))
    state = Spectral(spectrum, random_unitary(rng, 4))
    flat = state.function((spectrum > 0) / rank)
    sigma = random_state(9, 4)
    value = losses.quantum.balanced_cross_entropy(state.matrix, sigma)
    # A tenth of ¼ is the least eigenvalue of σ, that of ρ turns its support by ROUNDING over it.
    limit = 100 * ROUNDING / spectrum[:rank].min()
    assert value == pytest.approx(quantum.cross_entropy(flat, sigma), abs=limit)


@theorem
@given(spectra(4), seeds)
def test_focal_losses_are_the_classical_ones_of_the_weights_in_the_models_basis(p, seed):
    sigma = Spectral(np.array([0.1, 0.2, 0.3, 0.4]), random_unitary(np.random.default_rng(seed), 4))
    rho = Spectral(p, random_unitary(np.random.default_rng(seed + 1), 4)).matrix
    weights = np.einsum("ji,jk,ki->i", sigma.basis.conj(), rho, sigma.basis).real
    value = losses.quantum.focal_cross_entropy(rho, sigma.matrix)
    expected = losses.classical.focal_cross_entropy(weights, sigma.spectrum, check=False)
    assert value == pytest.approx(expected, abs=100 * ROUNDING)


def test_data_outside_the_support_is_infinite_and_its_gradient_finite():
    up, down = np.diag([1.0, 0.0]) + 0j, np.diag([0.0, 1.0]) + 0j
    for name in ("focal_cross_entropy", "balanced_cross_entropy"):
        assert QUANTUM[name](up, down) == np.inf
        gradient = AUTOGRAD.gradient(lambda x, n=name: QUANTUM[n](up, x))(AUTOGRAD.variable(down))
        assert np.isfinite(gradient).all()


@theorem
@given(states(3), seeds)
def test_overlap_losses_of_pure_data_are_the_part_outside(sigma, seed):
    psi = random_unitary(np.random.default_rng(seed), 3)[:, 0]
    rho, inside = np.outer(psi, psi.conj()), (psi.conj() @ sigma.matrix @ psi).real
    limit = 100 * ROUNDING
    assert losses.quantum.fidelity_dice_loss(rho, sigma.matrix) == pytest.approx(
        1 - inside, abs=limit
    )
    jaccard = losses.quantum.fidelity_jaccard_loss(rho, sigma.matrix)
    assert jaccard == pytest.approx(1 - inside / (2 - inside), abs=limit)


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
def test_overlap_losses_of_close_distributions_keep_relative_accuracy(delta):
    """1 − F = δ²/4 Σ v²/p to leading order, of relative error δ; ε/δ comes from p + δv."""
    p, v = np.array([0.5, 0.25, 0.25]), np.array([0.5, -0.25, -0.25])
    value = losses.classical.fidelity_dice_loss(p, p + delta * v)
    assert value == pytest.approx(
        delta**2 / 4 * np.sum(v**2 / p), rel=2 * delta + 10 * EPS / delta, abs=0
    )


@theorem
@given(states(3), states(3))
def test_overlap_losses_are_least_at_equality_and_ordered(rho, sigma):
    pair = rho.matrix, sigma.matrix
    dice, jaccard = (
        losses.quantum.fidelity_dice_loss(*pair),
        losses.quantum.fidelity_jaccard_loss(*pair),
    )
    assert 0 <= dice <= jaccard + 10 * EPS and jaccard <= 1 + 10 * EPS
    assert losses.quantum.fidelity_dice_loss(pair[0], pair[0]) == pytest.approx(0, abs=ROUNDING)


@pytest.mark.parametrize("count", [2, 5])
@given(data=st.data())
@theorem
def test_info_nce_of_indistinguishable_states_is_the_logarithm_of_their_number(count, data):
    rho = data.draw(states(3)).matrix
    same = np.stack([rho] * count)
    # Fidelities are 1 to rounding, over a temperature of 0.1.
    value = losses.quantum.info_nce_loss(same, same)
    assert value == pytest.approx(np.log(count), abs=10 * ROUNDING)


# --- libraries ---------------------------------------------------------------------------------


@pytest.mark.thinned(9)
@every_pair
def test_what_goes_in_comes_out(name):
    expected = float(QUANTUM[name](RHO, SIGMA))
    for convert, kind in ((jnp.asarray, jax.Array), (torch.as_tensor, torch.Tensor)):
        for precision, dtype in (("c16", "float64"), ("c8", "float32")):
            value = QUANTUM[name](*(convert(x.astype(precision)) for x in (RHO, SIGMA)))
            assert isinstance(value, kind) and dtype in str(value.dtype)
            # Least eigenvalues of 0.03 and slopes of order one over them.
            eps = EPS if precision == "c16" else 2.0**-23
            assert float(value) == pytest.approx(expected, abs=1e3 * eps / 0.03)
    assert float(jax.jit(QUANTUM[name])(RHO, SIGMA)) == pytest.approx(expected, abs=1e5 * EPS)


@every_pair
def test_batches_weights_and_reductions(name):
    batch = np.stack([RHO, OMEGA])
    loss = QUANTUM[name]
    each = np.array([loss(RHO, SIGMA), loss(OMEGA, SIGMA)])
    np.testing.assert_allclose(loss(batch, SIGMA[None] + 0 * batch), each, rtol=1e4 * EPS)
    weights, both = np.array([3.0, 1.0]), SIGMA[None] + 0 * batch
    mean = loss(batch, both, weights=weights, reduction="mean")
    assert mean == pytest.approx((3 * each[0] + each[1]) / 4, rel=1e4 * EPS, abs=0)
