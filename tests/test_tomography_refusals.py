"""What tomography cannot do is refused: counts, measurements, settings, memory."""

import numpy as np
import pytest
from tomography_data import QUBIT, prepare

from qce.data import Counts
from qce.tomography import Povm, measure_pauli, read_counts, reconstruct, simulate_pauli

ONE = Povm.tetrahedron(1)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: reconstruct(QUBIT[:3], ONE), r"`counts` must have shape \(4,\)"),
        (lambda: reconstruct(QUBIT, Povm.tetrahedron(2)), r"`counts` must have shape \(4, 4\)"),
        (lambda: reconstruct([0, 0, 0, 0], ONE), "1 or more in all, but there are 0"),
        (lambda: reconstruct([1, -1, 2, 3], ONE), "`counts` must not be negative"),
        (lambda: reconstruct([0.25] * 4, ONE), "`counts` must be integers"),
        (lambda: reconstruct(QUBIT), "`povm` must be given"),
        (
            lambda: reconstruct(Counts({"Z": np.array([1, 2])}), ONE),
            "`povm` must have six outcomes on each of 1 wires",
        ),
        (
            lambda: reconstruct(Counts({"Z": np.array([1, 2])})),
            "`povm` must determine the state, but many states have its probabilities",
        ),
        (
            lambda: reconstruct([1], Povm.pauli(14)),
            r"must fit into 4 GiB, but 7.84e\+10 outcomes in 16384 dimensions need \d",
        ),
        (
            lambda: reconstruct(Counts({"Z" * 14: np.ones(2**14, dtype=int)})),
            "must fit into 4 GiB",
        ),
        (lambda: reconstruct(QUBIT, ONE, optimizer="best"), "`optimizer` must be one of"),
        (lambda: reconstruct(QUBIT, ONE, hedge=-1.0), "`hedge` must not be negative"),
        (
            lambda: reconstruct(QUBIT, ONE, optimizer="cover", hedge=0.5),
            "`optimizer` must suit the penalties",
        ),
        (lambda: reconstruct(QUBIT, ONE, tolerance=0.0), "`tolerance` must be positive"),
        (lambda: reconstruct(QUBIT, ONE, steps=0), "`steps` must be an integer >= 1"),
        (lambda: Povm.general([np.diag([1, 0])]), "`effects` must sum to the identity"),
        (lambda: Povm.general([np.diag([2, 0]), np.diag([-1, 1])]), "`effects` must be positive"),
        (lambda: Povm.general([[[1, 1], [0, 1]]]), "`effects` must be finite and Hermitian"),
        (lambda: Povm.general(np.eye(2)), "`effects` must have shape"),
        (lambda: Povm.pauli(0), "`wires` must be an integer"),
        (lambda: Povm(()), "`sites` must hold one stack"),
        (lambda: Povm(ONE.sites, np.ones(3)), "`share` must be non-negative, of shape"),
        (lambda: Povm(ONE.sites, np.array([1.0, 1, 1, 2])), "`share` must leave the sum"),
        (
            lambda: reconstruct(
                [1] * 6, Povm(Povm.pauli(1).sites, np.array([1.5, 1.5, 1.5, 1.5, 0, 0])), hedge=0.5
            ),
            "`counts` must be possible for the measurement",
        ),
        (lambda: measure_pauli(prepare, 2, shots=0), "`shots` must be an integer >= 1"),
        (lambda: measure_pauli(prepare, 2, shots=5, device="no.such"), "installed device"),
        (lambda: measure_pauli(prepare, 0, shots=5), "`wires` must be an integer"),
        (
            lambda: measure_pauli(prepare, 12, shots=5),
            r"must fit into 4 GiB, but 3\^12 bases with 5 shots need 130 GiB",
        ),
        (
            lambda: simulate_pauli(np.eye(2**9) / 2**9, shots=1, seed=1, memory=0.1),
            "must fit into 0.1 GiB",
        ),
        (lambda: Povm.pauli(2).probabilities(np.eye(2)), r"`rho` must have shape \(4, 4\)"),
        (lambda: simulate_pauli(np.eye(3) / 3, shots=5, seed=1), "`state` must be of qubits"),
        (lambda: read_counts({"XZ": {"0": 3}}), "`counts` must have bit strings as keys"),
        (
            lambda: reconstruct(QUBIT, ONE).expectation(np.eye(4)),
            r"`observable` must have shape \(2, 2\)",
        ),
        (
            lambda: reconstruct(QUBIT, ONE).expectation([[0, 1], [0, 0]]),
            "`observable` must be finite and Hermitian",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
