"""
States from measured bases
==========================

Counts in all Pauli bases become a density matrix, with a bound on its error.

Maximum likelihood over all states is a convex problem, so that the loss above its minimum can be
bounded; this bound is the certificate. Here the state is a noisy GHZ state of three qubits.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import plots, quantum, tomography

ket = np.zeros(8)
ket[[0, 7]] = 0.5**0.5
noisy = 0.9 * np.outer(ket, ket) + 0.1 * np.eye(8) / 8
counts = tomography.simulate_pauli(noisy, shots=1000, seed=0)  # or read_counts of your own

found = tomography.reconstruct(counts)
print(f"at most {found.certificate:.1e} nats above the likeliest state")
print(f"fidelity with the state that was measured: {quantum.fidelity(found.state, noisy):.3f}")

# %%
# The shade of a cell shows the modulus of the entry, its needle the phase.

axes = plots.density_matrix(found.state)
plt.show()
