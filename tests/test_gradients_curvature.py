"""Second derivatives of the quantum entropies against finite differences and the metric."""

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
import torch
from gradient_cases import CASES, along, every_divergence, every_library, five_point, generator
from oracles import Path, state

from qce import quantum


@every_library
@every_divergence
@pytest.mark.parametrize("case", ["A full rank", "D twofold and threefold degenerate"])
def test_second_derivative_agrees_with_a_difference_of_first_derivatives(case, library, name):
    paths = CASES[case]
    function = along(name, library, *paths)
    difference = five_point(lambda t: library.derivative(function, t))
    # step⁴/30·f⁽⁶⁾: the derivative of order six of log on [0.15, 1] is below 5!/0.15⁶ ~ 1e7.
    limit = 1e-12 / 30 * 1e7 + oracles.derivative_limit(1, *paths) / 1e-3
    assert abs(library.second_derivative(function) - difference) <= limit


@pytest.mark.thinned(3)
@every_divergence
@pytest.mark.parametrize("case", ["A full rank", "B rho fully degenerate", "M rho equals sigma"])
def test_hessian_vector_product_is_the_difference_of_gradient_matrices(case, name):
    """In JAX, forward over reverse, in both arguments at once and in any Hermitian direction."""
    rho, sigma = (path.state.array for path in CASES[case])
    function = getattr(quantum, name)
    gradient = jax.grad(lambda x, y: function(x, y, check=False), argnums=(0, 1))
    direction = (jnp.asarray(generator(4, 35)), jnp.asarray(generator(4, 36)))
    direction = tuple(h - jnp.eye(4) * jnp.trace(h) / 4 for h in direction)
    _, product = jax.jvp(gradient, (rho, sigma), direction)

    def moved(t):
        return np.array(gradient(rho + t * direction[0], sigma + t * direction[1]))

    step = 1e-4  # well below the smallest eigenvalue, 0.1
    difference = five_point(moved, step=step)
    smallest = 0.1
    truncation = step**4 / 30 * 24 / smallest**5
    rounding = 1.5 * oracles.BACKWARD * oracles.EPS * 4 / smallest**2 / step
    assert np.abs(np.array(product) - difference).max() <= truncation + rounding


def test_hessian_of_the_relative_entropy_at_equality_is_the_bkm_metric():
    """D(σ+tΔ‖σ) = ½t² Tr Δ dlog_σ[Δ], on a spectrum with an equal pair."""
    spectrum, basis = oracles.decomposed(state((0.4, 0.25, 0.25, 0.1), 11))
    sigma = jnp.asarray((basis * spectrum) @ basis.conj().T)
    delta = generator(4, 35)
    delta -= np.eye(4) * np.trace(delta).real / 4
    value = jax.hessian(lambda t: quantum.relative_entropy(sigma + t * delta, sigma, check=False))
    rotated = basis.conj().T @ delta @ basis
    truth = np.sum(oracles.log_slope(spectrum) * np.abs(rotated) ** 2)
    limit = oracles.derivative_limit(2, Path(state((0.4, 0.25, 0.25, 0.1), 11)))
    assert abs(float(value(0.0)) - truth) <= limit


def test_torch_gradgradcheck_passes_on_a_hermitian_parametrisation():
    rho, sigma = (torch.as_tensor(path.state.array) for path in CASES["A full rank"])

    def value(x, y):
        x, y = ((z + z.mH) / 2 for z in (x, y))
        return quantum.relative_entropy(rho + x, sigma + y, check=False)

    zero = torch.zeros(4, 4, dtype=torch.complex128)
    zeros = tuple(zero.clone().requires_grad_() for _ in range(2))
    assert torch.autograd.gradcheck(value, zeros)
    assert torch.autograd.gradgradcheck(value, zeros)
