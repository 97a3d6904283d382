"""
Distinguishing two states
=========================

How fast does the error fall with the number of copies, measured together or one by one?

The exponent of the best test tends to the relative entropy if all copies are measured together,
and to the smaller measured relative entropy if each copy is measured separately.
"""

import matplotlib.pyplot as plt

from qce import coding, plots, quantum

rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
copies = [2, 4, 8, 12, 16, 20, 24, 28, 32]
ways = {
    "together": (coding.stein_exponent, plots.BLUE, "o-"),
    "one by one": (coding.best_measured_stein_exponent, plots.ORANGE, "s--"),
}
_, axes = plt.subplots(figsize=(plots.COLUMN, 0.75 * plots.COLUMN), layout="constrained")
for name, (exponent, color, look) in ways.items():
    found = [exponent(rho, sigma, n, 0.05) for n in copies]
    axes.plot(copies, found, look, color=color, markersize=3, label=name)
limits = {
    "relative entropy": (quantum.relative_entropy, plots.BLUE, "-"),
    "measured": (quantum.measured_relative_entropy, plots.ORANGE, "--"),
}
for name, (limit, color, line) in limits.items():
    axes.axhline(limit(rho, sigma), color=color, linestyle=line, linewidth=0.8)
    print(f"{name}: {limit(rho, sigma):.4f} nats a copy")
axes.set(xlabel="copies", ylabel="exponent (nats a copy)")
axes.legend()
plt.show()
