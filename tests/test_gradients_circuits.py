"""Gradients through a circuit, where those of the peers are silently wrong."""

import numpy as np
import oracles
import pytest
from gradient_cases import MILD, every_library, five_point
from oracles import state

from qce import quantum


def depolarised_circuit(library):
    """Return θ ↦ 0.9·|ψ(θ)⟩⟨ψ(θ)| + 0.1·I/4 from a QNode: an exactly degenerate spectrum."""
    import pennylane as qml

    interface = {"autograd": "autograd", "jax": "jax", "torch": "torch"}[library.name]

    @qml.qnode(qml.device("default.qubit", wires=2), interface=interface, diff_method="backprop")
    def circuit(theta):
        for layer in range(2):
            for wire in range(2):
                qml.RY(theta[2 * layer + wire], wires=wire)
                qml.RZ(theta[2 * layer + wire], wires=wire)
            qml.CNOT(wires=[0, 1])
        return qml.density_matrix(wires=[0, 1])

    return lambda theta: 0.9 * circuit(theta) + 0.1 * library.asarray(np.eye(4) / 4)


@pytest.mark.thinned(4)
@every_library
@pytest.mark.parametrize("seed", range(3))
def test_gradient_through_a_depolarised_circuit_agrees_with_finite_differences(library, seed):
    """PennyLane's own relative entropy is wrong here in 197 of 200 draws."""
    rng = np.random.default_rng(seed)
    theta, direction = rng.uniform(0, 2 * np.pi, 4), rng.normal(size=4)
    target = library.asarray(state(MILD, 11).array)
    circuit = depolarised_circuit(library)

    def loss(angles):
        return quantum.relative_entropy(target, circuit(angles), check=False)

    gradient = np.asarray(library.gradient(loss)(library.variable(theta)))
    difference = five_point(lambda t: float(loss(library.variable(theta + t * direction))))
    # The fifth derivative by the angles is below (2·|direction|₁)⁵·|log σ|; eps/step in the values.
    size = (2 * np.abs(direction).sum()) ** 5 * abs(np.log(0.025))
    limit = 1e-12 / 30 * size + oracles.BACKWARD * oracles.EPS * 4 / 0.025 / 1e-3
    assert abs(gradient @ direction - difference) <= limit


@pytest.mark.thinned(3)
@every_library
def test_gradient_through_a_reduced_state_of_a_circuit_is_finite_and_right(library):
    """Two wires of a four-wire circuit entangled across one pair: rank 2, null space in no basis.

    Wires (0, 1) of RY-CNOT states; the model has the same support, rotated together.
    """
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=3), interface=library.name, diff_method="backprop")
    def circuit(theta):
        qml.RY(theta[0], wires=2)
        qml.CNOT(wires=[2, 0])
        for wire in range(2):
            qml.RX(0.3 + wire, wires=wire)
        qml.CNOT(wires=[0, 1])
        return qml.density_matrix(wires=[0, 1])

    def loss(theta):
        return quantum.relative_entropy(circuit(theta), model, check=False)

    model = library.asarray(np.asarray(circuit(library.variable(np.array([1.0])))))
    gradient = np.asarray(library.gradient(loss)(library.variable(np.array([0.7]))))
    # The two non-zero eigenvalues are cos²(θ/2), sin²(θ/2) in one fixed basis: a classical KL.
    p, q = np.sin(0.35) ** 2, np.sin(0.5) ** 2
    truth = (np.log(p / q) - np.log((1 - p) / (1 - q))) * np.sin(0.7) / 2
    assert abs(gradient[0] - truth) <= oracles.BACKWARD * oracles.EPS * 4 / p**2
