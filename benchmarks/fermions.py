"""Free fermions at scale: log-probabilities, draws, learned couplings, block entropies, one thread.

python benchmarks/fermions.py                     # 100 wires, 200 wires for draws
python benchmarks/fermions.py --learn 1000        # a chain of 1999 couplings, half a minute
python benchmarks/fermions.py --blocks 1000       # c of the critical chain
"""

import argparse
import math
import os
import time

from platforms import PLATFORM

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np

from qce import boltzmann, models
from qce.states import GaussianFermions, QuadraticHamiltonian


def best(function, repeats=3):
    """Least seconds of a few calls, after one for compilation."""
    function()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times)


def probabilities(n, rows):
    machine = models.Matchgate(n)
    params = jnp.asarray(machine.initial(0))
    bits = jnp.asarray(machine.sample(params, rows, 0))
    value = jax.jit(lambda x: machine.log_prob(x, bits).mean())
    slope = jax.jit(jax.value_and_grad(lambda x: machine.log_prob(x, bits).mean()))
    for what, f in (("log-probability", value), ("with gradient", slope)):
        seconds = best(lambda f=f: jax.block_until_ready(f(params)))
        print(f"{what}, n = {n}: {1e3 * seconds / rows:.2f} ms a row, {rows} rows", flush=True)


def draws(n, shots):
    machine = models.Matchgate(n)
    params = machine.initial(0)
    machine.sample(params, 1, 0)
    begun = time.perf_counter()
    machine.sample(params, shots, 0)
    print(f"{shots} draws, n = {n}: {time.perf_counter() - begun:.2f} s", flush=True)


def learned(n):
    chain = QuadraticHamiltonian.random_bonds(n, seed=1)
    machine = boltzmann.FermionMachine.ising(n)
    moments = boltzmann.Moments(machine.moments(GaussianFermions.thermal(chain)))
    begun, busy = time.perf_counter(), time.process_time()
    result = boltzmann.learn(machine, moments, optimizer="lbfgs", tolerance=1e-8)
    seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    error = np.abs(machine.generator(result.params) - chain.matrix).max() / 2
    print(
        f"{machine.size} couplings in {seconds:.1f} s ({busy:.1f} s of a processor), "
        f"to {error:.1e}: {result.message}",
        flush=True,
    )


def blocks(n):
    chain = QuadraticHamiltonian.ising(np.ones(n - 1), np.ones(n))
    ground = GaussianFermions.thermal(chain, math.inf)
    sizes = np.arange(n // 10, 9 * n // 10 + 1, n // 20)
    chord = np.log(2 * n / np.pi * np.sin(np.pi * sizes / n))
    begun = time.perf_counter()
    slope = np.polyfit(chord, ground.block_entropies(sizes), 1)[0]
    print(f"c = {6 * slope:.4f} at n = {n}, {time.perf_counter() - begun:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[PLATFORM])
    parser.add_argument("--wires", type=int, default=100)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--learn", type=int, default=0)
    parser.add_argument("--blocks", type=int, default=0)
    options = parser.parse_args()
    if options.learn:
        return learned(options.learn)
    if options.blocks:
        return blocks(options.blocks)
    probabilities(options.wires, options.rows)
    draws(2 * options.wires, options.shots)


if __name__ == "__main__":
    main()
