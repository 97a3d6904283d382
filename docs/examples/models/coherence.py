"""
What coherence gains
====================

The same tensor tree as a Born machine and as its classical twin, a hidden Markov tree.

`coherence` multiplies the off-diagonal elements of each bond: 1 for a Born machine, 0 for the
twin, which has as many parameters. The rows are outcomes of a Born machine, so that phases should
matter.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import models, objectives, plots

source = models.TensorTree.chain(8, bond=3)
truth = np.random.default_rng(4).normal(size=source.size)
train, test = np.split(source.sample(truth, shots=3000, seed=0), [2000])

found = {}
for name, coherence in (("hidden Markov tree", 0.0), ("Born machine", 1.0)):
    tree, start = models.TensorTree.from_chow_liu(train, bond=3, seed=0, coherence=coherence)
    likelihood = objectives.measured_likelihood(tree, train)
    params = qce.fit(likelihood, start, optimizer="lbfgs", steps=200, progress=False).params
    found[name] = np.asarray(source.log_prob(truth, test) - tree.log_prob(params, test))
found["best tree of pairs"] = source.log_prob(truth, test) - models.chow_liu(train).log_prob(test)

# %%
# Excess of the negative log-likelihood over that of the source, on rows not used for training.

means = [x.mean() for x in found.values()]
errors = [x.std() / len(test) ** 0.5 for x in found.values()]
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.5 * plots.COLUMN), layout="constrained")
axes.errorbar(means, list(found), xerr=errors, fmt="o", color=plots.BLUE, markersize=4, capsize=2)
axes.set(xlabel="nats a row above the source", xlim=(0, None), ylim=(-0.5, 2.5))
plt.show()
