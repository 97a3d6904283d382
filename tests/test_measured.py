"""The measured relative entropy for data of any rank, beside sixty digits and its own certificate.

Slacks are those of `divergence_tables`: what the rounding of the input explains.
"""

from functools import cache

import measured_oracle as truth
import numpy as np
import oracles
import pytest
from divergence_tables import MILD, slack
from hypothesis import given
from libraries import AUTOGRAD, DIFFERENTIATING
from oracles import EPS, Path, state
from strategies import full_pairs, random_unitary, seeds, supported_pairs, theorem
from test_divergence_gradients import CASES, K, L

from qce import classical, quantum
from qce.quantum import _measurement
from qce.quantum._certificate import upper_bound
from qce.states import random_density_matrix


def width(bounds):
    return bounds.upper - bounds.lower


# --- values ------------------------------------------------------------------------------------

DATA = [(1, 0), (1, 0, 0), (0.7, 0.3, 0), (1, 0, 0, 0), (0.6, 0.4, 0, 0), (0.4, 0.3, 0.2, 0.1)]
# Beside a model that is nearly flat, pure data have an ω with eigenvalues down to 1e-19.
MODELS = {"steep": lambda k: 1.0 + k, "nearly flat": lambda k: 1.0 + 0.01 * k}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("spectrum", DATA, ids=str)
def test_value_and_certificate_are_those_of_sixty_digits(spectrum, model):
    d = len(spectrum)
    rho, sigma = state(spectrum, d), state(tuple(MODELS[model](np.arange(d))), d + 10)
    exact = float(truth.measured(rho, sigma))
    room = slack(quantum.measured_relative_entropy, rho.array, sigma.array)
    bounds = quantum.measured_relative_entropy_bounds(rho.array, sigma.array)
    assert abs(bounds.lower - exact) <= room
    assert abs(bounds.upper - exact) <= room


# --- derivatives -------------------------------------------------------------------------------


def inside(spectrum, basis, seed):
    """A state in the first dimensions of a basis, turned among them."""
    small = oracles.random_basis(len(spectrum), seed)
    block = oracles.mp.eye(basis.cols)
    block[: len(spectrum), : len(spectrum)] = small
    missing = basis.cols - len(spectrum)
    with oracles.mp.workdps(oracles.DIGITS):
        return state((*spectrum, *[0] * missing), basis * block)


FRAME = oracles.random_basis(4, 11)
PATHS = {name: CASES[name] for name in ("full rank", "degenerate data", "pure data")} | {
    "data of rank two": (
        Path(state((0.6, 0.4, 0, 0), 11), (0.25, -0.25, 0, 0), K),
        Path(state((0.15, 0.2, 0.3, 0.35), 12), (), L),
    ),
    "pure data beside a nearly flat model": (
        Path(state((1, 0, 0, 0), 11), (), K),
        Path(state((0.26, 0.255, 0.245, 0.24), 12), (), L),
    ),
    "both turn out of the old support": (
        Path(inside((0.7, 0.3, 0), FRAME, 5), (), K),
        Path(state((0.5, 0.25, 0.25, 0), FRAME), (0.125, -0.375, 0.25, 0), K),
    ),
}


@cache
def slope(case):
    """A central difference of the optimum itself: the theorem on envelopes is not used."""
    return float(oracles.derivative(truth.measured, *PATHS[case]))


@pytest.mark.thinned(4)
@pytest.mark.parametrize(
    ("library", "case"),
    [
        (library, case)
        for library in DIFFERENTIATING
        for case in PATHS
        if library is AUTOGRAD or case in ("full rank", "pure data")
    ],
    ids=str,
)
def test_derivative_along_a_path(library, case):
    curves = [path.curve(library) for path in PATHS[case]]
    found = library.derivative(
        lambda t: quantum.measured_relative_entropy(*(c(t) for c in curves), check=False)
    )
    assert abs(found - slope(case)) <= oracles.derivative_limit(1, *PATHS[case])


# --- the certificate ---------------------------------------------------------------------------


@theorem
@given(full_pairs(kinds=("generic", "degenerate", "close", "deficient", "pure")))
def test_the_certificate_encloses_the_measured_relative_entropy(pair):
    rho, sigma = (x.matrix for x in pair)
    bounds = quantum.measured_relative_entropy_bounds(rho, sigma)
    u = random_unitary(np.random.default_rng(1), len(rho))
    laws = (np.maximum(np.diag(u.conj().T @ x @ u).real, 0) for x in (rho, sigma))
    some = classical.relative_entropy(*laws, check=False)
    assert bounds.lower <= bounds.upper
    assert some <= bounds.upper + 64 * EPS * len(rho) / pair[1].spectrum.min()


@theorem
@given(full_pairs())
def test_the_certificate_is_as_tight_as_the_input_allows(pair):
    """Whatever the rank of the data and the spread of the model; once for each of both bounds."""
    rho, sigma = (x.matrix for x in pair)
    room = slack(quantum.measured_relative_entropy, rho, sigma)
    assert width(quantum.measured_relative_entropy_bounds(rho, sigma)) <= 2 * room


@theorem
@given(supported_pairs())
def test_the_certificate_is_as_tight_for_models_of_deficient_rank(pair):
    rho, sigma = (x.matrix for x in pair)
    room = slack(quantum.measured_relative_entropy, rho, sigma)
    assert width(quantum.measured_relative_entropy_bounds(rho, sigma)) <= 2 * room


@pytest.mark.parametrize(("d", "rank"), [(8, 1), (8, 3), (16, 1), (16, 2), (16, 16)])
def test_the_certificate_is_as_tight_in_more_dimensions(d, rank):
    """Pure data in 16 dimensions: the best ω spans more than twenty orders of magnitude."""
    rho, sigma = (random_density_matrix(d, rank=r, seed=d + r) for r in (rank, d))
    room = slack(quantum.measured_relative_entropy, rho, sigma)
    bounds = quantum.measured_relative_entropy_bounds(rho, sigma)
    assert width(bounds) <= 2 * room <= 1e-10


@theorem
@given(pair=full_pairs(kinds=MILD))
def test_the_upper_bound_holds_wherever_the_optimisation_stops(pair):
    rho, sigma = (x.matrix for x in pair)
    best = quantum.measured_relative_entropy(rho, sigma)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_measurement, "_NEWTON", 0)
        rough = quantum.measured_relative_entropy_bounds(rho, sigma)
        bare = upper_bound(rho, sigma, _measurement.best_basis(rho, sigma))
    room = 64 * EPS * len(rho) / pair[1].spectrum.min()
    assert rough.lower <= best + room and best <= rough.upper + room and best <= bare + room


@theorem
@given(pair=full_pairs(kinds=("generic", "deficient", "pure")), seed=seeds)
def test_the_upper_bound_holds_for_any_measurement(pair, seed):
    """Of the dual bound no basis is asked to be the best; beside the best value of all."""
    rho, sigma = (x.matrix for x in pair)
    basis = random_unitary(np.random.default_rng(seed), len(rho))
    room = slack(quantum.measured_relative_entropy, rho, sigma)
    best = quantum.measured_relative_entropy(rho, sigma)
    assert best <= upper_bound(rho, sigma, basis) + room


# --- many pairs ----------------------------------------------------------------------------------


def mixed_pairs():
    """Pairs of every kind in one batch: ranks, diagonal ones, and models taken in parts."""
    rng = np.random.default_rng(3)
    data = [random_density_matrix(4, rank=1 + k % 4, seed=k) for k in range(12)]
    models = [random_density_matrix(4, seed=20 + k) for k in range(12)]
    data[1], models[1] = np.diag([0.4, 0.3, 0.2, 0.1]), np.diag([0.1, 0.2, 0.3, 0.4])
    models[2] = random_density_matrix(4, rank=3, seed=40)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    for k, spectrum in [(3, [0.6, 0.4, 1e-22, 1e-23]), (5, [0.9, 0.1, 1e-25, 0.0])]:
        models[k] = (turn * spectrum) @ turn.T
        models[k] /= np.trace(models[k])
    return np.array(data), np.array(models)


def test_pairs_side_by_side_go_the_way_that_each_goes_alone():
    rho, sigma = mixed_pairs()
    together = quantum.measured_relative_entropy(rho, sigma)
    alone = [quantum.measured_relative_entropy(r, s) for r, s in zip(rho, sigma, strict=True)]
    for k, (both, one) in enumerate(zip(together, alone, strict=True)):
        # Products of many matrices may be summed in another order, in steps that end at rounding.
        assert both == one or abs(both - one) <= slack(
            quantum.measured_relative_entropy, rho[k], sigma[k]
        ), k
    every = quantum.measured_relative_entropy(rho[:2, None], sigma[[0, 4]])
    assert every.shape == (2, 2) and every[0, 0] == pytest.approx(together[0], abs=1e-13)
    empty = quantum.measured_relative_entropy(rho[:0], sigma[:0], check=False)
    assert empty.shape == (0,)


def test_a_thousand_pairs_are_solved_in_as_many_steps_as_the_slowest(monkeypatch):
    calls, step = [], _measurement._newton_step

    def counted(pairs):
        calls.append(len(pairs.t))
        return step(pairs)

    monkeypatch.setattr(_measurement, "_newton_step", counted)
    rho = np.array([random_density_matrix(4, rank=2, seed=k) for k in range(1000)])
    sigma = np.array([random_density_matrix(4, seed=5000 + k) for k in range(1000)])
    quantum.measured_relative_entropy(rho, sigma, check=False)
    assert len(calls) < 200 and calls[0] == 1000


def test_memory_bounds_how_many_go_side_by_side(monkeypatch):
    rho, sigma = mixed_pairs()
    whole = _measurement.best_basis(rho, sigma)
    monkeypatch.setattr(_measurement, "_ENTRIES", 2 * 4**3)
    np.testing.assert_allclose(_measurement.best_basis(rho, sigma), whole, atol=1e-6)
