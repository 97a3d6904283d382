"""Derivatives of sandwiched Rényi divergences of orders below 0.05, in all three libraries.

The witness is a central difference of the definition, in sixty digits beyond what N = √ρ σ^{2s} √ρ
spans (`divergence_oracles`).
"""

import math
from functools import partial

import autograd
import divergence_oracles as truth
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from libraries import AUTOGRAD, DIFFERENTIATING
from oracles import BACKWARD, EPS, Path, state
from strategies import random_unitary
from test_divergence_gradients import CASES, LOOSE, K, L

from qce import quantum

ORDER = 0.02
sandwiched = quantum.sandwiched_renyi_divergence


def slopes(alpha, paths, library=AUTOGRAD):
    """The derivative along the paths, and the witness of it."""
    expected = oracles.derivative(partial(truth.sandwiched_of_small_order, alpha), *paths)
    curves = [path.curve(library) for path in paths]
    found = library.derivative(lambda t: sandwiched(*(c(t) for c in curves), alpha, check=False))
    return found, float(expected)


@pytest.mark.parametrize("case", [*CASES, "loose"])
def test_derivative_along_a_path(case):
    paths = CASES.get(case, LOOSE)
    found, expected = slopes(ORDER, paths)
    assert abs(found - expected) <= oracles.derivative_limit(1, *paths)


@pytest.mark.parametrize("library", DIFFERENTIATING[1:], ids=str)
@pytest.mark.parametrize("case", ["both turn out of the old support", "loose"])
def test_derivative_along_a_path_in_the_other_libraries(case, library):
    paths = CASES.get(case, LOOSE)
    found, expected = slopes(ORDER, paths, library)
    assert abs(found - expected) <= oracles.derivative_limit(1, *paths)


MILD, OTHER = (0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4)
PURE, RANK2 = (1, 0, 0, 0), (0.7, 0.3, 0, 0)
# With the number by which rounding of the states is multiplied in the slope: 1/q² for eigenvalues q
# of the model that count, 1/α as much beside equal ones, and α/p² for a small p of the data.
HARD = {
    "nearly equal eigenvalues of the model": (
        MILD,
        (0.3, "0.300000001", 0.2, "rest"),
        lambda alpha: 1 / (alpha * 0.2**2),
    ),
    "pure data, equal eigenvalues": (PURE, (0.25,) * 4, lambda alpha: 1 / (alpha * 0.25**2)),
    "rank two, nearly equal eigenvalues": (
        RANK2,
        (0.25, "0.2500001", "0.2499999", 0.25),
        lambda alpha: 1 / (alpha * 0.25**2),
    ),
    "a small eigenvalue of the data": (
        (0.7, 0.2, "1e-6", "rest"),
        OTHER,
        lambda alpha: alpha * 1e12,
    ),
    "a small eigenvalue of the model": (
        MILD,
        (0.7, 0.2, "1e-9", "rest"),
        lambda alpha: 1 / 0.1**2,
    ),
    "small ones where data have none": (
        RANK2,
        (0.7, "1e-6", "1e-9", "rest"),
        lambda alpha: 1 / 0.3**2,
    ),
}


@pytest.mark.parametrize("alpha", [0.04, 0.01])
@pytest.mark.parametrize("name", HARD)
def test_derivative_of_ill_conditioned_pairs(name, alpha):
    *spectra, sensitivity = HARD[name]
    paths = [
        Path(state(x, seed), (), g) for x, seed, g in zip(spectra, (11, 12), (K, L), strict=True)
    ]
    found, expected = slopes(alpha, paths)
    speed = 2 * 2  # the trace norm of −i[K, ρ] is at most 2 ‖K‖, and there are two paths
    assert abs(found - expected) <= BACKWARD * EPS * 4 * speed * sensitivity(alpha)


def test_the_gradients_join_those_of_the_other_orders():
    """Two algorithms meet at 0.05, where m ~ q^19 ε is what the powers of matrices lose."""
    rng = np.random.default_rng(3)
    p, q = (x / x.sum() for x in rng.uniform(0.8, 1.2, size=(2, 6)))
    u, v = (random_unitary(rng, 6) for _ in range(2))
    states = (u * p) @ u.conj().T, (v * q) @ v.conj().T
    lost = BACKWARD * EPS * 6 * (q.max() / q.min()) ** 19 / q.min()
    for k in (0, 1):
        below, above = (
            autograd.grad(lambda *x, a=a: sandwiched(*x, a, check=False), k)(*states)
            for a in (math.nextafter(0.05, 0), 0.05)
        )
        assert np.abs(below - above).max() <= lost


def test_a_gradient_is_that_of_the_relative_shift_of_the_model():
    """D(ρ‖cσ) = D(ρ‖σ) − log c: Tr σ ∇ = −1, however far the eigenvalues of σ^s lie apart."""
    rng = np.random.default_rng(4)
    q = np.geomspace(1, 1e-8, 24)
    sigma = rotated(rng, q / q.sum())
    rho = rotated(rng, rng.dirichlet(np.ones(24)) * (np.arange(24) < 9) + np.eye(24)[0] * 0.5)
    rho /= np.trace(rho)
    for alpha in (0.049, 1e-3, 1e-9):
        slope = autograd.grad(lambda x, a=alpha: sandwiched(rho, x, a, check=False))(sigma)
        assert abs(np.sum(slope * sigma).real + 1) <= 64 * EPS * 24


def rotated(rng, spectrum):
    u = random_unitary(rng, len(spectrum))
    return (u * spectrum) @ u.conj().T


# --- modes of differentiation, and refusals ------------------------------------------------------

PAIR = [path.state.array for path in CASES["pure data"]]
TANGENTS = [path.tangent() for path in CASES["pure data"]]


def test_forward_mode_compiled_and_mapped_in_jax():
    expected = float(
        oracles.derivative(partial(truth.sandwiched_of_small_order, ORDER), *CASES["pure data"])
    )
    room = oracles.derivative_limit(1, *CASES["pure data"])

    @jax.jit
    @partial(jax.vmap, in_axes=(0, None, 0, None))
    def forward(r, s, dr, ds):
        function = partial(sandwiched, alpha=ORDER, check=False)
        return jax.jvp(function, (r, s), (dr, ds))[1]

    (rho, sigma), (by_data, by_model) = PAIR, TANGENTS
    stack = [jnp.stack([x, x]) for x in (rho, by_data)]
    found = forward(stack[0], sigma, stack[1], by_model)
    assert np.abs(found - expected).max() <= room


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_gradients_of_a_batch_are_those_of_its_members(library):
    rho, sigma = PAIR
    batch = np.stack([rho, np.eye(4) / 4 + 0j])

    def total(x):
        values = sandwiched(x, library.asarray(sigma), ORDER, check=False)
        return values[0] + values[1]

    found = np.asarray(library.gradient(total)(library.variable(batch)))
    found = found.conj() if library.name == "torch" else found
    for slope, one in zip(found, batch, strict=True):
        alone = autograd.grad(lambda x: sandwiched(x, sigma, ORDER, check=False))(one)
        assert np.abs(slope - alone).max() <= 64 * EPS * np.abs(alone).max()


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_a_second_derivative_is_refused(library):
    curves = [path.curve(library) for path in CASES["pure data"]]
    with pytest.raises(NotImplementedError, match=r"alpha=0\.05 or more"):
        library.second_derivative(lambda t: sandwiched(*(c(t) for c in curves), ORDER, check=False))


def test_a_derivative_of_the_limit_is_refused():
    for k in (0, 1):
        with pytest.raises(NotImplementedError, match="alpha > 0"):
            autograd.grad(lambda *x: sandwiched(*x, 0, check=False), k)(*PAIR)


def test_orthogonal_states_have_a_finite_slope():
    states = np.diag([1.0, 0, 0]), np.diag([0, 0.5, 0.5])
    for k in (0, 1):
        slope = autograd.grad(lambda *x: sandwiched(*x, ORDER, check=False), k)(*states)
        assert np.isfinite(slope).all()
