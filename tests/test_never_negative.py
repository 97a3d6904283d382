"""Entropies of pure states are 0 or rounding above it: never below, and never −0."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from qce import classical, quantum
from qce.limits._states import rounding

ORDERS = (0.5, 1 - 1e-9, 1, 2, 7.5, math.inf)
ENTROPIES = {
    "entropy": lambda side, x: side.entropy(x, check=False),
    "cross entropy": lambda side, x: side.cross_entropy(x, x, check=False),
    **{
        f"{name} {a}": partial(lambda n, a, s, x: getattr(s, n)(x, a, check=False), name, a)
        for name in ("renyi_entropy", "tsallis_entropy")
        for a in ORDERS
    },
}
LIBRARIES = {
    "numpy": np.asarray,
    "torch": torch.as_tensor,
    "jax": jnp.asarray,
}


def pure_states(d, number=500):
    rng = np.random.default_rng(d)
    psi = rng.normal(size=(number, d)) + 1j * rng.normal(size=(number, d))
    psi /= np.linalg.norm(psi, axis=-1, keepdims=True)
    return psi[:, :, None] * psi[:, None, :].conj()


def is_zero_or_above(values):
    return bool(np.all(values >= 0) and not np.any(np.signbit(values)))


@pytest.mark.thinned(5)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ENTROPIES)
def test_no_entropy_of_pure_states_is_below_zero(name, library):
    with jax.enable_x64(True):
        for d in (2, 3, 8):
            rho = LIBRARIES[library](pure_states(d))
            values = np.asarray(ENTROPIES[name](quantum, rho))
            assert is_zero_or_above(values)
            if name.split()[-1] not in ("0.5",):  # whose slope at an eigenvalue of 0 is infinite
                # An eigenvalue 1 moves by the rounding e, and no slope there is above α/|1 − α|.
                assert values.max() <= 10 * rounding(d)


@pytest.mark.thinned(5)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ENTROPIES)
def test_certainty_is_zero_without_a_sign(name, library):
    with jax.enable_x64(True):
        make = LIBRARIES[library]
        certain = [np.array([1.0, 0.0, 0.0]), np.array([1 + 4e-16, 0.0, 0.0])]
        for p in certain:
            assert is_zero_or_above(np.asarray(ENTROPIES[name](classical, make(p))))
            assert is_zero_or_above(np.asarray(ENTROPIES[name](quantum, make(np.diag(p)))))


def test_derivatives_and_values_agree_about_zero():
    rho = torch.tensor(pure_states(4, 50), requires_grad=True)
    value = quantum.entropy(rho)
    value.sum().backward()
    assert is_zero_or_above(value.detach().numpy()) and torch.isfinite(rho.grad).all()


def test_other_sums_keep_their_sign_and_nan_stays_nan():
    """−2 log 2 of the matrix 2|0⟩⟨0|, which is no state: `check=False` computes the formula."""
    double = np.diag([2.0, 0.0])
    np.testing.assert_allclose(quantum.entropy(double, check=False), -2 * np.log(2), rtol=1e-15)
    np.testing.assert_allclose(
        classical.entropy(np.array([2.0, 0.0]), check=False), -2 * np.log(2), rtol=1e-15
    )
    assert np.isnan(quantum.entropy(np.full((2, 2), np.nan), check=False))
    outside = np.diag([0.0, 1.0])
    assert quantum.cross_entropy(np.diag([1.0, 0.0]), outside) == np.inf
