"""Right values to call public functions with: states, laws, labels, models, devices."""

from functools import cache
from typing import Any

import numpy as np
import pennylane as qml

from qce import circuits, data, models, objectives, states, tomography

RNG = np.random.default_rng(15)
P, Q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
RHO, SIGMA = (
    np.asarray(states.random_density_matrix(4, seed=seed).astype(complex)) for seed in (1, 2)
)
LOGITS = RNG.normal(size=(3, 4))
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
SIGNS, SCORES = np.array([1.0, -1.0, 1.0]), np.array([0.3, -2.0, 0.1])
VECTORS, OTHERS = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
LABELS, BITS = np.array([0, 2, 1]), np.array([0.0, 1.0, 1.0])
MASKS, MAPS = RNG.integers(0, 2, size=(2, 4, 4)) * 1.0, RNG.uniform(0.1, 0.9, size=(2, 4, 4))
CLASS_MAPS = np.moveaxis(RNG.dirichlet(np.ones(3), size=(1, 4, 4)), -1, 1)
CLASS_MASKS = RNG.integers(0, 3, size=(1, 4, 4))
STACK = np.stack([np.asarray(states.random_density_matrix(2, seed=s)) for s in range(4)])
DISTRIBUTIONS = RNG.dirichlet(np.ones(3), size=4)
SAMPLES = RNG.integers(0, 2, size=(20, 2))
COUNTS = np.array([20, 12, 5, 3])
X = qml.PauliX.compute_matrix()


@cache
def thermal() -> models.ThermalModel:
    return models.ThermalModel(circuits.strongly_entangling(2, 1), models.CategoricalSpectrum(2))


@cache
def born() -> models.BornMachine:
    return models.BornMachine(circuits.strongly_entangling(2, 1))


@cache
def hidden() -> models.HiddenTree:
    return models.hidden_tree(SAMPLES)


@cache
def machine() -> models.BoltzmannMachine:
    return models.BoltzmannMachine(models.PauliTerms(("ZZ", "XI", "IX", "ZI", "IZ")))


@cache
def likelihood() -> objectives.Objective:
    return objectives.measured_likelihood(born(), P)


@cache
def ising() -> Any:
    return data.transverse_field_ising(2)


def device() -> Any:
    return qml.device("default.qubit", wires=2)


def tape() -> Any:
    return qml.tape.QuantumScript([qml.Hadamard(0)], [qml.probs(wires=[0, 1])])


def pauli_counts() -> Any:
    return tomography.simulate_pauli(RHO, shots=100, seed=0)


def prepare() -> None:
    qml.Hadamard(0)
    qml.CNOT([0, 1])
