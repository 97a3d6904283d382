"""Learn digits from a stream, one by one or in small batches, or from a stored set.

The stream passes once and nothing of it is kept; the stored set is gone through epoch by epoch.
Both train the same circuit (amplitudes of 8×8 pixels on six wires) by Adam from the same starts.
Accuracy is taken on a test set as a function of the examples that were looked at; the share of the
stream that was predicted right before it was learned needs no test set at all.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce import plots
from qce.data import Labelled, labelled
from qce.learning import Online, predict, train
from qce.models import Classifier
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(5, "splits, orders and starts, for the error bars", least=2)
    digits: tuple[int, ...] = setting((3, 8), "to tell apart", least=0, most=9)
    layers: int = setting(6, "of the circuit", least=1)
    epochs: int = setting(20, "over the stored set", least=1)
    batches: tuple[int, ...] = setting((1, 8), "examples for each step on line", least=1)
    learning_rate: float = setting(0.02, "of all", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Follow every way of learning, each with the same seeds."""
    model = Classifier(6, len(spec.digits), spec.layers, "amplitude")
    data = labelled("digits", spec.digits)
    report: dict[str, dict[str, Any]] = {"Digits, test set": {}, "Stream, before learning": {}}
    history: dict[str, np.ndarray] = {}
    for size in spec.batches:
        ways = [online(spec, model, data, size, seed) for seed in range(spec.seeds)]
        name = f"stream by {size}"
        history[f"{name}/seen"] = ways[0][0]
        history[f"{name}/accuracy"] = np.array([way[1] for way in ways])
        before = np.array([way[2] for way in ways])
        report["Stream, before learning"] |= summary(f"right of all, {name}", before)
        record.metrics(part=name, step=0, accuracy=float(ways[-1][1][-1]))
    ways = [offline(spec, model, data, seed, record) for seed in range(spec.seeds)]
    name = f"{spec.epochs} epochs"
    history[f"{name}/seen"], history[f"{name}/accuracy"] = (
        ways[0][0],
        np.array([way[1] for way in ways]),
    )
    for key, curves in history.items():
        if key.endswith("/accuracy"):
            report["Digits, test set"] |= summary(key.partition("/")[0], curves[:, -1])
    once = history[f"{name}/accuracy"][:, 1]
    report["Digits, test set"] |= summary("one epoch", once)
    return Outcome(report, {}, history, "default.qubit (JAX, 64 bit)")


def online(
    spec: Spec, model: Classifier, data: Labelled, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Examples seen, test accuracy then, and the share predicted right before it was learned."""
    training, test = data.split(0.3, seed)
    learner = Online(model, learning_rate=spec.learning_rate, seed=seed)
    seen, right = 0, 0.0
    path = [(seen, accuracy(model, learner.params, test))]
    for x, y in training.stream(seed, size):
        right += len(x) * learner.update(x, y).accuracy
        seen += len(x)
        # Ten looks a stream: looking costs more than learning.
        if seen // size % max(len(training) // size // 10, 1) == 0 or seen == len(training):
            path.append((seen, accuracy(model, learner.params, test)))
    steps, values = np.transpose(path)
    return steps, values, right / seen


def offline(
    spec: Spec, model: Classifier, data: Labelled, seed: int, record: Record
) -> tuple[np.ndarray, np.ndarray]:
    """Examples looked at and test accuracy then, epoch by epoch."""
    training, test = data.split(0.3, seed)
    result = train(
        model, training.features, training.labels, validation=(test.features, test.labels),
        epochs=spec.epochs, learning_rate=spec.learning_rate, seed=seed, progress=record.progress,
    )  # fmt: skip
    return len(training) * result.history["epoch"], result.history["validation_accuracy"]


def accuracy(model: Classifier, params: np.ndarray, test: Labelled) -> float:
    """The share of a set that is predicted right."""
    return float(np.mean(predict(model, params, test.features).argmax(1) == test.labels))


def summary(name: str, values: np.ndarray) -> dict[str, float]:
    """Mean over seeds and its standard error."""
    return {
        name: float(values.mean()),
        f"{name}, error": float(values.std(ddof=1) / len(values) ** 0.5),
    }


def draw(outcome: Outcome) -> Any:
    """Draw test accuracy against the examples looked at, on a logarithmic axis."""
    figure, axes = plt.subplots(figsize=(plots.COLUMN, 0.8 * plots.COLUMN))
    names = list(dict.fromkeys(name.partition("/")[0] for name in outcome.history))
    styles = zip((plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE), "os^D", strict=True)
    for name, (color, marker) in zip(names, styles, strict=False):
        seen, curves = (outcome.history[f"{name}/{part}"] for part in ("seen", "accuracy"))
        error = curves.std(axis=0, ddof=1) / len(curves) ** 0.5
        axes.errorbar(
            seen[1:], curves.mean(axis=0)[1:], yerr=error[1:], marker=marker, markersize=3,
            color=color, capsize=1.5, linewidth=1, label=name,
        )  # fmt: skip
    axes.set(xscale="log", xlabel="examples looked at", ylabel="accuracy, test set")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
