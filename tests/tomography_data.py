"""Published counts, a loss of counts and a circuit, for the tests of tomography."""

import numpy as np
import pennylane as qml

from qce.tomography.likelihood import Likelihood

QUBIT = [441, 195, 311, 53]
BELL = [85, 79, 0, 86, 86, 96, 79, 0, 0, 67, 96, 88, 66, 0, 96, 76]


def loss_of(counts, povm, hedge=0.0, entropy=0.0):
    numbers = np.asarray(counts).reshape(povm.outcomes)
    return Likelihood(povm, numbers / numbers.sum(), hedge / numbers.sum(), entropy)


def prepare():
    qml.RY(0.7, wires=0)
    qml.RX(-1.1, wires=1)
    qml.CNOT(wires=[0, 1])
    qml.RZ(0.4, wires=1)
    qml.RX(0.9, wires=0)
