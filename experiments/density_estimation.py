"""Trees of tensors on data of any number of wires: what coherence buys, beside classical models.

Negative log-likelihood of test rows under independent bits, the Chow-Liu tree, a hidden Chow-Liu
tree (expectation maximisation), and tensor trees at several coherences, from a hidden Markov tree
at 0 to a Born machine at 1, on the same tree, from the same start, with the same budget; and
chains of equal bond, in the order of the columns and in that of a walk through the Chow-Liu tree.
What is chosen is chosen on validation rows. Differences are of the same rows,
which are known far better than each mean.

    qce run density_estimation                       handwritten digits in black and white
    qce run density_estimation --data rows.csv       a table of one's own, a row a line
    qce run density_estimation --data folder/nltcs   a set of the density-estimation benchmark
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from scipy.special import logsumexp
from sklearn.datasets import load_digits

import qce
from qce import data, models, plots
from qce.objectives import measured_likelihood
from qce.runs import Outcome, Record, setting
from qce.typing import Distribution

SMOOTHINGS = (0.01, 0.1, 0.5, 1.0, 5.0)
Parts = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "a file, or a set by folder and name; the digits unless given")
    seeds: int = setting(3, "starts of each tree, for the deviations", least=1)
    bond: int = setting(16, "of trees and chain", least=2)
    coherences: tuple[float, ...] = setting((0.0, 0.5, 1.0), "of the trees", least=0, most=1)
    epochs: int = setting(30, "passes through the training rows", least=1)
    batch: int = setting(250, "rows a step", least=1)
    average: float = setting(0.0, "epochs that parameters are averaged over; 0: none", least=0)
    rows: int = setting(20_000, "training rows at most", least=10)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Fit every model, and judge it on the test rows."""
    train, valid, test = parts = split(spec)
    logs = {
        "independent bits": smoothed(models.product, parts).log_prob(test),
        "Chow-Liu tree": smoothed(models.chow_liu, parts).log_prob(test),
        "hidden tree, EM": models.hidden_tree(
            train, spec.bond, validation=valid, epochs=spec.epochs, batch=spec.batch
        ).log_prob(test),
    }
    found = {name: [log] for name, log in logs.items()}
    history: dict[str, np.ndarray] = {}
    for name, make in trees(spec, train).items():
        for seed in range(spec.seeds):
            model, params = make(seed)
            result = qce.fit(
                measured_likelihood(model, train), params, batch=spec.batch, epochs=spec.epochs,
                average=spec.average or None, validation=valid, seed=seed, progress=record.progress,
            )  # fmt: skip
            history[f"{name}/{seed}"] = looks(result)
            log = np.asarray(model.log_prob(result.params, test))
            found.setdefault(name, []).append(log)
            record.metrics(part=name, step=seed, loss=-log.mean())
    return judged(spec.data, train.shape[1], found, history)


def looks(result: qce.results.FitResult) -> np.ndarray:
    """Losses of the validation rows, at each look at them."""
    seen = result.history["validation"]
    return seen[~np.isnan(seen)]


def judged(
    name: str, wires: int, found: dict[str, list[np.ndarray]], history: dict[str, np.ndarray]
) -> Outcome:
    """What is kept of logarithms of all models at the test rows."""
    tests = {f"test/{model}": -np.mean(values, axis=1) for model, values in found.items()}
    title = f"{name or 'digits'}, {wires} wires: test rows, nats"
    return Outcome({title: report(found)}, {}, history | tests, "exact likelihood (JAX)")


def trees(spec: Spec, train: np.ndarray) -> dict[str, Any]:
    """How to make each tree and its start, by seed."""

    def tree(coherence: float) -> Any:
        return lambda seed: models.TensorTree.from_chow_liu(
            train, spec.bond, seed, coherence=coherence, dtype="float32"
        )

    def chain(order: list[int] | None) -> Any:
        model = models.MatrixProduct(train.shape[1], spec.bond, order, dtype="float32")
        return lambda seed: (model, model.initial(seed))

    chains = {"chain": chain(None), "chain along the tree": chain(walk(train))}
    return {f"tree, coherence {c:g}": tree(c) for c in spec.coherences} | chains


def walk(train: np.ndarray) -> list[int]:
    """Wires as one meets them in the Chow-Liu tree, each branch to its end, the longest last."""
    parents = models.chow_liu(train).parents
    graph = nx.DiGraph([(parent, wire) for wire, parent in enumerate(parents)])
    reach = {wire: len(nx.descendants(graph, wire)) for wire in graph}
    return list(nx.dfs_preorder_nodes(graph, -1, sort_neighbors=partial(sorted, key=reach.get)))[1:]


def split(spec: Spec) -> Parts:
    """Training, validation and test rows; a table without parts is split 8 : 1 : 1."""
    if spec.data:
        loaded = data.load_bits(spec.data)
    else:
        loaded = (load_digits().data > 7).astype(np.int8)
    if isinstance(loaded, np.ndarray):
        rows = np.random.default_rng(0).permutation(loaded)
        train, valid, test = np.split(rows, [len(rows) * 8 // 10, len(rows) * 9 // 10])
    else:
        train, valid, test = loaded.train, loaded.valid, loaded.test
    return train[: spec.rows], valid, test


def smoothed(fit: Any, parts: Parts) -> Distribution:
    """A closed-form model with the pseudo-count that suits the validation rows."""
    fits = [fit(parts[0], smoothing=count) for count in SMOOTHINGS]
    return max(fits, key=lambda model: model.log_prob(parts[1]).mean())


def report(found: dict[str, list[np.ndarray]]) -> dict[str, float]:
    """Means, deviations over seeds, the mean of the seeds' probabilities, and what is gained.

    Gains are differences to the Chow-Liu tree, with their errors.
    """
    rows: dict[str, float] = {}
    base = found["Chow-Liu tree"][0]
    for name, logs in found.items():
        each = -np.mean(logs, axis=1)
        gain = np.mean(logs, axis=0) - base
        rows[name] = float(each.mean())
        if len(each) > 1:
            rows[f"{name}, deviation over seeds"] = float(each.std(ddof=1))
            together = logsumexp(logs, axis=0) - np.log(len(logs))
            rows[f"{name}, mixture of the seeds"] = -float(together.mean())
        if name != "Chow-Liu tree":
            rows[f"{name}: better than Chow-Liu by"] = float(gain.mean())
            rows[f"{name}: better than Chow-Liu by, error"] = float(gain.std() / len(gain) ** 0.5)
    return rows


def draw(outcome: Outcome) -> Any:
    """Draw learning curves on the validation rows, and the models beside each other."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(2 * plots.COLUMN, 0.8 * plots.COLUMN), width_ratios=(1, 1)
    )
    tests = {k.partition("/")[2]: v for k, v in outcome.history.items() if k.startswith("test/")}
    names = dict.fromkeys(k.rpartition("/")[0] for k in outcome.history if k[:5] != "test/")
    for name in names:
        seen = [v for k, v in outcome.history.items() if k.rpartition("/")[0] == name]
        shortest = min(map(len, seen))  # an early end
        left.plot(np.mean([curve[:shortest] for curve in seen], axis=0), label=name)
    left.set(xlabel="epoch", ylabel="validation rows (nats)", yscale="log")
    left.legend()
    places = np.arange(len(tests))[::-1]
    means = [values.mean() for values in tests.values()]
    errors = [values.std(ddof=1) if len(values) > 1 else 0.0 for values in tests.values()]
    right.errorbar(means, places, xerr=errors, fmt="o", color=plots.BLUE)
    right.set_yticks(places, list(tests))
    right.set_xlabel("test rows (nats)")
    return figure
