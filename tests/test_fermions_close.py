"""Rényi divergences of Gaussian fermions where terms cancel: near 1, of close and cold states."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fermion_oracles import antisymmetric, close, thermal

from qce import quantum
from qce.states import GaussianFermions, majorana

DIVERGENCES = (quantum.petz_renyi_divergence, quantum.sandwiched_renyi_divergence)
SEEDS = range(20)


def with_energies(seed, *energies):
    """A generator of these energies in a random basis."""
    n = len(energies)
    q = np.linalg.qr(np.random.default_rng(seed).normal(size=(2 * n, 2 * n)))[0]
    a = np.zeros((2 * n, 2 * n))
    a[2 * np.arange(n), 2 * np.arange(n) + 1] = energies
    a = q @ (a - a.T) @ q.T
    return (a - a.T) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_are_continuous_through_order_one(seed):
    """D_α = D + (α − 1) V/2 + O((α − 1)²): the next term is below 1e3 of order-one states."""
    a, b = antisymmetric(seed, 3, 0.4), antisymmetric(seed + 100, 3, 0.3)
    rho, sigma = GaussianFermions(generator=a), GaussianFermions(generator=b)
    mean = quantum.relative_entropy(rho, sigma)
    slope = quantum.relative_entropy_variance(rho, sigma) / 2
    for divergence in DIVERGENCES:
        for gap in (1e-6, 1e-8, 1e-10, 1e-13):
            for alpha in (1 - gap, 1 + gap):
                expected = mean + (alpha - 1) * slope
                value = divergence(rho, sigma, alpha)
                assert abs(value - expected) <= 1e-13 * (1 + mean) + 1e3 * gap**2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [0.1, 0.4])
def test_divergences_of_close_states_are_relatively_accurate(seed, scale):
    """The dense ones are, from differences of matrices: both know these to ε/1e-7 of themselves."""
    a = antisymmetric(seed, 2, scale)
    b = a + 1e-7 * antisymmetric(seed + 100, 2, 1.0)
    rho, sigma = GaussianFermions(generator=a), GaussianFermions(generator=b)
    r, s = thermal(a), thermal(b)
    for alpha in (0.5, 0.7, 0.99, 1.01, 1.5, 2):
        for divergence in DIVERGENCES:
            expected = divergence(r, s, alpha)
            # Of eigenvalues of 1e-2 and more, which are known to some 1e2 ε, as their differences.
            assert divergence(rho, sigma, alpha) == pytest.approx(expected, rel=1e-7, abs=0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("energy", [20.0, 100.0, 300.0])
def test_overlaps_that_rounding_has_made_do_not_count(seed, energy):
    """Two states with the same modes, one of them cold: those of independent modes."""
    rho = GaussianFermions(generator=with_energies(seed, energy, 0.3))
    sigma = GaussianFermions(generator=with_energies(seed, energy / 2, 0.4))
    for alpha in (1.1, 1.5, 2, 3):
        if (alpha - 1) * energy > 500:  # refused: no number holds the powers
            continue
        expected = 0.0
        for x, y in ((energy, energy / 2), (0.3, 0.4)):
            pair = [-np.logaddexp(0, [z, -z]) for z in (x, y)]
            p, q = pair
            expected += np.logaddexp.reduce(alpha * p + (1 - alpha) * q) / (alpha - 1)
        for divergence in DIVERGENCES:
            assert divergence(rho, rho, alpha) <= 1e-12
            assert divergence(rho, sigma, alpha) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("seed", range(4))
def test_states_with_pure_modes_in_common_near_order_one(seed):
    q = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    pair = []
    for mixed in (0.3, 0.5):
        gamma = np.zeros((4, 4))
        gamma[0, 1], gamma[2, 3] = 1, mixed
        gamma = q @ (gamma - gamma.T) @ q.T
        pair.append(GaussianFermions((gamma - gamma.T) / 2))
    p, r = [np.array([1 - x, 1 + x]) / 2 for x in (0.3, 0.5)]
    mean = float(p @ np.log(p / r))
    for alpha in (1 - 1e-8, 1 + 1e-8, 0.5, 2):
        exact = (
            mean if abs(alpha - 1) < 0.1 else math.log(p**alpha @ r ** (1 - alpha)) / (alpha - 1)
        )
        for divergence in DIVERGENCES:
            assert divergence(*pair, alpha) == pytest.approx(
                exact, abs=1e-7 * abs(alpha - 1) + 1e-9
            )


# --- of JAX ---------------------------------------------------------------------------------------


@pytest.mark.thinned(2)
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_derivatives_of_jax_near_order_one(divergence):
    """Those of the relative entropy: the next term, gap times order one, is far below."""
    moves = [antisymmetric(seed, 2, 0.3) for seed in range(4)]

    def along(quantity):
        def value(t):
            rho = GaussianFermions(generator=jnp.asarray(moves[0]) + t * moves[1])
            return quantity(rho, GaussianFermions(generator=moves[2] + t * moves[3]))

        return jax.jit(jax.value_and_grad(value))(0.0)

    found = along(lambda rho, sigma: divergence(rho, sigma, 1 + 1e-9))
    np.testing.assert_allclose(found, along(quantum.relative_entropy), rtol=1e-8)


def test_weight_outside_the_support_of_a_model_of_jax_is_infinite():
    mixed = GaussianFermions(jnp.asarray([[0.0, 0.4], [-0.4, 0.0]]))
    pure = GaussianFermions(jnp.asarray([[0.0, 1.0], [-1.0, 0.0]]))
    odd = GaussianFermions(jnp.asarray([[0.0, -1.0], [1.0, 0.0]]))
    assert quantum.relative_entropy_variance(mixed, pure) == np.inf
    assert quantum.petz_renyi_divergence(mixed, pure, 2) == np.inf
    assert quantum.petz_renyi_divergence(odd, pure, 0.5) == np.inf
    close(quantum.petz_renyi_divergence(pure, pure, 2), 0.0)
    close(quantum.petz_renyi_divergence(pure, mixed, 2), -math.log(0.7))
    close(quantum.relative_entropy_variance(pure, mixed), 0.0)


@pytest.mark.parametrize("energy", [15.0, 600.0])
def test_generators_of_jax_know_eigenvalues_that_their_moments_do_not(energy):
    a, b = with_energies(0, 0.5, 0.3), with_energies(1, energy, 0.4)
    expected = [GaussianFermions(generator=x) for x in (a, b)]
    found = [GaussianFermions(generator=jnp.asarray(x)) for x in (a, b)]
    for quantity in (quantum.relative_entropy, quantum.relative_entropy_variance):
        assert float(quantity(*found)) == pytest.approx(quantity(*expected), rel=1e-11)
    step = jnp.asarray(antisymmetric(5, 2, 0.1))
    slope = jax.grad(
        lambda t: quantum.relative_entropy(found[0], GaussianFermions(generator=b + t * step))
    )(0.0)
    # The slope of the cross entropy: ¼ Σ E_jk of the difference of the moments.
    exact = np.sum(np.asarray(step) * (expected[0].covariance - expected[1].covariance)) / 4
    assert float(slope) == pytest.approx(exact, rel=1e-11)


def test_energies_beyond_the_range_of_jax_are_no_numbers():
    """Not the moments of another state."""
    for energy in (1e5, 1e8):
        a = with_energies(2, energy, 0.3)
        found = np.asarray(GaussianFermions(generator=jnp.asarray(a)).covariance)
        if energy < 2**20:
            # A is known to ε·1e5, and so are twenty doublings.
            np.testing.assert_allclose(found, GaussianFermions(generator=a).covariance, atol=1e-9)
        else:
            assert np.isnan(found).all()


@pytest.mark.thinned(3)
@pytest.mark.parametrize(
    "quantity",
    [
        quantum.purity,
        lambda x: quantum.tsallis_entropy(x, 2.0),
        lambda x: x.block_entropies([1, 2]).sum(),
        lambda x: quantum.bures_distance(x, GaussianFermions(np.zeros((4, 4)))),
        lambda x: quantum.bures_angle(x, GaussianFermions(np.zeros((4, 4)))),
        lambda x: quantum.hellinger_distance(x, GaussianFermions(np.zeros((4, 4)))),
    ],
)
def test_what_is_made_of_entropies_and_fidelities_is_followed(quantity):
    a, e = antisymmetric(0, 2, 0.4), antisymmetric(1, 2, 0.2)

    def along(t):
        return quantity(GaussianFermions(generator=a + t * e))

    traced = jax.jit(jax.value_and_grad(lambda t: quantity(GaussianFermions(generator=a + t * e))))
    value, found = traced(0.0)
    close(float(value), float(along(0.0)))
    h = 1e-4
    slope = (along(-2 * h) - 8 * along(-h) + 8 * along(h) - along(2 * h)) / (12 * h)
    # h⁴ f⁗/30 and ε/h of quantities of order one.
    assert float(found) == pytest.approx(slope, abs=1e-10)


def test_what_jax_does_not_follow_says_so():
    def distance(a):
        return quantum.trace_distance(GaussianFermions(generator=a), np.eye(4) / 4)

    with pytest.raises(ValueError, match="must have values where its modes are asked for"):
        jax.jit(distance)(jnp.asarray(antisymmetric(0, 2)))


@pytest.mark.parametrize(
    "energies",
    [
        (1, 1e-13),
        (1, 1e-8, 1e-12, 1e-15),
        (1000, 0.3),
        (1, 1, 1e-9, 1e-9, 0, 0),
        (0, 0),
        (1, 1),
        (1, 0.1, 0.1, 0.1, 0.01, 0.01),
    ],
)
def test_modes_are_orthogonal_to_all_conjugates(energies):
    """Eigenvectors of ±ε are mixed by rounding over 2ε."""
    matrix = with_energies(0, *energies)
    found, vectors = majorana.modes(matrix)
    basis = np.concatenate([vectors, vectors.conj()], axis=1)
    # Products of 2n × 2n unitaries, and eigenvectors of gaps of a tenth of the largest energy.
    rounding = 20 * np.finfo(float).eps * len(matrix)
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(len(matrix)), atol=rounding)
    again = 2 * ((-1j * vectors * found) @ vectors.conj().T).real
    np.testing.assert_allclose(again, matrix, atol=rounding * max(energies))


def test_a_mode_near_no_energy_leaves_a_pure_mode_its_fidelity():
    """By generators of energies 0 and 1000, and by their moments, in which 0 is 1e-13."""
    for seed in range(4):
        warm, cold = with_energies(seed, 12.0, 0.3), with_energies(seed + 10, 1000.0, 0.0)
        rho, sigma = GaussianFermions(generator=warm), GaussianFermions(generator=cold)
        again = GaussianFermions(sigma.covariance)
        assert quantum.fidelity(rho, again) == pytest.approx(
            quantum.fidelity(rho, sigma), rel=1e-11, abs=0
        )
        assert quantum.petz_renyi_divergence(rho, again, 0.5) == pytest.approx(
            quantum.petz_renyi_divergence(rho, sigma, 0.5), rel=1e-11
        )
