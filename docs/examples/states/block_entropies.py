"""
Entropies of the blocks of a chain
==================================

A critical chain of two hundred sites, cut at every place: the central charge from a slope.

The chain is one of free fermions, whose entropies follow from matrices of the size of the chain,
not of its state space. At the end of an open chain the entropy of a block grows by c/6 for each
unit of the logarithm of the chord.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import plots, states

sites = 200
sizes = np.arange(10, sites - 9, 6)
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN), layout="constrained")
for field, color, mark in ((1.0, plots.BLUE, "o"), (1.3, plots.ORANGE, "s")):
    chain = states.QuadraticHamiltonian.ising(np.ones(sites - 1), np.full(sites, field))
    ground = states.GaussianFermions.thermal(chain, beta=np.inf)
    entropies = ground.block_entropies(sizes)
    chord = np.log(2 * sites / np.pi * np.sin(np.pi * sizes / sites))
    axes.plot(chord, entropies, mark, color=color, markersize=3, label=f"field {field}")
    if field == 1.0:
        slope, offset = np.polyfit(chord, entropies, 1)
        print(f"central charge {6 * slope:.3f}, which is 1/2 for long chains")
        axes.plot(chord, slope * chord + offset, color=plots.GREY, linewidth=0.8)
axes.set(xlabel="logarithm of the chord", ylabel="entropy of the block (nats)")
axes.legend()
plt.show()
