"""
Units that nobody sees
======================

Three bits of even parity: no two of them depend on each other, and all three together do.

No tree and no pair of bits can say that, and the best distribution without it is the even one. A
hidden unit helps; the likelihood stays exact, for hidden units are summed over. A quantum unit has
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
# Medians of five starts. The floor is the entropy of the data, two bits; the even distribution has
# three.

axes = plots.learning_curves(results)
plt.show()
