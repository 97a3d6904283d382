"""
Learn from the counts of a device
=================================

A table of counts becomes a Born machine, trained by maximum likelihood.

The counts are those of a GHZ circuit on a noisy device. The loss is exact, and its least value is
the entropy of the observed frequencies. A gap of zero means that the training is done.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import circuits, objectives, plots

counts = {"000": 462, "111": 431, "001": 31, "100": 24, "110": 22, "011": 19, "010": 6, "101": 5}
machine = qce.BornMachine(circuits.strongly_entangling(3, layers=2))
likelihood = objectives.measured_likelihood(machine, counts)
result = qce.fit(likelihood, optimizer="lbfgs", seed=0, progress=False)
print(result.estimate)
print(f"{result.gap:.1e} nats above the entropy of the frequencies")

# %%
# Bars are the frequencies with their standard errors, points the probabilities of the machine.

axes = plots.outcomes(counts, np.asarray(machine.probabilities(result.params)))
plt.show()
