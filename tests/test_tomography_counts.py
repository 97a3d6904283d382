"""Counts of PennyLane's circuits: order, letters and signs, noise, unequal bases."""

import math

import numpy as np
import pennylane as qml
import pytest
from tomography_data import prepare

from qce import quantum
from qce.data import Counts
from qce.states import random_density_matrix
from qce.tomography import Povm, measure_pauli, read_counts, reconstruct, simulate_pauli


def prepared():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node():
        prepare()
        return qml.density_matrix(wires=[0, 1])

    return np.asarray(node())


@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit"])
def test_a_circuit_is_found_from_its_counts(device):
    """Wire order, letters and signs: all 36 counts within five deviations of the circuit's law."""
    shots = 4000
    counts = measure_pauli(prepare, 2, shots=shots, device=device, seed=5)
    exact = prepared()
    letters = {
        "X": [[0, 1], [1, 0]],
        "Y": [[0, -1j], [1j, 0]],
        "Z": [[1, 0], [0, -1]],
    }
    assert len(counts.by_basis) == 9 and counts.total == 9 * shots
    for basis, found in counts.by_basis.items():
        for index, count in enumerate(found):
            a, b = (
                (np.eye(2) + (1 - 2 * bit) * np.array(letters[letter])) / 2
                for bit, letter in zip(divmod(index, 2), basis, strict=True)
            )
            p = np.trace(np.kron(a, b) @ exact).real
            assert abs(count - shots * p) <= 5 * math.sqrt(shots * p * (1 - p)) + 1e-9
    found = reconstruct(counts)
    projector = found.expectation(exact)
    assert abs(projector.value - 1) <= 5 * projector.stderr


def test_a_noisy_device_is_found_mixed():
    def noisy():
        prepare()
        qml.DepolarizingChannel(0.3, wires=0)

    @qml.qnode(qml.device("default.mixed", wires=2))
    def node():
        noisy()
        return qml.density_matrix(wires=[0, 1])

    counts = measure_pauli(noisy, 2, shots=2000, device="default.mixed", seed=6)
    found, exact = reconstruct(counts), np.asarray(node())
    purity = found.expectation(2 * exact)  # the slope of Tr ρ²
    assert abs(purity.value - 2 * np.vdot(exact, exact).real) <= 5 * purity.stderr
    assert quantum.trace_distance(found.state, exact) < 0.1


def test_dictionaries_are_read_as_pennylane_writes_them():
    @qml.qnode(qml.device("default.qubit", wires=2, seed=1))
    def node():
        qml.PauliX(wires=0)
        return qml.counts(wires=[0, 1])

    table = qml.set_shots(node, 20)()
    assert read_counts({"ZZ": table}).by_basis["ZZ"].tolist() == [0, 0, 20, 0]


def test_unequal_bases_have_the_likelihood_of_all_their_outcomes():
    """−Σ (n_bx/N) ln (share_b p(x|b)), written out; and one basis is left out."""
    rng = np.random.default_rng(8)
    full = simulate_pauli(random_density_matrix(4, seed=rng), shots=50, seed=rng).by_basis
    kept = {basis: row * (k + 1) for k, (basis, row) in enumerate(full.items()) if basis != "YX"}
    found = reconstruct(Counts(kept), hedge=0.5)
    total = sum(row.sum() for row in kept.values())
    law = Povm.pauli(2).probabilities(found.state).reshape(3, 2, 3, 2)
    value = 0.0
    for basis, row in kept.items():
        a, b = ("XYZ".index(x) for x in basis)
        conditional = 9 * law[a, :, b, :].reshape(-1)
        seen = row > 0
        value -= (row[seen] / total) @ np.log(row.sum() / total * conditional[seen])
    assert found.nll.value == pytest.approx(value, abs=1e-13)
    assert found.nll.value == pytest.approx(found.entropy + found.divergence, abs=1e-13)
