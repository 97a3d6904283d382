"""Matchgate Born machines on data: more than independent bits, and how far from a tree?

Free fermions know pairs of wires as a tree of pairs does, in an order that the chain of wires sets,
and their likelihood is exact on a hundred wires. Each machine begins at independent bits, with some
noise, and is trained by mini-batches; hidden wires are what lifts its parity. It is judged on test
rows beside independent bits and the Chow-Liu tree, and may take its wires in the order in which the
tree joins them, so that pairs that depend on each other are neighbours.

    qce run matchgate_born                           handwritten digits in black and white
    qce run matchgate_born --data folder/nltcs       a set of the density-estimation benchmark
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from density_estimation import judged, looks, smoothed, split

import qce
from qce import models, plots
from qce.objectives import measured_likelihood
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "a file, or a set by folder and name; the digits unless given")
    seeds: int = setting(3, "starts of each machine, for the deviations", least=1)
    hidden: tuple[int, ...] = setting((1, 4), "wires of the machines", least=1)
    ordered: bool = setting(True, "whether wires stand in the order of the tree")
    epochs: int = setting(10, "passes through the training rows", least=1)
    batch: int = setting(250, "rows a step", least=1)
    rows: int = setting(20_000, "training rows at most", least=10)
    learning_rate: float = setting(0.02, "of the first step", above=0)
    noise: float = setting(0.01, "of the generator at the start", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train every machine, and judge it on the test rows."""
    parts = split(spec)
    tree = smoothed(models.chow_liu, parts)
    if spec.ordered:
        order = joined(tree.parents)
        parts = tuple(rows[:, order] for rows in parts)
        tree = smoothed(models.chow_liu, parts)
    train, valid, test = parts
    bits = smoothed(models.product, parts)
    found = {"independent bits": [bits.log_prob(test)], "Chow-Liu tree": [tree.log_prob(test)]}
    history: dict[str, np.ndarray] = {}
    for hidden in spec.hidden:
        machine, name = models.Matchgate(train.shape[1], hidden), f"matchgate, {hidden} hidden"
        start = machine.product(bits.ones)
        for seed in range(spec.seeds):
            noise = np.random.default_rng(seed).normal(size=machine.size)
            result = qce.fit(
                measured_likelihood(machine, train), start + spec.noise * noise,
                batch=spec.batch, epochs=spec.epochs, learning_rate=spec.learning_rate,
                validation=valid, seed=seed, progress=record.progress,
            )  # fmt: skip
            history[f"{name}/{seed}"] = looks(result)
            log = np.asarray(machine.log_prob(result.params, test))
            found.setdefault(name, []).append(log)
            record.metrics(part=name, step=seed, loss=-log.mean())
    return judged(spec.data, train.shape[1], found, history)


def joined(parents: Any) -> list[int]:
    """Wires by depth first from the root of a tree, so that most stand beside their parent."""
    found: list[int] = []
    ahead = [wire for wire, parent in enumerate(parents) if parent < 0]
    while ahead:
        found.append(ahead.pop())
        ahead += [wire for wire, parent in enumerate(parents) if parent == found[-1]]
    return found


def draw(outcome: Outcome) -> Any:
    """Draw learning curves on the validation rows, and the models beside each other."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * plots.COLUMN, 0.8 * plots.COLUMN))
    tests = {k.partition("/")[2]: v for k, v in outcome.history.items() if k.startswith("test/")}
    colours = dict(zip(tests, (plots.GREY, plots.BLUE, plots.ORANGE, plots.GREEN), strict=False))
    for name, values in tests.items():
        curves = [v for k, v in outcome.history.items() if k.rpartition("/")[0] == name]
        if curves:
            mean = np.mean([curve[: min(map(len, curves))] for curve in curves], axis=0)
            left.plot(np.arange(1, len(mean) + 1), mean, label=name, color=colours.get(name))
        else:
            left.axhline(values.mean(), linestyle="--", label=name, color=colours.get(name))
    left.set(xlabel="epoch", ylabel="validation rows (nats)")
    left.legend()
    places = np.arange(len(tests))[::-1]
    means = [values.mean() for values in tests.values()]
    errors = [values.std(ddof=1) if len(values) > 1 else 0.0 for values in tests.values()]
    right.errorbar(means, places, xerr=errors, fmt="o", color=plots.BLUE)
    right.set_yticks(places, list(tests))
    right.set_xlabel("test rows (nats)")
    return figure
