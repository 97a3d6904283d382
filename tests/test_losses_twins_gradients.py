"""Gradients of losses of states: central differences, and classical curvature on lines."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from libraries import AUTOGRAD, hermitian_gradient
from oracles import EPS
from state_losses import (
    OMEGA,
    QUANTUM,
    RHO,
    ROUNDING,
    SIGMA,
    THREE,
    central,
    every_library,
    every_pair,
    hermitian,
)
from strategies import Spectral, random_unitary

from qce import losses


@pytest.mark.thinned(5)
@every_library
@pytest.mark.parametrize("argument", [0, 1])
@every_pair
def test_gradients_are_central_differences(name, argument, library):
    """Spectra are above 0.03, so that a step of 1e-3 is well inside."""
    loss = partial(QUANTUM[name], check=False)
    pair = [RHO, SIGMA]

    def of_one(x, convert):
        arguments = [x if k == argument else convert(pair[k]) for k in range(2)]
        return loss(*arguments)

    found = hermitian_gradient(library, lambda x: of_one(x, library.asarray), pair[argument])
    np.testing.assert_allclose(found, found.conj().T, atol=1e3 * EPS)
    direction = hermitian(np.random.default_rng(7), 3) / 3
    expected = central(lambda x: of_one(x, np.asarray), pair[argument], direction)
    # Fifth derivatives of logarithms at 0.03 are 4!/0.03⁵ = 1e9, times h⁴ = 1e-12 and h⁴/5!·4.
    assert np.trace(found @ direction).real == pytest.approx(expected, abs=1e-4, rel=1e-4)
    slope = np.trace(found @ direction).real
    assert abs(slope) > 1e-3  # there is something to agree on


@pytest.mark.thinned(3)
@pytest.mark.parametrize("gamma", [0.0, 2.5])
@every_library
def test_gradients_and_curvature_of_focal_losses_along_a_line(gamma, library):
    """Against the classical loss in the common basis, exact to rounding; γ not an integer too."""
    basis = random_unitary(np.random.default_rng(5), 3)
    p, q, v = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.35, 0.15]), np.array([0.1, 0.2, -0.3])
    rho, sigma, motion = (library.asarray(Spectral(x, basis).matrix) for x in (p, q, v))

    def along(t):
        return losses.quantum.focal_cross_entropy(rho, sigma + t * motion, gamma=gamma, check=False)

    def classical(t):
        return losses.classical.focal_cross_entropy(p, q + t * v, gamma=gamma, check=False)

    first = AUTOGRAD.derivative(classical)
    second = AUTOGRAD.second_derivative(classical)
    # Curvatures are below 1/0.15² = 44.
    assert library.derivative(along) == pytest.approx(first, abs=100 * ROUNDING)
    assert library.second_derivative(along) == pytest.approx(second, abs=1000 * ROUNDING)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("power", [0.5, 1.0])
@every_library
def test_gradients_and_curvature_of_balanced_losses_along_a_line(power, library):
    basis = random_unitary(np.random.default_rng(6), 3)
    p, q, v = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.35, 0.15]), np.array([0.1, 0.2, -0.3])
    rho, sigma, motion = (library.asarray(Spectral(x, basis).matrix) for x in (p, q, v))

    def along(t):
        moved = (rho + t * motion, sigma + t * motion)
        return losses.quantum.balanced_cross_entropy(*moved, power=power, check=False)

    def classical(t):
        moved = (p + t * v, q + t * v)
        return losses.classical.balanced_cross_entropy(*moved, power=power, check=False)

    first, second = AUTOGRAD.derivative(classical), AUTOGRAD.second_derivative(classical)
    assert library.derivative(along) == pytest.approx(first, abs=100 * ROUNDING)
    assert library.second_derivative(along) == pytest.approx(second, abs=1000 * ROUNDING)


@pytest.mark.thinned(5)
@every_library
@pytest.mark.parametrize("name", THREE)
def test_gradients_of_losses_of_three_states(name, library):
    stacks = {"autograd": np.stack, "jax": jnp.stack, "torch": torch.stack}

    def loss(x, convert, stack):
        return THREE[name](Unchecked, x, convert(SIGMA), convert(OMEGA), lambda *s: stack(s))

    if library.name == "autograd":
        import autograd.numpy as anp

        stacks["autograd"] = anp.stack
    found = hermitian_gradient(
        library, lambda x: loss(x, library.asarray, stacks[library.name]), RHO
    )
    direction = hermitian(np.random.default_rng(8), 3) / 3
    expected = central(lambda x: loss(x, np.asarray, np.stack), RHO, direction)
    assert np.trace(found @ direction).real == pytest.approx(expected, abs=1e-4, rel=1e-4)


class Unchecked:
    """The losses without their checks: a step off the trace is no state."""

    def __getattr__(self, name):
        return partial(getattr(losses.quantum, name), check=False)


Unchecked = Unchecked()
