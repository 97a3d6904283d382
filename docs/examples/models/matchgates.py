"""
A matchgate machine
===================

A circuit of free fermions whose likelihood is exact on any number of wires.

It learns the outcomes of another matchgate circuit, which no tree of pairs can represent. With one
hidden wire every bit string can have nonzero probability; without it half of them have none.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import models, objectives, plots

machine = models.Matchgate(4, hidden=1)
rng = np.random.default_rng(0)
counts = machine.sample(rng.normal(size=machine.size), shots=2000, seed=1)
likelihood = objectives.measured_likelihood(machine, counts)
start = machine.product(counts.mean(0)) + 0.1 * rng.normal(size=machine.size)
result = qce.fit(likelihood, start, optimizer="lbfgs", steps=60, progress=False)
print(result.estimate, f"{result.gap:.4f} nats above the entropy of the frequencies")

every = (np.arange(16)[:, None] >> np.arange(4)[::-1]) & 1
learned = np.exp(machine.log_prob(result.params, every))
pairs = models.chow_liu(counts).probabilities()
axes = plots.outcomes(counts, {"matchgates": learned, "tree of pairs": pairs})
plt.show()
