"""Exact laws of random losses: against tables, other formulas, drawn states and circuits."""

from functools import lru_cache

import numpy as np
import pytest
from scipy import integrate, special, stats

from qce import circuits, models, objectives, trainability
from qce.losses.discrepancy import maximum_mean_discrepancy_of_products

EPS = np.finfo(float).eps


def haar(rng, count, d):
    """Outcome probabilities of Haar-random kets, `(count, d)`: normalised exponentials."""
    x = rng.exponential(size=(count, d))
    return x / x.sum(axis=1, keepdims=True)


def certain(n):
    """The law of 0…0 on n wires."""
    p = np.zeros(2**n)
    p[0] = 1.0
    return p


def agrees(found, law):
    """Mean and variance within five standard errors."""
    mean = abs(found.mean - law.mean) <= 5 * found.mean_stderr
    return mean and abs(found.variance - law.variance) <= 5 * found.variance_stderr


def weights(n, theta):
    """Spectrum of exp(−Σ θ Z)/Z, `(2^n,)`."""
    signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1)
    return special.softmax(-signs @ theta)


# --- a likelihood that is known exactly -----------------------------------------------------------


@pytest.mark.parametrize("data", ["uniform", "sparse", "random"])
def test_the_likelihood_over_haar_states(data):
    rng, d = np.random.default_rng(1), 64
    p = {
        "uniform": np.full(d, 1 / d),
        "sparse": np.eye(d)[3],
        "random": rng.dirichlet(np.ones(d)),
    }[data]
    found = trainability.spread(-np.log(haar(rng, 20_000, d)) @ p)
    assert agrees(found, trainability.haar_likelihood(p))


def test_the_published_variance_lacks_a_term():
    """Uniform data on ten wires: .00063, not .00161, as 4000 kets see at a hundred errors."""
    d = 1024
    p, rng = np.full(d, 1 / d), np.random.default_rng(2)
    published = np.pi**2 / 6 * np.sum(p**2)
    law = trainability.haar_likelihood(p)
    found = trainability.spread(-np.log(haar(rng, 4000, d)) @ p)
    assert agrees(found, law)
    assert abs(found.variance - published) > 50 * found.variance_stderr
    assert round(law.variance, 5) == 0.00063 and round(published, 5) == 0.00161
    # (π²/6) / (π²/6 − 1), up to terms of order 1/d; and 1 for one string.
    assert published / law.variance == pytest.approx(2.55, abs=0.005)
    sparse = trainability.haar_likelihood(certain(10)).variance
    assert np.pi**2 / 6 / sparse == pytest.approx(1, abs=1 / d)


@pytest.mark.parametrize(("n", "mean"), [(4, 3.3182), (8, 6.1204), (12, 8.8949), (16, 11.6676)])
def test_the_means_of_the_table(n, mean):
    assert trainability.haar_likelihood(certain(n)).mean == pytest.approx(mean, abs=5.1e-5)


@pytest.mark.parametrize(("ensemble", "a"), [("haar", 1.0), ("ry", 0.5)])
def test_the_likelihood_over_products(ensemble, a):
    """Data are GHZ-like on three wires and certain on a fourth: marginals decide."""
    rng = np.random.default_rng(3)
    zero = rng.beta(a, a, size=(20_000, 4))
    strings = np.array([[0, 0, 0, 1], [1, 1, 1, 1]])
    law = np.where(strings[:, None], 1 - zero, zero).prod(axis=-1)
    found = trainability.spread(-np.log(law).mean(axis=0))
    assert agrees(found, trainability.product_likelihood(strings.mean(axis=0), ensemble=ensemble))


def test_the_likelihood_over_products_of_haar_wires_in_closed_form():
    ghz = trainability.product_likelihood(np.full(12, 0.5))
    assert ghz.variance == pytest.approx(12 * (1 - np.pi**2 / 12), rel=64 * EPS)
    assert round(ghz.variance, 4) == 2.1304
    assert trainability.product_likelihood(np.zeros(7)) == pytest.approx((7, 7), rel=64 * EPS)
    # The form with Hamming distances of all pairs of strings.
    p = np.random.default_rng(4).dirichlet(np.ones(8))
    bits = (np.arange(8)[:, None] >> np.arange(3)) & 1
    pairs = p @ (bits[:, None] != bits).sum(axis=-1) @ p
    found = trainability.product_likelihood(p @ bits).variance
    assert found == pytest.approx(3 - np.pi**2 / 6 * pairs, rel=64 * EPS)


# --- a likelihood from outcomes -------------------------------------------------------------------

# n, N, P_miss, mean and variance for ε = 1e-6, as printed.
TABLE = [
    (4, 100, ".130435", "4.4222", "13.97"),
    (8, 100, ".718310", "11.1554", "18.09"),
    (8, 1000, ".203187", "7.3242", "11.32"),
    (12, 1000, ".803729", "12.4295", "7.89"),
    (12, 10_000, ".290529", "9.8808", "6.75"),
    (16, 1000, ".984970", "13.7115", ".709"),
    (16, 10_000, ".867611", "13.1927", "2.55"),
]


def printed(x, text):
    """Whether x rounds to the printed number, half a unit of its last digit away at most."""
    return abs(x - float(text)) <= 0.5001 * 10.0 ** -len(text.partition(".")[2])


@pytest.mark.parametrize(("n", "shots", "miss", "mean", "variance"), TABLE)
def test_the_table_of_sampled_likelihoods(n, shots, miss, mean, variance):
    found = trainability.sampled_likelihood(n, shots)
    chance = trainability.miss_probability(n, shots)
    assert printed(chance, miss) and printed(found.mean, mean) and printed(found.variance, variance)
    assert chance == pytest.approx((2**n - 1) / (2**n - 1 + shots), rel=4 * EPS)


@pytest.mark.parametrize("n", [1, 3])
def test_the_hits_of_haar_states_are_beta_binomial(n):
    law = stats.betabinom(20, 1, 2**n - 1).pmf(np.arange(21))
    loss = -np.log(np.maximum(np.arange(21) / 20, 1e-3))
    mean = law @ loss
    expected = (mean, law @ (loss - mean) ** 2)
    assert trainability.sampled_likelihood(n, 20, clip=1e-3) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "shots"), [(1, 7), (3, 50), (10, 400)])
def test_the_hits_of_products_are_binomials_over_products_of_uniform_numbers(n, shots):
    """By quadrature over −ln q, which is Gamma(n): no chain of cumulative sums."""
    k = np.arange(shots + 1)

    def integrand(s):
        return stats.binom.pmf(k, shots, np.exp(-s)) * stats.gamma.pdf(s, n)

    law, error = integrate.quad_vec(integrand, 0, np.inf, epsabs=1e-13)
    loss = -np.log(np.maximum(k / shots, 1e-14))
    mean = law @ loss
    found = trainability.sampled_likelihood(n, shots, clip=1e-14, ensemble="product")
    # What the quadrature misses, at losses up to ln 1e14, squared.
    assert found == pytest.approx((mean, law @ (loss - mean) ** 2), abs=33**2 * 1e-11)
    miss = trainability.miss_probability(n, shots, ensemble="product")
    assert miss == pytest.approx(law[0], abs=1e-11)


# n, N, mean and variance for ε = 1e-14: drawn, so that exact ones differ by their errors.
DRAWN = [
    (10, 100, 30.54, 44.4),
    (10, 10_000, 19.78, 154),
    (15, 10_000, 30.15, 45),
    (20, 10_000, 32.08, 3.5),
]


@pytest.mark.parametrize(("n", "shots", "mean", "variance"), DRAWN)
def test_the_table_of_products_is_met_to_three_per_cent(n, shots, mean, variance):
    found = trainability.sampled_likelihood(n, shots, clip=1e-14, ensemble="product")
    assert found.mean == pytest.approx(mean, rel=0.003)
    assert found.variance == pytest.approx(variance, rel=0.035)


def test_sampled_likelihoods_of_drawn_states():
    rng = np.random.default_rng(5)
    hits = rng.binomial(200, haar(rng, 20_000, 32)[:, 0])
    found = trainability.spread(-np.log(np.maximum(hits / 200, 1e-6)))
    assert agrees(found, trainability.sampled_likelihood(5, 200))


# --- quantum cross entropy ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "variance", "slope"),
    [(1, 0.030000, 0.020000), (2, 0.218000, 0.116267), (3, 0.168056, 0.085362),
     (4, 0.115425, 0.057939), (5, 0.073295, None)],
)  # fmt: skip
def test_the_table_of_cross_entropies(n, variance, slope):
    theta = np.linspace(0.3, 1, n)
    pair = certain(n), weights(n, theta)
    found, d = trainability.haar_cross_entropy(*pair), 2**n
    assert found.variance == pytest.approx(variance, abs=5.1e-7)
    assert found.variance == pytest.approx(theta @ theta / (d + 1), rel=1e-12)
    assert found.mean == pytest.approx(np.log(2 * np.cosh(theta)).sum(), rel=1e-12)
    if slope is not None:
        amid = trainability.haar_cross_entropy_slope(*pair)
        assert amid.mean == 0 and amid.variance == pytest.approx(slope, abs=5.1e-7)


def test_a_pure_model_mixed_with_noise_varies_as_its_fidelity():
    d, eps = 16, 0.01
    top, low = 1 - eps + eps / d, eps / d
    found = trainability.haar_cross_entropy(np.eye(d)[0], [top, *[low] * (d - 1)]).variance
    expected = np.log(top / low) ** 2 * (d - 1) / (d**2 * (d + 1))
    assert found == pytest.approx(expected, rel=1e-12)


@lru_cache
def deep_circuits():
    """A mixed state of three wires against thermal models with 800 random deep circuits."""
    model = models.ThermalModel(circuits.strongly_entangling(3, 12), models.ProductSpectrum(3))
    spectrum = np.array([0.7, 0.2, 0.1, 0, 0, 0, 0, 0])
    theta = np.array([0.3, 0.65, 1.0])
    points = np.random.default_rng(6).uniform(-np.pi, np.pi, size=(800, model.size))
    points[:, :3] = theta
    objective = objectives.exact_cross_entropy(model, np.diag(spectrum))
    sigma = np.exp(np.asarray(model.log_probabilities(points[0])))
    return spectrum, sigma, trainability.landscape(objective, points)


def test_deep_circuits_vary_as_haar_random_ones():
    spectrum, sigma, found = deep_circuits()
    assert agrees(found.loss, trainability.haar_cross_entropy(spectrum, sigma))


def test_slopes_in_the_midst_of_deep_circuits_are_those_of_two_designs():
    """The RY angles of the sixth layer: three numbers, five errors each."""
    spectrum, sigma, found = deep_circuits()
    law, slopes = trainability.haar_cross_entropy_slope(spectrum, sigma), found.gradient
    middle = 3 + 9 * 6 + np.array([1, 4, 7])
    assert np.all(np.abs(slopes.mean[middle]) <= 5 * slopes.mean_stderr[middle])
    off = np.abs(slopes.variance[middle] - law.variance)
    assert np.all(off <= 5 * slopes.variance_stderr[middle])


# --- discrepancy ----------------------------------------------------------------------------------

# n, σ, variance for the target 0…0, as printed.
DISCREPANCY = [
    (4, 1, "6.310e-2"), (8, 1, "2.453e-2"), (8, 10, "4.829e-3"), (8, None, "2.874e-2"),
    (16, 1, "2.185e-3"), (16, 10, "6.576e-3"), (16, None, "1.358e-2"),
    (64, 1, "5.17e-9"), (64, 10, "2.71e-3"), (64, None, "3.24e-3"),
    (1000, 1, "7e-121"), (1000, 10, "3.26e-16"), (1000, None, "2.04e-4"),
]  # fmt: skip


@pytest.mark.parametrize(("n", "sigma", "text"), DISCREPANCY)
def test_the_table_of_discrepancies(n, sigma, text):
    found = trainability.product_discrepancy(np.zeros(n), bandwidths=sigma).variance
    digits, exponent = text.split("e")
    assert printed(found / 10.0 ** int(exponent), digits)
    if sigma is not None:  # the supplement's own B_σ + 4 C_σ, with its cancellation
        a, p = np.exp(-0.5 / sigma), -np.expm1(-0.5 / sigma) / 2
        b = ((7 + 6 * a + 2 * a**2) / 15) ** n - ((4 + 4 * a + a**2) / 9) ** n
        c = ((1 - p) ** 2 + p**2 / 3) ** n - (1 - p) ** (2 * n)
        whole = ((7 + 6 * a + 2 * a**2) / 15) ** n + 4 * ((1 - p) ** 2 + p**2 / 3) ** n
        assert found == pytest.approx(b + 4 * c, abs=16 * n * EPS * whole, rel=1e-12)


@pytest.mark.parametrize("bandwidths", [1.0, (0.5, 4.0)])
@pytest.mark.parametrize(("ensemble", "a"), [("haar", 1.0), ("ry", 0.5)])
def test_the_discrepancy_over_products(ensemble, a, bandwidths):
    rng = np.random.default_rng(7)
    target = rng.uniform(size=6)
    drawn = rng.beta(a, a, size=(20_000, 6))
    found = trainability.spread(
        maximum_mean_discrepancy_of_products(target, drawn, bandwidths=bandwidths)
    )
    law = trainability.product_discrepancy(target, bandwidths=bandwidths, ensemble=ensemble)
    assert agrees(found, law)


def test_circuits_of_one_rotation_a_wire_are_the_ensemble_of_uniform_angles():
    machine = models.BornMachine(circuits.rx(2))
    objective = objectives.measured_discrepancy(machine, certain(2), bandwidths=1.0)
    points = np.stack([machine.initial(seed) for seed in range(3000)])
    found = trainability.landscape(objective, points)
    law = trainability.product_discrepancy(np.zeros(2), bandwidths=1.0, ensemble="ry")
    haar_wires = trainability.product_discrepancy(np.zeros(2), bandwidths=1.0)
    assert agrees(found.loss, law) and not agrees(found.loss, haar_wires)


# --- landscapes -----------------------------------------------------------------------------------


def test_the_errors_of_a_spread_are_those_of_normal_numbers():
    """Var s² = 2 σ⁴/(N − 1): the stated error over 500 samples of 400, to 5/√(2·500) of itself."""
    x = np.random.default_rng(8).normal(scale=2, size=(400, 500))
    found = trainability.spread(x)
    assert found.variance_stderr.mean() == pytest.approx(4 * np.sqrt(2 / 399), rel=0.05)
    assert found.variance.std(ddof=1) == pytest.approx(4 * np.sqrt(2 / 399), rel=5 / np.sqrt(1000))
    assert found.mean_stderr.mean() == pytest.approx(2 / 20, rel=0.01)
    assert found.count == 400


def test_an_objective_on_a_device_has_the_same_landscape():
    machine, p = models.BornMachine(circuits.rx(1)), np.array([0.25, 0.75])
    points = np.array([[0.3], [1.2], [2.0]])
    here, there = (
        trainability.landscape(objectives.measured_discrepancy(machine, p, device=device), points)
        for device in (None, "default.qubit")
    )
    np.testing.assert_allclose(here.losses, there.losses, atol=16 * EPS)
    np.testing.assert_allclose(here.gradients, there.gradients, atol=16 * EPS)


# --- refusals -------------------------------------------------------------------------------------

LAW = np.full(4, 0.25)
BAD = {
    "one outcome": (trainability.haar_likelihood, ([1.0],), {}, "d >= 2"),
    "no law": (trainability.haar_likelihood, (LAW * 2,), {}, "sum to 1"),
    "no wire": (trainability.product_likelihood, ([],), {}, "n >= 1"),
    "not in [0, 1]": (trainability.product_likelihood, ([1.5],), {}, r"\[0, 1\]"),
    "ensemble": (trainability.product_likelihood, ([0.5],), {"ensemble": "rz"}, "one of"),
    "ensemble of hits": (trainability.miss_probability, (2, 9), {"ensemble": "ry"}, "one of"),
    "deficient model": (trainability.haar_cross_entropy, (LAW, np.eye(4)[0]), {}, "positive"),
    "two sizes": (trainability.haar_cross_entropy_slope, (LAW, [0.5, 0.5]), {}, "same dimension"),
    "no wires": (
        trainability.miss_probability,
        (0, 9),
        {},
        "`wires` must be an integer from 1 to 1000",
    ),
    "too many wires": (trainability.sampled_likelihood, (2000, 9), {}, "from 1 to 1000"),
    "no shots": (trainability.sampled_likelihood, (2, 0), {}, "`shots` must be an integer >= 1"),
    "clip 0": (trainability.sampled_likelihood, (2, 9), {"clip": 0.0}, r"\(0, 1\]"),
    "clip above 1": (trainability.sampled_likelihood, (2, 9), {"clip": 2.0}, r"\(0, 1\]"),
    "no bandwidth": (trainability.product_discrepancy, ([0.5],), {"bandwidths": ()}, "at least"),
    "three draws": (trainability.spread, ([1.0, 2.0, 3.0],), {}, "at least 4"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_no_law_holds_for_is_refused(what):
    law, arguments, settings, words = BAD[what]
    with pytest.raises(ValueError, match=words):
        law(*arguments, **settings)


def test_points_of_another_shape_are_refused():
    objective = objectives.measured_discrepancy(models.BornMachine(circuits.rx(2)), LAW)
    with pytest.raises(ValueError, match=r"have shape \(points, 2\)"):
        trainability.landscape(objective, np.zeros(2))
