"""Supports: where divergences are infinite, gradients there, and what is refused."""

import math

import autograd
import numpy as np
import pytest
from divergence_tables import DIVERGENCES, P1, every_divergence, turned
from oracles import BACKWARD, EPS

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

LEFT, RIGHT = turned([0.6, 0.4, 0, 0], 3), turned([0, 0, 0.3, 0.7], 3)
SHARED = turned([0, 0.5, 0.5, 0], 3)


@every_divergence
def test_orthogonal_states_are_infinitely_or_maximally_far(name):
    value = DIVERGENCES[name](LEFT, RIGHT)
    finite = {"jensen shannon": math.log(2), "bures": math.sqrt(2), "trace distance": 1.0}
    assert value == np.inf or abs(value - finite[name]) <= 8 * EPS
    assert (name in finite) == np.isfinite(value)


@every_divergence
def test_partly_outside_the_support_only_small_orders_are_finite(name):
    infinite = name in (
        "petz 1.5",
        "petz 2",
        "sandwiched 2",
        "sandwiched 4",
        "max",
        "belavkin",
        "measured",
    )
    assert np.isinf(DIVERGENCES[name](SHARED, RIGHT)) == infinite
    if infinite:
        with pytest.raises(ValueError, match="Argument `model` must contain the data"):
            DIVERGENCES[name](SHARED, RIGHT, support="raise")


@pytest.mark.parametrize("weight", [1e-2, 1e-5, 1e-8])
@pytest.mark.parametrize("alpha", [0.5, 0.9])
@pytest.mark.parametrize("family", [petz, sandwiched])
def test_a_small_weight_outside_the_support_costs_what_it_says(family, alpha, weight):
    """(1−w, w) against a pure state has D_α = α log(1−w)/(α−1); w is known to 4·ε·d."""
    rho, sigma = turned([1 - weight, weight, 0, 0], 5), turned([1, 0, 0, 0], 5)
    expected = alpha * math.log1p(-weight) / (alpha - 1)
    assert abs(family(rho, sigma, alpha) - expected) <= BACKWARD * EPS * 4 / (1 - alpha)


def test_the_chernoff_order_may_lie_at_an_end():
    """Tr ρ^s σ^{1−s} = 0.5^s 0.3^{1−s} is least where only 0.3 counts."""
    for pair, exponent in (((SHARED, RIGHT), 0), ((RIGHT, SHARED), 1)):
        assert quantum.chernoff_order(*pair) == exponent
        assert abs(quantum.chernoff(*pair) + math.log(0.3)) <= 16 * EPS


@every_divergence
@pytest.mark.parametrize("pair", [(LEFT, RIGHT), (SHARED, RIGHT), (LEFT, LEFT), (P1[0], P1[0])])
def test_nothing_is_ever_nan(name, pair):
    function = DIVERGENCES[name]
    assert not np.isnan(function(*pair))
    for k in (0, 1):
        slope = autograd.grad(lambda *x: function(*x), k)(*(x.astype(complex) for x in pair))
        assert np.isfinite(slope).all()


def test_where_belavkin_staszewski_is_infinite_its_gradient_is_that_of_the_finite_part():
    """Tr σ M log M with M = σ^{−½} ρ σ^{−½} on the support of σ; h² of truncation, ε/h."""
    rho, sigma = turned([0.5, 0.3, 0.2], 3), turned([0.6, 0.4, 0], 5)
    q, v = np.linalg.eigh(sigma)
    q, v = q[1:], v[:, 1:]
    noise = np.random.default_rng(2).normal(size=(2, 2))
    move = v @ (noise + noise.T) @ v.conj().T

    def finite_part(x):
        inner = v.conj().T @ x @ v
        m, w = np.linalg.eigh(inner / np.sqrt(q[:, None] * q))
        return np.sum((np.abs(w) ** 2 * q[:, None]).sum(axis=0) * m * np.log(m))

    h = 1e-5
    expected = (finite_part(rho + h * move) - finite_part(rho - h * move)) / (2 * h)
    function = quantum.belavkin_staszewski_relative_entropy
    assert function(rho, sigma) == np.inf
    slope = autograd.grad(lambda x: function(x, sigma, check=False))(rho)
    # dS = Re Σ slope dX in autograd's convention
    assert abs(np.sum(slope * move).real - expected) <= 1e3 * h**2 + 100 * EPS / h


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: petz(*P1, -1), r"`alpha` must lie in \[0, ∞\]"),
        (lambda: petz(*P1, math.nan), "`alpha` must"),
        (lambda: sandwiched(*P1, -0.01), r"`alpha` must lie in \[0, ∞\]"),
        (lambda: classical.renyi_divergence([1.0], [1.0], math.nan), "`alpha` must"),
        (lambda: quantum.fidelity(P1[0], np.eye(3) / 3), "same dimension"),
        (lambda: quantum.chernoff(2 * P1[0], P1[1]), "trace 1"),
    ],
)
def test_bad_arguments_are_named_with_the_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("alpha", [None, "2", 2j, {}])
def test_the_order_is_a_number(alpha):
    with pytest.raises(TypeError, match="`alpha` must be a number"):
        petz(*P1, alpha)


def test_several_orders_give_several_values():
    for family in (petz, sandwiched):
        values = family(*P1, [0.5, 1, math.inf])
        assert values.shape == (3,)
        np.testing.assert_array_equal(values, [family(*P1, a) for a in (0.5, 1, math.inf)])
