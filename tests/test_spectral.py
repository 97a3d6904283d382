"""The numerical corner itself, where a quantity above it would not show how right it is."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from oracles import EPS

from qce._spectral import bregman, product
from qce._spectral.eigen import WIDE
from qce._spectral.functions import CLOSE


@pytest.mark.parametrize("q", [1.0, 0.3, 1e-5, 1e-30, 1e-200])
def test_a_term_of_relative_entropy_is_exact_for_equal_close_and_far_eigenvalues(q):
    """Close ones to rounding. Far ones have a difference, at least CLOSE² q, of logarithms."""
    steps = np.concatenate([[0.0], np.logspace(-16, 2, 300)])
    for p in q * np.concatenate([1 + steps, 1 - steps[steps <= 1]]):
        got = float(bregman(np, np.array(p - q), np.array(p), np.array(q)))
        with mp.workdps(60):
            x, y = mp.mpf(float(p)), mp.mpf(q)
            exact = (x * mp.log(x / y) if x else 0) - x + y
            near = abs(x - y) <= CLOSE * (x + y)
            terms = abs(x * mp.log(x)) + abs(x * mp.log(y)) + x + y if x else y
            bound = 6 * EPS * exact if near else 4 * EPS * terms
            assert abs(got - exact) <= bound, (p, q)


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
