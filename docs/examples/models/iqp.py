"""
An IQP circuit
==============

Gates that commute: exact likelihoods of counts by two Walsh-Hadamard transforms.

A circuit with gates on up to three wires learns bars and stripes from counts. The figure compares
its probabilities with the frequencies.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import data, models, objectives, plots

law = data.bars_and_stripes(2, 2)
counts = np.random.default_rng(0).multinomial(1000, law)
model = models.IQP.up_to(4, 3)
likelihood = objectives.measured_likelihood(model, counts)
result = qce.fit(likelihood, optimizer="lbfgs", steps=200, seed=1, progress=False)
print(f"{result.gap:.4f} nats above the entropy of the frequencies")

every = (np.arange(16)[:, None] >> np.arange(4)[::-1]) & 1
axes = plots.outcomes(counts, {"IQP": np.exp(model.log_prob(result.params, every))})
plt.show()
