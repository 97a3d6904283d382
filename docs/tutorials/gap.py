"""What measuring early hides of the cross entropy of a qubit."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce import classical, plots, quantum
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: float = setting(0.9, "length of the Bloch vector of the data", least=0, most=1)
    model: float = setting(0.5, "length of the Bloch vector of the model", least=0, most=1)
    tilts: int = setting(91, "how many tilts from 0° to 90°", least=2)


def run(spec: Spec) -> Outcome:
    """Tilt the model away from the measured basis."""
    tilt = np.linspace(0, np.pi / 2, spec.tilts)
    rho, sigma = qubit(spec.data, 0 * tilt), qubit(spec.model, tilt)
    exact = quantum.cross_entropy(rho, sigma)
    early = classical.cross_entropy(diagonal(rho), diagonal(sigma))
    gap = exact - early
    report = {"Measuring early (nats)": {"least gap": gap.min(), "largest gap": gap.max()}}
    history = {"tilt": np.degrees(tilt), "exact": exact, "early": early}
    return Outcome(report, history=history)


def qubit(length: float, tilt: np.ndarray) -> np.ndarray:
    """Return qubits with this Bloch vector, tilted from z towards x, shape `(..., 2, 2)`."""
    x, z = length * np.sin(tilt), length * np.cos(tilt)
    rows = [np.stack([1 + z, x], -1), np.stack([x, 1 - z], -1)]
    return np.stack(rows, -2) / 2


def diagonal(state: np.ndarray) -> np.ndarray:
    """Return what a measurement in the computational basis leaves."""
    return np.diagonal(state, axis1=-2, axis2=-1)


def draw(outcome: Outcome) -> Any:
    """Draw both quantities, and what lies between."""
    tilt, exact, early = (outcome.history[name] for name in ("tilt", "exact", "early"))
    figure, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN))
    axes.plot(tilt, exact, color=plots.BLUE, label="quantum cross entropy")
    axes.plot(tilt, early, color=plots.ORANGE, linestyle="--", label="measured early")
    axes.fill_between(tilt, early, exact, color=plots.GREY, alpha=0.2, linewidth=0)
    axes.set(xlabel="tilt of the model (degrees)", ylabel="nats", xlim=(0, 90))
    axes.set_xticks([0, 30, 60, 90])
    axes.legend()
    return figure
