"""Chains put together from what neighbours show: exact where they should be, and a good start."""

import warnings

import jax
import numpy as np
import pytest

from qce import data
from qce.models import PurifiedChain
from qce.tomography import reconstruct_chain
from qce.tomography.chain_learning import (
    FAR,
    Given,
    Learning,
    Mixed,
    Pieces,
    Settings,
    are_less,
    surprises,
)
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
        # Each mean c loses 4 (1 − c²)/(c shots), and ten outcomes are added; 1 + 1/shots of it.
        lost = sum(4 * (1 - c**2) / abs(c) for c in means.ravel() if c) / 8
        gap = abs(state_of(Window(means, np.full((4, 4, 4), shots))) - rho).max()
        assert gap < (1 + 100 / shots) * (lost + 10) / shots
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


@pytest.mark.parametrize(("size", "left"), [(0.0, 0.034), (1.5, 2.3), (10.0, 1.3)])
def test_noise_about_zero_vanishes_and_large_means_stay(size, left):
    """Mean square errors of shrunk means, in variances: by numerical integrals of the rule."""
    z = np.linspace(-9, 9, 200_001)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    seen = size + z
    with np.errstate(divide="ignore"):
        kept = np.where(seen == 0, 0, seen * np.maximum(0, 1 - 4 / seen**2))
    expected = weight @ (kept - size) ** 2
    assert expected < left
    # The same of windows of one wire: means of X and Y are 0, that of Z is many errors or few.
    rng, shots, count = np.random.default_rng(0), 10_000, 3000
    mean = size / shots**0.5
    found = []
    for drawn in rng.binomial(shots, (1 + mean) / 2, count):
        c = 2 * drawn / shots - 1
        rho = state_of(Window(np.array([1, 0, 0, c]), np.full(4, float(shots))))
        found.append(shots * ((rho[0, 0] - rho[1, 1]).real - mean) ** 2)
    # A mean of squares, five standard errors; the ridge takes a thousandth of the mean.
    assert abs(np.mean(found) - expected) < 5 * np.std(found) / count**0.5 + 0.1


def test_wider_windows_are_taken_where_outcomes_are_likelier_for_them():
    """Distant wires that know of each other directly, and a state that three wires tell all of."""
    truth, there = PurifiedChain.cluster(4, beta=1.0)
    near = random_outcomes(truth, there, 20_000)
    # The first and the last wire are equal, which windows of three never see.
    bits = np.random.default_rng(0).integers(0, 2, (20_000, 3))[:, [0, 1, 2, 0]]
    far = data.PauliOutcomes(["Z" * 4] * 20_000, bits)
    model = PurifiedChain(4, 4, purification=2)
    for seen, wide in ((near, False), (far, True)):
        learned, judges = seen.split(0.1, 0)
        found = Pieces(model, 0)(learned, judges)
        expected = put_together(learned, model, 0, 3 if wide else 2)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(Pieces(model, 0)(learned, None), put_together(learned, model))


def test_what_decides_is_a_standard_error_of_the_difference():
    rng = np.random.default_rng(0)
    hard = rng.exponential(30, 400)  # what both find hard says nothing
    noise = rng.normal(size=400)
    noise = (noise - noise.mean()) / noise.std()
    for gain, less in ((0.06, True), (0.04, False), (-0.06, False)):  # 1/√400 = 0.05
        assert are_less(hard, hard + gain + noise) is less
    assert not are_less(hard, hard)
    infinite = np.r_[np.inf, hard]
    assert are_less(np.r_[1.0, hard], infinite) and not are_less(infinite, np.r_[1.0, hard])
    assert not are_less(infinite, infinite) and not are_less(hard * np.nan, hard)
    assert are_less(hard, hard * np.nan)


def test_surprises_are_those_of_the_likelihood():
    truth, there = PurifiedChain.cluster(5, beta=1.0, dtype="float32")
    seen = random_outcomes(truth, there, 10_500)
    rows = surprises(truth, there, seen)
    assert rows.dtype == np.float64 and rows.shape == (10_500,)
    exact, _ = PurifiedChain.cluster(5, beta=1.0, dtype="float64")
    with jax.enable_x64(True):
        expected = -np.asarray(exact.log_prob(there, seen.bits, seen.settings))
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-12)


def test_a_way_that_is_not_kept_warns_of_nothing(monkeypatch):
    """The pure chain may exclude an outcome while it is learned; what is kept does not."""
    truth, there = PurifiedChain.cluster(3, beta=1.0)
    outcomes, on = random_outcomes(truth, there, 2000), Learning.on

    def loud(self, *given):
        warnings.warn(f"purification {self.model.purification}", RuntimeWarning, stacklevel=2)
        return on(self, *given)

    monkeypatch.setattr(Learning, "on", loud)
    with pytest.warns(RuntimeWarning, match="purification 2") as said:
        found = reconstruct_chain(outcomes, epochs=1, progress=False)
    of_ways = [w for w in said if str(w.message).startswith("purification")]
    assert found.model.purification == 2 and len(of_ways) == 1


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
