"""
See a state
===========

Plots of the entries, Bloch vectors and eigenvalues of a state, one call each.

The functions take a density matrix, a ket or a state of `qce.states`. Here three spins are in
thermal equilibrium, in a field that is tilted from z towards y.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import data, models, plots

terms = models.PauliTerms.chain(3, "YZ", ["ZZ"])
hamiltonian = terms.matrix(np.array([-0.3, -0.6, -0.9, -0.4, -0.2, 0.1, -0.5, -0.5]))
rho = data.gibbs_state(hamiltonian, beta=1.0)
axes = plots.density_matrix(rho)

# %%
# The Bloch vector of each spin, with the others traced out.

axes = plots.bloch(rho)

# %%
# Eigenvalues at two temperatures, on a logarithmic axis.

cold = data.gibbs_state(hamiltonian, beta=5.0)
axes = plots.spectrum({"warm": rho, "cold": cold})
plt.show()
