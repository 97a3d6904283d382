"""Segment digits from clutter, every pixel from the patch around it, by several losses.

Handwritten digits of 8×8 pixels under a slope of brightness and noise; the mask is the digit's ink.
One circuit runs over the 3×3 patch of every pixel; a pixel is ink where P(ink) > ½. The
probabilities of a circuit cannot be sharp, so that losses of probabilities (cross entropy, Dice)
trade the sign of P − ½ for its size; the perceptron loss, of the measured observable 2P − 1, does
not. Logistic regression on the same patches and a threshold of brightness are fitted to the same
training images; the measure is the intersection over union (IoU) of the ink on test images.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.linear_model import LogisticRegression

from qce import plots
from qce.data import Labelled, digit_masks
from qce.learning import predict, train
from qce.models import Segmenter
from qce.runs import Outcome, Record, setting

_SHOWN = 6


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(3, "clutter, splits and starts, for the error bars", least=2)
    losses: tuple[str, ...] = setting(
        ("cross_entropy", "dice_loss", "perceptron_loss"), "to compare"
    )
    images: int = setting(150, "of the training set", least=16)
    test_images: int = setting(400, "of the test set", least=16)
    wires: int = setting(4, "of the circuit", least=4)
    layers: int = setting(5, "of the circuit", least=1)
    epochs: int = setting(40, "of each training", least=1)
    clutter: float = setting(0.7, "brightness of the slope at one border", least=0)
    noise: float = setting(0.1, "standard deviation of a pixel", least=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train by every loss, each with the same seeds, and the two classical ways."""
    model = Segmenter(spec.wires, layers=spec.layers)
    found: dict[str, list[float]] = {}
    history: dict[str, np.ndarray] = {}
    for seed in range(spec.seeds):
        training, test = images(spec, seed)
        for loss in spec.losses:
            result = train(
                model, training.features, training.labels, loss=loss, epochs=spec.epochs,
                validation=0.2, batch_size=8, seed=seed, progress=record.progress,
            )  # fmt: skip
            probabilities = predict(model, result.params, test.features)
            found.setdefault(loss, []).append(overlap(probabilities.argmax(1), test.labels))
            record.metrics(part=loss, step=seed, overlap=found[loss][-1])
            if seed == 0:
                columns = ("epoch", "loss", "validation_loss", "accuracy", "validation_accuracy")
                history |= {f"{loss}/{name}": result.history[name] for name in columns}
                history[f"{loss}/shown"] = probabilities[:_SHOWN].argmax(axis=1)
        found.setdefault("logistic regression", []).append(logistic(training, test))
        found.setdefault("threshold", []).append(threshold(training, test))
    first = images(spec, 0)[1]
    history |= {"image": first.features[:_SHOWN], "mask": first.labels[:_SHOWN]}
    rows: dict[str, Any] = {"parameters": model.size, "parameters, logistic regression": 10}
    for name, values in found.items():
        rows[name] = float(np.mean(values))
        rows[f"{name}, error"] = float(np.std(values, ddof=1) / len(values) ** 0.5)
    return Outcome({"IoU of the ink, test set": rows}, {}, history, "default.qubit (JAX, 64 bit)")


def images(spec: Spec, seed: int) -> tuple[Labelled, Labelled]:
    """Training and test images."""
    data = digit_masks(spec.clutter, spec.noise, seed)
    order = np.random.default_rng(seed).permutation(len(data))
    return data[order[: spec.images]], data[order[-spec.test_images :]]


def overlap(predicted: np.ndarray, masks: np.ndarray) -> float:
    """The mean over images of intersection over union of the ink."""
    both, either = ((predicted & masks).sum((1, 2)), (predicted | masks).sum((1, 2)))
    return float(np.mean(both / either))


def logistic(training: Labelled, test: Labelled) -> float:
    """The overlap of logistic regression on the patches that the circuit sees."""
    model = LogisticRegression(C=1e4, max_iter=1000)
    model.fit(patches(training.features), training.labels.ravel())
    return overlap(model.predict(patches(test.features)).reshape(test.labels.shape), test.labels)


def patches(images: np.ndarray) -> np.ndarray:
    """The 3×3 patch around each pixel, `(N · H · W, 9)`."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(-1, 9)


def threshold(training: Labelled, test: Labelled) -> float:
    """The overlap of the threshold that is best on the training images."""
    cuts = np.linspace(0, 2, 81)
    best = max(cuts, key=lambda cut: overlap(training.features > cut, training.labels == 1))
    return overlap(test.features > best, test.labels == 1)


def draw(outcome: Outcome) -> Any:
    """Draw images, masks and predictions above, training and validation below."""
    losses = [name.partition("/")[0] for name in outcome.history if name.endswith("/shown")]
    figure = plt.figure(figsize=(2 * plots.COLUMN, 1.5 * plots.COLUMN))
    above, below = figure.subfigures(2, 1, height_ratios=(2.1, 1))
    shown = {"image": outcome.history["image"], "mask": outcome.history["mask"]}
    shown |= {label(name): outcome.history[f"{name}/shown"] for name in losses}
    for row, (name, pictures) in zip(
        above.subplots(len(shown), _SHOWN), shown.items(), strict=True
    ):
        for axes, picture in zip(row, pictures, strict=True):
            top = None if name == "image" else 1
            axes.imshow(picture, cmap="Greys", vmin=0, vmax=top)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    left, right = below.subplots(1, 2)
    colors = (plots.BLUE, plots.ORANGE, plots.GREEN)
    for name, color in zip(losses, colors, strict=False):
        steps = outcome.history[f"{name}/epoch"]
        for axes, quantity in ((left, "loss"), (right, "accuracy")):
            axes.plot(steps, outcome.history[f"{name}/{quantity}"], color=color, label=label(name))
            axes.plot(steps, outcome.history[f"{name}/validation_{quantity}"], "--", color=color)
    left.set(xlabel="epoch", ylabel="loss")
    right.set(xlabel="epoch", ylabel="accuracy of pixels")
    right.plot([], [], "--", color=plots.GREY, label="validation")
    right.legend()
    return figure


def label(name: str) -> str:
    """The name of a loss for people."""
    return name.removesuffix("_loss").replace("_", " ").replace("dice", "Dice")
