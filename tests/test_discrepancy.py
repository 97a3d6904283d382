"""Mean discrepancy and transport of laws of bit strings, against dense matrices and programmes."""

import jax
import mpmath
import numpy as np
import pytest
import torch
from libraries import DIFFERENTIATING
from scipy.optimize import linprog

from qce.losses import transport
from qce.losses.discrepancy import maximum_mean_discrepancy, maximum_mean_discrepancy_of_products
from qce.losses.transport import sinkhorn_divergence

EPS = np.finfo(float).eps
SEVERAL = (0.5, 1.0, 2.0, 4.0)


def distances(n):
    """Hamming's distance of all bit strings, `(2^n, 2^n)`."""
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return (bits[:, None] != bits).sum(axis=-1)


def kernel(n, bandwidths):
    return np.mean([np.exp(-distances(n) / (2 * s)) for s in bandwidths], axis=0)


def laws(n, seed):
    return np.random.default_rng(seed).dirichlet(np.ones(2**n), size=2)


def gradient(library, loss):
    """Compiled as a whole by JAX, which op by op takes seconds."""
    found = library.gradient(loss)
    return jax.jit(found) if library.name == "jax" else found


def joint(ones):
    p = np.ones(1)
    for one in ones:
        p = np.outer(p, [1 - one, one]).ravel()
    return p


# --- maximum mean discrepancy ---------------------------------------------------------------------


@pytest.mark.parametrize("bandwidths", [(0.1,), (1.0,), SEVERAL])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_discrepancy_is_the_quadratic_form_of_the_kernel_matrix(n, bandwidths):
    p, q = laws(n, seed=n)
    dense = (p - q) @ kernel(n, bandwidths) @ (p - q)
    # Both are sums of terms whose moduli add up to at most 4.
    found = maximum_mean_discrepancy(p, q, bandwidths=bandwidths)
    assert found == pytest.approx(dense, abs=8 * EPS)


def test_wires_may_be_few_and_the_bandwidth_a_number_or_left_out():
    p, q = laws(3, seed=0)
    one = maximum_mean_discrepancy(p, q, bandwidths=0.75)
    assert one == maximum_mean_discrepancy(p, q, bandwidths=[0.75])
    assert one == maximum_mean_discrepancy(p, q)


def test_a_narrow_kernel_is_the_euclidean_distance_and_a_wide_one_sees_marginals():
    n, (p, q) = 4, laws(4, seed=3)
    assert maximum_mean_discrepancy(p, q, bandwidths=0.01) == pytest.approx(
        np.sum((p - q) ** 2), abs=np.exp(-50) + 8 * EPS
    )
    # e^{−h/2σ} = 1 − h/2σ + …: 2σ times the discrepancy is −ΔhΔ = 2 Σ Δ_i², up to n²/4σ.
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    marginals = np.sum(((p - q) @ bits) ** 2)
    assert 2e4 * maximum_mean_discrepancy(p, q, bandwidths=1e4) == pytest.approx(
        2 * marginals, abs=n**2 / 4e4
    )


def test_batches_broadcast():
    p, q = laws(2, seed=1)
    found = maximum_mean_discrepancy(np.stack([p, q])[:, None], np.stack([p, q, (p + q) / 2]))
    assert found.shape == (2, 3)
    assert found[0, 1] == maximum_mean_discrepancy(p, q)
    assert found[0, 2] == pytest.approx(found[0, 1] / 4, rel=8 * EPS)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_the_slope_of_the_discrepancy_is_twice_the_witness(library):
    p, q = laws(2, seed=5)
    witness = 2 * kernel(2, SEVERAL) @ (q - p)

    def loss(x):
        return maximum_mean_discrepancy(library.asarray(p), x, bandwidths=SEVERAL)

    found = gradient(library, loss)(library.variable(q))
    np.testing.assert_allclose(np.asarray(found), witness, atol=16 * EPS)


def test_single_precision_stays():
    p, q = (x.astype(np.float32) for x in laws(3, seed=2))
    for loss in (maximum_mean_discrepancy, sinkhorn_divergence):
        assert loss(p, q).dtype == np.float32
        assert loss(torch.as_tensor(p), torch.as_tensor(q)).dtype == torch.float32
        assert jax.eval_shape(loss, p, q).dtype == np.float32


# --- products -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bandwidths", [(0.3,), SEVERAL])
def test_the_product_form_is_the_discrepancy_of_the_joint_laws(bandwidths):
    a, b = np.random.default_rng(4).uniform(size=(2, 6))
    found = maximum_mean_discrepancy_of_products(a, b, bandwidths=bandwidths)
    dense = maximum_mean_discrepancy(joint(a), joint(b), bandwidths=bandwidths)
    assert found == pytest.approx(dense, abs=16 * EPS)


@pytest.mark.parametrize("n", [1, 50, 1000])
@pytest.mark.parametrize("apart", [1.0, 1e-3, 1e-9])
@pytest.mark.parametrize("sigma", [1.0, 250.0])
def test_the_product_form_has_every_digit_however_close_the_laws(n, apart, sigma):
    rng = np.random.default_rng(n)
    a = rng.uniform(size=n)
    b = np.clip(a + apart * rng.normal(size=n), 0, 1)
    with mpmath.workdps(200):
        share = (1 - mpmath.exp(-1 / mpmath.mpf(2 * sigma))) / 2
        z, w = ([1 - 2 * mpmath.mpf(float(x)) for x in side] for side in (a, b))

        def overlap(x, y):
            return mpmath.fprod(1 - share + share * s * t for s, t in zip(x, y, strict=True))

        exact = float(overlap(z, z) - 2 * overlap(z, w) + overlap(w, w))
    found = maximum_mean_discrepancy_of_products(a, b, bandwidths=sigma)
    # Sums of n logarithms, in an exponent; p_σ = 0.001 for the wide kernel keeps its digits.
    assert found == pytest.approx(exact, rel=16 * (n + 1) * EPS, abs=0)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_the_slope_of_the_product_form(library):
    """∂/∂q_i of ∏c − 2∏b, written down."""
    a, b = np.random.default_rng(6).uniform(0.1, 0.9, size=(2, 5))
    share = -np.expm1(-0.25) / 2
    z, w = 1 - 2 * a, 1 - 2 * b
    both, own = 1 - share + share * z * w, 1 - share + share * w**2
    slope = 4 * share * (z * both.prod() / both - w * own.prod() / own)

    def loss(x):
        return maximum_mean_discrepancy_of_products(library.asarray(a), x, bandwidths=2.0)

    derivative = gradient(library, loss)
    found = derivative(library.variable(b))
    np.testing.assert_allclose(np.asarray(found), slope, atol=64 * EPS)
    at_rest = derivative(library.variable(a))
    assert np.all(np.asarray(at_rest) == 0)


# --- Sinkhorn -------------------------------------------------------------------------------------


def least_transport(p, q, cost):
    """Wasserstein's distance as a linear programme."""
    d = len(p)
    rows, columns = np.kron(np.eye(d), np.ones(d)), np.kron(np.ones(d), np.eye(d))
    return linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p, q])).fun


def regularised(p, q, epsilon):
    """T_ε by scaling the dense Gibbs matrix, until the plan stays as it is."""
    cost = distances(len(p).bit_length() - 1)
    gibbs, u = np.exp(-cost / epsilon), np.ones(len(p))
    for _ in range(3000):
        v = 1 / (gibbs.T @ (p * u))
        u = 1 / (gibbs @ (q * v))
    plan = (p * u)[:, None] * gibbs * (q * v)
    return np.sum(plan * cost) + epsilon * np.sum(plan * np.log(u[:, None] * gibbs * v))


@pytest.mark.parametrize("epsilon", [0.2, 0.5, 3.0])
def test_the_divergence_is_that_of_dense_scaling(epsilon):
    p, q = laws(3, seed=7)
    dense = regularised(p, q, epsilon)
    dense -= (regularised(p, p, epsilon) + regularised(q, q, epsilon)) / 2
    # Potentials up to n + ε, marginals right to 64 (1 + n/ε) ε_machine.
    assert sinkhorn_divergence(p, q, epsilon=epsilon) == pytest.approx(dense, abs=2e3 * EPS)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_without_regularisation_it_is_the_linear_programme(n):
    """0 ≤ T_ε(p, q) − W ≤ ε min(H(p), H(q)), since I(π) ≤ H; and 0 ≤ T_ε(p, p) ≤ ε H(p)."""
    p, q = laws(n, seed=10 + n)
    w = least_transport(p, q, distances(n))
    entropies = [-np.sum(x * np.log(x)) for x in (p, q)]
    for epsilon in (0.2, 0.05):
        found = sinkhorn_divergence(p, q, epsilon=epsilon)
        assert w - epsilon * sum(entropies) / 2 < found < w + epsilon * min(entropies)
    # The rest is linear in ε but for terms e^{−1/2ε}: costs are whole numbers.
    line = 2 * sinkhorn_divergence(p, q, epsilon=0.05) - sinkhorn_divergence(p, q, epsilon=0.1)
    assert line == pytest.approx(w, abs=n * np.exp(-5))


def test_with_much_regularisation_it_sees_marginals():
    p, q = laws(4, seed=8)
    bits = (np.arange(16)[:, None] >> np.arange(4)) & 1
    # The next order of −ε log E[e^{−h/ε}] is Var h / ε, and h ≤ 4.
    assert sinkhorn_divergence(p, q, epsilon=1e4) == pytest.approx(
        np.sum(((p - q) @ bits) ** 2), abs=16e-4
    )


def test_strings_for_certain_are_hammings_distance_apart():
    certain = np.eye(16)
    found = sinkhorn_divergence(certain[:, None], certain, epsilon=0.1)
    np.testing.assert_allclose(found, distances(4), atol=4e3 * EPS)


def test_it_is_symmetric_positive_and_zero_for_equal_laws():
    p, q = laws(4, seed=9)
    p[:5] = 0
    p /= p.sum()
    here, there = sinkhorn_divergence(p, q), sinkhorn_divergence(q, p)
    assert here == pytest.approx(there, abs=1e3 * EPS) and here > 0.01
    assert abs(sinkhorn_divergence(p, p)) < 1e3 * EPS
    slopes = transport.potentials(np, p, q, 0.5)
    shares = [law @ slope for law, slope in zip((p, q), slopes, strict=True)]
    assert shares == pytest.approx([here / 2] * 2, abs=1e3 * EPS)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_the_slope_is_that_of_the_potentials(library):
    """Fourth-order stencil along directions that keep the sum: h⁴ and rounding/h at h = 3e-4."""
    rng = np.random.default_rng(12)
    p, q = (0.5 * x + 0.5 / 4 for x in laws(2, seed=11))

    def slope(side):
        def loss(x):
            pair = [library.asarray(p), library.asarray(q)]
            pair[side] = x
            return sinkhorn_divergence(*pair)

        return np.asarray(gradient(library, loss)(library.variable((p, q)[side])))

    def value(side, step):
        pair = [p, q]
        pair[side] = pair[side] + step
        return float(sinkhorn_divergence(*pair))

    for side in (0, 1):
        direction = rng.normal(size=4)
        direction -= direction.mean()
        f = [value(side, k * 3e-4 * direction) for k in (-2, -1, 1, 2)]
        stencil = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / 36e-4
        # (2h/p)⁴ with p ≥ 1/8, and 1e3 ε / h.
        assert slope(side) @ direction == pytest.approx(stencil, abs=2e-9)


def test_it_is_compiled_and_mapped_over_batches():
    p, q = np.stack([laws(2, seed) for seed in range(3)], axis=1)
    mapped = jax.jit(jax.vmap(lambda x, y: sinkhorn_divergence(x, y, check=False)))(p, q)
    np.testing.assert_allclose(mapped, sinkhorn_divergence(p, q), atol=1e3 * EPS)


def test_potentials_that_do_not_converge_are_refused(monkeypatch):
    p, q = laws(4, seed=13)
    monkeypatch.setattr(transport, "_ROUNDS", 3)
    with pytest.raises(ValueError, match="`epsilon` must let potentials converge"):
        sinkhorn_divergence(p, q, epsilon=0.1)
    assert np.isnan(sinkhorn_divergence(p, q, epsilon=0.1, check=False))


# --- refusals -------------------------------------------------------------------------------------

LAW, ONES = np.full(4, 0.25), np.full(3, 0.5)
BAD = {
    "three outcomes": (maximum_mean_discrepancy, (np.ones(3) / 3, np.ones(3) / 3), {}, "2\\^n"),
    "another dimension": (maximum_mean_discrepancy, (np.ones(8) / 8, LAW), {}, "same dimension"),
    "no law": (maximum_mean_discrepancy, (LAW, LAW * 2), {}, "sum to 1"),
    "no bandwidth": (maximum_mean_discrepancy, (LAW, LAW), {"bandwidths": ()}, "hold one at least"),
    "bandwidth 0": (maximum_mean_discrepancy, (LAW, LAW), {"bandwidths": 0.0}, "above 0"),
    "not in [0, 1]": (maximum_mean_discrepancy_of_products, (ONES, ONES * 3), {}, r"\[0, 1\]"),
    "no wires": (maximum_mean_discrepancy_of_products, (0.3, 0.2), {}, "same dimension"),
    "other wires": (maximum_mean_discrepancy_of_products, (ONES, ONES[:2]), {}, "same dimension"),
    "epsilon 0": (sinkhorn_divergence, (LAW, LAW), {"epsilon": 0.0}, "above 0"),
    "one outcome": (sinkhorn_divergence, ([1.0], [1.0]), {}, "2\\^n"),
    "negative": (sinkhorn_divergence, (LAW, [1.5, -0.5, 0, 0]), {}, "non-negative"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_law_or_setting_is_refused(what):
    loss, arguments, settings, words = BAD[what]
    with pytest.raises(ValueError, match=words):
        loss(*arguments, **settings)


def test_a_bandwidth_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="`bandwidths` must be numeric"):
        maximum_mean_discrepancy(LAW, LAW, bandwidths="wide")
