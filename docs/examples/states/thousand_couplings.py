"""
A thousand couplings
====================

Hamiltonians quadratic in fermions are learned at sizes without density matrices.

Twenty-three sites with all products of two Majorana operators have 1035 couplings. The moments of
these products determine them, and the curvature of the loss gives the errors that follow from shot
noise.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import boltzmann, plots

machine = boltzmann.FermionMachine.free(23)
rng = np.random.default_rng(0)
couplings = rng.normal(0.0, 0.08, machine.size)
moments = machine.moments(machine.state(couplings))

shots = 20_000
seen = 2 * rng.binomial(shots, (1 + moments) / 2) / shots - 1
found = boltzmann.learn(machine, boltzmann.Moments(seen), optimizer="lbfgs", tolerance=1e-7)
expected = boltzmann.coupling_errors(machine, found.params, (1 - seen**2) / shots)
error = found.params - couplings
print(f"{machine.size} couplings, {found.steps} steps")
print(f"error {np.sqrt(np.mean(error**2)):.4f}, expected {np.sqrt(np.mean(expected**2)):.4f}")

# %%
# Divided by the expected errors, the errors have a normal distribution.

_, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN), layout="constrained")
bins = np.linspace(-4, 4, 33)
axes.hist(error / expected, bins, color=plots.BLUE, alpha=0.35, density=True, label="found")
axes.plot(bins, np.exp(-(bins**2) / 2) / np.sqrt(2 * np.pi), color=plots.ORANGE, label="normal")
axes.set(xlabel="error of a coupling, in expected errors", ylabel="density")
axes.legend()
plt.show()
