"""
A mixture of trees
==================

The mean of several trained models: never worse than the models are on average.

The rows are three patterns with noise. A tensor tree begins at the Chow-Liu tree, the best tree of
pairs, and learns what that cannot represent; held-out rows choose the weights of the mixture.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import models, objectives, plots

rng = np.random.default_rng(0)
kinds = rng.random((3, 12)) < 0.5
bits = kinds[rng.integers(0, 3, 900)] ^ (rng.random((900, 12)) < 0.15)
train, valid, test = np.split(bits.astype(int), [500, 700])

starts = [models.TensorTree.from_chow_liu(train, bond=4, seed=seed) for seed in range(3)]
tree = starts[0][0]  # all three are one model; only the noise of the start differs
likelihood = objectives.measured_likelihood(tree, train)
settings = {"batch": 100, "epochs": 15, "validation": valid, "progress": False}
params = [qce.fit(likelihood, start, **settings).params for _, start in starts]
mixture = models.Mixture((tree,) * 3)

logs = {
    "independent": models.product(train, smoothing=1).log_prob(test),
    "best tree of pairs": models.chow_liu(train, smoothing=1).log_prob(test),
    **{f"tensor tree, seed {k}": tree.log_prob(x, test) for k, x in enumerate(params)},
    "mixture of the three": mixture.log_prob(mixture.joined(params, valid), test),
}

# %%
# Mean negative log-likelihood of rows that no model was trained on, with its standard error.

means = [-np.mean(log) for log in logs.values()]
errors = [np.std(log) / len(test) ** 0.5 for log in logs.values()]
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.65 * plots.COLUMN), layout="constrained")
axes.errorbar(means, list(logs), xerr=errors, fmt="o", color=plots.BLUE, markersize=4, capsize=2)
axes.invert_yaxis()
axes.set(xlabel="nats a row, on test rows")
plt.show()
