"""Training speed of the quickstart's Born machine, side by side, in one run.

    python benchmarks/training.py
    python benchmarks/training.py --json docs/_data/training.json    # for the documentation

1. One training step (loss, gradient, Adam) in `qce.fit` against the same circuit written by hand
   in JAX, gate by gate and with the rotations of three wires in one matrix.
2. Time from the start of a fresh process to the same loss, imports and compilation included: the
   plain PennyLane loop (default.qubit, autograd, AdamOptimizer) against `qce.fit`, without and with
   its compilation cache. Losses are those of the plain loop after 100, 300 and 1000 steps. Time on
   the wall, and time of the processor, which other work on the machine leaves alone.
"""

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import reduce
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

WIRES, LAYERS, LEARNING_RATE = 9, 5, 0.05
MILESTONES = (100, 300, 1000)
# Nats. Rounding drives long trainings apart by less than this from the start chosen below.
SLACK = 2e-4
RING = [(a, a + 1) for a in (0, 1, 3, 4, 6, 7)] + [(2, 3), (5, 6), (8, 0)]


def start():
    """Random angles: one start for everybody."""
    return np.random.default_rng(0).uniform(-np.pi, np.pi, LAYERS * WIRES * 3)


# --- one step --------------------------------------------------------------------------------


def rotation(angles):
    """Rot(φ, θ, ω) = RZ(ω) RY(θ) RZ(φ) of every wire, shape (n, 2, 2)."""
    import jax.numpy as jnp

    phi, theta, omega = angles.T
    c, s = jnp.cos(theta / 2), jnp.sin(theta / 2)
    plus, minus = jnp.exp(0.5j * (phi + omega)), jnp.exp(0.5j * (phi - omega))
    rows = [[c * plus.conj(), -s * minus], [s * minus.conj(), c * plus]]
    return jnp.moveaxis(jnp.array(rows), -1, 0)


def gate_by_gate(state, angles):
    """A layer as a textbook would write it."""
    import jax.numpy as jnp

    state = state.reshape((2,) * WIRES)
    for wire, gate in enumerate(rotation(angles)):
        state = jnp.moveaxis(jnp.tensordot(gate, state, axes=[[1], [wire]]), 0, wire)
    for control, target in RING:
        off, on = jnp.take(state, 0, axis=control), jnp.take(state, 1, axis=control)
        state = jnp.stack([off, jnp.flip(on, axis=target - (target > control))], axis=control)
    return state.reshape(-1)


def ring_permutation():
    """New amplitude x of the ring of CNOTs is old amplitude `ring[x]`."""
    bits = (np.arange(2**WIRES)[:, None] >> np.arange(WIRES)[::-1]) & 1
    for control, target in reversed(RING):  # backwards: where an amplitude came from
        bits[:, target] ^= bits[:, control]
    return bits @ (1 << np.arange(WIRES)[::-1])


PERMUTATION = ring_permutation()


def in_groups(state, angles):
    """A layer as an expert would: three matrices of three wires, and one gather for the ring."""
    import jax.numpy as jnp

    gates = rotation(angles)
    a, b, c = (reduce(jnp.kron, gates[i : i + 3]) for i in (0, 3, 6))
    order = [(2, 3), (1, 2), (0, 1)]
    state = jnp.einsum("ai,bj,ck,ijk->abc", a, b, c, state.reshape(8, 8, 8), optimize=order)
    return state.reshape(-1)[PERMUTATION]


def by_hand(layer, p, count):
    """`params → losses` of `count` Adam steps, layers scanned."""
    import jax
    import jax.numpy as jnp
    import optax

    zero = jnp.zeros(2**WIRES, dtype=complex).at[0].set(1.0)
    seen = np.flatnonzero(p)
    adam = optax.adam(LEARNING_RATE)

    def loss(params):
        angles = params.reshape(LAYERS, WIRES, 3)
        state, _ = jax.lax.scan(lambda s, a: (layer(s, a), None), zero, angles)
        return -(p[seen] @ jnp.log(jnp.abs(state[seen]) ** 2))

    def step(carry, _):
        params, memory = carry
        value, gradient = jax.value_and_grad(loss)(params)
        change, memory = adam.update(gradient, memory)
        return (optax.apply_updates(params, change), memory), value

    return jax.jit(lambda x: jax.lax.scan(step, (x, adam.init(x)), None, length=count)[1])


def by_qce(p, count):
    """The same with the loop of `qce.fit`."""
    from qce.training import optimizers
    from qce.training.stepper import Limits, stepper
    from qce.training.stepper import start as begin

    adam = optimizers.adam(LEARNING_RATE)
    advance = stepper(objective(p), adam)
    return lambda x: advance(begin(x, adam, 0), count, Limits(10**9, 0.0))[1].loss


def objective(p):
    from qce import circuits, models, objectives

    machine = models.BornMachine(circuits.strongly_entangling(WIRES, LAYERS))
    return objectives.measured_likelihood(machine, p)


def step_times(p, count=100, rounds=20):
    """Milliseconds a step, least over interleaved rounds."""
    import jax

    jax.config.update("jax_enable_x64", True)
    runs = {
        "qce": by_qce(p, count),
        "by hand, gate by gate": by_hand(gate_by_gate, p, count),
        "by hand, in groups": by_hand(in_groups, p, count),
    }
    x = start()
    losses = {name: np.asarray(run(x)) for name, run in runs.items()}
    best = dict.fromkeys(runs, np.inf)
    for _ in range(rounds):
        for name, run in runs.items():
            begun = time.perf_counter()
            np.asarray(run(x))
            best[name] = min(best[name], (time.perf_counter() - begun) / count * 1e3)
    spread = max(np.abs(loss - losses["qce"]).max() for loss in losses.values())
    assert spread < 1e-9, f"not the same training: losses differ by {spread}"
    return best


# --- time to the same loss, in a process of its own ----------------------------------------------


def plain_pennylane(p):
    """What a PennyLane user writes."""
    import pennylane as qml
    from pennylane import numpy as pnp

    seen = np.flatnonzero(p)

    @qml.qnode(qml.device("default.qubit", wires=WIRES))
    def probabilities(params):
        for angles in params:
            for wire in range(WIRES):
                qml.Rot(*angles[wire], wires=wire)
            for pair in RING:
                qml.CNOT(pair)
        return qml.probs(wires=range(WIRES))

    def loss(params):
        return -pnp.sum(p[seen] * pnp.log(probabilities(params)[seen]))

    params = pnp.array(start().reshape(LAYERS, WIRES, 3), requires_grad=True)
    adam = qml.AdamOptimizer(LEARNING_RATE, beta1=0.9, beta2=0.999)
    marks = []
    for step in range(MILESTONES[-1] + 1):
        params, value = adam.step_and_cost(loss, params)
        marks.append((step, float(value), time.time(), time.process_time()))
    return marks


def qce_fit(p):
    """What a user of qce writes, and a callback that looks at the clock."""
    from qce import training

    marks = []

    def look(step, value, params):
        marks.append((step, value, time.time(), time.process_time()))

    training.enable_compilation_cache(os.environ["BENCHMARK_CACHE"])
    options = {"learning_rate": LEARNING_RATE, "steps": MILESTONES[-1], "progress": False}
    history = training.fit(objective(p), start(), callback=look, **options).history
    steps, _, wall, processor = zip(*marks, strict=True)
    clocks = [np.interp(history["step"], steps, clock).tolist() for clock in (wall, processor)]
    return list(zip(history["step"].tolist(), history["loss"].tolist(), *clocks, strict=True))


def fresh(name, folder):
    """Run one contestant in a new process; step, loss, seconds since its start on two clocks."""
    command = [sys.executable, __file__, "--contestant", name, "--folder", str(folder)]
    environment = {**os.environ, "BENCHMARK_CACHE": str(folder / "cache")}
    begun = time.time()
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    marks = np.array(json.loads(run.stdout.splitlines()[-1]))
    return marks - np.array([0, 0, begun, 0])


def races(p):
    """Seconds to each milestone: plain PennyLane, qce cold, qce warm."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        np.save(folder / "p.npy", p)
        runs = {
            "plain": fresh("plain", folder),
            "qce": fresh("qce", folder),
            "qce, cached": fresh("qce", folder),
        }
    table = []
    for milestone in MILESTONES:
        loss = runs["plain"][milestone, 1]
        reached = {name: _reached(run, loss + SLACK) for name, run in runs.items()}
        reached["plain"] = runs["plain"][milestone]
        row = {"plain step": milestone, "loss": loss}
        row["wall"] = {name: reached[name][2] for name in runs}
        row["processor"] = {name: reached[name][3] for name in runs}
        table.append(row)
    return table


def _reached(marks, loss):
    """The first mark at that loss; infinite times where there is none."""
    there = marks[marks[:, 1] <= loss]
    return there[0] if len(there) else np.full(4, np.inf)


# --- the table -----------------------------------------------------------------------------------


def report(steps, timing):
    hand = min(time for name, time in steps.items() if name != "qce")
    print(f"One training step, {WIRES} wires × {LAYERS} layers      ms    × fastest by hand")
    for name, milliseconds in steps.items():
        print(f"  {name:<38} {milliseconds:7.3f}  {milliseconds / hand:6.2f}")
    for clock in ("wall", "processor"):
        print(f"\nTo the same loss, {clock:<18}  plain s     qce s        ×  cached s        ×")
        for row in timing:
            plain, cold, warm = row[clock].values()
            name = f"{row['loss']:.4f} nats, plain step {row['plain step']}"
            ratios = f"{cold:8.2f}  {plain / cold:7.1f}  {warm:8.2f}  {plain / warm:7.1f}"
            print(f"  {name:<34} {plain:8.2f}  {ratios}")


def ratios(steps, timing):
    """How many times slower the plain loop is on the wall, and a step than by hand."""
    hand = min(time for name, time in steps.items() if name != "qce")
    race = {
        str(row["plain step"]): {
            name: row["wall"]["plain"] / seconds
            for name, seconds in row["wall"].items()
            if name != "plain"
        }
        for row in timing
    }
    return {"step over hand-written": steps["qce"] / hand, "plain over": race}


def versions():
    """What it was measured with."""
    return {name: importlib.metadata.version(name) for name in ("pennylane", "jax", "optax")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the numbers there as well")
    parser.add_argument("--contestant", choices=["plain", "qce"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--platform", help="devices of JAX: cpu, cuda, tpu")
    options = parser.parse_args()
    if options.platform is not None:
        os.environ["JAX_PLATFORMS"] = options.platform  # of the processes too that are started
    if options.contestant:
        contestant = {"plain": plain_pennylane, "qce": qce_fit}[options.contestant]
        print(json.dumps(contestant(np.load(options.folder / "p.npy"))))
        return
    from qce import data

    p = data.empirical(data.digits())
    steps, timing = step_times(p), races(p)
    report(steps, timing)
    if options.json:
        about = {"ratios": ratios(steps, timing), "versions": versions()}
        record = about | {"step_ms": steps, "race": timing}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
