"""Chains put together from what neighbours show: exact where they should be, and a good start."""

import numpy as np
import pytest

from qce import data
from qce.models import PurifiedChain
from qce.tomography import reconstruct_chain
from qce.tomography.chain_learning import FAR, Given, Learning, Mixed, Settings
from qce.tomography.chain_pieces import (
    Window,
    joined,
    one_ancilla_a_wire,
    put_together,
    state_of,
    window,
)

EPS = np.finfo(float).eps


def random_outcomes(truth, params, shots, seed=0):
    """Outcomes in bases drawn at random."""
    settings = data.random_settings(truth.wires, shots, seed)
    return data.PauliOutcomes(settings, truth.sample(params, shots, seed, settings))


def written_out(tensors):
    """The density matrix of a chain of tensors with axes left, bit, purifying, right."""
    found = np.ones((1, 1, 1, 1))  # bits, their conjugates, bond, its conjugate
    for a in tensors:
        found = np.einsum("pqlm,lxkr,myks->pxqyrs", found, a, a.conj())
        p, x, q, y, r, s = found.shape
        found = found.reshape(p * x, q * y, r, s)
    return found[:, :, 0, 0]


@pytest.mark.parametrize("shared", [1, 2, 3])
def test_windows_of_a_thermal_state_of_commuting_terms_give_it_back(shared):
    """Terms over three wires: two shared wires screen the left from the right, one does not."""
    truth, params = PurifiedChain.cluster(6, beta=0.7)
    places = range(6 - shared)
    states = [np.asarray(truth.reduced(params, range(k, k + shared + 1))) for k in places]
    rho = np.asarray(truth.density_matrix(params))
    chain = joined(states)
    assert abs(np.trace(written_out(chain)) - 1) < 1e-13
    gap = abs(written_out(chain) - rho).max()
    # A dozen products of matrices of order one; inverse roots multiply by 1/√λ, below 30.
    assert gap < 1e-12 if shared > 1 else gap > 1e-3
    if shared == 2:
        # √ρ of six wires has the same bond, so that nothing is cut off.
        even = one_ancilla_a_wire(chain, 4)
        assert [a.shape[2] for a in even] == [2] * 6
        assert abs(written_out(even) - rho).max() < 1e-12


def test_every_window_comes_out_as_the_last_one_whatever_the_state():
    """Petz's map takes ρ_B to ρ_BC exactly, also where B does not screen."""
    model = PurifiedChain(5, 3, purification=2)
    params = np.random.default_rng(0).normal(size=model.size)
    states = [np.asarray(model.reduced(params, range(k, k + 3))) for k in range(3)]
    for count in (1, 2, 3):
        size = 2 ** (count - 1)
        rho = written_out(joined(states[:count])).reshape(size, 8, size, 8)
        last = np.einsum("kakb->ab", rho)
        np.testing.assert_allclose(last, states[count - 1], rtol=0, atol=1e-11)


def test_means_are_those_of_the_outcomes_that_tell_of_them():
    settings = ["XZ", "XY", "ZZ", "XZ"]
    seen = window(data.PauliOutcomes(settings, [[0, 1], [1, -1], [0, 1], [1, 1]]).effects)
    assert seen.shots[1, 0] == 3 and seen.means[1, 0] == (1 - 1 - 1) / 3
    assert seen.shots[1, 3] == 2 and seen.means[1, 3] == 0
    assert seen.shots[0, 3] == 3 and seen.means[0, 3] == -1
    assert seen.shots[0, 2] == 0 and seen.means[0, 2] == 0  # was set, but not seen
    assert seen.shots[0, 0] == 4 and seen.means[0, 0] == 1


def test_means_without_noise_give_the_state_and_none_the_mixed_one():
    truth, params = PurifiedChain.cluster(3, beta=0.7)
    labels = ["".join("IXYZ"[k] for k in i) for i in np.ndindex(4, 4, 4)]
    means = np.asarray(truth.expectation(params, labels)).reshape(4, 4, 4)
    means = np.where(abs(means) < 100 * EPS, 0, means)
    rho = np.asarray(truth.density_matrix(params))
    for shots in (1e4, 1e8):
        # Each mean loses its variance over itself, below 2/shots, and ten outcomes are added.
        gap = abs(state_of(Window(means, np.full((4, 4, 4), shots))) - rho).max()
        assert gap < 30 / shots
    nothing = state_of(Window(np.eye(1, 64).reshape(4, 4, 4), np.eye(1, 64).reshape(4, 4, 4)))
    np.testing.assert_allclose(nothing, np.eye(8) / 8, rtol=0, atol=10 * EPS)


@pytest.mark.thinned(2)
@pytest.mark.parametrize("wires, bond, purification", [(1, 1, 2), (1, 4, 2), (2, 4, 3), (4, 5, 2)])
def test_any_shape_of_chain_can_begin_with_pieces(wires, bond, purification):
    truth, there = PurifiedChain.cluster(wires, beta=0.5)
    model = PurifiedChain(wires, bond, purification=purification)
    params = put_together(random_outcomes(truth, there, 4000), model)
    # 255 means at most, each to 81/4000: 1 − cosine below 2^−4 Σ c² / 2 over a purity of one half.
    assert model.similarity(params, truth, there) > 0.9


def test_a_thermal_state_is_found_that_no_training_from_a_product_finds():
    truth, there = PurifiedChain.cluster(12, beta=1.0)
    outcomes = random_outcomes(truth, there, 10_000)
    found = reconstruct_chain(outcomes, epochs=1, progress=False)
    assert (found.model.bond, found.model.purification) == (4, 2)
    # 1 − cosine grows as wires over outcomes, and was 0.012 of 64 wires and 10^5: 0.023 here.
    assert found.model.similarity(found.params, truth, there) > 0.95
    judges = outcomes.split(0.1, 0)[1]
    excess = (
        truth.log_prob(there, judges.bits, judges.settings).mean() + found.result.validation.value
    )
    # Some ninety parameters a wire, each half an outcome's worth of nats in 9000.
    assert excess < 12 * 90 / 2 / 9000


def test_settings_and_outcomes_of_one_seed_are_independent():
    truth, there = PurifiedChain.cluster(2, beta=0.7)
    seen = window(random_outcomes(truth, there, 9000).effects)
    labels = ["".join("IXYZ"[k] for k in i) for i in np.ndindex(4, 4)]
    exact = np.asarray(truth.expectation(there, labels)).reshape(4, 4)
    # Fifteen means, five standard errors of each.
    assert (abs(seen.means - exact) < 5 / np.sqrt(seen.shots)).all()


def test_a_pure_chain_that_begins_to_mix_is_still_near_itself():
    pure, params = PurifiedChain.ghz(8)
    model = PurifiedChain(8, 2, purification=2)
    settings = Settings("adam", 0.1, None, None, None, seed=0, progress=False)
    begin = Mixed(Learning(pure, Given(params), FAR, settings), model, seed=0)
    mixed = begin.of(params)
    assert mixed.shape == (model.size,)
    # Eight complex entries a wire, 0.03 each way, weigh 0.014: a tenth of it all on eight wires.
    assert 0.7 < model.similarity(mixed, pure, params) < 1
