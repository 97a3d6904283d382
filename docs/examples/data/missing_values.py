"""
Missing values
==============

Rows with missing bits train a model, which then fills them in.

Images of 3 × 4 pixels show bars or stripes; a quarter of all pixels is missing, which is marked by
−1 (or NaN). A tensor tree is trained on marginals of the observed pixels, and then draws the
others.
"""

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import data, models, objectives, plots

rng = np.random.default_rng(0)
law = data.bars_and_stripes(3, 4)
images = (rng.choice(len(law), size=700, p=law)[:, None] >> np.arange(12)[::-1]) & 1
seen = np.where(rng.random(images.shape) < 0.25, -1, images)
train, valid = seen[:500], seen[500:600]

tree, params = models.TensorTree.from_chow_liu(train, bond=8, seed=0)
likelihood = objectives.measured_likelihood(tree, train)
result = qce.fit(likelihood, params, batch=100, epochs=60, validation=valid, progress=False)

# %%
# New images with six pixels in ten missing. Those filled in are blue: each is drawn from the
# distribution given the observed pixels, so that draws differ where these do not decide.

few = np.where(rng.random((6, 12)) < 0.6, -1, images[600:606])
filled = [tree.fill_in(result.params, few, seed=seed) for seed in range(3)]
axes = plots.fill_ins(few, np.array(filled), (3, 4))
plt.show()
