"""What coherence buys: a Born machine on a tree beside its own dephased twin, on real data.

The tree of tensors of a Chow-Liu tree has amplitudes of either sign at coherence 1, where its law
is a Born machine's, and is a hidden Markov tree at 0, where each bond is dephased; between the two
a part of what is off the diagonal survives. Data, tree, start, number of parameters, steps, and
what is chosen on validation rows are the same for all: what they differ by on test rows is what
coherence buys.

    qce run coherence                              handwritten digits, 64 wires
    qce run coherence --data folder/plants         a set of the density-estimation benchmark
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import qce
from qce import data, models
from qce.objectives import measured_likelihood
from qce.reproduce import drawn_by
from qce.reproduce.statistics import compared, scatter
from qce.runs import Outcome, Record, setting

SMOOTHINGS = (0.01, 0.1, 0.5, 1.0, 5.0)
SIMPLE = {"independent bits": models.product, "Chow-Liu tree": models.chow_liu}
EM = "hidden tree by EM"
Parts = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "bits, as qce.data.load_bits reads them; the digits unless given")
    pixels: int = setting(8, "of the digits, a side: 2, 4 or 8", least=2, most=8)
    seeds: int = setting(20, "splits of the rows, with a start each", least=2)
    coherences: tuple[float, ...] = setting((0.0, 0.9, 1.0), "of the bonds", least=0, most=1)
    bond: int = setting(8, "of the trees", least=2)
    epochs: int = setting(100, "passes through the training rows", least=1)
    batch: int = setting(100, "rows a step", least=1)
    optimizer: str = setting("soap", "of the trees: soap, or adam")
    noise: float = setting(0.1, "of the start, relative; adam needs about 1", least=0)
    em_epochs: int = setting(200, "passes of expectation maximisation", least=1)
    em_batch: int = setting(50, "rows of a step of it", least=1)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train the tree at every coherence on every split."""
    rows = table(spec)
    trees, best = np.empty((2, spec.seeds, len(spec.coherences)))
    simple = {name: np.empty(spec.seeds) for name in (*SIMPLE, EM)}
    for seed in range(spec.seeds):
        if record.progress:
            print(f"coherence: split {seed + 1} of {spec.seeds}", file=sys.stderr)
        parts = split(rows, seed)
        for name, fit in SIMPLE.items():
            simple[name][seed] = smoothed(fit, parts)
        simple[EM][seed] = maximised(spec, parts)

        for k, coherence in enumerate(spec.coherences):
            trees[seed, k], best[seed, k] = trained(spec, parts, coherence, seed)
    sizes = dict(zip(("training", "validation", "test"), map(len, parts), strict=True))
    report: dict[str, dict[str, Any]] = {
        "Test rows (nats)": judged(spec, trees, simple),
        "Best epoch by the validation rows": chosen(spec, best),
        "Data": {"wires": parts[0].shape[1], **sizes},
    }
    history = {"coherence": np.array(spec.coherences), "tree": trees, "best epoch": best, **simple}
    return Outcome(report, {}, history, "exact likelihood (JAX, 32 bit)")


def judged(spec: Spec, trees: np.ndarray, simple: dict[str, np.ndarray]) -> dict[str, float]:
    """Means over the splits, and by what each coherence is better than the ends, in pairs."""
    rows: dict[str, float] = {}
    for name, values in simple.items():
        rows |= scatter(name, values)
    first, last = spec.coherences[0], spec.coherences[-1]
    for k, coherence in enumerate(spec.coherences):
        rows |= scatter(f"coherence {coherence:g}", trees[:, k])
        if k:
            than = f"coherence {first:g} less {coherence:g}"
            rows |= compared(than, trees[:, 0], trees[:, k])
            rows[f"{than}, share of splits"] = float(np.mean(trees[:, 0] > trees[:, k]))
    for k, coherence in enumerate(spec.coherences[1:-1], 1):
        than = f"coherence {last:g} less {coherence:g}"
        rows |= compared(than, trees[:, -1], trees[:, k])
        rows[f"{than}, share of splits"] = float(np.mean(trees[:, -1] > trees[:, k]))
    for name in ("Chow-Liu tree", EM):
        rows |= compared(f"{name} less coherence {last:g}", simple[name], trees[:, -1])
    return rows


def chosen(spec: Spec, best: np.ndarray) -> dict[str, float]:
    """Which pass through the rows was best, and whether it is another at both ends, in pairs."""
    rows: dict[str, float] = {}
    for coherence, epochs in zip(spec.coherences, best.T, strict=True):
        rows |= scatter(f"coherence {coherence:g}", epochs)
    first, last = spec.coherences[0], spec.coherences[-1]
    return rows | compared(f"coherence {first:g} less {last:g}", best[:, 0], best[:, -1])


def table(spec: Spec) -> Any:
    """Rows of bits `(rows, wires)`, or with parts of their own."""
    if spec.data:
        return data.load_bits(spec.data)
    images = load_digits().images
    side = images.shape[1] // spec.pixels
    coarse = images.reshape(-1, spec.pixels, side, spec.pixels, side).mean(axis=(2, 4))
    return (coarse.reshape(len(images), -1) > coarse.mean()).astype(np.int8)


def split(rows: Any, seed: int) -> Parts:
    """Training, validation and test rows, 8 : 1 : 1, unless the data come with parts."""
    if not isinstance(rows, np.ndarray):
        return rows.train, rows.valid, rows.test
    order = np.random.default_rng(seed).permutation(rows)
    train, valid, test = np.split(order, [len(rows) * 8 // 10, len(rows) * 9 // 10])
    return train, valid, test


def smoothed(fit: Any, parts: Parts) -> float:
    """Surprise of the test rows, with the pseudo-count that suits the validation rows."""
    train, valid, test = parts
    fits = [fit(train, smoothing=count) for count in SMOOTHINGS]
    best = max(fits, key=lambda model: model.log_prob(valid).mean())
    return -float(np.mean(best.log_prob(test)))


def maximised(spec: Spec, parts: Parts) -> float:
    """Surprise of the test rows under the twin trained by what is made for it.

    A hidden Chow-Liu tree with as many hidden values, by expectation maximisation (EM).
    """
    train, valid, test = parts
    model = models.hidden_tree(
        train, spec.bond, validation=valid, epochs=spec.em_epochs, batch=spec.em_batch
    )
    return -float(np.mean(model.log_prob(test)))


def trained(spec: Spec, parts: Parts, coherence: float, seed: int) -> tuple[float, int]:
    """Surprise of the test rows after training from the Chow-Liu tree, and its best epoch."""
    train, valid, test = parts
    model, params = models.TensorTree.from_chow_liu(
        train, spec.bond, seed, coherence=coherence, dtype="float32", noise=spec.noise
    )
    result = qce.fit(
        measured_likelihood(model, train), params, batch=spec.batch, epochs=spec.epochs,
        validation=valid, seed=seed, progress=False, optimizer=spec.optimizer,
    )  # fmt: skip
    seen = result.history["validation"]
    looks = seen[~np.isnan(seen)]  # one after each epoch
    return -float(np.mean(model.log_prob(result.params, test))), 1 + int(np.argmin(looks))


draw = drawn_by("coherence")
