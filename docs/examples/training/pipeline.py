"""
A classifier in a pipeline
==========================

A circuit as an estimator of scikit-learn, with scaling and cross validation around it.

No straight line separates the two half-moons. The circuit encodes the features several times, and
is trained by the cross entropy of the classes.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qce import plots
from qce.learning import CircuitClassifier

x, y = make_moons(120, noise=0.15, random_state=0)
classifier = CircuitClassifier(wires=2, layers=4, epochs=40)
pipeline = make_pipeline(StandardScaler(), classifier)
scores = cross_val_score(pipeline, x, y, cv=3)
print(f"right on held-back points: {scores.mean():.0%}")

# %%
# Probability of the second class over the plane, after a fit to all points.

pipeline.fit(x, y)
across, up = np.meshgrid(np.linspace(-1.6, 2.6, 60), np.linspace(-1.1, 1.6, 40))
plane = np.column_stack([across.ravel(), up.ravel()])
probability = pipeline.predict_proba(plane)[:, 1].reshape(across.shape)
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.75 * plots.COLUMN), layout="constrained")
shades = axes.contourf(across, up, probability, levels=10, cmap="Greys", vmin=0, vmax=1.4)
axes.figure.colorbar(shades, label="probability of class 1")
for kind, color, mark in ((0, plots.BLUE, "o"), (1, plots.ORANGE, "s")):
    axes.plot(*x[y == kind].T, mark, color=color, markersize=3, label=f"class {kind}")
axes.set(xlabel="first feature", ylabel="second feature")
axes.legend()
plt.show()
