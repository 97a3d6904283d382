"""α- and f-divergences: sixty digits, relations to what is known, edges, refusals."""

import math

import divergence_oracles as truth
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from divergence_tables import slack
from libraries import DIFFERENTIATING
from oracles import EPS
from test_divergence_gradients import CASES, limit

from qce import classical, quantum

ORDERS = (-1, -0.5, 0, 0.3, 0.5, 1, 1 + 1e-7, 2, 3)
every_order = pytest.mark.parametrize("alpha", ORDERS)


@oracles.exact
def alpha_divergence(alpha, rho, sigma):
    """The definition; relative entropies at 0 and 1."""
    if alpha in (0, 1):
        return oracles.relative_entropy(*((rho, sigma) if alpha else (sigma, rho)))
    a = oracles.mp.mpf(alpha)
    return (truth.trace(truth.power(rho, a), truth.power(sigma, 1 - a)) - 1) / (a * (a - 1))


@every_order
@pytest.mark.parametrize("case", ["full rank", "degenerate data", "commuting diagonal"])
def test_alpha_divergences_are_those_of_sixty_digits(alpha, case):
    pair = [path.state for path in CASES[case]]
    expected = float(alpha_divergence(alpha, *pair))
    arrays = [x.array for x in pair]

    def function(r, s, **settings):
        return quantum.alpha_divergence(r, s, alpha, **settings)

    assert abs(function(*arrays) - expected) <= slack(function, *arrays)
    laws = [np.array([float(p) for p in x.spectrum]) for x in pair]
    exact = float(alpha_divergence(alpha, *(oracles.state(x.spectrum) for x in pair)))
    assert abs(classical.alpha_divergence(*laws, alpha) - exact) <= 64 * EPS * (1 + exact)


@pytest.mark.thinned(3, only="jax")
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("alpha", [-0.5, 0.3, 1, 2])
def test_slopes_of_alpha_divergences_along_a_path(alpha, library):
    paths = CASES["full rank"]
    expected = float(oracles.derivative(lambda r, s: alpha_divergence(alpha, r, s), *paths))
    curves = [path.curve(library) for path in paths]
    value = library.derivative(
        lambda t: quantum.alpha_divergence(*(c(t) for c in curves), alpha, check=False)
    )
    assert abs(value - expected) <= 4 * limit(f"petz {max(alpha, 1 - alpha)}", paths)


@pytest.mark.parametrize("distance", [1e-3, 1e-6])
@every_order
def test_close_laws_are_relatively_accurate(alpha, distance):
    """½ Σ (p − q)²/q to first order, whatever α is; then (α − 2)/6 of the cubes."""
    q = np.array([0.4, 0.3, 0.2, 0.1])
    p = q + distance * np.array([0.25, -0.5, 0.125, 0.125])
    gap = p - q
    second = np.sum(gap**2 / q) / 2
    third = (alpha - 2) / 6 * np.sum(gap**3 / q**2)
    for value in (
        classical.alpha_divergence(p, q, alpha),
        quantum.alpha_divergence(np.diag(p), np.diag(q), alpha),
    ):
        room = 64 * EPS / distance + 32 * distance**2
        assert abs(value - second - third) <= room * second


def test_the_family_has_its_members_and_its_mirror():
    rho, sigma = (path.state.array for path in CASES["full rank"])
    p, q = (np.diag(x).real.copy() for x in (rho, sigma))
    for module, x, y in ((quantum, rho, sigma), (classical, p, q)):
        values = module.alpha_divergence(x, y, [1, 0, 0.5, 2])
        hellinger = module.hellinger_distance(x, y)
        np.testing.assert_allclose(values[0], module.relative_entropy(x, y), rtol=1e-14)
        np.testing.assert_allclose(values[1], module.relative_entropy(y, x), rtol=1e-14)
        np.testing.assert_allclose(values[2], 4 * hellinger**2, rtol=1e-13)
        for alpha in ORDERS:
            mirror = module.alpha_divergence(y, x, 1 - alpha)
            assert module.alpha_divergence(x, y, alpha) == pytest.approx(mirror, rel=1e-13)


def test_supports_decide_where_a_divergence_is_infinite():
    """α ≥ 1 where the model has none, α ≤ 0 where the data have none, never between."""
    for module, turn in ((classical, np.asarray), (quantum, np.diag)):
        wide, narrow = turn(np.array([0.5, 0.5])), turn(np.array([1.0, 0.0]))
        far = turn(np.array([0.0, 1.0]))
        for alpha in ORDERS:
            assert np.isinf(module.alpha_divergence(wide, narrow, alpha)) == (alpha >= 1)
            assert np.isinf(module.alpha_divergence(narrow, wide, alpha)) == (alpha <= 0)
            assert module.alpha_divergence(wide, wide, alpha) == 0
            if 0 < alpha < 1:
                value = module.alpha_divergence(narrow, far, alpha)
                assert abs(value - 1 / (alpha * (1 - alpha))) <= 8 * EPS * value


@pytest.mark.parametrize("alpha", [math.inf, -math.inf, math.nan])
def test_orders_that_are_none_are_refused(alpha):
    for module, x in ((classical, [0.5, 0.5]), (quantum, np.eye(2) / 2)):
        with pytest.raises(ValueError, match="`alpha` must be"):
            module.alpha_divergence(x, x, alpha)


# --- any convex function -------------------------------------------------------------------------

FUNCTIONS = {
    "χ²": (lambda t: (t - 1) ** 2, lambda m, x, y: 2 * m.alpha_divergence(x, y, 2)),
    "t log t": (lambda t: t * np.log(t), lambda m, x, y: m.relative_entropy(x, y)),
    "−log t": (lambda t: -np.log(t), lambda m, x, y: m.relative_entropy(y, x)),
    "Hellinger": (
        lambda t: (np.sqrt(t) - 1) ** 2 / 2,
        lambda m, x, y: m.hellinger_distance(x, y) ** 2,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_f_divergences_are_the_ones_that_have_names(name):
    f, named = FUNCTIONS[name]
    rho, sigma = (path.state.array for path in CASES["full rank"])
    p, q = (np.diag(x).real.copy() for x in (rho, sigma))
    for module, x, y in ((quantum, rho, sigma), (classical, p, q)):
        assert abs(module.f_divergence(x, y, f) - named(module, x, y)) <= 256 * EPS
    stack = np.stack([rho, sigma])
    found = quantum.f_divergence(stack, sigma, f)
    assert abs(found[1]) <= 256 * EPS and found.shape == (2,)


def test_f_divergences_with_a_kernel_take_the_limits_that_are_given():
    variation = lambda t: abs(t - 1) / 2  # noqa: E731
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.25, 0.75])
    expected = classical.total_variation(p, q)
    assert classical.f_divergence(p, q, variation, at_infinity=0.5) == expected
    assert quantum.f_divergence(np.diag(p), np.diag(q), variation, at_infinity=0.5) == expected
    entropy = lambda t: t * np.log(t)  # noqa: E731
    for module, x, y in ((classical, p, q), (quantum, np.diag(p), np.diag(q))):
        with pytest.raises(ValueError, match="`at_zero` must be given"):
            module.f_divergence(x, y, entropy, at_infinity=math.inf)
        with pytest.raises(ValueError, match="`at_infinity` must be given"):
            module.f_divergence(x, y, entropy, at_zero=0)
        assert module.f_divergence(x, y, entropy, at_zero=0, at_infinity=math.inf) == math.inf


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_f_divergences_of_laws_carry_the_derivatives_of_f(library):
    """∂/∂p_i Σ (p − q)²/q = 2(p_i − q_i)/q_i."""
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.25, 0.5])
    model = library.asarray(q)
    slope = library.gradient(
        lambda x: classical.f_divergence(x, model, lambda t: (t - 1) ** 2, check=False)
    )
    assert np.abs(np.asarray(slope(library.variable(p))) - 2 * (p - q) / q).max() <= 16 * EPS


def test_what_is_no_convex_function_of_one_is_refused():
    x = [0.5, 0.5]
    with pytest.raises(ValueError, match="`f` must be 0 at 1, but f\\(1\\) is 1"):
        classical.f_divergence(x, x, lambda t: t)
    with pytest.raises(TypeError, match="`f` must be a function"):
        classical.f_divergence(x, x, 2)
    with pytest.raises(ValueError, match="`data` must be plain numbers, but it carries"):
        jax.grad(lambda r: quantum.f_divergence(r, np.eye(2) / 2, lambda t: (t - 1) ** 2))(
            jnp.eye(2) / 2
        )
