"""
Error bars of what was learned
==============================

How well do a thousand outcomes determine parameters, observables and probabilities?

The Hessian of the negative log-likelihood at its minimum, times the number of outcomes, is the
inverse of the covariance of the parameters. From it follow the errors of observables and
probabilities.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import circuits, objectives, plots

counts = {"00": 441, "01": 62, "10": 58, "11": 439}
machine = qce.BornMachine(circuits.strongly_entangling(2, layers=1))
likelihood = objectives.measured_likelihood(machine, counts)
result = qce.fit(likelihood, optimizer="lbfgs", progress=False)
bars = qce.error_bars(result, likelihood, {"ZZ": np.diag([1, -1, -1, 1])})
print("ZZ =", bars.observables["ZZ"])
print(bars.message)

# %%
# Probabilities of the model with their errors, beside the frequencies.

axes = plots.learned(bars)
plt.show()
