"""
Cross-entropy benchmarking
==========================

How good is a device? The fidelity of random circuits falls with their depth.

The outcomes of a noisy device are compared with the ideal probabilities. The fidelity falls by the
same factor with each layer of gates, which does not depend on errors of preparation and readout.
"""

import matplotlib.pyplot as plt
import numpy as np
import pennylane as qml

from qce import plots, xeb

after_gate = qml.noise.partial_wires(qml.DepolarizingChannel, 0.02)
noise = qml.NoiseModel({qml.noise.op_eq("CZ"): after_gate})
depths = [2, 4, 6, 8]
found = []
for depth in depths:
    drawn = [
        xeb.measure(
            xeb.random_circuit(3, depth, seed=seed), 3, shots=400, noise=noise,
            device="default.mixed", seed=seed,
        )
        for seed in range(6)
    ]  # fmt: skip
    ideal, counts = map(np.array, zip(*drawn, strict=True))
    found.append(xeb.fidelity(ideal, counts))
values, errors = [f.value for f in found], [f.stderr for f in found]
decay = xeb.fit_decay(depths, values, errors)
print(f"fidelity of a layer: {decay.layer:.4f} ± {decay.layer_stderr:.4f}")

_, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN), layout="constrained")
axes.errorbar(depths, values, errors, fmt="o", color=plots.BLUE, markersize=3, label="measured")
along = np.linspace(0, 9, 50)
axes.plot(along, decay.amplitude * decay.layer**along, color=plots.ORANGE, label="fit")
axes.set(xlabel="layers", ylabel="fidelity")
axes.legend()
plt.show()
