"""Second derivatives of the Chernoff information, through the exponent that moves with the states.

The witness is a second difference in sixty digits of −log min_s Tr ρ^s σ^{1−s}, minimised anew at
each point.
"""

from functools import partial

import autograd
import divergence_oracles as truth
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import oracles
import pytest
from libraries import AUTOGRAD, TORCH
from oracles import EPS, Path, state
from test_divergence_gradients import CASES, LOOSE, MILD, MOVE, K, L

from qce import classical, quantum

PATHS = {**CASES, "loose": LOOSE}


def second_derivatives(paths, library=AUTOGRAD):
    """Of the function along the paths, and of the witness."""
    curves = [path.curve(library) for path in paths]
    found = library.second_derivative(
        lambda t: quantum.chernoff(*(c(t) for c in curves), check=False)
    )
    return found, float(oracles.second_derivative(truth.chernoff, *paths))


@pytest.mark.parametrize("case", PATHS)
def test_second_derivative_along_a_path(case):
    """Some of these have their best exponent at an end, where it does not move."""
    found, expected = second_derivatives(PATHS[case])
    assert abs(found - expected) <= oracles.derivative_limit(2, *PATHS[case])


def test_second_derivative_along_a_path_in_torch():
    found, expected = second_derivatives(LOOSE, TORCH)
    assert abs(found - expected) <= oracles.derivative_limit(2, *LOOSE)


@pytest.mark.parametrize("distance", [0, 1e-4, 1e-7])
def test_second_derivative_between_close_states(distance):
    """The share of the exponent is dF²/F′, of squares of the distance: 0/0 in the end."""
    spectrum = (0.4 + distance, 0.3 - distance, 0.2, 0.1)
    paths = Path(state(MILD, 11), MOVE, K), Path(state(spectrum, 11), (), L)
    found, expected = second_derivatives(paths)
    assert abs(found - expected) <= oracles.derivative_limit(2, *paths)


@pytest.mark.parametrize("spectrum", [("0.7", "0.2", "1e-6", "rest"), ("0.7", "1e-6", "rest", 0)])
def test_second_derivative_beside_a_small_eigenvalue(spectrum):
    """Rounding by 4·ε·d of 1e-6 counts relative to it."""
    paths = Path(state(spectrum, 11), (), K), Path(state(MILD, 12), (), L)
    found, expected = second_derivatives(paths)
    assert abs(found - expected) <= 16 * EPS * 4 / 1e-6 * (1 + abs(expected))


@pytest.mark.long  # half a minute of compilation
def test_compiled_and_mapped_second_derivatives_in_jax():
    rho, sigma = (path.state.array for path in CASES["full rank"])
    moves = [path.tangent() for path in CASES["full rank"]]

    @jax.jit
    @partial(jax.vmap, in_axes=(0, None))
    def second(r, s):
        def line(t):
            return quantum.chernoff(r + t * moves[0], s + t * moves[1], check=False)

        return jax.jvp(jax.grad(line), (0.0,), (1.0,))[1]

    def line(t):
        return quantum.chernoff(rho + t * moves[0], sigma + t * moves[1], check=False)

    alone = autograd.grad(autograd.grad(line))(0.0)
    assert np.abs(second(jnp.stack([rho, rho]), sigma) - alone).max() <= 256 * EPS * abs(alone)


def test_mixed_second_derivatives_agree():
    """One function lies behind both gradients, along whatever keeps the traces."""
    rho, sigma = (path.state.array for path in CASES["full rank"])
    gradients = [autograd.grad(partial(quantum.chernoff, check=False), k) for k in (0, 1)]

    def mixed(first, second):
        """∂_first ∂_second along K for the data and L for the model, less their traces."""
        moves = [x - np.trace(x) / 4 * np.eye(4) for x in (K, L)]
        states = [rho, sigma]

        def slope(t):
            moved = [x + t * moves[k] * (k == first) for k, x in enumerate(states)]
            product = gradients[second](*moved) * moves[second]
            return autograd.numpy.real(autograd.numpy.sum(product))

        return autograd.grad(slope)(0.0)

    one, other = mixed(0, 1), mixed(1, 0)
    assert abs(one) > 0.01
    assert abs(one - other) <= 256 * EPS * abs(one)


def test_a_third_derivative_is_refused():
    rho, sigma = np.diag([0.5, 0.3, 0.2]), np.diag([0.2, 0.4, 0.4])

    def line(t):
        return quantum.chernoff(rho, sigma + t * np.diag([0.1, -0.3, 0.2]), check=False)

    with pytest.raises(NotImplementedError, match="differentiable twice"):
        autograd.grad(autograd.grad(autograd.grad(line)))(0.0)


def test_derivatives_of_the_classical_one_up_to_the_third():
    """The moving s counts in the second from its first derivative on, in the third its second."""
    p, q, v, w = (
        np.array(x)
        for x in ([0.5, 0.3, 0.2], [0.2, 0.4, 0.4], [0.125, -0.25, 0.125], [0.25, 0, -0.25])
    )

    @oracles.exact
    def witness(t):
        rows = [([mp.mpf(x) for x in y], z) for y, z in ((p, v), (q, w))]
        a, b = ([x / mp.fsum(y) + t * m for x, m in zip(y, z, strict=True)] for y, z in rows)
        pairs = list(zip(a, b, strict=True))
        s = mp.findroot(
            lambda s: mp.fsum(x**s * y ** (1 - s) * mp.log(x / y) for x, y in pairs), 0.5
        )
        return -mp.log(mp.fsum(x**s * y ** (1 - s) for x, y in pairs))

    with mp.workdps(oracles.DIGITS):
        h = mp.mpf(10) ** -12  # truncation 1e-24, rounding 1e-60/h³
        far, near, here, back, behind = (witness(k * h) for k in (2, 1, 0, -1, -2))
        expected = [
            float(x)
            for x in (
                (near - back) / (2 * h),
                (near - 2 * here + back) / h**2,
                (far - 2 * near + 2 * back - behind) / (2 * h**3),
            )
        ]
    line = lambda t: classical.chernoff(p + t * v, q + t * w, check=False)  # noqa: E731
    for derivative in expected:
        line = autograd.grad(line)
        assert abs(line(0.0) - derivative) <= 256 * EPS
