"""Rows with holes: what a Born tree learns from them, and how well it fills holes in.

A share of all bits is removed at random, from training, validation and test rows. Independent bits,
the Chow-Liu tree and a tree of tensors that starts from it are fitted to what is left, each by the
likelihood of that alone. Then: the negative log-likelihood of complete test rows; and of each bit
removed from the test rows, given the bits of its row that were left, the probability of what it
was. A bit counts as filled in right where that is above one half.

    qce run missing_bits                       handwritten digits in black and white
    qce run missing_bits --data folder/nltcs   a set of the density-estimation benchmark
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from density_estimation import smoothed, split

from qce import models, plots
from qce.data.rows import OPEN
from qce.objectives import measured_likelihood
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "a file, or a set by folder and name; the digits unless given")
    share: float = setting(0.3, "of the bits that are removed", least=0.01, most=0.9)
    bond: int = setting(8, "of the tree", least=2)
    epochs: int = setting(30, "passes through the training rows", least=1)
    batch: int = setting(250, "rows a step", least=1)
    rows: int = setting(20_000, "training rows at most", least=10)
    judged: int = setting(500, "test rows at most in which bits are filled in", least=1)
    seed: int = setting(0, "of what is removed, of start and order", least=0)


LogProb = Callable[[np.ndarray], Any]
RIGHT, NATS = "of missing bits right", "nats a missing bit"


def run(spec: Spec, *, record: Record) -> Outcome:
    """Fit all three, and judge them on complete rows and on the bits removed."""
    train, valid, test = split(spec)
    rng = np.random.default_rng(spec.seed)
    seen = with_holes(train, spec.share, rng), with_holes(valid, spec.share, rng)
    rows = test[: spec.judged]
    holes = with_holes(rows, spec.share, rng)
    fits: dict[str, LogProb] = {
        "independent bits": smoothed(models.product, (*seen, test)).log_prob,
        "Chow-Liu tree": smoothed(models.chow_liu, (*seen, test)).log_prob,
        "Born tree": born_tree(spec, *seen, record),
    }
    report, history = {}, {}
    for name, log_prob in fits.items():
        found = probabilities(log_prob, rows, holes)
        report[f"{name}: complete rows (nats)"] = -float(np.mean(log_prob(test)))
        report[f"{name}: {RIGHT}"] = float(np.mean(found > 0.5))
        report[f"{name}: {NATS}"] = -float(np.mean(np.log(found)))
        history[f"missing/{name}"] = found
    title = f"{spec.data or 'digits'}, {train.shape[1]} wires, {spec.share:.0%} of bits removed"
    return Outcome({title: report}, {}, history, "exact likelihood (JAX, 32 bit)")


def with_holes(rows: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Rows in which each bit was removed with this probability."""
    return np.where(rng.random(rows.shape) < share, OPEN, rows).astype(np.int8)


def born_tree(spec: Spec, train: np.ndarray, valid: np.ndarray, record: Record) -> LogProb:
    """Return ln p of a tree that was trained on rows with holes."""
    model, start = models.TensorTree.from_chow_liu(train, spec.bond, spec.seed, dtype="float32")
    result = record.fit(
        measured_likelihood(model, train), params=start, batch=spec.batch, epochs=spec.epochs,
        validation=valid, seed=spec.seed,
    )  # fmt: skip
    return lambda rows: model.log_prob(result.params, rows)


def probabilities(log_prob: LogProb, rows: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Return p(bit as it was | bits seen in its row) of each bit removed, shape `(removed,)`."""
    of, wire = np.nonzero(holes == OPEN)
    one_more = holes[of]
    one_more[np.arange(len(of)), wire] = rows[of, wire]
    return np.exp(np.asarray(log_prob(one_more)) - np.asarray(log_prob(holes))[of])


def draw(outcome: Outcome) -> Any:
    """Draw the bits filled in right, and what each bit costs in nats, model by model."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(2 * plots.COLUMN, 0.6 * plots.COLUMN), sharey=True
    )
    found = {name.partition("/")[2]: p for name, p in outcome.history.items()}
    places = np.arange(len(found))[::-1]
    for axes, values, label in (
        (left, [p > 0.5 for p in found.values()], "share " + RIGHT),
        (right, [-np.log(p) for p in found.values()], NATS),
    ):
        errors = [x.std() / len(x) ** 0.5 for x in values]
        axes.errorbar([x.mean() for x in values], places, xerr=errors, fmt="o", color=plots.BLUE)
        axes.set_xlabel(label)
    left.set_yticks(places, list(found))
    return figure
