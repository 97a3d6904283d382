"""Rényi divergences of extreme orders: α → 0 and α → ∞, against many digits and against limits."""

import functools
import math

import autograd
import divergence_oracles as truth
import jax
import mpmath as mp
import numpy as np
import oracles
import pytest
from hypothesis import assume, given
from libraries import AUTOGRAD
from oracles import BACKWARD, EPS, Path, random_basis, state
from scipy.linalg import expm
from strategies import FULL, full_pairs, random_unitary, seeds, spectra, theorem
from test_divergence_gradients import K, L

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

MILD = ("generic", "degenerate", "flat", "deficient", "pure")


def exact_state(spectrum, seed, digits):
    """Spectrum, basis and the rounded matrix, orthonormal to so many digits."""
    with mp.workdps(digits):
        basis, _ = mp.qr(random_basis(len(spectrum), seed))
        values = [mp.mpf(p) for p in spectrum]
        matrix = basis * mp.diag(values) * basis.transpose_conj()
        rounded = np.array([[complex(x) for x in row] for row in matrix.tolist()])
    return values, basis, (rounded + rounded.conj().T) / 2


def witness(alpha, rho, sigma, digits):
    """Log Tr M^α/(α−1) by mpmath's eigensolver, with as many digits as M spans decades."""
    with mp.workdps(digits):
        alpha = mp.mpf(alpha)
        s = (1 - alpha) / (2 * alpha)
        powers = mp.diag([q**s if q else mp.mpf(0) for q in sigma[0]])
        root = sigma[1] * powers * sigma[1].transpose_conj()
        matrix = root * rho[1] * mp.diag(rho[0]) * rho[1].transpose_conj() * root
        found = mp.eighe((matrix + matrix.transpose_conj()) / 2, eigvals_only=True)
        rank = min(sum(x > 0 for x in y) for y in (rho[0], sigma[0]))
        return mp.log(mp.fsum(m**alpha for m in sorted(found)[-rank:])) / (alpha - 1)


PAIRS = {
    "full rank": ((0.5, 0.25, 0.25), (0.125, 0.625, 0.25)),
    "pure data": ((1, 0, 0), (0.5, 0.375, 0.125)),
    "deficient data": ((0.75, 0.25, 0), (0.5, 0.25, 0.25)),
    "close eigenvalues": ((0.75, 0.25, 0), (0.5, 0.25 + 2**-20, 0.25 - 2**-20)),
    "deficient model": ((0.5, 0.25, 0.25), (0.75, 0.25, 0)),
}


@pytest.mark.parametrize("alpha", [0.001, 0.008, 0.049])
@pytest.mark.parametrize("name", PAIRS)
def test_small_sandwiched_orders_have_the_digits_of_the_definition(name, alpha):
    """Rounding of the input moves m^α, all of them below 1, by a few ε·d/q_min; q_min = 1/8."""
    digits = 40 + round(2 / alpha)
    rho, sigma = (exact_state(x, seed, digits) for seed, x in enumerate(PAIRS[name], 11))
    expected = float(witness(alpha, rho, sigma, digits))
    assert abs(sandwiched(rho[2], sigma[2], alpha) - expected) <= BACKWARD * EPS * 3 * 8


@theorem
@given(p=spectra(4, MILD), q=spectra(4, MILD), seed=seeds)
def test_the_small_orders_join_the_others(p, q, seed):
    """Two algorithms meet at 0.05; m^α there is as rough as rounding of q, ε·d/q_min."""
    rng = np.random.default_rng(seed)
    u, v = (random_unitary(rng, 4) for _ in range(2))
    rho, sigma = (u * p) @ u.conj().T, (v * q) @ v.conj().T
    below, above = (sandwiched(rho, sigma, a) for a in (math.nextafter(0.05, 0), 0.05))
    assert abs(below - above) <= 64 * EPS * 4 / min(x[x > 0].min() for x in (p, q))


@theorem
@given(q=spectra(5, FULL), seed=seeds)
def test_the_limit_of_small_orders_takes_the_largest_eigenvalues(q, seed):
    """In general position: −log of the sum of the r largest q, r the rank of the data."""
    rng = np.random.default_rng(seed)
    u, v = (random_unitary(rng, 5) for _ in range(2))
    sigma = (v * q) @ v.conj().T
    for rank in (1, 3, 5):
        rho = u[:, :rank] @ u[:, :rank].conj().T / rank
        expected = -math.log(np.sort(q)[-rank:].sum())
        value = sandwiched(rho, sigma, 0)
        assert abs(value - expected) <= 64 * EPS * 5 / np.sort(q)[-rank:].sum()
        assert value <= quantum.min_relative_entropy(rho, sigma) + 64 * EPS / q.max()
        # m^α is q^{1−α} of the overlaps to the power 2α, which are above 1e-8 here.
        assert abs(sandwiched(rho, sigma, 1e-9) - value) <= 1e-9 * 80


def test_the_limit_of_small_orders_skips_eigenvectors_that_depend_on_others():
    """ρ on |+0⟩ and |01⟩, σ diagonal: |00⟩, |10⟩ project on one line, so |01⟩ is the second."""
    plus = np.array([1, 0, 1, 0]) / math.sqrt(2)
    rho = (np.outer(plus, plus) + np.diag([0, 1.0, 0, 0])) / 2
    sigma = np.diag([0.4, 0.1, 0.3, 0.2])
    assert abs(sandwiched(rho, sigma, 0) + math.log(0.4 + 0.1)) <= 4 * EPS
    assert abs(sandwiched(rho, sigma, 1e-6) + math.log(0.4 + 0.1)) <= 1e-5


def test_small_orders_of_orthogonal_states_are_infinite():
    for alpha in (0, 0.01):
        assert sandwiched(np.diag([1.0, 0, 0]), np.diag([0, 0.5, 0.5]), alpha) == np.inf


def test_small_orders_work_in_compiled_code():
    rho, sigma = (exact_state(x, seed, 40)[2] for seed, x in enumerate(PAIRS["pure data"], 11))
    compiled = jax.jit(lambda *x: sandwiched(*x, 0.01, check=False))
    assert abs(compiled(rho, sigma) - sandwiched(rho, sigma, 0.01)) <= 8 * EPS


# --- Petz, α → ∞ -------------------------------------------------------------------------------


@theorem
@given(full_pairs(kinds=("generic", "degenerate", "deficient", "pure")))
def test_petz_orders_rise_to_their_limit(pair):
    """Σ w p^α q^{1−α} is at most max (p/q)^α and at least w of the largest term alone."""
    overlap = np.abs(pair[0].basis.conj().T @ pair[1].basis) ** 2
    assume(overlap.min() > 1e-6)  # at large finite orders even overlaps of rounding count
    rho, sigma = (x.matrix for x in pair)
    limit, order = petz(rho, sigma, math.inf), 1e6
    rounding = 64 * EPS * len(rho) / pair[1].spectrum.min()
    assert abs(petz(rho, sigma, order) - limit) <= (math.log(1e6) + limit) / order + rounding
    assert quantum.max_relative_entropy(rho, sigma) <= limit + rounding


def enclosure(p, q, overlaps, gaps, alpha):
    """What rounding of dense states leaves of log Σ |⟨i|j⟩|² p^α q^{1−α}/(α−1), α > 1.

    Rounding by ‖E‖ <= 4·ε·d moves eigenvalues by as much, and turns each eigenvector by ‖E‖ over
    its distance from the others, hence an overlap by the sum of two such angles.
    """
    shift = BACKWARD * EPS * len(p)
    ends = []
    for sign in (-1, 1):
        size = np.maximum(overlaps + sign * shift * gaps, 0)
        with np.errstate(divide="ignore"):
            logs = 2 * np.log(size) + alpha * np.log(p + sign * shift)[:, None]
        logs = logs + (1 - alpha) * np.log(q - sign * shift)
        ends.append(np.logaddexp.reduce(logs, axis=None) / (alpha - 1))
    return ends


@pytest.mark.parametrize("alpha", [5, 20, 50, 100, 200, 1000])
@pytest.mark.parametrize("angle", [0, 1e-9, 1e-6, 1])
def test_large_petz_orders_are_as_right_as_rounding_of_the_states_allows(angle, alpha):
    """Commuting states are an ill-conditioned problem there; nearly commuting ones are not."""
    rng = np.random.default_rng(8)
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.35, 0.3, 0.2, 0.15])
    u, h = random_unitary(rng, 4), rng.normal(size=(4, 4))
    turn = expm(1j * angle * (h + h.T))  # of the model's eigenvectors, in the basis of the data's
    v = u @ turn
    rho, sigma = (u * p) @ u.conj().T, (v * q) @ v.conj().T
    gaps = [1 / np.min(np.abs(np.subtract.outer(x, x)) + np.eye(4), axis=0) for x in (p, q)]
    low, high = enclosure(p, q, np.abs(turn), np.add.outer(*gaps), alpha)
    assert low <= petz(rho, sigma, alpha) <= high
    if angle >= 1e-6:  # the enclosure says so itself
        assert high - low <= 1e-8
    if angle == 0 and alpha == 200:
        assert high - low > 0.1


@pytest.mark.parametrize("alpha", [2.5, 3, 10])
def test_second_derivatives_of_petz_beside_a_small_eigenvalue(alpha):
    """Rounding of the model moves λ = 1e-9 by 4·ε·d, which α + 2 powers of it meet."""
    paths = (
        Path(state((0.4, 0.3, 0.2, 0.1), 11), (), K),
        Path(state((0.5, 0.3, "1e-9", "rest"), 12), (), L),
    )
    witness = functools.partial(truth.petz, alpha)
    expected = float(oracles.second_derivative(witness, *paths))
    curves = [path.curve(AUTOGRAD) for path in paths]
    found = AUTOGRAD.second_derivative(lambda t: petz(*(c(t) for c in curves), alpha, check=False))
    assert abs(found - expected) <= BACKWARD * EPS * 4 * (alpha + 2) / 1e-9 * abs(expected)


def test_the_limit_of_petz_is_that_of_the_reference_pair():
    """All four overlaps of the pair are ½: log(0.95/0.25)."""
    rho, sigma = np.diag([0.95, 0.05]), np.array([[0.5, 0.25], [0.25, 0.5]])
    assert abs(petz(rho, sigma, math.inf) - math.log(3.8)) <= 16 * EPS


@theorem
@given(p=spectra(4, MILD), q=spectra(4, ("generic", "degenerate", "flat")), seed=seeds)
def test_commuting_states_have_the_classical_limit(p, q, seed):
    """Overlaps that rounding made do not count, where both spectra keep their distance."""
    u = random_unitary(np.random.default_rng(seed), 4)
    gaps = [np.diff(np.unique(np.round(x, 12))) for x in (p, q)]
    if min((g.min() for g in gaps if g.size), default=1) < 1e-4:
        return
    rho, sigma = ((u * x) @ u.conj().T for x in (p, q))
    expected = classical.max_relative_entropy(p, q)
    assert abs(petz(rho, sigma, math.inf) - expected) <= 64 * EPS * 4 / q.min()
    diagonal = petz(np.diag(p), np.diag(q), math.inf)
    assert abs(diagonal - expected) <= 4 * EPS * (1 + expected)


def test_the_limit_of_petz_is_infinite_outside_the_support():
    rho, sigma = np.diag([0.5, 0.5, 0]), np.diag([0.5, 0, 0.5])
    assert petz(rho, sigma, math.inf) == np.inf
    with pytest.raises(ValueError, match="Argument `model` must contain the data"):
        petz(rho, sigma, math.inf, support="raise")


def test_the_gradient_of_the_limit_of_petz():
    """Against central differences: h² of the truncation with eigenvalues 0.1 apart, ε/h."""
    rng, h = np.random.default_rng(7), 1e-5
    states, moves = [], []
    for spectrum in ((0.4, 0.3, 0.2, 0.1), (0.15, 0.2, 0.3, 0.35)):
        u = random_unitary(rng, 4)
        states.append((u * spectrum) @ u.conj().T)
        x = rng.normal(size=(4, 4))
        moves.append(x + x.T)
    for k in (0, 1):
        slope = autograd.grad(lambda *x: petz(*x, math.inf, check=False), k)(*states)
        ends = [
            petz(
                *(
                    x + sign * h * m * (j == k)
                    for j, (x, m) in enumerate(zip(states, moves, strict=True))
                ),
                math.inf,
                check=False,
            )
            for sign in (1, -1)
        ]
        expected = (ends[0] - ends[1]) / (2 * h)
        assert abs(np.sum(slope * moves[k]).real - expected) <= 1e4 * h**2 + 100 * EPS / h
    with pytest.raises(NotImplementedError, match="differentiable once"):
        autograd.grad(
            lambda x: np.sum(
                np.abs(autograd.grad(lambda y: petz(y, states[1], math.inf, check=False))(x)) ** 2
            )
        )(states[0])
