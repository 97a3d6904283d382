"""States from counts: published ones, what penalties do, and errors that are met."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from tomography_data import BELL, QUBIT

from qce import quantum
from qce.data import Counts
from qce.states import random_density_matrix
from qce.tomography import Povm, reconstruct, simulate_pauli

METHODS = ["accelerated", "cover", "diluted"]


def noisy_w(wires):
    """0.9 W + 0.1 · 1/2^n."""
    ket = np.zeros(2**wires)
    ket[[1 << k for k in range(wires)]] = wires**-0.5
    return 0.9 * np.outer(ket, ket) + 0.1 * np.eye(2**wires) / 2**wires


# --- published counts ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_published_qubit(method):
    """Four digits of the state and of the distance, twelve of the likelihood."""
    found = reconstruct(QUBIT, Povm.tetrahedron(1), optimizer=method, tolerance=1e-11)
    assert found.converged
    state = [[0.7356, -0.0104 - 0.4365j], [-0.0104 + 0.4365j, 0.2644]]
    assert np.abs(found.state - state).max() < 1e-4 / math.sqrt(2)
    assert found.nll.value == pytest.approx(1.198750507884, abs=1e-11)
    true = (np.eye(2) + np.array([[0.5, -(0.75**0.5) * 1j], [0.75**0.5 * 1j, -0.5]])) / 2
    assert quantum.trace_distance(found.state, true) == pytest.approx(0.0181, abs=5e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_published_pair(method):
    found = reconstruct(BELL, Povm.tetrahedron(2), optimizer=method, tolerance=1e-11)
    assert found.converged
    entries = found.state[[0, 0, 3], [0, 3, 3]]
    assert np.abs(entries - [0.4931, 0.4989 - 0.0219j, 0.5058]).max() < 1e-4 / math.sqrt(2)
    assert found.nll.value == pytest.approx(2.483532755137, abs=1e-11)
    assert found.entropy == pytest.approx(2.477704155384, abs=5.1e-13)
    assert found.divergence == pytest.approx(0.005829, abs=5e-7)
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    assert quantum.trace_distance(found.state, bell) == pytest.approx(0.0410, abs=5e-5)


@pytest.mark.parametrize("wires, known", [(4, 0.1146), (6, 0.1202)])
def test_the_noisy_w_state(wires, known):
    """N = 100 · 3^n. Over 40 and 6 seeds the distance scatters by 0.0067 and 0.0032."""
    state = noisy_w(wires)
    found = reconstruct(simulate_pauli(state, shots=100, seed=1), tolerance=1e-9)
    assert found.certificate <= 1e-9 and found.shots == 100 * 3**wires
    scatter = {4: 0.0067, 6: 0.0032}[wires]
    # Two draws differ: that of an independent program and ours.
    limit = 5 * math.sqrt(2) * scatter
    assert quantum.trace_distance(found.state, state) == pytest.approx(known, abs=limit)


@pytest.mark.long
def test_the_noisy_w_state_of_eight_wires():
    """656100 outcomes of 1.7 million kinds, to 1e-6; published 0.1162. Ten seconds."""
    state = noisy_w(8)
    found = reconstruct(simulate_pauli(state, shots=100, seed=1))
    assert found.certificate <= 1e-6
    # Over seeds 1 to 4 the distance scatters by 0.0012, and the published one is a draw as well.
    assert quantum.trace_distance(found.state, state) == pytest.approx(
        0.1162, abs=5 * math.sqrt(2) * 0.0012
    )


# --- penalties -----------------------------------------------------------------------------------


def test_the_hedge_adds_its_counts_where_effects_commute():
    """On a basis: p_k = (n_k + β)/(N + dβ), the rule of Lidstone, and no coherence."""
    counts = np.array([7, 0, 2, 1])
    povm = Povm.general([np.diag(row) for row in np.eye(4)])
    found = reconstruct(counts, povm, hedge=0.5, tolerance=1e-12)
    # A certificate of 1e-12 holds p to √(2·1e-12·p), the curvature being f/p² ≥ 1/p.
    expected = np.diag((counts + 0.5) / 12)
    assert np.abs(found.state - expected).max() < 2e-6
    assert np.linalg.eigvalsh(found.state)[0] > 0.5 / 12 - 2e-6


def test_the_entropy_chooses_among_states_that_the_data_do_not_tell_apart():
    """On a basis f_k/p_k − λ ln p_k is the same for all k; solved by bisection instead."""
    f, weight = np.array([0.7, 0.2, 0.1]), 0.05
    povm = Povm.general([np.diag(row) for row in np.eye(3)])
    found = reconstruct((10 * f).astype(int), povm, entropy=weight, tolerance=1e-12)

    def weights(level):
        return [
            brentq(lambda x, a=a: a / x - weight * math.log(x) - level, 1e-9, 5, xtol=1e-15)
            for a in f
        ]

    level = brentq(lambda c: sum(weights(c)) - 1, 0.5, 2, xtol=1e-15)
    assert np.abs(found.state - np.diag(weights(level))).max() < 2e-6


def test_counts_of_some_bases_leave_the_rest_to_the_entropy():
    """X and Z of a qubit say nothing about Y."""
    counts = Counts({"X": np.array([60, 40]), "Z": np.array([80, 20])})
    found = reconstruct(counts, entropy=1e-4, tolerance=1e-10)
    bloch = [np.vdot(found.state, p).real for p in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]])]
    # The entropy draws by λ over the curvature of the likelihood, about 1.
    assert bloch == pytest.approx([0.2, 0.0], abs=1e-3)
    assert found.state[0, 0].real == pytest.approx(0.8, abs=1e-3)
    assert found.expectation([[0, -1j], [1j, 0]]).stderr == math.inf
    # Z alone was measured 100 times: √(1 − 0.6²)/10, up to the half counts.
    assert found.expectation([[1, 0], [0, -1]]).stderr == pytest.approx(0.08, rel=0.02)


# --- standard errors -----------------------------------------------------------------------------


def test_errors_of_a_minimal_measurement_are_those_of_its_frequencies():
    """Four outcomes, four parameters: O = Σ c_k Π_k, and the variance of Σ c_k f_k is known."""
    rng = np.random.default_rng(4)
    povm = Povm.tetrahedron(1)
    shots = 10**9
    rho = 0.6 * random_density_matrix(2, seed=rng) + 0.2 * np.eye(2)
    counts = np.rint(shots * povm.probabilities(rho)).astype(int)
    found = reconstruct(counts, povm, tolerance=1e-11)
    observable = np.array([[0.3, 0.2 - 0.5j], [0.2 + 0.5j, -1.0]])
    effects = povm.sites[0].reshape(4, 4)
    c = np.linalg.solve(effects.T, observable.reshape(-1)).real
    f = counts / counts.sum()
    expected = math.sqrt((f @ c**2 - (f @ c) ** 2) / counts.sum())
    value, stderr = found.expectation(observable)
    assert value == pytest.approx(np.vdot(observable, rho).real, abs=1e-5)
    assert stderr == pytest.approx(expected, rel=1e-5)


def test_repeated_experiments_scatter_as_the_error_says():
    """200 runs on a mixed pair of qubits: the deviation is known to 1/√400 of itself."""
    rng = np.random.default_rng(12)
    rho = 0.5 * random_density_matrix(4, seed=rng) + 0.5 * np.eye(4) / 4
    observable = np.kron([[1, 0], [0, -1]], [[0, 1], [1, 0]]) + np.diag([0.3, 0, 0, -0.2])
    found = [
        reconstruct(simulate_pauli(rho, shots=200, seed=rng)).expectation(observable)
        for _ in range(200)
    ]
    values, errors = np.array(found).T
    truth = np.vdot(observable, rho).real
    assert abs(values.mean() - truth) < 5 * values.std() / math.sqrt(200)
    assert values.std(ddof=1) == pytest.approx(errors.mean(), rel=5 / math.sqrt(400))
