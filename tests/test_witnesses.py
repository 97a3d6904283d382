"""Every quantity of two states has a witness in sixty digits: a new one is tried by its name alone.

A function `name(rho, sigma)` in `divergence_oracles.py` is held to `quantum.name`: values, close
states, first and second derivatives, in all libraries. Older ones have tables of their own.
"""

import inspect

import divergence_oracles as truth
import numpy as np
import oracles
import pytest
from divergence_tables import slack
from libraries import AUTOGRAD, DIFFERENTIATING
from oracles import EPS, state
from test_divergence_gradients import CASES, PAIRS, limit

from qce import quantum

# What has a witness by another name, or tests of its own.
ELSEWHERE = {
    "alpha_divergence": "test_f_divergences.py",
    "belavkin_staszewski_relative_entropy": "test_divergence_gradients.py",
    "chernoff_order": "test_chernoff.py",
    "cross_entropy": "test_reference_values.py",
    "f_divergence": "test_f_divergences.py",
    "jensen_shannon_divergence": "test_divergence_gradients.py",
    "measured_relative_entropy": "test_measured.py",
    "measured_relative_entropy_bounds": "test_measured.py",
    "min_relative_entropy": "test_divergences.py",
    "petz_renyi_divergence": "test_divergence_gradients.py",
    "relative_entropy": "test_reference_values.py",
    "sandwiched_renyi_divergence": "test_divergence_gradients.py",
}
HELD = {function for _, function in PAIRS.values()}
OF_TWO = [
    name
    for name in quantum.__all__
    if list(inspect.signature(getattr(quantum, name)).parameters)[:2] == ["data", "model"]
]
NAMES = [name for name in OF_TWO if hasattr(truth, name) and getattr(quantum, name) not in HELD]
every_name = pytest.mark.parametrize("name", NAMES)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


@pytest.mark.parametrize("name", OF_TWO)
def test_every_quantity_of_two_states_has_a_witness(name):
    told = f"write the definition of {name} by matrix functions into tests/divergence_oracles.py"
    assert hasattr(truth, name) or name in ELSEWHERE, told


@every_name
@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_sixty_digits(name, case):
    pair = [path.state for path in CASES[case]]
    function = getattr(quantum, name)
    expected = float(getattr(truth, name)(*pair))
    arrays = [x.array for x in pair]
    assert abs(function(*arrays) - expected) <= slack(function, *arrays)


@every_name
@pytest.mark.parametrize("distance", [1e-3, 1e-6])
def test_close_states_are_relatively_accurate(name, distance):
    """The input says ρ − σ to ε/distance, and so a value."""
    rho = state((0.4, 0.3, 0.2, 0.1), 11)
    noise = np.random.default_rng(5).normal(size=(4, 4))
    near = rho.array + distance * (np.diag([1, -1, 0, 0]) + (noise + noise.T) * (1 - np.eye(4)) / 8)
    exact = oracles.nearest_state(rho.array), oracles.nearest_state(near)
    expected = float(getattr(truth, name)(*exact))
    value = getattr(quantum, name)(rho.array, near)
    assert abs(value - expected) <= 64 * EPS / distance * expected


# The libraries share every formula: the plumbing of each is seen in two cases, autograd's in all.
RUNS = [
    (library, case)
    for library in DIFFERENTIATING
    for case in CASES
    if library is AUTOGRAD or case in ("full rank", "both turn out of the old support")
]


@pytest.mark.thinned(9)
@every_name
@pytest.mark.parametrize(("library", "case"), RUNS, ids=str)
def test_slopes_along_a_path(name, library, case):
    paths = CASES[case]
    expected = float(oracles.derivative(getattr(truth, name), *paths))
    curves = [path.curve(library) for path in paths]
    function = getattr(quantum, name)
    value = library.derivative(lambda t: function(*(c(t) for c in curves), check=False))
    assert abs(value - expected) <= limit(name, paths), (value, expected)


@pytest.mark.thinned(4)
@every_name
@every_library
def test_second_derivatives_along_a_path(name, library):
    paths = CASES["full rank"]
    expected = float(oracles.second_derivative(getattr(truth, name), *paths))
    curves = [path.curve(library) for path in paths]
    function = getattr(quantum, name)
    value = library.second_derivative(lambda t: function(*(c(t) for c in curves), check=False))
    assert abs(value - expected) <= 100 * oracles.derivative_limit(2, *paths)
