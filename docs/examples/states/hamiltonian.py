"""
A Hamiltonian from data
=======================

The couplings of a Hamiltonian from expectation values in its thermal state.

Newton's method finds the Gibbs state with the measured expectation values: the loss, a quantum
cross entropy, is convex, and its second derivatives are known.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import boltzmann, data, models, plots

terms = models.PauliTerms.chain(4, "XZ", ["XX", "ZZ"])
machine = models.BoltzmannMachine(terms)
rng = np.random.default_rng(0)
couplings = rng.normal(0.0, 0.3, machine.size)
state = data.gibbs_state(terms.matrix(couplings))

# %%
# Each term is measured with five thousand outcomes.

exact = np.array([np.trace(state @ terms.matrix(unit)).real for unit in np.eye(machine.size)])
seen = 2 * rng.binomial(5000, (1 + exact) / 2) / 5000 - 1
found = boltzmann.learn(machine, boltzmann.Moments(seen))
print(f"{found.steps} steps, largest error {np.abs(found.params - couplings).max():.2f}")

_, axes = plt.subplots(figsize=(plots.COLUMN, plots.COLUMN), layout="constrained")
axes.axline((0, 0), slope=1, color=plots.GREY, linestyle=":")
axes.plot(couplings, found.params, "o", color=plots.BLUE, markersize=4)
axes.set(xlabel="coupling", ylabel="found from 5000 outcomes a term", aspect="equal")
plt.show()
