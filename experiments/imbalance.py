"""Compare losses on imbalanced data: plain, weighted, balanced, focal, and of regions.

A digit among few examples of it and many of another; amplitudes of 8×8 pixels on six wires. All
losses train the same circuit from the same starts on the same batches. What counts is the balanced
accuracy of a test set (the mean over classes of the share that is found), and the share of the rare
class that is found.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce import plots
from qce.data import labelled
from qce.learning import Loss, predict, train
from qce.models import Classifier
from qce.runs import Outcome, Record, setting

LOSSES: dict[str, tuple[Loss, str | None]] = {
    "cross entropy": (Loss("cross_entropy"), None),
    "balanced": (Loss("cross_entropy"), "balanced"),
    "focal": (Loss("focal_loss", gamma=2.0), None),
    "balanced focal": (Loss("focal_loss", gamma=2.0), "balanced"),
    "Dice": (Loss("dice_loss"), None),
    "hinge": (Loss("hinge_loss"), None),
    "balanced hinge": (Loss("hinge_loss"), "balanced"),
    "balanced perceptron": (Loss("perceptron_loss"), "balanced"),
}


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(5, "draws of examples and starts, for the error bars", least=2)
    common: int = setting(3, "the digit that is common", least=0, most=9)
    rare: int = setting(8, "the digit that is rare", least=0, most=9)
    ratio: int = setting(15, "common ones for each rare one", least=1)
    layers: int = setting(5, "of the circuit", least=1)
    epochs: int = setting(60, "of each training", least=1)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train with every loss, each with the same seeds."""
    model = Classifier(6, 2, spec.layers, "amplitude")
    found: dict[str, Any] = {}
    history: dict[str, np.ndarray] = {}
    for name, (loss, weights) in LOSSES.items():
        results = []
        for seed in range(spec.seeds):
            training, test = imbalanced(spec, seed)
            result = train(
                model, *training, loss=loss, class_weights=weights, epochs=spec.epochs,
                batch_size=32, learning_rate=0.05, seed=seed, progress=record.progress,
            )  # fmt: skip
            results.append(recalls(predict(model, result.params, test[0]), test[1]))
            record.metrics(part=name, step=seed, balanced=float(np.mean(results[-1])))
        found[name] = np.array(results)
        history[f"{name}/loss"] = result.history["loss"]
    report = {"Balanced accuracy of the test set": {}, "Share of the rare digit that is found": {}}
    for name, recall in found.items():
        for rows, values in zip(report.values(), (recall.mean(axis=1), recall[:, 1]), strict=True):
            rows[name] = float(values.mean())
            rows[f"{name}, error"] = float(values.std(ddof=1) / len(values) ** 0.5)
    report["Balanced accuracy of the test set"]["gain of the best seed by seed"] = gain(found)
    parameters = {f"recall/{name}": recall for name, recall in found.items()}
    return Outcome(report, parameters, history, "default.qubit (JAX, 64 bit)")


def imbalanced(spec: Spec, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A training set in which one class is rare, and a test set as it comes."""
    training, test = labelled("digits", [spec.common, spec.rare]).split(0.4, seed)
    common, rare = (np.flatnonzero(training.labels == c) for c in (0, 1))
    kept = np.concatenate([common, rare[: max(len(common) // spec.ratio, 2)]])
    return [(part.features, part.labels) for part in (training[kept], test)]


def recalls(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The share of each class that is found, `(k,)`."""
    right = probabilities.argmax(axis=1) == labels
    return np.array([right[labels == c].mean() for c in range(probabilities.shape[1])])


def gain(found: dict[str, np.ndarray]) -> str:
    """Mean difference of the best loss to plain cross entropy, with the same seeds."""
    plain = found["cross entropy"].mean(axis=1)
    best = max(found, key=lambda name: found[name].mean())
    apart = found[best].mean(axis=1) - plain
    return f"{best}: {apart.mean():+.3f} ± {apart.std(ddof=1) / len(apart) ** 0.5:.3f}"


def draw(outcome: Outcome) -> Any:
    """Draw the share of each class that is found, loss by loss."""
    names = [name.partition("/")[2] for name in outcome.parameters]
    figure, axes = plt.subplots(figsize=(plots.COLUMN, plots.COLUMN))
    places = np.arange(len(names))[::-1]
    for shift, c, color, marker, label in (
        (0.15, 0, plots.BLUE, "o", "common digit"), (-0.15, 1, plots.ORANGE, "s", "rare digit"),
    ):  # fmt: skip
        shares = np.array([outcome.parameters[f"recall/{name}"][:, c] for name in names])
        error = shares.std(axis=1, ddof=1) / shares.shape[1] ** 0.5
        axes.errorbar(
            shares.mean(axis=1), places + shift, xerr=error, fmt=marker, color=color,
            markersize=4, capsize=2, label=label,
        )  # fmt: skip
    axes.set_yticks(places, names)
    axes.set(xlabel="share that is found, test set")
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=2)
    return figure
