"""Known values of the divergences: reference pairs, close states, orders near one, units."""

import math

import divergence_oracles as truth
import numpy as np
import oracles
import pytest
from divergence_tables import DIVERGENCES, P1, P3, slack
from oracles import BACKWARD, EPS, state
from strategies import random_unitary

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

TABLE = {
    "fidelity": (quantum.fidelity, 0.688745860881769, 0.945624426605022),
    "trace distance": (quantum.trace_distance, 0.51478150704935, 0.2),
    "petz ½": (lambda r, s: petz(r, s, 0.5), 0.400698852309584, 0.0559098008058372),
    "sandwiched ½": (lambda r, s: sandwiched(r, s, 0.5), 0.372882928142118, 0.0559098008058372),
    "petz 2": (lambda r, s: petz(r, s, 2), 0.881008917729515, 0.272866986666640),
    "sandwiched 2": (lambda r, s: sandwiched(r, s, 2), 0.819180872162021, 0.272866986666640),
    "max": (quantum.max_relative_entropy, 0.943134114191687, 0.847297860387204),
    "belavkin": (
        quantum.belavkin_staszewski_relative_entropy,
        0.738966857386653,
        0.122182659848980,
    ),
    "measured": (quantum.measured_relative_entropy, 0.583926035523780, 0.122182659848980),
    "variance": (quantum.relative_entropy_variance, 0.713548983049794, 0.283118798335471),
    "cross variance": (quantum.cross_entropy_variance, 0.301737240203145, 0.684511286857929),
    "chernoff": (quantum.chernoff, 0.202769990670961, 0.0280198934258822),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_reference_pairs_have_the_values_of_the_theory(name, seed):
    """15 digits of the table, and 4·ε·d for a random basis; gradients here are below 10."""
    function, first, third = TABLE[name]
    u = np.eye(2) if seed is None else random_unitary(np.random.default_rng(seed), 2)
    for pair, expected in ((P1, first), (P3, third)):
        value = function(*(u @ x @ u.conj().T for x in pair))
        assert abs(value - expected) <= 1e-15 + 10 * BACKWARD * EPS * 2


def test_the_best_exponent_of_chernoff_is_the_one_of_the_theory():
    assert abs(quantum.chernoff_order(*P1) - 0.446326) <= 5e-7


def test_depolarised_pure_states_have_the_divergences_of_their_two_eigenvalues():
    """ψ against pψ + (1−p)I/d commutes, and every D is −log A."""
    for d, p in ((4, 0.8), (8, 0.5), (16, 0.3)):
        u = random_unitary(np.random.default_rng(d), d)
        psi = np.outer(u[:, 0], u[:, 0].conj())
        sigma = p * psi + (1 - p) * np.eye(d) / d
        expected = -math.log(p + (1 - p) / d)
        for name in ("petz 0.3", "petz 2", "sandwiched 0.5", "sandwiched 4", "max", "belavkin"):
            assert abs(DIVERGENCES[name](psi, sigma) - expected) <= 1e-13, name


WITNESSES = {
    "petz 0.3": lambda r, s: truth.petz(0.3, r, s),
    "petz 2": lambda r, s: truth.petz(2, r, s),
    "sandwiched 0.5": lambda r, s: truth.sandwiched(0.5, r, s),
    "sandwiched 2": lambda r, s: truth.sandwiched(2, r, s),
    "max": truth.max_relative_entropy,
    "belavkin": truth.belavkin_staszewski,
    "jensen shannon": truth.jensen_shannon,
    "chernoff": truth.chernoff,
    "bures": truth.bures_distance,
}


@pytest.mark.parametrize("distance", [1e-3, 1e-6])
@pytest.mark.parametrize("name", WITNESSES)
def test_values_of_close_states_are_relatively_accurate(name, distance):
    """The input says ρ − σ to ε/distance, and so a value; a difference of logs is off by 1."""
    rho = state((0.4, 0.3, 0.2, 0.1), 11)
    noise = np.random.default_rng(5).normal(size=(4, 4))
    near = rho.array + distance * (np.diag([1, -1, 0, 0]) + (noise + noise.T) * (1 - np.eye(4)) / 8)
    exact = oracles.nearest_state(rho.array), oracles.nearest_state(near)
    expected = float(WITNESSES[name](*exact))
    value = DIVERGENCES[name](rho.array, near)
    assert abs(value - expected) <= 64 * EPS / distance * expected


@pytest.mark.parametrize("family", [petz, sandwiched])
@pytest.mark.parametrize("gap", [1e-4, 1e-8, 1e-12, 1e-15])
def test_orders_near_one_approach_the_relative_entropy_at_the_rate_of_its_variance(family, gap):
    """D_α = D + (α−1)V/2 + O((α−1)²), with nothing lost however near; third cumulants are < 10."""
    d, v = quantum.relative_entropy(*P1), quantum.relative_entropy_variance(*P1)
    for alpha in (1 + gap, 1 - gap):
        expected = d + (alpha - 1) * v / 2
        assert abs(family(*P1, alpha) - expected) <= 10 * gap**2 + 64 * EPS


@pytest.mark.parametrize("alpha", [0, 0.05, 0.3, 0.5, 0.99, 1, 1.01, 2, 7, 300, math.inf])
def test_classical_orders_have_the_definition(alpha):
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.2, 0.3, 0.4])
    expected = {
        0: -np.log(0.6),
        1: np.sum(p[:3] * np.log(p[:3] / q[:3])),
        math.inf: np.log(5),
    }.get(alpha)
    if expected is None:
        logs = alpha * np.log(p[:3]) + (1 - alpha) * np.log(q[:3])
        expected = (logs.max() + np.log(np.sum(np.exp(logs - logs.max())))) / (alpha - 1)
    # log Σ carries ε, which the definition divides by α − 1
    slack = 16 * EPS / min(1, abs(alpha - 1) or 1)
    assert abs(classical.renyi_divergence(p, q, alpha) - expected) <= slack


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.4])
def test_small_sandwiched_orders_of_wide_spectra(alpha):
    """σ^s with s = 9.5 spreads over nine decades: the value is right to what the input says."""
    rho, sigma = state(("rest", "0.4"), 12), state(("rest", "0.1"), 11)
    expected = float(truth.sandwiched(alpha, rho, sigma))
    value = sandwiched(rho.array, sigma.array, alpha)
    assert abs(value - expected) <= slack(
        lambda r, s, **k: sandwiched(r, s, alpha, **k), rho.array, sigma.array
    )


def test_base_turns_the_unit_and_its_square_that_of_a_variance():
    assert abs(petz(*P1, 2, base=2) * math.log(2) - petz(*P1, 2)) <= 4 * EPS
    bits = quantum.relative_entropy_variance(*P1, base=2)
    assert abs(bits * math.log(2) ** 2 - quantum.relative_entropy_variance(*P1)) <= 4 * EPS
