"""What the defaults of the classifier are worth: accuracy on six data sets, seed by seed.

    python benchmarks/classifier.py               # 20 seeds, about a quarter of an hour on one core
    python benchmarks/classifier.py --seeds 3 --only iris moons

Each seed splits the examples, 30 % for the test, and starts the training. The defaults are compared
with those of version 0.1 on the same rows; gains are taken seed by seed.
"""

import argparse

import numpy as np
from platforms import PLATFORM
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

from qce.data import labelled
from qce.learning import CircuitClassifier

BEFORE = {"encoding": "affine", "epochs": 50, "batch_size": 32, "learning_rate": 0.05}


def sets():
    """Features and labels by name."""
    found = {name: labelled(name) for name in ("iris", "wine", "breast_cancer")}
    found |= {f"digits {a} and {b}": labelled("digits", [a, b]) for a, b in ((3, 8), (4, 9))}
    points = {name: (one.features, one.labels) for name, one in found.items()}
    return points | {"moons": make_moons(200, noise=0.2, random_state=0)}


def accuracy(features, labels, seed, settings):
    """On the rows for the test."""
    x, unseen, y, truth = train_test_split(
        features, labels, test_size=0.3, stratify=labels, random_state=seed
    )
    classifier = CircuitClassifier(random_state=seed, **settings).fit(x, y)
    return classifier.score(unseen, truth)


def said(values):
    """Mean and standard error."""
    return f"{np.mean(values):+.3f} ± {np.std(values, ddof=1) / len(values) ** 0.5:.3f}"


def main():
    """Print a row for each set."""
    known = sets()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], parents=[PLATFORM])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=known, default=list(known))
    options = parser.parse_args()
    print(f"{'set':16} {'accuracy, test':>15} {'defaults of 0.1':>15} {'gain':>15}")
    for name in options.only:
        seeds = range(options.seeds)
        now, before = (
            np.array([accuracy(*known[name], seed, settings) for seed in seeds])
            for settings in ({}, BEFORE)
        )
        print(f"{name:16} {said(now):>15} {said(before):>15} {said(now - before):>15}", flush=True)


if __name__ == "__main__":
    main()
