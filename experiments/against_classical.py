"""Compare a circuit with classical networks of as many parameters, on four real data sets.

Iris, wine, breast cancer and a pair of digits; all models see the same standardised principal
components. The circuit is compared with a network of one hidden layer that has as many parameters
to within a hidden unit, trained as it is (Adam, the same batches and epochs), and with logistic
regression, which has fewer. Errors are over splits and starts; differences are taken seed by seed,
and tested by Wilcoxon's signed ranks. Splits of one set share data, so that p is a guide.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qce import plots
from qce.data import Labelled, labelled
from qce.learning import CircuitClassifier
from qce.models import Classifier
from qce.reproduce.statistics import compared, standard_error
from qce.runs import Outcome, Record, setting

MODELS = ("circuit", "network", "logistic regression")


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(20, "splits and starts, for errors and tests", least=2)
    sets: tuple[str, ...] = setting(
        ("iris", "wine", "breast_cancer", "digits"), "of scikit-learn; of digits 3 and 8"
    )
    wires: int = setting(4, "and principal components", least=2, most=4)
    layers: int = setting(3, "of the circuit", least=1)
    epochs: int = setting(60, "of circuit and network", least=1)
    learning_rate: float = setting(0.05, "of circuit and network", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train all models on all sets, each with the same seeds."""
    report: dict[str, dict[str, Any]] = {}
    scores: dict[str, np.ndarray] = {}
    for name in spec.sets:
        data = labelled(name, [3, 8] if name == "digits" else None)
        found = np.array([compare(spec, data, seed) for seed in range(spec.seeds)])
        scores[name] = found
        report[f"{name} (accuracy on the test set)"] = rows(spec, data, found)
        record.metrics(part=name, step=0, circuit=float(found[:, 0].mean()))
    return Outcome(report, scores, {}, "default.qubit (JAX, 64 bit)")


def compare(spec: Spec, data: Labelled, seed: int) -> list[float]:
    """Test accuracy of each model on one split."""
    training, test = data.split(0.3, seed)
    found = []
    for model in models(spec, data, seed):
        scaled = make_pipeline(
            StandardScaler(), PCA(spec.wires, whiten=True, svd_solver="full"), model
        )
        with warnings.catch_warnings():  # as many epochs as the circuit has, converged or not
            warnings.simplefilter("ignore", ConvergenceWarning)
            scaled.fit(training.features, training.labels)
        found.append(scaled.score(test.features, test.labels))
    return found


def models(spec: Spec, data: Labelled, seed: int) -> list[Any]:
    """Circuit, network and logistic regression."""
    shared = {"batch_size": 32, "random_state": seed}
    circuit = CircuitClassifier(
        spec.wires, layers=spec.layers, encoding="reuploading", epochs=spec.epochs,
        learning_rate=spec.learning_rate, standardise=False, **shared,
    )  # fmt: skip
    network = MLPClassifier(
        (hidden(spec, data),), activation="tanh", alpha=0.0, max_iter=spec.epochs,
        learning_rate_init=spec.learning_rate, n_iter_no_change=spec.epochs, **shared,
    )  # fmt: skip
    return [circuit, network, LogisticRegression()]


def hidden(spec: Spec, data: Labelled) -> int:
    """How many hidden units come closest to the parameters of the circuit."""
    target = Classifier(spec.wires, len(data.classes), spec.layers, "reuploading").size
    return min(range(1, target), key=lambda units: abs(weights(spec, data, units) - target))


def weights(spec: Spec, data: Labelled, units: int) -> int:
    """Parameters of a network of one hidden layer; one output tells two classes apart."""
    outputs = 1 if len(data.classes) == 2 else len(data.classes)
    return units * (spec.wires + 1) + outputs * (units + 1)


def rows(spec: Spec, data: Labelled, found: np.ndarray) -> dict[str, Any]:
    """Parameters, mean accuracies with errors, and the difference to the network."""
    outputs = 1 if len(data.classes) == 2 else len(data.classes)
    report: dict[str, Any] = {
        "parameters, circuit": Classifier(
            spec.wires, len(data.classes), spec.layers, "reuploading"
        ).size,
        "parameters, network": weights(spec, data, hidden(spec, data)),
        "parameters, logistic regression": outputs * (spec.wires + 1),
    }
    for name, values in zip(MODELS, found.T, strict=True):
        report[name] = float(values.mean())
        report[f"{name}, standard error"] = standard_error(values)
    for k, other in ((1, "network"), (2, "logistic regression")):
        report |= compared(f"circuit less {other}", found[:, 0], found[:, k])
    return report


def draw(outcome: Outcome) -> Any:
    """Draw test accuracies, set by set."""
    figure, axes = plt.subplots(figsize=(plots.COLUMN, 0.85 * plots.COLUMN))
    styles = zip((plots.BLUE, plots.ORANGE, plots.GREEN), "os^", strict=True)
    places = np.arange(len(outcome.parameters))
    for k, (name, (color, marker)) in enumerate(zip(MODELS, styles, strict=True)):
        found = np.array([scores[:, k] for scores in outcome.parameters.values()])
        bars = found.std(axis=1, ddof=1) / found.shape[1] ** 0.5
        axes.errorbar(
            places + 0.2 * (k - 1), found.mean(axis=1), yerr=bars, fmt=marker, color=color,
            markersize=4, capsize=2, label=name,
        )  # fmt: skip
    axes.set_xticks(places, [name.replace("_", " ") for name in outcome.parameters])
    axes.set(ylabel="accuracy, test set")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=3)
    return figure
