"""
A loss for your PennyLane loop
==============================

The quantum cross entropy of data and the state that a QNode returns, with its exact gradient.

Two wires are the model; tracing out two more makes it mixed. The loop, the optimiser and the
circuit are PennyLane's own; only the loss is new.
"""

import matplotlib.pyplot as plt
import pennylane as qml
from pennylane import numpy as np

from qce import data, plots, quantum

rho = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5), beta=1.0)


@qml.qnode(qml.device("default.qubit", wires=4))
def model(params):
    """Return the state of two of four wires."""
    for layer in params:
        for wire in range(4):
            qml.RY(layer[wire], wires=wire)
        for wire in range(4):
            qml.CNOT([wire, (wire + 1) % 4])
    return qml.density_matrix([0, 1])


def loss(params):
    """Return −Tr ρ ln σ in nats."""
    return quantum.cross_entropy(rho, model(params))


optimizer = qml.AdamOptimizer(0.1)
params = np.random.default_rng(0).normal(0.0, 0.5, size=(3, 4))
params, losses = np.array(params, requires_grad=True), []
for _ in range(80):
    params, value = optimizer.step_and_cost(loss, params)
    losses.append(float(value))
floor = float(quantum.entropy(rho))
print(f"{losses[-1]:.4f} nats, entropy of the data {floor:.4f}")
axes = plots.learning_curves({"Adam": losses}, floor=floor)
plt.show()
