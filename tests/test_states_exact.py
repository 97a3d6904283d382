"""Factorised states are exact where dense input cannot be, and know their support."""

import math

import mpmath as mp
import numpy as np
import oracles
import pytest
import scipy.linalg
from oracles import EPS
from strategies import random_unitary

from qce import quantum
from qce.states import Diagonal, Ensemble, Pure, Rotated, Thermal

# --- exact where dense input cannot be ------------------------------------------------------------


@pytest.mark.parametrize("tiny", ["1e-12", "1e-40", "1e-300"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tiny_eigenvalues_of_a_rotated_model_are_exact(tiny, seed):
    """Weights are 1/d in size, with d roundings of ε each; logs are right to ε."""
    sigma = oracles.state([tiny, "0.2", "0.3", "rest"], basis=seed)
    rho = oracles.state(["0.1", "0.15", "0.35", "rest"], basis=seed + 10)
    data, model = (Rotated(*oracles.decomposed(x)) for x in (rho, sigma))
    for name in ("cross_entropy", "relative_entropy"):
        exact = float(getattr(oracles, name)(rho, sigma))
        assert abs(getattr(quantum, name)(data, model) - exact) <= 16 * EPS * 4 * exact


def test_a_weight_far_below_epsilon_is_relatively_accurate():
    """S(ψ, σ) with |⟨2|ψ⟩|² = 1e-30 and −ln q₂ = 1e30 is a sum of two numbers of order one."""
    psi = Pure([math.sqrt(1 - 1e-30), 1e-15])
    model = Thermal(np.diag([0.0, 1.0]), beta=1e30)
    assert math.isclose(quantum.cross_entropy(psi, model), 1.0, rel_tol=8 * EPS)


def test_thermal_logarithms_never_underflow():
    """exp(−31000) is no float; the uniform state's cross entropy is the mean energy times β."""
    model = Thermal(np.diag(np.arange(32.0)), beta=1e3)
    assert quantum.cross_entropy(Diagonal(np.full(32, 1 / 32)), model) == pytest.approx(
        15.5e3, rel=32 * EPS, abs=0
    )
    cold = quantum.entropy(Thermal(np.diag([0.0, 1.0]), beta=500.0))
    assert cold == pytest.approx(
        501 * math.exp(-500), rel=1e-13, abs=0
    )  # −p ln p + p for p = e^−500


@mp.workdps(40)
def geometric(mean, levels):
    x = mp.mpf(mean) / (1 + mp.mpf(mean))
    weights = [x**k for k in range(levels)]
    return [w / mp.fsum(weights) for w in weights]


def oscillator(mean, levels):
    """The thermal state of mean photon number n̄ on a truncated space."""
    return Thermal(np.diag(np.arange(float(levels))), beta=math.log((mean + 1) / mean))


def test_two_thermal_states_on_32_levels_from_dense_and_factorised_input():
    p, q = geometric("0.5", 32), geometric("0.05", 32)
    exact = float(mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True)))
    assert round(exact, 4) == 0.6163
    data, model = oscillator(0.5, 32), oscillator(0.05, 32)
    # A sum of 32 terms, with logs of up to 95 right to ε.
    for pair in ((data, model), (data.dense(), model.dense()), (data.dense(), model)):
        assert quantum.relative_entropy(*pair) == pytest.approx(exact, rel=32 * EPS, abs=0)
    u = random_unitary(np.random.default_rng(8), 32)
    rotated = [Rotated([float(x) for x in y], u) for y in (p, q)]
    # Overlaps between eigenvectors are rounding, (ε d)² each, times logs of at most 95.
    assert quantum.relative_entropy(*rotated) == pytest.approx(exact, rel=32 * 4 * EPS, abs=0)


@pytest.mark.parametrize(
    "first, second, cross, relative",
    [
        (1, 2, 1.504077396776, 0.117783035656),
        (0.5, 3, 1.530135397346, 0.575364144904),
        (2, 0.5, 2.602689685444, math.log(2)),
    ],
)
def test_gaussian_states_on_truncated_spaces(first, second, cross, relative):
    """The truncation error is known: Δ⟨n⟩ = N xᴺ/(1 − xᴺ), Δ ln Z = ln(1 − xᴺ)."""

    def truncation(levels):
        x, y = first / (first + 1), second / (second + 1)
        rest = x**levels / (1 - x**levels)
        entropy = math.log1p(1 / first) * levels * rest - math.log1p(-(x**levels))
        return -math.log(y) * levels * rest - math.log1p(-(y**levels)), entropy

    for levels in (40, 300):
        data, model = oscillator(first, levels), oscillator(second, levels)
        of_cross, of_entropy = truncation(levels)
        rounding = 1e-12  # of the reference values, which have twelve decimals
        assert abs(quantum.cross_entropy(data, model) - cross) <= of_cross + rounding
        error = abs(quantum.relative_entropy(data, model) - relative)
        assert error <= of_cross + of_entropy + rounding
    assert of_cross < 1e-13


def test_a_displaced_thermal_state_costs_the_displacement():
    """D(α) as exp of the truncated α(a† − a): levels that it mixes up carry 2^−60 of the weight."""
    levels, alpha = 120, 0.7
    a = np.diag(np.sqrt(np.arange(1.0, levels)), k=1)
    displacement = scipy.linalg.expm(alpha * (a.T - a))
    x = 0.5 ** np.arange(levels)
    data = Rotated(x / x.sum(), displacement)
    value = quantum.relative_entropy(data, oscillator(2, levels))
    assert value == pytest.approx(0.316460938629, abs=1e-12)  # twelve decimals


@pytest.mark.parametrize(
    "betas, cross, entropy",
    [
        ((1, 0.5), 0.432464609540340, 0.365333855087208),
        ((2, 1), 0.162900430967156, 0.0900947677661761),
    ],
)
def test_single_spins(betas, cross, entropy):
    data, model = (Thermal(np.diag([1.0, -1.0]), beta) for beta in betas)
    assert quantum.cross_entropy(data, model) == pytest.approx(cross, rel=1e-14, abs=0)
    assert quantum.entropy(data) == pytest.approx(entropy, rel=1e-14, abs=0)


# --- support --------------------------------------------------------------------------------------


def test_the_support_rule():
    u = random_unitary(np.random.default_rng(9), 3)
    model = Rotated([0.5, 0.5, 0.0], u)
    inside = Pure((u[:, 0] + 1j * u[:, 1]) / math.sqrt(2))
    assert quantum.cross_entropy(inside, model) == pytest.approx(math.log(2), rel=8 * EPS, abs=0)
    grazing = u[:, 0] * math.sqrt(1 - 1e-24) + u[:, 2] * 1e-12
    for outside in (Pure(grazing), Pure(u[:, 2]), np.eye(3) / 3, Diagonal(np.full(3, 1 / 3))):
        for quantity in (quantum.cross_entropy, quantum.relative_entropy):
            assert quantity(outside, model) == np.inf
            with pytest.raises(ValueError, match="contain the data in its support"):
                quantity(outside, model, support="raise")
    dependent = Ensemble([u[:, 0], u[:, 1], (u[:, 0] + u[:, 1]) / math.sqrt(2)])
    assert quantum.cross_entropy(Pure(u[:, 2]), dependent) == np.inf
    assert quantum.entropy(dependent) <= math.log(2)
    low = Ensemble([u[:, 0], u[:, 1]])
    assert quantum.relative_entropy(low, model) == pytest.approx(0.0, abs=16 * EPS)
    assert quantum.cross_entropy(Pure(u[:, 0]), Pure(u[:, 0] * 1j)) <= 16 * EPS
    assert quantum.cross_entropy(Pure(u[:, 0]), Pure(u[:, 1])) == np.inf


def test_only_zero_is_zero_in_a_diagonal_state():
    tiny = 1e-200
    assert quantum.cross_entropy(Diagonal([1.0, tiny]), Diagonal([1.0, 0.0])) == np.inf
    value = quantum.relative_entropy(Diagonal([1.0, 0.0]), Diagonal([1.0, tiny]))
    # (ln 1 − ln 1) + the mass that the model puts elsewhere, by its logarithm of 460.
    assert value == pytest.approx(tiny, rel=460 * EPS, abs=0)


def test_a_diagonal_state_of_a_million_entries_is_no_matrix():
    p = np.random.default_rng(2).dirichlet(np.ones(10**6))
    uniform = Diagonal(np.full(10**6, 1e-6))
    assert quantum.cross_entropy(Diagonal(p), uniform) == pytest.approx(
        math.log(1e6), rel=1e-12, abs=0
    )
    gap = math.log(1e6) - quantum.entropy(Diagonal(p))
    # Two sums of 1e6 terms, each right to 1e-12 (pairwise, with logs of order 10).
    assert quantum.relative_entropy(Diagonal(p), uniform) == pytest.approx(gap, abs=1e-11)


def test_orthogonal_kets_keep_their_weights_as_spectrum():
    u = random_unitary(np.random.default_rng(1), 3)
    model = Ensemble(u.T, weights=[1.0, 1e-200, 1e-250])
    value = quantum.cross_entropy(Ensemble(u.T), model)
    assert value == pytest.approx((200 + 250) * math.log(10) / 3, rel=16 * EPS, abs=0)
