"""Hidden units: a training step of bits at 24 visible wires, and the exact gradient of states.

    python benchmarks/hidden.py

One process; XLA takes as many threads as NPROC says, 1 unless it is set.

1. Semi-quantum machines: value and gradient of the likelihood of 1000 random rows, exact Z over 2^n
   strings included. Beside ours a plain NumPy sum over the same strings, the value alone.
2. Memory of the process after it. This part comes first, for a process only grows.
3. Boltzmann machines with one to three hidden wires: the exact gradient, the natural step, a step
   of expectation maximisation, and the same gradient by JAX.
"""

import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("NPROC", "1")

import jax
import jax.numpy as jnp
import numpy as np

from qce import boltzmann
from qce.boltzmann.point import at, loss
from qce.models import BoltzmannMachine, PauliTerms, SemiQuantumBoltzmann
from qce.states import random_density_matrix

jax.config.update("jax_enable_x64", True)

STEP_AT_MOST, MEMORY_AT_MOST = 2.0, 2.0  # seconds and GiB, at 24 visible wires


def timed(function, *arguments, repeats=5):
    """Least seconds of a call, after a first one, on the clock and of the processor."""
    jax.block_until_ready(function(*arguments))
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter(), time.process_time()
        jax.block_until_ready(function(*arguments))
        taken.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    return min(taken)


def plain(model, params):
    """Ln Z string by string, in blocks that fit the cache."""
    n, unit = model.visible, (model.hidden, len(model.letters))
    a, b, w = np.split(params, [n, n + unit[0] * unit[1]])
    total = -np.inf
    for block in np.array_split(np.arange(2**n), 2 ** max(n - 12, 0)):
        s = 1.0 - 2 * ((block[:, None] >> np.arange(n)[::-1]) & 1)
        fields = (b + s @ w.reshape(n, -1)).reshape(len(s), *unit)
        size = np.sqrt((fields**2).sum(-1))
        energy = (size + np.log1p(np.exp(-2 * size))).sum(-1) - s @ a
        total = np.logaddexp(total, np.logaddexp.reduce(energy))
    return total


def bits():
    held = True
    for n, hidden, letters in ((16, 8, "XYZ"), (20, 8, "XYZ"), (24, 8, "XYZ"), (24, 24, "Z")):
        model = SemiQuantumBoltzmann(n, hidden, letters)
        rows = np.random.default_rng(0).integers(0, 2, (1000, n))
        step = jax.jit(
            jax.value_and_grad(lambda p, m=model, r=rows: -m.log_prob_of_complete(p, r).mean())
        )
        params = jnp.asarray(model.initial(0))
        clock, spent = timed(step, params, repeats=3)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{n} visible, {hidden} hidden, {letters}: a step in {clock:.3f} s, {spent:.3f} s of "
            f"the processor; {memory:.2f} GiB",
            flush=True,
        )
        if n == 24:
            held &= spent <= STEP_AT_MOST and memory <= MEMORY_AT_MOST
        if n == 24 and letters == "XYZ":
            holes = np.where(
                np.random.default_rng(1).random(rows[:200].shape) < 0.2, -1, rows[:200]
            )
            step = jax.jit(jax.value_and_grad(lambda p, m=model, r=holes: -m.log_prob(p, r).mean()))
            _, spent = timed(step, params, repeats=1)
            print(f"  200 rows with holes: {spent:.3f} s of the processor", flush=True)
        if n == 20:
            begun = time.process_time()
            other = plain(model, np.asarray(params))
            spent = time.process_time() - begun
            print(f"  ln Z alone, plain NumPy: {spent:.3f} s of the processor", flush=True)
            held &= abs(other - float(model.log_partition(params))) < 1e-10
    return held


def states():
    for visible, hidden in ((2, 1), (4, 1), (5, 2), (6, 3)):
        terms = PauliTerms.chain(visible + hidden, "XZ", ["ZZ", "XX"])
        machine = BoltzmannMachine(terms, hidden)
        rho = np.asarray(random_density_matrix(2**visible, seed=0)).real
        theta = machine.initial(0) * 3
        objective = boltzmann.gibbs_cross_entropy(machine, rho)
        compiled = jax.jit(jax.value_and_grad(lambda p, f=objective: f.evaluate(p)[0]))
        ways = {
            "gradient": lambda m=machine, t=theta, r=rho: loss(at(m, t), t, None, r),
            "by JAX": lambda f=compiled, t=theta: f(jnp.asarray(t)),
            "natural step": lambda m=machine, t=theta, r=rho: boltzmann.learn(
                m, r, t, hidden=m.hidden, steps=1
            ),
            "EM step": lambda m=machine, t=theta, r=rho: boltzmann.learn(
                m, r, t, optimizer="em", steps=1
            ),
        }
        found = ", ".join(f"{name} {1e3 * timed(way)[1]:.2f}" for name, way in ways.items())
        print(f"{visible} + {hidden} wires, {machine.size} terms, ms: {found}", flush=True)


if __name__ == "__main__":
    well = bits()
    states()
    sys.exit(0 if well else 1)
