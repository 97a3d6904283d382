"""The Born map and the likelihood: effects, gradients, certificates that hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import EPS
from strategies import seeds, theorem
from tomography_data import BELL, loss_of

from qce import classical
from qce.states import random_density_matrix
from qce.tomography import Povm, reconstruct
from qce.tomography.likelihood import certificate


def random_povm(rng, m, d):
    """m effects S^{−½} A_k S^{−½} of random positive A_k with sum S."""
    a = np.stack([random_density_matrix(d, seed=rng) for _ in range(m)])
    w, v = np.linalg.eigh(a.sum(axis=0))
    root = (v / np.sqrt(w)) @ v.conj().T
    return root @ a @ root


# --- the Born map --------------------------------------------------------------------------------


@theorem
@given(seeds, st.lists(st.integers(2, 3), min_size=1, max_size=3))
def test_the_contraction_is_the_list_of_effects(seed, dimensions):
    """Probabilities and operators against Kronecker products, qubits in pairs included."""
    rng = np.random.default_rng(seed)
    dimensions = [2, *dimensions]
    sites = tuple(random_povm(rng, int(rng.integers(2, 6)), d) for d in dimensions)
    povm = Povm(sites)
    effects = sites[0]
    for site in sites[1:]:
        effects = np.stack([np.kron(a, b) for a in effects for b in site])
    d = math.prod(dimensions)
    rho = random_density_matrix(d, seed=rng)
    expected = np.einsum("kij,ji->k", effects, rho).real
    assert povm.outcomes == tuple(len(site) for site in sites) and povm.dimension == d
    # Sums of d² products in each of the sites.
    limit = 16 * EPS * d * len(sites)
    assert povm.probabilities(rho).reshape(-1) == pytest.approx(expected, abs=limit)
    weights = rng.normal(size=povm.outcomes)
    operator = np.einsum("k,kij->ij", weights.reshape(-1), effects)
    assert np.abs(povm.operator(weights) - operator).max() <= limit * np.abs(weights).sum()


def test_effects_are_the_ones_that_are_named():
    """Index 2 × letter + bit, and the tetrahedron in its published order."""
    plus, zero = np.full((2, 2), 0.5), np.diag([1.0, 0.0])
    right = np.array([[0.5, -0.5j], [0.5j, 0.5]])
    for letter, state in enumerate((plus, right, zero)):
        p = Povm.pauli(1).probabilities(state)
        others = np.full(6, 1 / 6)
        others[2 * letter : 2 * letter + 2] = [1 / 3, 0]
        assert p == pytest.approx(others, abs=4 * EPS)
    p = Povm.tetrahedron(1).probabilities(zero)
    assert p == pytest.approx([(1 + s / 3**0.5) / 4 for s in (1, 1, -1, -1)], abs=4 * EPS)
    p = Povm.tetrahedron(1).probabilities(plus)
    assert p == pytest.approx([(1 + s / 3**0.5) / 4 for s in (1, -1, -1, 1)], abs=4 * EPS)


def test_what_determines_a_state():
    assert Povm.pauli(3).complete and Povm.tetrahedron(2).complete
    assert not Povm.general([np.diag([1, 0]), np.diag([0, 1])]).complete
    rng = np.random.default_rng(3)
    assert Povm.general(random_povm(rng, 9, 3)).complete
    assert not Povm.general(random_povm(rng, 8, 3)).complete


# --- the loss ------------------------------------------------------------------------------------


@theorem
@given(seeds, st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 0.1), (2.0, 0.3)]))
def test_the_gradient_is_the_slope_of_the_loss(seed, penalties):
    """Central differences of step h: error h² times the third derivative, and ε/h."""
    rng = np.random.default_rng(seed)
    d = 3
    povm = Povm.general(random_povm(rng, 10, d))
    loss = loss_of(rng.integers(1, 50, size=10), povm, *penalties)
    rho = 0.5 * random_density_matrix(d, seed=rng) + 0.5 * np.eye(d) / d
    move = random_density_matrix(d, seed=rng) - np.eye(d) / d
    h = 1e-5
    difference = (loss.at(rho + h * move).value - loss.at(rho - h * move).value) / (2 * h)
    slope = -np.vdot(loss.ascent(loss.at(rho)), move).real
    # Eigenvalues are 1/6 and more, third derivatives below 2·6³ of the slope's unit.
    assert slope == pytest.approx(difference, abs=1e3 * h**2 * 6 + 8 * EPS * 10 / h)


@theorem
@given(seeds, st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 0.05)]))
def test_no_state_is_further_below_than_the_certificate(seed, penalties):
    """From any state to any other, of the optimum's neighbourhood above all."""
    rng = np.random.default_rng(seed)
    povm = Povm.pauli(2)
    numbers = rng.multinomial(300, povm.probabilities(random_density_matrix(4, seed=rng)).ravel())
    loss = loss_of(numbers, povm, *penalties)
    hedge, entropy = penalties
    best = reconstruct(numbers, povm, hedge=hedge, entropy=entropy, tolerance=1e-7)
    least = loss.at(best.state).value
    for mix in (0.0, 0.5, 0.99):
        rho = mix * best.state + (1 - mix) * random_density_matrix(4, seed=rng)
        point = loss.at(rho)
        gap = certificate(rho, loss.ascent(point))
        assert -1e-7 <= point.value - least <= gap + 1e-12


def test_the_likelihood_splits_into_entropy_and_divergence():
    found = reconstruct(BELL, Povm.tetrahedron(2))
    assert found.nll.value == pytest.approx(found.entropy + found.divergence, abs=16 * EPS * 3)
    f = np.array(BELL) / 1000
    p = Povm.tetrahedron(2).probabilities(found.state).ravel()
    assert found.nll.value == pytest.approx(classical.cross_entropy(f, p), abs=16 * EPS * 3)
    surprise = -np.log(p)
    spread = f @ surprise**2 - (f @ surprise) ** 2
    assert found.nll.stderr == pytest.approx(math.sqrt(spread / 1000), rel=1e-9)
