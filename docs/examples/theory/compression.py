"""
The cost of the wrong code
==========================

How many bits per letter does a code take that was made for another source?

A code for the source q, used on letters of the source p, succeeds at rates above the cross entropy
H(p, q), and fails below it. The longer the block, the sharper the step.
"""

import matplotlib.pyplot as plt
import numpy as np

from qce import coding, plots

source = coding.Source.shannon([0.9, 0.1], [0.6, 0.4])
rates = np.linspace(0.5, 1.1, 200)
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN), layout="constrained")
lines = zip((10, 100, 1000), (":", "--", "-"), strict=True)
for n, line in lines:
    success = coding.success_probability(source, n, rates)
    axes.plot(rates, success, line, color=plots.BLUE, label=f"{n} letters")
axes.axvline(source.cross_entropy, color=plots.ORANGE, linewidth=0.8, label="cross entropy")
axes.set(xlabel="rate (bits a letter)", ylabel="probability of success")
axes.legend()
plt.show()
print(f"entropy {source.entropy:.3f}, cross entropy {source.cross_entropy:.3f} bits a letter")
