"""
A loss for your PyTorch loop
============================

The loss takes tensors and returns a tensor with its gradient.

A network learns a density matrix for each input: here the thermal states of two spins, with the
field as the input.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from qce import data, plots, quantum

fields = np.linspace(0.2, 1.5, 12)
rho = np.stack([data.gibbs_state(data.transverse_field_ising(2, 1.0, h), 1.0) for h in fields])
rho = torch.tensor(rho.real)
inputs = torch.tensor(fields)[:, None]

torch.manual_seed(0)
network = torch.nn.Sequential(
    torch.nn.Linear(1, 32), torch.nn.Tanh(), torch.nn.Linear(32, 16)
).double()


def states(inputs):
    """Return A Aᵀ / Tr A Aᵀ, a density matrix for each input."""
    a = network(inputs).reshape(-1, 4, 4)
    sigma = a @ a.transpose(1, 2)
    return sigma / sigma.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]


optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
losses = []
for _ in range(150):
    optimizer.zero_grad()
    loss = quantum.cross_entropy(rho, states(inputs)).mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

# %%
# The floor is the mean entropy of the data.

axes = plots.learning_curves({"Adam": losses}, floor=quantum.entropy(rho).mean().item())
plt.show()
