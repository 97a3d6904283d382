"""The numerical corner itself, where a quantity above it would not show how right it is."""

import sys

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import torch
from libraries import DIFFERENTIATING, JAX, TORCH
from oracles import EPS

from qce import quantum
from qce._arrays import bregman, product
from qce._arrays.algebra import WIDE
from qce._arrays.differences import CLOSE
from qce._spectral import LOG


@pytest.mark.parametrize("q", [1.0, 0.3, 1e-5, 1e-30, 1e-200])
def test_a_term_of_relative_entropy_is_exact_for_equal_close_and_far_eigenvalues(q):
    """Far ones lose a factor of 1/CLOSE where p log(p/q) and p − q nearly cancel."""
    steps = np.concatenate([[0.0], np.logspace(-16, 2, 300)])
    for p in q * np.concatenate([1 + steps, 1 - steps[steps <= 1]]):
        got = float(bregman(np, np.array(p - q), np.array(p), np.array(q)))
        with mp.workdps(60):
            x, y = mp.mpf(float(p)), mp.mpf(q)
            exact = (x * mp.log(x / y) if x else 0) - x + y
            near = abs(x - y) <= CLOSE * (x + y)
            bound = 6 * EPS if near else 2 * EPS / CLOSE
            assert abs(got - exact) <= bound * exact, (p, q)


@pytest.mark.parametrize("xp", [np, jnp, torch])
@pytest.mark.parametrize("low", [1.0, 0.3, 1e-5, 1e-30, 1e-174, 1e-250, 1e-290])
def test_the_difference_quotient_of_the_logarithm_is_exact(xp, low):
    """Three roundings before log(1 + z), itself good to two, which is hardly steeper than z."""
    steps = np.concatenate([[0.0], np.logspace(-16, 4, 150), np.logspace(5, 305, 40)])
    numbers = low * (1 + steps[low * steps < 1e4])
    x, y = (xp.asarray(numbers) for numbers in (numbers, np.full_like(numbers, low)))
    got = LOG.slope(xp, x, y)
    assert bool((got == LOG.slope(xp, y, x)).all())
    with mp.workdps(60):
        for p, value in zip(numbers, np.asarray(got), strict=True):
            x, y = mp.mpf(float(p)), mp.mpf(low)
            exact = mp.log(x / y) / (x - y) if x != y else 1 / y
            assert abs(float(value) - exact) <= 5 * EPS * exact, p


def test_the_difference_quotient_of_the_logarithm_beside_subnormal_numbers():
    """Their quotient is no number any more, and their logarithms, of some 740, are to ε."""
    x, y = np.array([1.0, 1e-3, 1e-310]), np.array([5e-324, 2e-323, 5e-324])
    with np.errstate(over="ignore"):  # the last one is none either
        got = LOG.slope(np, x, y)
    with mp.workdps(60):
        for p, q, value in zip(x, y, got, strict=True):
            exact = mp.log(mp.mpf(p) / mp.mpf(q)) / (mp.mpf(p) - mp.mpf(q))
            assert abs(float(value) - exact) <= 4 * EPS * exact or exact > sys.float_info.max


@pytest.mark.parametrize("value", [1e-18, 1e-25, 1e-35])
def test_the_difference_quotient_of_equal_small_numbers_in_single_precision(value):
    """Compilers may divide by a product of two divisors, which underflows."""
    x = jnp.array([value, 1.0], jnp.float32)
    got = jax.jit(lambda x, y: LOG.slope(jnp, x, y))(x, x)
    np.testing.assert_allclose(got * x, 1.0, rtol=4 * np.finfo(np.float32).eps)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("small", [1e-3, 1e-24, 1e-100])
def test_second_derivatives_beside_close_small_eigenvalues(library, small):
    """d²/dt² S(σ, σ + tΔ) = Σ Δ²/q where all commutes; q to the 15th power is no number."""
    q, step = np.array([1 - 3 * small, small, small, small]), np.array([0, 0.1, -0.1, 0]) * small
    sigma, direction = (library.asarray(np.diag(x)) for x in (q, step))

    def value(t):
        return quantum.cross_entropy(sigma, sigma + t * direction, check=False)

    assert library.second_derivative(value) == pytest.approx(np.sum(step**2 / q), rel=100 * EPS)


def test_second_derivatives_beside_close_small_eigenvalues_in_single_precision():
    """The same of dense states, whose smallest eigenvalues are known to ε/q."""
    q, step = np.array([0.997, 1e-3, 1e-3, 1e-3]), np.array([0, 1e-4, -1e-4, 0])
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    pair = [((basis * x) @ basis.T).astype(np.float32) for x in (q, step)]

    def value(t, library):
        sigma, direction = map(library.asarray, pair)
        return quantum.cross_entropy(sigma, sigma + t * direction, check=False)

    t = torch.zeros((), requires_grad=True)
    (slope,) = torch.autograd.grad(value(t, TORCH), t, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, t)
    found = [float(curvature), float(jax.hessian(value)(jnp.float32(0), JAX))]
    # Eigenvalues are off by some d ε = 5e-7, of 1e-3, and count squared.
    np.testing.assert_allclose(found, np.sum(step**2 / q), rtol=1e-2)


@pytest.mark.parametrize("kind", ["complex", "real", "mixed"])
def test_products_of_jax_have_entries_as_right_as_plain_ones(kind):
    """Rows and columns over forty orders of magnitude: each entry to ε Σ_k |a_ik| |b_kj|."""
    rng = np.random.default_rng(5)
    d = WIDE
    scale = np.logspace(0, -20, d)
    a, b = rng.normal(size=(2, d, d)) + 1j * rng.normal(size=(2, d, d))
    a, b = scale[:, None] * a, b * scale
    a, b = (a.real if kind == "real" else a), (b.real if kind != "complex" else b)
    got = jax.jit(lambda x, y: product(jnp, x, y))(a, b)
    # A sum of d terms is off by at most d ε of their moduli, three of them by less than 8 d ε.
    assert np.all(np.abs(got - a @ b) <= 8 * d * EPS * (np.abs(a) @ np.abs(b)))
    assert got.dtype == (a @ b).dtype
