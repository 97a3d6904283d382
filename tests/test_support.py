"""The support rule between two rank-deficient states, both rounded, along different roads.

Data and model share a support, drawn at random, and are multiplied out in different orders: what
the data then have outside the model's computed support was put there by rounding, and is none.
Weight that is truly outside makes the value infinite, also where it is spread over the kernel.
"""

import numpy as np
import pytest
from libraries import DIFFERENTIATING
from strategies import random_unitary

from qce import quantum

PRECISIONS = [np.complex128, np.complex64]
# Dimension, rank. The kernel has one dimension, or a few, or nearly all.
SHAPES = [(2, 1), (4, 3), (8, 4), (16, 2), (16, 15), (64, 8), (256, 16)]


def epsilon(dtype):
    return float(np.finfo(dtype).eps)


def sandwiched(isometry, core, dtype):
    """K a K†, rounded first and multiplied out afterwards."""
    isometry = isometry.astype(dtype)
    return isometry @ core.astype(dtype) @ isometry.conj().T


def summed(isometry, core, dtype):
    """Σ p |k⟩⟨k| over the eigenvectors of the same."""
    p, u = np.linalg.eigh(core)
    kets = (isometry @ u).astype(dtype).T
    return sum(
        dtype(weight) * np.outer(ket, ket.conj()) for weight, ket in zip(p, kets, strict=True)
    )


def core(rng, rank):
    """A state of full rank, its eigenvalues within a factor of ten of each other."""
    basis = random_unitary(rng, rank)
    p = rng.uniform(0.1, 1.0, rank)
    return (basis * (p / p.sum())) @ basis.conj().T


def shared_support(shape, dtype, seed):
    """Data and model of one support, a state on its complement, and the cores."""
    dimension, rank = shape
    rng = np.random.default_rng(seed)
    isometry = random_unitary(rng, dimension)[:, :rank]
    a, b = core(rng, rank), core(rng, rank)
    complement = np.eye(dimension) - isometry @ isometry.conj().T
    rho, sigma = sandwiched(isometry, a, dtype), summed(isometry, b, dtype)
    return rho, sigma, complement / (dimension - rank), (a, b)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", PRECISIONS, ids=lambda dtype: dtype.__name__)
def test_states_of_one_support_are_finite_and_as_close_as_their_entries(dtype, shape, seed):
    rho, sigma, _, cores = shared_support(shape, dtype, seed)
    for name in ("cross_entropy", "relative_entropy"):
        exact = getattr(quantum, name)(*cores)
        # Rounding moves both states by a few ε in Frobenius norm, √rank times that in trace norm;
        # the logarithm, |log q| < 5, and the ratio of their eigenvalues, below 10, multiply it.
        assert getattr(quantum, name)(rho, sigma) == pytest.approx(
            exact, abs=20 * shape[1] * epsilon(dtype)
        )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", PRECISIONS, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("spread", [False, True], ids=["on one ket", "over the kernel"])
def test_weight_outside_is_found_once_rounding_cannot_explain_it(spread, dtype, shape, seed):
    rho, sigma, complement, _ = shared_support(shape, dtype, seed)
    if not spread:
        ket = np.linalg.eigh(complement)[1][:, -1:]
        complement = ket @ ket.conj().T
    # The rule allows 2·ε·√d for rounding of the data, and less than that again for the kernel's
    # angle: the squares of 40·ε·√rank, ‖q‖ being below 10·√rank eigenvalues.
    mass = 5 * epsilon(dtype) * shape[0] ** 0.5
    mixed = ((1 - mass) * rho + mass * complement).astype(dtype)
    assert quantum.cross_entropy(mixed, sigma) == np.inf
    assert quantum.relative_entropy(mixed, sigma) == np.inf


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_weight_of_1e_minus_12_over_a_kernel_of_240_is_infinite_in_every_library(library):
    rho, sigma, complement, _ = shared_support((256, 16), np.complex128, seed=0)
    mixed = (1 - 1e-12) * rho + 1e-12 * complement
    pair = library.asarray(mixed), library.asarray(sigma)
    assert float(quantum.relative_entropy(*pair)) == np.inf
    assert np.isfinite(float(quantum.relative_entropy(library.asarray(rho), pair[1])))


RATIOS = ["cross_entropy", "max_relative_entropy", "belavkin_staszewski_relative_entropy"]


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("least", [0.0, 1e-16, 1e-15])
@pytest.mark.parametrize("angle", [1e-3, 1e-5, 4.28132221915363e-07])
def test_a_graded_model_has_the_support_of_its_eigenvalues_in_every_divergence(name, angle, least):
    """Turned by little, its entries and pivots look as if the small eigenvalue were support."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]])
    sigma = turn @ np.diag([least, 1 - least]) @ turn.T
    assert getattr(quantum, name)(np.diag([0.8, 0.2]), (sigma + sigma.T) / 2) == np.inf


@pytest.mark.parametrize("seed", range(40))
def test_no_relative_entropy_exceeds_the_largest_on_graded_models(seed):
    """D <= D_BS and D <= D_max, with +∞ for all of them or for none; nested rotations of 4 levels.

    Data of full rank have weight everywhere. What is support exceeds 16 ε λ_max, of which rounding
    by 4 ε is a quarter: it moves a logarithm by log(4/3) at most.
    """
    rng = np.random.default_rng(seed)
    p = 10.0 ** -rng.uniform(0, 18, size=4)
    basis = np.eye(4)
    for angle in 10.0 ** -rng.uniform(0, 9, size=4):
        i, j = rng.choice(4, 2, replace=False)
        turn = np.eye(4)
        turn[[i, i, j, j], [i, j, i, j]] = (
            np.cos(angle),
            np.sin(angle),
            -np.sin(angle),
            np.cos(angle),
        )
        basis = basis @ turn
    sigma = (basis * (p / p.sum())) @ basis.T
    pair = np.eye(4) / 4, (sigma + sigma.T) / 2
    value = quantum.relative_entropy(*pair)
    for name in RATIOS[1:]:
        other = getattr(quantum, name)(*pair)
        assert np.isinf(value) == np.isinf(other)
        assert np.isinf(value) or value <= other + np.log(4 / 3)
