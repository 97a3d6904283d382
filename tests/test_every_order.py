"""Rényi and Tsallis entropies of every order, and the purity: against sixty digits, and edges."""

import math

import autograd
import jax
import mpmath as mp
import numpy as np
import oracles
import pytest
import torch
from divergence_tables import slack
from libraries import DIFFERENTIATING
from oracles import BACKWARD, EPS, Path, exact, state
from test_divergence_gradients import CASES

from qce import classical, quantum
from qce.states import Diagonal, IsingChain, Product, Pure, Rotated, Thermal

ORDERS = (0.01, 0.3, 0.5, 0.9, 1 - 1e-7, 1, 1 + 1e-7, 1.2, 2, 5, 40)
EVERY = (0, *ORDERS, math.inf)
NAMES = ("renyi_entropy", "tsallis_entropy")
every_order = pytest.mark.parametrize("alpha", EVERY)
every_name = pytest.mark.parametrize("name", NAMES)


@exact
def witness(name, alpha, spectrum):
    """The definition in sixty digits; limits at 0, 1 and ∞ by hand."""
    p = [x for x in map(mp.mpf, spectrum) if x > 0]
    if alpha == 1:
        return -mp.fsum(x * mp.log(x) for x in p)
    if alpha == math.inf:
        return -mp.log(max(p)) if name == "renyi_entropy" else mp.mpf(0)
    total = mp.fsum(x ** mp.mpf(alpha) for x in p)
    if name == "renyi_entropy":
        return mp.log(total) / (1 - mp.mpf(alpha))
    return (1 - total) / (mp.mpf(alpha) - 1)


SPECTRA = {
    "generic": (0.4, 0.3, 0.2, 0.1),
    "flat": (1, 1, 1, 1),
    "deficient": (0.75, 0.25, 0, 0),
    "degenerate": (0.375, 0.375, 0.25, 0),
}
every_spectrum = pytest.mark.parametrize("spectrum", SPECTRA)


@every_name
@every_order
@every_spectrum
def test_the_value_is_that_of_sixty_digits(name, alpha, spectrum):
    """Rounding of a dense state moves it by its gradient, a vector of doubles by ε of each p."""
    rho = state(SPECTRA[spectrum], 11)
    expected = float(witness(name, alpha, rho.spectrum))

    def function(x, **settings):
        return getattr(quantum, name)(x, alpha, **settings)

    room = slack(function, rho.array) * (1 + expected)
    assert abs(function(rho.array) - expected) <= room
    p = np.array([float(x) for x in rho.spectrum])
    # Σ p^α carries α ε, the logarithm α ε/(α − 1); Tsallis' sum is of positive terms.
    room = 16 * EPS * (1 + expected) * max(1, min(alpha, 40) * (alpha < 1))
    assert abs(getattr(classical, name)(p, alpha) - expected) <= room


@every_name
@every_order
def test_a_pure_state_has_none_and_a_flat_one_the_most(name, alpha):
    """Exactly, where it is written; within rounding in a basis."""
    assert getattr(quantum, name)(np.diag([1.0, 0, 0]), alpha) == 0
    assert getattr(classical, name)([1.0, 0, 0], alpha) == 0
    psi = np.array([1, 1j, 1, -1]) / 2
    assert abs(getattr(quantum, name)(np.outer(psi, psi.conj()), alpha)) <= 64 * EPS
    if name == "renyi_entropy":
        assert abs(quantum.renyi_entropy(np.eye(4) / 4, alpha) - math.log(4)) <= 8 * EPS


@pytest.mark.parametrize("alpha", [0.5, 0.99, 1, 1.01, 2, 9])
@every_name
@pytest.mark.parametrize("tiny", ["1e-8", "1e-15", "1e-40", "1e-300"])
def test_nearly_certain_probabilities_keep_relative_accuracy(name, alpha, tiny):
    """The floats that are given, (1, δ): of their sum of positive terms."""
    p = [1.0, float(tiny)]
    # By definition of what is computed: log(1 + (1−α) Σ (p^α − p)/(1−α))/(1−α).
    with mp.workdps(700):
        x = [mp.mpf(v) for v in p]
        a = mp.mpf(alpha)
        total = (
            -mp.fsum(v * mp.log(v) for v in x)
            if alpha == 1
            else mp.fsum(v**a - v for v in x) / (1 - a)
        )
        if name == "renyi_entropy" and alpha != 1:
            total = mp.log(1 + (1 - a) * total) / (1 - a)
        expected = float(total)
    value = getattr(classical, name)(p, alpha, check=False)
    assert abs(value - expected) <= 8 * (1 + abs(math.log(p[1]))) * EPS * expected


@every_name
@pytest.mark.parametrize("gap", [1e-4, 1e-8, 1e-12, 1e-15])
def test_orders_near_one_approach_the_entropy(name, gap):
    """At a rate of half the second moment of log p, at most 2 here."""
    p = np.array([0.5, 0.3, 0.2])
    for alpha in (1 - gap, 1 + gap):
        value = getattr(classical, name)(p, alpha)
        assert abs(value - classical.entropy(p)) <= 2 * gap + 8 * EPS


@every_name
def test_an_array_of_orders_gives_an_array_of_values(name):
    orders = [[0, 0.5, 1], [2, 7, math.inf]]
    rho = np.stack([state(SPECTRA[k], 11).array for k in ("generic", "deficient")])
    values = getattr(quantum, name)(rho, orders)
    assert values.shape == (2, 2, 3)
    for index in np.ndindex(2, 3):
        single = getattr(quantum, name)(rho, orders[index[0]][index[1]])
        np.testing.assert_array_equal(values[:, *index], single)
    for library in DIFFERENTIATING:
        slope = library.gradient(lambda x: getattr(quantum, name)(x, [0.5, 2], check=False).sum())
        found = np.asarray(slope(library.variable(rho[0])))
        parts = [
            np.asarray(
                library.gradient(lambda x, a=a: getattr(quantum, name)(x, a, check=False))(
                    library.variable(rho[0])
                )
            )
            for a in (0.5, 2)
        ]
        np.testing.assert_allclose(found, sum(parts), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("alpha", [-0.1, math.nan, "2", None, [0.5, "2"], [0.5, -1], [], [[1], []]])
@every_name
def test_an_order_that_is_none_is_refused_by_name(name, alpha):
    for module, x in ((quantum, np.eye(2) / 2), (classical, [0.5, 0.5])):
        with pytest.raises((ValueError, TypeError), match="Argument `alpha` must"):
            getattr(module, name)(x, alpha)


@every_name
@every_order
def test_nan_stays_nan(name, alpha):
    if name == "tsallis_entropy" and alpha == math.inf:
        return
    assert np.isnan(getattr(classical, name)([math.nan, 0.5, 0.5], alpha, check=False))


# --- derivatives ---------------------------------------------------------------------------------

FEW = ("full rank", "both turn out of the old support")
RUNS = [
    (library, case)
    for library in DIFFERENTIATING
    for case in CASES
    if library.name == "autograd" or case in FEW
]


def derivative_limit(alpha, path, order=1):
    """As for a logarithm, times what powers have over it, α/λ a derivative at most.

    For α > 1 the gradient on the kernel is 1/(α−1), which meets the rounding of a path there.
    """
    least = float(min(p for p in path.state.spectrum if p > 0))
    room = oracles.derivative_limit(order, path) * (max(1, alpha) / least) ** order
    on_kernel = min(path.state.spectrum) == 0 and alpha > 1
    return room + on_kernel * BACKWARD * EPS * 4 / (alpha - 1 if on_kernel else 1)


@pytest.mark.thinned(7)
@pytest.mark.parametrize(("library", "case"), RUNS, ids=str)
@pytest.mark.parametrize("alpha", (0, *ORDERS))
@every_name
def test_the_derivative_along_a_path_is_that_of_sixty_digits(name, alpha, library, case):
    path = CASES[case][0]
    expected = float(oracles.derivative(lambda rho: witness(name, alpha, rho.spectrum), path))
    curve = path.curve(library)
    value = library.derivative(lambda t: getattr(quantum, name)(curve(t), alpha, check=False))
    assert abs(value - expected) <= derivative_limit(alpha, path)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("alpha", [0.3, 0.9, 1, 1.2, 2, 5])
@every_name
def test_the_second_derivative_along_a_path(name, alpha, library):
    path = CASES["full rank"][0]
    expected = float(
        oracles.second_derivative(lambda rho: witness(name, alpha, rho.spectrum), path)
    )
    curve = path.curve(library)
    value = library.second_derivative(
        lambda t: getattr(quantum, name)(curve(t), alpha, check=False)
    )
    assert abs(value - expected) <= derivative_limit(alpha, path, 2)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_the_derivative_of_the_largest_eigenvalue(library):
    path = CASES["full rank"][0]
    expected = float(
        oracles.derivative(lambda rho: witness("renyi_entropy", math.inf, rho.spectrum), path)
    )
    curve = path.curve(library)
    value = library.derivative(lambda t: quantum.renyi_entropy(curve(t), math.inf, check=False))
    assert abs(value - expected) <= derivative_limit(1, path)
    flat = autograd.grad(lambda x: quantum.renyi_entropy(x, math.inf))(np.eye(2) / 2)
    np.testing.assert_allclose(flat, -np.eye(2), atol=8 * EPS)  # mean of the subgradients


@pytest.mark.parametrize("alpha", (0, *ORDERS))
@every_name
def test_the_classical_gradient_by_finite_differences(name, alpha):
    """Along directions of sum 0; truncation h² times a third derivative below 10³."""
    p = np.array([0.4, 0.3, 0.2, 0.1])
    step = np.array([0.3, -0.5, 0.1, 0.1])
    gradient = autograd.grad(lambda x: getattr(classical, name)(x, alpha, check=False))(p)
    h = 1e-4
    with mp.workdps(40):
        up, down = (
            witness(name, alpha, [mp.mpf(x) + s * h * mp.mpf(v) for x, v in zip(p, step, strict=1)])
            for s in (1, -1)
        )
        expected = float((up - down) / (2 * h))
    assert abs(gradient @ step - expected) <= 1e3 * h**2 * max(1, alpha) ** 2


# --- purity --------------------------------------------------------------------------------------


@every_spectrum
def test_purity_and_its_derivative(spectrum):
    rho = state(SPECTRA[spectrum], 11)
    expected = float(mp.fsum(p**2 for p in rho.spectrum))
    assert abs(quantum.purity(rho.array) - expected) <= BACKWARD * EPS * 4
    assert abs(classical.purity([float(p) for p in rho.spectrum]) - expected) <= 4 * EPS
    path = Path(rho, (), CASES["full rank"][0].generator)
    for library in DIFFERENTIATING:  # turning changes no spectrum
        curve = path.curve(library)
        assert abs(library.derivative(lambda t, c=curve: quantum.purity(c(t)))) <= 64 * EPS


def test_purity_is_e_to_the_minus_the_entropy_of_order_two():
    rho = state(SPECTRA["generic"], 11).array
    assert abs(quantum.purity(rho) - math.exp(-quantum.renyi_entropy(rho, 2))) <= 16 * EPS
    assert abs(1 - quantum.purity(rho) - quantum.tsallis_entropy(rho, 2)) <= 16 * EPS


# --- states in factors ---------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", (0, 1e-3, *ORDERS, math.inf))
@every_name
def test_eigenvalues_of_1e_300_count_for_what_they_are(name, alpha):
    spectrum = [1.0, 1e-300, 1e-150, 0.0]
    expected = float(witness(name, alpha, ["1", "1e-300", "1e-150", 0]))
    if abs(alpha - 1) < 0.2 or expected == 0 or alpha > 1:
        expected = float(getattr(classical, name)(spectrum, alpha))
    turned = Rotated(spectrum, np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0])
    for rho in (Diagonal(spectrum), turned):
        value = getattr(quantum, name)(rho, alpha)
        assert value == pytest.approx(expected, rel=2e3 * EPS, abs=0)


@every_order
def test_products_and_chains_add_up(alpha):
    """A chain of five sites by its modes, beside its dense matrix; three factors."""
    chain = Thermal(IsingChain(5, J=1.0, h=0.7), beta=0.4)
    dense = quantum.renyi_entropy(chain.dense(), alpha)
    assert abs(quantum.renyi_entropy(chain, alpha) - dense) <= 1e3 * EPS * 32
    factor = Diagonal([0.75, 0.25])
    three = quantum.renyi_entropy(Product(factor, factor, factor), alpha)
    assert abs(three - 3 * quantum.renyi_entropy(factor, alpha)) <= 8 * EPS
    tsallis = quantum.tsallis_entropy(Product(factor, factor), alpha)
    both = np.outer([0.75, 0.25], [0.75, 0.25]).ravel()
    assert abs(tsallis - classical.tsallis_entropy(both, alpha)) <= 16 * EPS
    assert quantum.renyi_entropy(Pure([0.6, 0.8]), alpha) == 0


# --- transformations -----------------------------------------------------------------------------


@every_name
def test_jit_vmap_and_single_precision(name):
    rho = np.stack([state(SPECTRA["generic"], k).array for k in (1, 2)])

    def function(x):
        return getattr(quantum, name)(x, 2.5)

    expected = function(rho)
    np.testing.assert_allclose(jax.jit(function)(rho), expected, rtol=1e-13)
    np.testing.assert_allclose(jax.vmap(function)(rho), expected, rtol=1e-13)
    single = function(torch.as_tensor(rho.astype(np.complex64)))
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, expected, rtol=1e-5)


# --- negative orders of the classical divergence --------------------------------------------------

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])


@pytest.mark.parametrize("alpha", [-0.001, -0.5, -1, -3, -50])
def test_negative_orders_have_the_definition(alpha):
    with mp.workdps(40):
        a = mp.mpf(alpha)
        total = mp.fsum(mp.mpf(x) ** a * mp.mpf(y) ** (1 - a) for x, y in zip(P, Q, strict=True))
        expected = float(mp.log(total) / (a - 1))
    assert abs(classical.renyi_divergence(P, Q, alpha) - expected) <= 16 * EPS * (1 + abs(expected))
    slope = autograd.grad(lambda q: classical.renyi_divergence(P, q, alpha, check=False))(Q)
    step = np.array([0.1, -0.3, 0.2])
    ends = [classical.renyi_divergence(P, Q + s * 1e-5 * step, alpha) for s in (1, -1)]
    assert abs(slope @ step - (ends[0] - ends[1]) / 2e-5) <= 1e-6


def test_negative_orders_at_the_edges():
    divergence = classical.renyi_divergence
    assert divergence([0.5, 0.5, 0], [0.2, 0.2, 0.6], -1) == -math.inf  # q where p is not
    assert np.isfinite(divergence([0.2, 0.2, 0.6], [0.5, 0.5, 0], -1))
    assert divergence(P, Q, -math.inf) == -classical.max_relative_entropy(Q, P)
    for alpha in (-1e-9, -2, -math.inf):
        assert divergence(P, P, alpha) == 0 and not np.signbit(divergence(P, P, alpha))
    rising = divergence(P, Q, [-math.inf, -5, -1, 0, 0.5, 1, 3, math.inf])
    assert (np.diff(rising) >= 0).all()
    with pytest.raises(ValueError, match=r"must lie in \[0, ∞\]"):
        quantum.petz_renyi_divergence(np.diag(P), np.diag(Q), -1)


@pytest.mark.parametrize("alpha", [0.5, 2])
def test_a_divergence_far_below_rounding_of_one_is_not_zero(alpha):
    """α δ²/2q of the entries that are tiny, as of the others."""
    p, q = np.array([1.0, 2e-200, 1e-200]), np.array([1.0, 1e-200, 2e-200])
    with mp.workdps(500):
        a = mp.mpf(alpha)
        terms = (
            (a * x + (1 - a) * y - x**a * y ** (1 - a)) / (1 - a)
            for x, y in zip(map(mp.mpf, p), map(mp.mpf, q), strict=True)
        )
        expected = float(mp.log(1 + (a - 1) * mp.fsum(terms)) / (a - 1))
    value = classical.renyi_divergence(p, q, alpha, check=False)
    assert value == pytest.approx(expected, rel=64 * EPS, abs=0)
