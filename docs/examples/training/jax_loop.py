"""
A loss for your JAX loop
========================

The relative entropy under `jax.jit` and `jax.grad`, with any optimiser of optax.

The model is a Hamiltonian with unknown entries; its thermal state is compared with the data.
Arguments are not checked while JAX traces, since their values are not known then.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from qce import plots, quantum, states

jax.config.update("jax_enable_x64", True)
rho = jnp.asarray(states.random_density_matrix(4, seed=0))
upper = np.triu_indices(4)


def model(params):
    """Return the thermal state of a Hermitian matrix."""
    matrix = jnp.zeros((4, 4), complex).at[upper].set(params[0] + 1j * params[1])
    boltzmann = jax.scipy.linalg.expm(matrix + matrix.conj().T)
    return boltzmann / jnp.trace(boltzmann).real


@jax.jit
def step(params, state):
    """Do one step of Adam, and return the loss before it."""
    loss, slope = jax.value_and_grad(lambda x: quantum.relative_entropy(rho, model(x)))(params)
    updates, state = optimizer.update(slope, state)
    return optax.apply_updates(params, updates), state, loss


optimizer = optax.adam(0.1)
params = jnp.zeros((2, 10))
state, losses = optimizer.init(params), []
for _ in range(200):
    params, state, loss = step(params, state)
    losses.append(loss.item())
print(f"relative entropy {losses[0]:.3f} -> {losses[-1]:.1e} nats")
axes = plots.learning_curves({"Adam": losses}, floor=0.0, above_floor=True)
plt.show()
