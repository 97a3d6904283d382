"""The seventeen accuracy cases at which the peers were measured, in every array library.

Each state is built in sixty digits in a random complex basis (seeds in the table), rounded once to
float64, and held to the error that this rounding and one eigendecomposition allow.
"""

from dataclasses import dataclass

import jax
import mpmath as mp
import numpy as np
import oracles
import pytest
from libraries import AUTOGRAD, JAX, TORCH

from qce import quantum

SMALL = "1e-12"
MILD, FLAT = (0.4, 0.3, 0.2, 0.1), (1, 1, 1, 1)


@dataclass(frozen=True)
class Case:
    """A pair of spectra and the bases they live in: a seed, or None for the computational basis."""

    name: str
    rho: tuple
    sigma: tuple
    rho_basis: int | None = 101
    sigma_basis: int | None = 202

    def states(self):
        return (
            oracles.state(self.rho, self.rho_basis),
            oracles.state(self.sigma, self.sigma_basis),
        )


def spread(dimension, ratio):
    """A full-rank spectrum in geometric progression."""
    return tuple(ratio**k for k in range(dimension))


FINITE = [
    Case("full_rank_d4", MILD, (0.15, 0.35, 0.3, 0.2)),
    Case("full_rank_d16", spread(16, 0.8), spread(16, 0.75)),
    Case("near_pure_rho_1e-12", ("rest", SMALL, SMALL, SMALL), MILD),
    Case("sigma_min_1e-12", MILD, ("rest", 0.3, 0.2, SMALL)),
    Case("sigma_min_1e-13", MILD, ("rest", 0.3, 0.2, "1e-13")),
    Case(
        "both_near_pure_same_basis",
        ("rest", "2e-12", "1e-12", "1e-12"),
        ("rest", "1e-12", "1e-12", "2e-12"),
        101,
        101,
    ),
    Case("pure_rho_full_sigma", (1, 0, 0, 0), MILD),
    Case("rank2_in_rank3", (0.7, 0.3, 0, 0), (0.5, 0.3, 0.2, 0), 101, 101),
    Case("same_rank2_state", (0.6, 0.4, 0, 0), (0.6, 0.4, 0, 0), 101, 101),
    Case("commuting_diagonal", (0.1, 0.2, 0.3, 0.4), (0.6, 0.25, 0.1, 0.05), None, None),
    Case("commuting_diagonal_zero_inside", (0.25, 0.75, 0, 0), (0.5, 0.25, 0.25, 0), None, None),
    Case("commuting_rotated", (0.1, 0.2, 0.3, 0.4), (0.6, 0.25, 0.1, 0.05), 101, 101),
    Case("degenerate_both", (0.4, 0.4, 0.1, 0.1), (0.1, 0.3, 0.3, 0.3)),
    Case("maximally_mixed_sigma", MILD, FLAT),
]
INFINITE = [
    Case("support_violation_full_vs_rank3", MILD, (0.5, 0.3, 0.2, 0)),
    Case("support_violation_pure_pure", (1, 0, 0, 0), (1, 0, 0, 0)),
    Case("support_violation_weight_1e-6", ("rest", 0, 0, "1e-6"), (0.5, 0.3, 0.2, 0), 101, 101),
    Case("orthogonal_pure_d2", (1, 0), (0, 1), 101, 101),
    Case("orthogonal_pure_d8", (1,) + 7 * (0,), (0, 1) + 6 * (0,), 101, 101),
]


def by_name(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def in_every_library(function, *states):
    """Yield name and value for NumPy, autograd, JAX, JAX under jit, and PyTorch."""
    yield "numpy", function(*states)
    for library in (AUTOGRAD, JAX, TORCH):
        yield library.name, function(*map(library.asarray, states))
    yield "jit", jax.jit(lambda *x: function(*x, check=False))(*states)


@by_name(FINITE)
@pytest.mark.parametrize("name", ["cross_entropy", "relative_entropy"])
def test_finite_value_is_right_to_the_limit_of_float64_input(case, name):
    rho, sigma = case.states()
    truth = float(getattr(oracles, name)(rho, sigma))
    limit = oracles.LIMITS[name](oracles.decomposed(rho), oracles.decomposed(sigma))
    for library, value in in_every_library(getattr(quantum, name), rho.array, sigma.array):
        assert abs(float(value) - truth) <= limit, library


@by_name(FINITE)
def test_entropy_is_right_to_the_limit_of_float64_input(case):
    for state in case.states():
        truth = float(oracles.entropy(state))
        limit = oracles.entropy_limit(oracles.decomposed(state))
        for library, value in in_every_library(quantum.entropy, state.array):
            assert abs(float(value) - truth) <= limit, library


@by_name(INFINITE)
@pytest.mark.parametrize("name", ["cross_entropy", "relative_entropy"])
def test_support_violation_is_plus_infinity(case, name):
    rho, sigma = case.states()
    assert oracles.cross_entropy(rho, sigma) == mp.inf
    for library, value in in_every_library(getattr(quantum, name), rho.array, sigma.array):
        assert float(value) == np.inf, library


@by_name(FINITE)
def test_relative_entropy_is_never_negative_in_any_library(case):
    rho, sigma = case.states()
    for library, value in in_every_library(quantum.relative_entropy, rho.array, sigma.array):
        assert float(value) >= 0, library


@by_name(FINITE + INFINITE)
def test_numpy_meets_no_division_by_zero_and_no_invalid_operation(case):
    """Not even inside a `where` that throws the result away: users turn warnings into errors."""
    rho, sigma = (state.array for state in case.states())
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        quantum.entropy(rho)
        quantum.cross_entropy(rho, sigma)
        quantum.relative_entropy(rho, sigma)


@by_name(FINITE)
def test_a_state_against_itself_has_relative_entropy_zero(case):
    rho, _ = case.states()
    for library, value in in_every_library(quantum.relative_entropy, rho.array, rho.array):
        assert float(value) == 0, library


def test_the_zero_inside_case_has_the_value_found_by_hand():
    """¼ ln ½ + ¾ ln 3: the case at which peers return 0 or NaN; nothing is rounded here."""
    rho, sigma = np.diag([0.25, 0.75, 0, 0]), np.diag([0.5, 0.25, 0.25, 0])
    truth = 0.25 * np.log(0.5) + 0.75 * np.log(3)
    for library, value in in_every_library(quantum.relative_entropy, rho, sigma):
        assert abs(float(value) - truth) <= 8 * oracles.EPS, library


@pytest.mark.parametrize("dimension", [2, 4, 8])
@pytest.mark.parametrize("seed", range(5))
def test_random_rank_deficient_state_against_itself_is_zero(dimension, seed):
    """Null eigenvalues come back from LAPACK as ±1e-17."""
    rank = max(1, dimension // 2)
    rho = oracles.state((1,) * rank + (0,) * (dimension - rank), seed).array
    for library, value in in_every_library(quantum.relative_entropy, rho, rho):
        assert float(value) == 0, library


@pytest.mark.parametrize("dimension", [4, 8, 16])
@pytest.mark.parametrize("seed", range(3))
def test_state_inside_a_rank_deficient_support_is_finite_and_right(dimension, seed):
    """Theory.md §6.8, third kind: ρ has half the rank of σ and lies inside its support."""
    rank = 3 * dimension // 4
    sigma = oracles.state(tuple(range(1, rank + 1)) + (0,) * (dimension - rank), seed)
    inside = mp.eye(dimension)
    with mp.workdps(oracles.DIGITS):
        inside[:rank, :rank] = oracles.random_basis(rank, 1000 + seed)
        basis = sigma.basis * inside
    rho = oracles.state((1,) * (rank // 2) + (0,) * (dimension - rank // 2), basis)
    truth = float(oracles.relative_entropy(rho, sigma))
    limit = oracles.relative_limit(oracles.decomposed(rho), oracles.decomposed(sigma))
    for library, value in in_every_library(quantum.relative_entropy, rho.array, sigma.array):
        assert abs(float(value) - truth) <= limit, library


CLOSE = [10.0**-k for k in range(2, 13)]
GRID = 2.0**-53


def on_grid(matrix):
    """Round a state to multiples of 2^-53 with a trace of exactly one.

    Else a trace that is off by eps would be part of ρ − σ, and the float64 input itself ambiguous.
    """
    rounded = GRID * (np.rint(matrix.real / GRID) + 1j * np.rint(matrix.imag / GRID))
    rounded = np.triu(rounded, 1) + np.triu(rounded, 1).conj().T + np.diag(rounded.diagonal().real)
    rounded[-1, -1] = 1 - rounded[:-1, :-1].trace().real
    return rounded


@pytest.mark.parametrize("delta", CLOSE)
@pytest.mark.parametrize("spectrum", [MILD, ("rest", 0.3, 0.1, 0.001), FLAT], ids=str)
def test_relative_entropy_of_close_states_keeps_relative_accuracy(delta, spectrum):
    """D of ρ = σ + δH against sixty digits of the very floats given, which have unit trace.

    A sum of non-negative terms amplifies the backward error of one eigendecomposition by the
    condition number: 4·eps·d·cond, relative to D itself. Seed of H: 7.
    """
    exact = oracles.state(spectrum, 303)
    largest, smallest = (float(f(exact.spectrum)) for f in (max, min))
    noise = np.random.default_rng(7).normal(size=(2, 4, 4))
    direction = noise[0] + 1j * noise[1]
    direction += direction.conj().T
    direction -= np.eye(4) * np.trace(direction).real / 4
    direction *= smallest / np.linalg.norm(direction, 2)
    sigma = on_grid(exact.array)
    rho = on_grid(sigma + delta * direction)
    truth = float(
        oracles.relative_entropy(oracles.nearest_state(rho), oracles.nearest_state(sigma))
    )
    limit = oracles.BACKWARD * oracles.EPS * 4 * largest / smallest
    for library, value in in_every_library(quantum.relative_entropy, rho, sigma):
        assert abs(float(value) / truth - 1) <= limit, library
