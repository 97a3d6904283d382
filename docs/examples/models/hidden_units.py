"""
Hidden units
============

Three bits of even parity: any two of them are independent, but all three are not.

No model of pairs can represent that; the best of them is the uniform distribution. A hidden unit
helps, and the likelihood stays exact, since hidden units are summed over. A quantum unit has
a field of three components where a classical one, as in a restricted Boltzmann machine, has one.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import models, objectives, plots

parity = np.array([1, 0, 0, 1, 0, 1, 1, 0]) / 4
machines = {
    "quantum unit": models.SemiQuantumBoltzmann(3, hidden=1),
    "classical unit": models.SemiQuantumBoltzmann(3, hidden=1, letters="Z"),
}
results = {}
for name, machine in machines.items():
    likelihood = objectives.measured_likelihood(machine, parity)
    results[name] = qce.fit_many(likelihood, range(5), learning_rate=0.1, steps=300)
    gap = min(result.gap for result in results[name])
    print(f"{name}: {machine.size} parameters, {gap:.3f} nats above the entropy of the data")

# %%
# Medians of five starts. The floor is the entropy of the data, two bits; the uniform distribution
# has three.

axes = plots.learning_curves(results)
plt.show()
