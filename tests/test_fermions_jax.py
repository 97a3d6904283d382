"""Rényi divergences and fidelities of Gaussian fermions of JAX, against many digits."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fermion_digits import straight, turned, witness
from fermion_oracles import antisymmetric
from test_fermions_close import with_energies

from qce import quantum
from qce.states import GaussianFermions

DIVERGENCES = {
    "petz": quantum.petz_renyi_divergence,
    "sandwiched": quantum.sandwiched_renyi_divergence,
}
ORDERS = [1 + sign * gap for gap in (1e-9, 1e-4, 3e-4, 1e-2) for sign in (-1, 1)]


def forward(line):
    return lambda t: jax.jvp(line, (t,), (1.0,))


MODES = {"forward": forward, "reverse": jax.value_and_grad}


def derivatives(line, mode="reverse"):
    """Value, slope and curvature at 0, of a compiled program; the first slope in that mode."""
    slope = MODES[mode](line)
    (value, first), (_, second) = jax.jit(forward(slope))(0.0)
    return [float(value), float(first), float(second)]


def by_generators(quantity, a, da, b, db):
    return derivatives(
        lambda t: quantity(
            GaussianFermions(generator=a + t * da), GaussianFermions(generator=b + t * db)
        )
    )


def by_moments(generator):
    return GaussianFermions(covariance=GaussianFermions(generator=generator).covariance)


@pytest.mark.thinned(18)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("known", ["data", "model", "neither"])
@pytest.mark.parametrize("alpha", [0.5, 0.75, 2])
@pytest.mark.parametrize("kind", DIVERGENCES)
def test_derivatives_where_moments_are_known(kind, alpha, known, mode):
    """Both orders of differentiation: they go different ways through the powers of moments."""
    a, b = antisymmetric(0, 2, 0.4), antisymmetric(10, 2, 0.4)
    da, db = antisymmetric(20, 2, 1.0), antisymmetric(30, 2, 1.0)

    def line(t):
        rho, sigma = (
            (GaussianFermions if known == name else by_moments)(generator=x)
            for name, x in (("data", a + t * da), ("model", b + t * db))
        )
        return DIVERGENCES[kind](rho, sigma, alpha)

    # As below, and as much again for moments made of a generator.
    np.testing.assert_allclose(
        derivatives(line, mode),
        witness(kind, alpha, straight(a, da, b, db)),
        rtol=0,
        atol=2e3 * np.finfo(float).eps / min(1.0, abs(alpha - 1)),
    )


@pytest.mark.thinned(28)
@pytest.mark.parametrize("alpha", [*ORDERS, 0.3, 0.5, 0.75, 1.5, 2, 4])
@pytest.mark.parametrize("kind", DIVERGENCES)
def test_derivatives_of_divergences_of_every_order(kind, alpha):
    a, b = antisymmetric(0, 2, 0.4), antisymmetric(10, 2, 0.4)
    moves = a, antisymmetric(20, 2, 1.0), b, antisymmetric(30, 2, 1.0)
    quantity = functools.partial(DIVERGENCES[kind], alpha=alpha)
    found = by_generators(quantity, *moves)
    # Sums of 1e3 terms of order one lose three digits, a quotient by |α − 1| or a step of 2.5e-3
    # as many as it is small. What the polynomial near 1 misses is less.
    rounding = 1e3 * np.finfo(float).eps
    gap = min(1.0, max(abs(alpha - 1), 2.5e-3 if abs(alpha - 1) < 2e-4 else 0.0))
    np.testing.assert_allclose(
        found, witness(kind, alpha, straight(*moves)), rtol=0, atol=rounding / gap
    )


@pytest.mark.parametrize("alpha", [1 - 4.9e-4, 1 + 4.9e-4])
@pytest.mark.parametrize("kind", DIVERGENCES)
def test_the_polynomial_near_order_one_follows_states_that_are_nearly_cold(kind, alpha):
    """Sixth cumulants of energies up to 8 are some 1e5: 5e-4 (2.5e-3 · 5e-3)²/120 of them."""
    pair = with_energies(1, 7.9, 0.5, 4.0), with_energies(51, 7.9, 0.3, 2.6)
    found, exact = (
        DIVERGENCES[kind](*(GaussianFermions(generator=x) for x in map(array, pair)), alpha)
        for array in (jnp.asarray, np.asarray)
    )
    assert float(found) == pytest.approx(float(exact), abs=1e-10)


COLD = {
    "data": ((40.0, 0.3), (0.4, 0.7)),
    "model": ((0.4, 0.7), (40.0, 0.3)),
    "both": ((600.0, 0.3), (25.0, 30.0)),
}


@pytest.mark.thinned(6)
@pytest.mark.parametrize("alpha", [0.5, 0.75])
@pytest.mark.parametrize("cold", COLD)
@pytest.mark.parametrize("kind", DIVERGENCES)
def test_generators_of_cold_states(kind, cold, alpha):
    a, b = (with_energies(seed, *energies) for seed, energies in enumerate(COLD[cold]))
    moves = a, antisymmetric(20, 2, 1.0), b, antisymmetric(30, 2, 1.0)
    found = by_generators(functools.partial(DIVERGENCES[kind], alpha=alpha), *moves)
    # Energies of 600 are known to 600 ε, and so are eigenvectors and what depends on them.
    rounding = 1e3 * np.finfo(float).eps * max(np.abs(a).max(), np.abs(b).max())
    np.testing.assert_allclose(
        found, witness(kind, alpha, straight(*moves)), rtol=0, atol=10 * rounding
    )


@pytest.mark.parametrize("energy", [25.0, 40.0, 600.0])
@pytest.mark.parametrize("alpha", [0.5, 0.75])
def test_fidelities_of_cold_states_are_those_of_numpy(energy, alpha):
    a, b = with_energies(0, energy, 0.3, 12.0), with_energies(1, 0.4, energy / 2, 0.1)
    for pair in ((a, b), (b, a), (a, a)):
        found, exact = (
            quantum.sandwiched_renyi_divergence(
                *(GaussianFermions(generator=x) for x in map(array, pair)), alpha
            )
            for array in (jnp.asarray, np.asarray)
        )
        assert float(found) == pytest.approx(float(exact), abs=1e-11)


@pytest.mark.thinned(2)
@pytest.mark.parametrize("kind", ["data", "model"])
def test_fidelities_of_pure_states_by_their_moments(kind):
    """Value, slope and curvature as a pure state is turned: by e^−600, what is not pure."""
    a, da = with_energies(0, 600.0, 600.0), antisymmetric(20, 2, 1.0)
    b = with_energies(1, 0.4, 0.7)
    gamma = GaussianFermions(generator=a).covariance
    other = GaussianFermions(covariance=jnp.asarray(GaussianFermions(generator=b).covariance))

    def fidelity(t):
        turn = jnp.eye(4) + t * da + t**2 / 2 * (da @ da)
        pair = GaussianFermions(covariance=turn @ gamma @ turn.T), other
        return quantum.fidelity(*(pair if kind == "data" else pair[::-1]))

    log, slope, curvature = witness("sandwiched", 0.5, turned(a, da, b))
    value = np.exp(-log)
    expected = [value, -slope * value, (slope**2 - curvature) * value]
    np.testing.assert_allclose(derivatives(fidelity), expected, rtol=0, atol=1e-11)


def test_pure_states_of_jax_under_the_rules_of_support():
    up, down, mixed = (
        GaussianFermions(jnp.asarray([[0.0, x], [-x, 0.0]])) for x in (1.0, -1.0, 0.4)
    )
    assert quantum.fidelity(up, up) == pytest.approx(1, abs=1e-15)
    assert quantum.fidelity(up, down) == 0
    assert quantum.fidelity(up, mixed) == pytest.approx(0.7, abs=1e-15)
    assert quantum.fidelity(mixed, up) == pytest.approx(0.7, abs=1e-15)
    for alpha in (1.5, 2, 4):
        assert quantum.sandwiched_renyi_divergence(up, up, alpha) == pytest.approx(0, abs=1e-14)
        assert quantum.sandwiched_renyi_divergence(mixed, up, alpha) == np.inf
        assert quantum.sandwiched_renyi_divergence(up, mixed, alpha) == pytest.approx(
            -np.log(0.7), abs=1e-14
        )


def test_renyi_entropies_of_cold_generators():
    a = with_energies(0, 40.0, 0.3)
    found, exact = (GaussianFermions(generator=x) for x in (jnp.asarray(a), a))
    for alpha in (0.1, 0.3, 1 - 1e-9, 1 + 1e-4, 2, 3):
        expected = quantum.renyi_entropy(exact, alpha)
        assert float(quantum.renyi_entropy(found, alpha)) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(
    "quantity",
    [
        quantum.fidelity,
        lambda x, y: quantum.petz_renyi_divergence(x, y, 0.5),
        lambda x, y: quantum.sandwiched_renyi_divergence(x, y, 0.75),
    ],
    ids=["fidelity", "Petz", "sandwiched"],
)
def test_orthogonal_pure_states_have_slopes_that_are_numbers(quantity):
    """F = (1 − cos t)/2 is least at t = 0; the divergences are infinite there."""
    up = jnp.array([[0.0, 1.0], [-1.0, 0.0]])

    def along(t):
        return quantity(GaussianFermions(jnp.cos(t) * up), GaussianFermions(-up))

    value, slope = jax.value_and_grad(along)(0.0)
    assert value == (0.0 if quantity is quantum.fidelity else np.inf)
    assert slope == 0.0


@pytest.mark.thinned(3)
@pytest.mark.parametrize("alpha", [1.5, 2, 4])
@pytest.mark.parametrize("kind", DIVERGENCES)
def test_large_orders_of_cold_models_are_right_or_nan(kind, alpha):
    """By the model's generator where the data are warm; nothing is known where both are cold."""

    def value(a, b):
        return DIVERGENCES[kind](
            GaussianFermions(generator=a), GaussianFermions(generator=b), alpha
        )

    compiled = jax.jit(value)
    warm, colds = (0.4, 0.7), [(25.0, 22.0), (30.0, 0.3), (12.0, 0.0)]
    pairs = [(warm, (200.0, 0.3)), *((warm, cold) for cold in colds)]
    for data, model in [*pairs, *((cold, cold) for cold in colds)]:
        a = with_energies(0, *data)
        for b in (with_energies(1, *model), with_energies(0, *model)):  # other modes, and the same
            found = float(compiled(a, b))
            if data is warm or not np.isnan(found):
                loss = 1e-8 if data is warm else 1e-6
                assert found == pytest.approx(value(a, b), rel=1e-10, abs=loss)


@pytest.mark.parametrize(("alpha", "is_known"), [(1.5, True), (4, False)])
def test_a_value_by_moments_that_rounding_has_taken_is_nan(alpha, is_known):
    """C^{1−α} is up to e^{(α−1)16} of what is left of 1."""
    gamma = jnp.asarray(GaussianFermions(generator=with_energies(0, 16.0, 0.3)).covariance)

    def value(x):
        state = GaussianFermions(x)
        return quantum.petz_renyi_divergence(state, state, alpha)

    found, slope = jax.value_and_grad(value)(gamma)
    assert abs(found) < 1e-6 if is_known else np.isnan(found)
    assert np.isfinite(slope).all() if is_known else np.isnan(slope).all()
