"""IQP circuits: exact likelihood with its gradient, and mean discrepancy on a thousand wires.

    python benchmarks/iqp.py                    # 16 and 24 wires, then a step on 1000
    python benchmarks/iqp.py --data blobs.npz   # also: likelihood reached, of starts and steps

One process; XLA takes as many threads as NPROC says, 1 unless it is set. Likelihoods are of 5000
random rows at 16 wires and of 1000 at 24. Beside ours the same sums with a transform of one wire
after the other in NumPy, without slopes. The discrepancy is asked of our moments and of PennyLane's
`qml.qnn.iqp_expval`.

A file for `--data` has `train` and `test`, rows packed by `numpy.packbits`, `wires`, and
`published_params`, `max_weight`, `spin_flip_symmetric`. Five starts of L-BFGS; start and step are
chosen on a tenth of the training rows.
"""

import argparse
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("NPROC", "1")

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pennylane as qml
from scipy.optimize import minimize

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


# --- likelihood reached ---------------------------------------------------------------------------


def reached(path, starts=5, steps=200):
    with np.load(path) as file:
        wires = int(file["wires"])
        training, test = (
            np.unpackbits(file[part], axis=1)[:, :wires] for part in ("train", "test")
        )
        model = IQP.up_to(wires, int(file["max_weight"]), bool(file["spin_flip_symmetric"]))
        theirs = -model.log_prob(file["published_params"], test).mean()
    order = np.random.default_rng(0).permutation(len(training))
    held, kept = np.split(training[order], [len(training) // 10])
    print(f"{path}: {theirs:.3f} nats a test row at the published angles", flush=True)
    found = [
        best(m, kept, held, start(m, kept, kind, seed), steps)
        for m in (model, IQP.up_to(wires, 2, model.spin_flip))
        for kind in ("covariances", "uniform")
        for seed in range(starts)
    ]
    value, params, m = min(found, key=lambda one: one[0])
    nll = -m.log_prob(params, test).mean()
    print(f"{path}: {nll:.3f} by likelihood, {m.size} gates, held rows {value:.3f}", flush=True)


def start(model, bits, kind, seed):
    """Near the uniform law; or small fields, and couplings by the covariances of the data."""
    rng = np.random.default_rng(seed)
    weights = np.array([len(gate) for gate in model.gates])
    if kind == "uniform":
        level, noise = np.where(weights == 1, np.pi / 4, 0.0), {1: 0.2, 2: 0.2}
    else:
        covariance = np.cov(1.0 - 2.0 * bits, rowvar=False)
        pairs = [0.3 * covariance[g] if len(g) == 2 else 0.0 for g in model.gates]
        level, noise = np.where(weights == 1, 0.2, pairs), {1: 0.05, 2: 0.05}
    return level + np.array([noise.get(w, 0.002) for w in weights]) * rng.normal(size=model.size)


def best(model, kept, held, begin, steps):
    """The step of L-BFGS at which the held rows are likeliest."""
    loss = jax.jit(jax.value_and_grad(lambda x: -model.log_prob(x, kept).mean()))
    judge = jax.jit(lambda x: -model.log_prob(x, held).mean())
    least = [(np.inf, begin, model)]

    def follow(x):
        if (value := float(judge(x))) < least[0][0]:
            least[0] = value, x.copy(), model

    def both(x):
        value, slope = loss(x)
        return float(value), np.asarray(slope)

    options = {"maxiter": steps, "maxcor": 30}
    minimize(both, begin, jac=True, method="L-BFGS-B", callback=follow, options=options)
    return least[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", default=[], help="files to learn by likelihood")
    options = parser.parse_args()
    if options.data:
        for path in options.data:
            reached(path)
        return
    likelihoods()
    discrepancy()


if __name__ == "__main__":
    main()
