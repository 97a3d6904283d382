"""Boltzmann learning beside qbmkit, on the same states to the same relative entropy, in one run.

    python benchmarks/boltzmann.py                    # 4, 6 and 7 wires
    python benchmarks/boltzmann.py --wires 8 --seconds 300
    python benchmarks/boltzmann.py --json docs/_data/boltzmann.json    # for the documentation

The state is the thermal state of the Heisenberg chain with fields of seed 1, β = 1. The model has
all one- and two-body Pauli strings, which is qbmkit's default; all start at θ = 0, on one thread.
Each goes on until the relative entropy D(ρ‖σ) is below 1e-9, or its time is over; D of what was
found is taken in the same way for all, from dense matrices.

- qce: Newton with the Kubo-Mori metric; on up to 4 wires also gradient descent with step 1/4;
- qbmkit: its natural gradient in the Kubo-Mori metric as `learn_state` sets it up (rate 0.3, ridge
  1e-6), the same at rate 1, which is Newton undamped, and its gradient descent with step 1/4.

`pip install qbmkit`; without it the rows of qce alone are printed.
"""

import argparse
import importlib.metadata
import json
import os
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from qce import quantum
from qce.boltzmann import learn
from qce.models import BoltzmannMachine, PauliTerms
from qce.states import Thermal

SEED, ENOUGH = 1, 1e-9
SLOW = 4  # wires: beyond, gradient descent takes minutes, whoever runs it


class Reached(Exception):
    """Near enough, or out of time."""


def watch(seconds, floor):
    """A callback that ends a training at D = 1e-9 or when its time is over."""
    begun = time.perf_counter()

    def look(step, value, params):
        if value - floor < ENOUGH or time.perf_counter() - begun > seconds:
            raise Reached(step, params)

    return look


def ours(terms, rho, floor, seconds, **settings):
    machine = BoltzmannMachine(terms)
    try:
        look = watch(seconds, floor)
        found = learn(machine, rho, callback=look, steps=100_000, tolerance=0, **settings)
    except Reached as end:
        return end.args
    return found.steps, found.params


def qbmkit(terms, rho, floor, seconds, optimizer):
    import qbm

    model = qbm.FullyVisibleQBM(generators=list(terms.strings))
    loss = qbm.losses.RelativeEntropy(rho)
    try:
        look = watch(seconds, 0.0)  # its loss is D itself
        qbm.fit(
            model,
            loss,
            optimizer(qbm),
            steps=100_000,
            callback=lambda step, value, model: look(step, value, model.theta.copy()),
        )
    except Reached as end:
        return end.args


WAYS = {
    "qce Newton": lambda *case: ours(*case),
    "qce gradient": lambda *case: ours(*case, optimizer="gradient", learning_rate=0.25),
    "qbmkit natural 0.3": lambda *case: qbmkit(
        *case, lambda qbm: qbm.optim.NaturalGradient("kubo_mori", lr=0.3, reg=1e-6)
    ),
    "qbmkit natural 1": lambda *case: qbmkit(
        *case, lambda qbm: qbm.optim.NaturalGradient("kubo_mori", lr=1.0, reg=1e-6)
    ),
    "qbmkit gradient": lambda *case: qbmkit(*case, lambda qbm: qbm.optim.GradientDescent(lr=0.25)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wires", type=int, nargs="+", default=[4, 6, 7])
    parser.add_argument("--seconds", type=float, default=120, help="time of each way")
    parser.add_argument("--json", type=Path, help="write the ratios there as well")
    options = parser.parse_args()
    ratios = {str(wires): compare(wires, options.seconds) for wires in options.wires}
    if options.json:
        names = ("qbmkit", "numpy", "scipy")
        versions = {name: importlib.metadata.version(name) for name in names}
        record = {"ratios": ratios, "versions": versions}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def compare(wires, seconds):
    """Print what each way takes; return times over the first way's, "inf" where it ends above."""
    ratios = {}
    chain = PauliTerms.chain(wires, "XYZ", ["XX", "YY", "ZZ"])
    fields = np.random.default_rng(SEED).normal(size=3 * wires)
    h = chain.matrix(np.concatenate([fields, np.ones(3 * (wires - 1))]))
    rho, terms = np.asarray(Thermal(h)), PauliTerms.local(wires)
    case, first = (terms, rho, float(quantum.entropy(rho)), seconds), None
    for name, way in WAYS.items():
        if "gradient" in name and wires > SLOW:
            continue
        begun = time.perf_counter()
        try:
            steps, params = way(*case)
        except ImportError as missing:
            print(f"n = {wires}  {name:<20}left out: {missing}", flush=True)
            continue
        taken = time.perf_counter() - begun
        first = first or taken
        left = float(quantum.relative_entropy(rho, np.asarray(Thermal(terms.matrix(params)))))
        ratios[name] = taken / first if left < 2 * ENOUGH else "inf"  # D of rounded matrices
        print(
            f"n = {wires}  {name:<20}{taken:9.3g} s  x{taken / first:<8.3g}{steps:6d} steps"
            f"  D = {left:.1e}",
            flush=True,
        )
    return ratios


if __name__ == "__main__":
    main()
