"""Derivatives of quantities of Gaussian fermions against those of dense matrices."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fermion_oracles import (
    antisymmetric,
    close,
    hamiltonian,
    majoranas,
    thermal,
)

from qce import quantum
from qce.states import (
    GaussianFermions,
)

# --- derivatives --------------------------------------------------------------------------------


def dense_quantities(n):
    """The same quantities from 2^n × 2^n exponentials, which JAX differentiates by itself."""
    gammas = majoranas(n)
    pairs = jnp.asarray(0.25j * np.einsum("jab,kbc->jkac", gammas, gammas))

    def h(a):
        return jnp.einsum("jk,jkac->ac", a, pairs)

    def power(a, t):
        return exponential(-t * h(a))

    def trace(x):
        return jnp.real(jnp.trace(x))

    def log_z(a, t=1.0):
        return jnp.log(trace(power(a, t)))

    def state(a):
        return power(a, 1.0) / trace(power(a, 1.0))

    def cross(a, b):
        return trace(state(a) @ h(b)) + log_z(b)

    def variance(a, b):
        k = h(b) - h(a)
        return trace(state(a) @ k @ k) - trace(state(a) @ k) ** 2

    def petz(a, b, t):
        return (
            jnp.log(trace(power(a, t) @ power(b, 1 - t))) - t * log_z(a) - (1 - t) * log_z(b)
        ) / (t - 1)

    def sandwich(a, b):  # of order 2
        m = power(b, -0.25) @ power(a, 1.0) @ power(b, -0.25)
        return jnp.log(trace(m @ m)) - 2 * log_z(a) + log_z(b)

    return {
        "entropy": lambda a, b: cross(a, a),
        "cross_entropy": cross,
        "relative_entropy": lambda a, b: cross(a, b) - cross(a, a),
        "relative_entropy_variance": variance,
        "petz_renyi_divergence": lambda a, b: petz(a, b, 0.4),
        "sandwiched_renyi_divergence": sandwich,
        "renyi_entropy": lambda a, b: (log_z(a, 3.0) - 3 * log_z(a)) / -2,
    }


def exponential(x):
    """exp X by its series at X/64: norms stay below 1/4 here, and the 16th term below 1e-23.

    SciPy's and JAX's expm choose among orders, whose second derivatives take seconds to compile.
    """
    x = x / 64
    total = term = jnp.eye(len(x), dtype=x.dtype)
    for k in range(1, 16):
        term = term @ x / k
        total = total + term
    for _ in range(6):
        total = total @ total
    return total


def gaussian_quantities(covariance=False):
    def states(a, b):
        sigma = GaussianFermions(generator=b)
        sigma = GaussianFermions(covariance=sigma.covariance) if covariance else sigma
        return GaussianFermions(generator=a), sigma

    return {
        "entropy": lambda a, b: quantum.entropy(states(a, b)[0]),
        "cross_entropy": lambda a, b: quantum.cross_entropy(*states(a, b)),
        "relative_entropy": lambda a, b: quantum.relative_entropy(*states(a, b)),
        "relative_entropy_variance": lambda a, b: quantum.relative_entropy_variance(*states(a, b)),
        "petz_renyi_divergence": lambda a, b: quantum.petz_renyi_divergence(*states(a, b), 0.4),
        "sandwiched_renyi_divergence": lambda a, b: quantum.sandwiched_renyi_divergence(
            *states(a, b), 2
        ),
        "renyi_entropy": lambda a, b: quantum.renyi_entropy(states(a, b)[0], 3.0),
    }


def twice(slope, t):
    return jax.jvp(slope, (t,), (1.0,))


@pytest.mark.thinned(7)
@pytest.mark.parametrize("name", dense_quantities(1))
@pytest.mark.parametrize(("covariance", "same"), [(False, False), (True, True)])
def test_derivatives_are_those_of_the_matrices(name, covariance, same):
    """Value, slope and curvature along a line; at equal states too, where spectra degenerate."""
    n = 2
    a, da = antisymmetric(0, n, 0.3), antisymmetric(2, n)
    b, db = (a, antisymmetric(3, n)) if same else (antisymmetric(1, n, 0.3), antisymmetric(3, n))
    found = []
    for f in (gaussian_quantities(covariance)[name], dense_quantities(n)[name]):

        def line(t, f=f):
            return f(a + t * da, b + t * db)

        slope = jax.value_and_grad(line)
        (value, first), (_, second) = jax.jit(functools.partial(twice, slope))(0.0)
        found.append([value, first, second])
    # Matrix functions of order one and their first two derivatives, by sums of some 1e3 terms.
    np.testing.assert_allclose(found[0], found[1], atol=1e-12, rtol=1e-12)


def test_curvature_of_the_cross_entropy_is_the_kubo_mori_metric():
    a = antisymmetric(5, 2)
    hessian = jax.hessian(
        lambda x: quantum.cross_entropy(GaussianFermions(a * 0.1), GaussianFermions(generator=x))
    )
    e = antisymmetric(6, 2)
    value = np.einsum("ij,ijkl,kl->", e, hessian(jnp.asarray(a)), e)
    sigma, h = thermal(a), hamiltonian(e)
    p, v = np.linalg.eigh(sigma)
    mean = np.log(p)[:, None] - np.log(p)
    weights = np.where(np.eye(len(p)) > 0, p, (p[:, None] - p) / np.where(mean == 0, 1, mean))
    turned = v.conj().T @ h @ v
    expected = np.sum(weights * np.abs(turned) ** 2) - np.trace(sigma @ h).real ** 2
    close(value, expected)
