"""
Are the error bars right?
=========================

How often do the intervals of three hundred estimates contain the true value?

Each estimates a cross entropy from 200 outcomes. Nine in ten of the 90 % intervals should contain
the exact value, and so on for each level. The second figure has error bars that are too small by a
third.
"""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np

from qce import classical, plots
from qce.objectives import entropies

data, model = np.array([0.5, 0.25, 0.15, 0.1]), np.array([0.4, 0.3, 0.2, 0.1])
exact = classical.cross_entropy(data, model)
counts = np.random.default_rng(0).multinomial(200, data, size=300)
estimates = [entropies.cross_entropy(one, model) for one in counts]
print("the first of them:", estimates[0])
axes = plots.calibration(estimates, exact)

# %%
# With error bars that are too small the line leaves the grey band.

small = [dataclasses.replace(e, stderr=e.stderr * 2 / 3, sample=None) for e in estimates]
axes = plots.calibration(small, exact)
plt.show()
