"""IQP circuits: exact likelihood with its gradient, and mean discrepancy on a thousand wires.

    python benchmarks/iqp.py [--platform cpu]

One process; XLA takes as many threads as NPROC says, 1 unless it is set. Likelihoods are of 5000
random rows at 16 wires and of 1000 at 24. Beside ours the same sums with a transform of one wire
after the other in NumPy, without slopes. The discrepancy is asked of our moments and of PennyLane's
`qml.qnn.iqp_expval`.
"""

import argparse
import os
import time

from platforms import PLATFORM

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("NPROC", "1")

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pennylane as qml

import qce
from qce.models import IQP

jax.config.update("jax_enable_x64", True)


def timed(function, *arguments, repeats=5):
    """Least seconds of a call, after a first one."""
    jax.block_until_ready(function(*arguments))
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        taken.append(time.perf_counter() - begun)
    return min(taken)


def plain(model, masks, theta, strings):
    """Two transforms of one wire after the other, NumPy."""

    def transform(x):
        stride = 1
        while stride < x.size:
            pairs = x.reshape(-1, 2, stride)
            x = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
            stride *= 2
        return x

    placed = np.zeros(2**model.wires)
    placed[masks] = theta
    amplitudes = transform(np.exp(-1j * transform(placed))) / 2**model.wires
    return -np.log(np.abs(amplitudes[strings]) ** 2).mean()


def likelihoods():
    for wires, weight, count in ((16, 6, 5000), (24, 2, 1000)):
        model = IQP.up_to(wires, weight)
        rows = np.random.default_rng(0).integers(0, 2, (count, wires))
        theta = model.initial(0)
        loss = jax.jit(jax.value_and_grad(lambda x, m=model, r=rows: -m.log_prob(x, r).mean()))
        ours = timed(loss, jnp.asarray(theta))
        powers = 1 << np.arange(wires)[::-1]
        masks = np.array([sum(powers[w] for w in gate) for gate in model.gates])
        simple = timed(plain, model, masks, theta, rows @ powers, repeats=1)
        text = (
            f"n = {wires}, {model.size} gates, {count} rows: loss and gradient {1e3 * ours:.1f} ms"
        )
        print(f"{text}; loss alone in plain NumPy {1e3 * simple:.0f} ms", flush=True)


def discrepancy(wires=1000, shots=100):
    model = IQP(wires, nx.random_regular_graph(4, wires, seed=0))
    rows = (np.random.default_rng(0).random((2000, wires)) < 0.3).astype(int)
    pattern = [[list(gate)] for gate in model.gates]

    def pennylane(params, operators, key):
        return qml.qnn.iqp_expval(operators, params, pattern, wires, shots, key)

    start = model.initial(0)
    for name, ask in (("models.IQP", model), ("qml.qnn.iqp_expval", pennylane)):
        objective = qce.objectives.moment_discrepancy(ask, rows, initial=start, seed=0)
        taken = timed(objective.value_and_gradient, start, repeats=3)
        text = f"n = {wires}, {model.size} gates, 1000 sets of wires"
        print(f"{text}: discrepancy and gradient {taken:.2f} s by {name}", flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[PLATFORM]).parse_args()
    likelihoods()
    discrepancy()
