"""
Noise and error mitigation
==========================

The same cross entropy with noise, with readout correction, and with extrapolation.

Device, noise and error mitigation are given by one line of text. Here noise is simulated
exactly, so that only bias is left. On hardware the line names a backend.
"""

import matplotlib.pyplot as plt

import qce
from qce import circuits, data, models, objectives, plots

rho = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5), beta=1.0)
model = qce.ThermalModel(circuits.ising(2, layers=2), models.ProductSpectrum(2))
exact = objectives.exact_cross_entropy(model, rho)
params = qce.fit(exact, optimizer="lbfgs", progress=False).params

noisy = "default.mixed noise=depolarizing:0.01,readout:0.03"
lines = {
    "noise": noisy,
    "readings corrected": f"{noisy} readout=true",
    "extrapolated": f"{noisy} zne=1,3",
    "both": f"{noisy} readout=true zne=1,3",
}
bias = {
    name: objectives.deferred_cross_entropy(model, rho, device=line)(params).value - exact.floor
    for name, line in lines.items()
}
for name, value in bias.items():
    print(f"{name:20} {value:+.4f} nats")

# %%
# The remaining bias of each line. Mitigation takes more shots, which this figure does not show.

_, axes = plt.subplots(figsize=(plots.COLUMN, 0.6 * plots.COLUMN), layout="constrained")
axes.barh(list(bias), list(bias.values()), color=plots.BLUE, alpha=0.6)
axes.axvline(0, color="black", linewidth=0.8)
axes.invert_yaxis()
axes.set(xlabel="bias (nats)")
plt.show()
