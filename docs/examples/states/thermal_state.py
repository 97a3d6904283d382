"""
Learn a thermal state
=====================

A classical distribution and a circuit learn the thermal state of a spin chain.

The loss is the quantum cross entropy −Tr ρ ln σ. Its least value is the entropy of the data, and
its excess the relative entropy. Eight starts run together in one program.
"""

import matplotlib.pyplot as plt

import qce
from qce import circuits, data, models, objectives, plots

rho = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5), beta=1.0)
model = qce.ThermalModel(circuits.ising(2, layers=2), models.ProductSpectrum(2))
objective = objectives.exact_cross_entropy(model, rho)
results = qce.fit_many(objective, range(8), learning_rate=0.1, steps=150)
print(f"best start: {min(result.gap for result in results):.1e} nats above the entropy")

# %%
# The line is the median of the starts, the band contains all of them.

axes = plots.learning_curves({"Adam": results}, above_floor=True)
plt.show()
