"""Off the trace: gradients along c ρ and c σ are those of what `check=False` computes.

One convention for all divergences of both twins and all libraries, found by their signature, so
that a new one is held to it. docs/notation.md states it.
"""

import inspect
import math
from functools import partial

import jax
import numpy as np
import pytest
from libraries import AUTOGRAD, JAX, TORCH
from oracles import EPS
from strategies import random_unitary

from qce import classical, quantum

ORDERS = (0, 0.02, 0.3, 0.5, 0.9, 1, 1.2, 2, 5, math.inf)
SIDES = {"classical": classical, "quantum": quantum}
# What only says where the optimum is, bounds without derivatives, and what the user's f makes.
LEFT_OUT = {
    "chernoff_exponent",
    "chernoff_order",
    "measured_relative_entropy_bounds",
    "f_divergence",
}


def divergences():
    for side, module in SIDES.items():
        for name in module.__all__:
            function = getattr(module, name)
            parameters = list(inspect.signature(function).parameters)
            if parameters[:2] != ["data", "model"] or name in LEFT_OUT:
                continue
            for alpha in ORDERS if "alpha" in parameters else (None,):
                if (name, alpha) == ("sandwiched_renyi_divergence", 0):
                    continue  # a limit without derivatives
                if (name, alpha) == ("alpha_divergence", math.inf):
                    continue  # is none
                yield side, name, alpha


CASES = list(divergences())
RENYI = [case for case in CASES if case[2] is not None and "renyi" in case[1]]
every = pytest.mark.parametrize(("side", "name", "alpha"), CASES, ids=str)


def draw(side):
    """Two pairs, far and near; eigenvalues of 0.15 and more."""
    rng = np.random.default_rng(8)
    rho, sigma = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.25, 0.55])
    if side == "quantum":
        rho, sigma = (_rotated(p, random_unitary(rng, 3)) for p in (rho, sigma))
    return (rho, sigma), (rho, 0.75 * rho + 0.25 * sigma)


def _rotated(p, v):
    x = (v * p) @ v.conj().T
    return (x + x.conj().T) / 2


def function_of(side, name, alpha):
    function = getattr(SIDES[side], name)
    return function if alpha is None else lambda *x, **k: function(*x, alpha, **k)


def along(library, function, pair, position):
    """g·ρ of the library's own gradient, and the derivative of c ↦ f(c ρ) at 1.

    By a difference of fourth order: truncation h⁴f⁽⁵⁾/30, where the Bures distance of the
    near pair, B = 0.08, has f⁽⁵⁾ = 105/32 B⁻⁹, so 7e-10; values to 1e-12, over h, 3e-8.
    """
    arrays = [library.asarray(x) for x in pair]

    def moved(x):
        return function(*(x if k == position else y for k, y in enumerate(arrays)), check=False)

    slope = np.asarray(library.gradient(moved)(library.variable(pair[position])))
    slope = slope.conj() if library.name == "torch" else slope
    h = 3e-5
    values = [float(moved(library.asarray((1 + k * h) * pair[position]))) for k in (-2, -1, 1, 2)]
    difference = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    return float(np.sum(slope * pair[position]).real), difference


@every
def test_a_gradient_along_the_trace_is_that_of_the_unchecked_function(side, name, alpha):
    for pair in draw(side):
        for position in (0, 1):
            found, expected = along(TORCH, function_of(side, name, alpha), pair, position)
            assert abs(found - expected) <= 1e-7 * (1 + abs(expected)), (position, found, expected)


# The libraries share the formulas: their plumbing is seen in one order of each family.
FEW = [case for case in CASES if case[2] in (None, 0.5)]


@pytest.mark.thinned(9)
@pytest.mark.parametrize(("side", "name", "alpha"), FEW, ids=str)
@pytest.mark.parametrize("library", [AUTOGRAD, JAX], ids=str)
def test_so_it_is_in_every_library(library, side, name, alpha):
    pair, _ = draw(side)
    for position in (0, 1):
        found, expected = along(library, function_of(side, name, alpha), pair, position)
        assert abs(found - expected) <= 1e-7 * (1 + abs(expected)), (position, found, expected)


@pytest.mark.parametrize(("side", "name", "alpha"), RENYI, ids=str)
def test_every_order_rises_by_the_logarithm_of_a_factor(side, name, alpha):
    """D(cρ‖sσ) = D(ρ‖σ) + log c − log s for c, s > 0: of log(Q/Tr ρ)/(α−1)."""
    function = function_of(side, name, alpha)
    for rho, sigma in draw(side):
        value = function(rho, sigma)
        for c, s in ((2, 1), (1, 0.25), (0.125, 8), (1 + 1e-4, 1 - 1e-4)):
            moved = function(c * rho, s * sigma, check=False)
            assert abs(moved - (value + math.log(c / s))) <= 256 * EPS * (1 + abs(value))


@pytest.mark.thinned(4)
@pytest.mark.parametrize("gap", [1e-5, 1e-9, 1e-13])
@pytest.mark.parametrize("name", ["petz_renyi_divergence", "sandwiched_renyi_divergence"])
def test_gradients_are_continuous_through_order_one(name, gap):
    """In all directions, the trace too; they move by less than 10 a unit of α here."""
    for pair in draw("quantum"):
        function = getattr(quantum, name)
        slopes = []
        for alpha in (1 - gap, 1, 1 + gap):
            of_data = partial(function, model=pair[1], alpha=alpha, check=False)
            slopes.append(np.asarray(jax.grad(of_data)(pair[0] + 0j)))
        for slope in (slopes[0], slopes[2]):
            assert np.abs(slope - slopes[1]).max() <= 10 * gap + 256 * EPS


@pytest.mark.parametrize("name", ["fidelity", "bures_angle", "chernoff"])
def test_scales_that_a_quantity_knows(name):
    """F is of degree one in either; angle and Chernoff information know of states alone."""
    degree = 1 if name == "fidelity" else 0
    for side, module in SIDES.items():
        function = getattr(module, name)
        for rho, sigma in draw(side):
            value = function(4 * rho, 0.5 * sigma, check=False)
            assert abs(value - 2**degree * function(rho, sigma)) <= 64 * EPS


def test_the_hellinger_distance_of_positive_matrices_is_that_of_their_roots():
    """2H² = Tr (√ρ − √σ)²: 2√ρ is √ρ from √ρ."""
    for side, module in SIDES.items():
        rho, _ = draw(side)[0]
        value = module.hellinger_distance(4 * rho, rho, check=False)
        assert abs(value - math.sqrt(0.5)) <= 64 * EPS


@pytest.mark.parametrize(
    "name",
    ["relative_entropy", "belavkin_staszewski_relative_entropy", "measured_relative_entropy"],
)
def test_relative_entropies_take_any_positive_model_unchecked(name):
    """D(ρ‖sσ) = D(ρ‖σ) − log s; and −S(A|B) is D(ρ‖1 ⊗ ρ_B)."""
    for rho, sigma in draw("quantum"):
        value = getattr(quantum, name)(rho, 3 * sigma, check=False)
        assert abs(value - (getattr(quantum, name)(rho, sigma) - math.log(3))) <= 64 * EPS
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    x = x @ x.conj().T
    x = x / np.trace(x).real
    model = np.kron(np.eye(2), quantum.partial_trace(x, 1))
    value = quantum.relative_entropy(x, model, check=False)
    assert abs(value + quantum.conditional_entropy(x, 0, 1)) <= 256 * EPS
    with pytest.raises(ValueError, match="check=False"):
        getattr(quantum, name)(x, model)
