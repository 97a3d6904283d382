"""Derivatives of the quantum entropies along paths, with a witness that shares no formula."""

import jax
import numpy as np
import oracles
import pytest
from gradient_cases import (
    CASES,
    MILD,
    PURE,
    RANK3,
    K,
    L,
    along,
    every_case,
    every_divergence,
    every_library,
    inside,
)
from libraries import JAX
from oracles import Path, state


@pytest.mark.thinned(6)
@every_case
@every_library
@every_divergence
def test_first_derivative_along_a_path_of_constant_rank(case, library, name):
    paths = CASES[case]
    truth = float(oracles.derivative(getattr(oracles, name), *paths))
    value = library.derivative(along(name, library, *paths))
    assert abs(value - truth) <= oracles.derivative_limit(1, *paths)


@pytest.mark.thinned(9, only="jax")
@every_case
@every_library
@every_divergence
def test_second_derivative_along_a_path_of_constant_rank(case, library, name):
    paths = CASES[case]
    truth = float(oracles.second_derivative(getattr(oracles, name), *paths))
    value = library.second_derivative(along(name, library, *paths))
    assert abs(value - truth) <= oracles.derivative_limit(2, *paths)


@pytest.mark.thinned(5)
@every_case
@every_library
def test_derivatives_of_entropy_along_a_path_of_constant_rank(case, library):
    for path in CASES[case]:
        value = along("entropy", library, path)
        first = float(oracles.derivative(oracles.entropy, path))
        assert abs(library.derivative(value) - first) <= oracles.derivative_limit(1, path)
        second = float(oracles.second_derivative(oracles.entropy, path))
        assert abs(library.second_derivative(value) - second) <= oracles.derivative_limit(2, path)


@pytest.mark.thinned(7)
@every_case
def test_forward_mode_and_jit_agree_with_reverse_mode_in_jax(case):
    paths = CASES[case]
    value = along("relative_entropy", JAX, *paths)
    _, forward = jax.jvp(value, (0.0,), (1.0,))
    compiled = jax.jit(jax.grad(value))(0.0)
    truth = float(oracles.derivative(oracles.relative_entropy, *paths))
    limit = oracles.derivative_limit(1, *paths)
    assert abs(float(forward) - truth) <= limit
    assert abs(float(compiled) - truth) <= limit


def test_the_one_hot_case_has_the_derivative_found_by_hand():
    """J: −q̇₀/q₀ = −0.5/0.65, the number in the peers' table."""
    truth = float(oracles.derivative(oracles.relative_entropy, *CASES["J one-hot label"]))
    assert abs(truth + 0.5 / 0.65) <= 8 * oracles.EPS


# --- where the value is infinite ---------------------------------------------------------------

VIOLATIONS = {
    "full rank against rank 3": (state(MILD, 11), RANK3),
    "pure against pure": (state(PURE, 11), state(PURE, 12)),
    "rank 2 against rank 3": (state((0.7, 0.3, 0, 0), 12), RANK3),
    "diagonal": (state(MILD), state((0.5, 0.3, 0.2, 0))),
}


@pytest.mark.parametrize("pair", VIOLATIONS)
@every_library
@every_divergence
def test_where_the_value_is_infinite_the_gradient_is_that_of_the_finite_part(pair, library, name):
    """The finite part has log 0 = 0; σ moves on a path of constant rank, ρ in its own support."""
    rho, sigma = VIOLATIONS[pair]
    paths = Path(rho, (), inside(rho, 34)), Path(sigma, (), L)
    witness = getattr(oracles, name)
    truth = float(oracles.derivative(lambda r, s: witness(r, s, finite_part=True), *paths))
    function = along(name, library, *paths)
    assert float(function(library.variable(0.0))) == np.inf
    assert abs(library.derivative(function) - truth) <= oracles.derivative_limit(1, *paths)


@pytest.mark.parametrize("pair", VIOLATIONS)
@every_library
@every_divergence
def test_second_derivatives_are_never_nan_where_the_value_is_infinite(pair, library, name):
    rho, sigma = VIOLATIONS[pair]
    function = along(name, library, Path(rho, (), K), Path(sigma, (), L))
    assert np.isfinite(library.second_derivative(function))
