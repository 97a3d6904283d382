"""Watch a circuit overfit: few examples or many, some labels wrong, with early stopping.

A re-uploading circuit on scikit-learn's breast cancer set (its first principal components, as
angles), where a share of the labels of training and validation is turned round. The training set
is fitted ever better, wrong labels included; how far the validation set stays behind, and whether
its loss turns round, depends on how many examples there are. The epoch that the tendency of the
validation loss chooses is judged, beside the last one, on a test set of right labels that neither
has seen.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qce import plots
from qce.classical import cross_entropy
from qce.data import labelled
from qce.learning import predict, train
from qce.models import Classifier
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(4, "splits and starts, for the error bars", least=2)
    examples: tuple[int, ...] = setting((20, 60, 180), "sizes of the training set", least=8)
    wires: int = setting(4, "and principal components", least=1)
    layers: int = setting(6, "of the circuit", least=1)
    epochs: int = setting(200, "of each training", least=1)
    batch_size: int = setting(20, "examples for each update", least=1)
    learning_rate: float = setting(0.05, "of Adam", above=0)
    wrong: float = setting(0.15, "share of training and validation labels", least=0, most=0.5)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train on sets of several sizes, each with several seeds."""
    model = Classifier(spec.wires, 2, spec.layers, "reuploading")
    rows: dict[str, Any] = {"parameters": model.size}
    history: dict[str, np.ndarray] = {}
    for size in spec.examples:
        curves, chosen, last = [], [], []
        for seed in range(spec.seeds):
            (x, y), held, (test_x, test_y) = parts(spec, size, seed)
            result = train(
                model, x, y, validation=held, epochs=spec.epochs, batch_size=spec.batch_size,
                learning_rate=spec.learning_rate, seed=seed, progress=record.progress,
            )  # fmt: skip
            curves.append(result.history)
            for found, params in ((chosen, result.params), (last, result.last_params)):
                p = predict(model, params, test_x)
                loss = cross_entropy(np.eye(2)[test_y], p, check=False).mean()
                found.append((loss, np.mean(p.argmax(1) == test_y), result.best_epoch))
            record.metrics(part=f"{size} examples", step=seed, loss=result.history["loss"][-1])
        for name in ("loss", "validation_loss", "accuracy", "validation_accuracy"):
            history[f"{size}/{name}"] = np.array([curve[name] for curve in curves])
        rows |= summary(f"{size} examples, best epoch", np.array(chosen))
        rows |= summary(f"{size} examples, last epoch", np.array(last))
        rows[f"{size} examples, best epoch, mean"] = float(np.mean([c[2] for c in chosen]))
    title = "Breast cancer, test set of right labels (loss in nats)"
    return Outcome({title: rows}, {}, history, "default.qubit (JAX, 64 bit)")


def parts(spec: Spec, size: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training, validation and test set; scaled by what the training set shows."""
    rng = np.random.default_rng(seed)
    rest, test = labelled("breast_cancer").split(0.4, seed)
    rest, held = rest.split(0.4, seed)
    _, few = rest.split(size / len(rest), seed)
    scale = make_pipeline(StandardScaler(), PCA(spec.wires, whiten=True, svd_solver="full")).fit(
        few.features
    )
    labels = [part.labels ^ (rng.uniform(size=len(part)) < spec.wrong) for part in (few, held)]
    features = [scale.transform(part.features) for part in (few, held, test)]
    return list(zip(features, [*labels, test.labels], strict=True))


def summary(name: str, found: np.ndarray) -> dict[str, float]:
    """Mean over seeds and its standard error."""
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / len(found) ** 0.5
    return {
        f"{name}: loss": float(mean[0]), f"{name}: loss, error": float(error[0]),
        f"{name}: accuracy": float(mean[1]), f"{name}: accuracy, error": float(error[1]),
    }  # fmt: skip


def draw(outcome: Outcome) -> Any:
    """Draw training and validation curves, one panel a size; bands are standard errors."""
    sizes = list(dict.fromkeys(name.partition("/")[0] for name in outcome.history))
    figure, panels = plt.subplots(
        2,
        len(sizes),
        sharex=True,
        sharey="row",
        squeeze=False,
        figsize=(2 * plots.COLUMN, 1.1 * plots.COLUMN),
    )
    styles = {"": (plots.BLUE, "-", "training"), "validation_": (plots.ORANGE, "--", "validation")}
    for column, size in zip(panels.T, sizes, strict=True):
        for axes, quantity in zip(column, ("loss", "accuracy"), strict=True):
            for prefix, (color, line, label) in styles.items():
                curves = outcome.history[f"{size}/{prefix}{quantity}"]
                mean = curves.mean(axis=0)
                error = curves.std(axis=0, ddof=1) / len(curves) ** 0.5
                steps = np.arange(len(mean))
                axes.plot(steps, mean, line, color=color, label=label)
                axes.fill_between(steps, mean - error, mean + error, color=color, alpha=0.2)
            if quantity == "loss":
                least = outcome.history[f"{size}/validation_loss"].mean(axis=0).argmin()
                axes.axvline(least, color=plots.GREY, linestyle=":", label="least validation")
        column[0].set_title(f"{size} examples")
        column[1].set_xlabel("epoch")
    panels[0, 0].set_ylabel("loss (nats)")
    panels[1, 0].set_ylabel("accuracy")
    panels[0, 0].legend()
    return figure
