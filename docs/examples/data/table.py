"""
Your table as a CSV file
========================

Which columns of a binary table depend on each other? The Chow-Liu tree answers.

The table says on which days it rained at ten places along two valleys. The Chow-Liu tree is the
distribution of greatest likelihood in which each column depends on one other. It needs no
training.
"""

import io

import matplotlib.pyplot as plt
import numpy as np

from qce import models, plots

rng = np.random.default_rng(0)
valleys = np.repeat(rng.random((400, 1)) < 0.4, 2, axis=1) ^ (rng.random((400, 2)) < 0.1)
rain = np.concatenate([v[:, None] ^ (rng.random((400, 5)) < 0.12) for v in valleys.T], axis=1)
written = io.StringIO()  # a file of your own: "rain.csv"
np.savetxt(written, rain, fmt="%d", delimiter=",", header="A1,A2,A3,A4,A5,B1,B2,B3,B4,B5")

# %%
# Any way to read the file will do that gives an array of bits with one row for each day.

written.seek(0)
names = written.readline().strip("# \n").split(",")
days = np.loadtxt(written, delimiter=",")
tree = models.chow_liu(days, smoothing=1)
print(f"{-tree.log_prob(days).mean():.3f} nats a day")
print(f"{-models.product(days).log_prob(days).mean():.3f} if the places were independent")

# %%
# The wider a line, the greater the mutual information of the two places.

axes = plots.tree(tree, days, names=names)
plt.show()
