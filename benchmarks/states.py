"""Factorised states, Lanczos and qubits in closed form, beside the dense way, in one run.

    python benchmarks/states.py                 # everything but d = 4096, about a minute
    python benchmarks/states.py --lanczos 4096  # the target; `eigh` takes minutes on one thread

All ways are timed in the same rounds, and the least time of each counts. Seed 2021, one thread.
"""

import argparse
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from qce import quantum
from qce.states import IsingChain, Product, Pure, Thermal, random_density_matrix

SEED = 2021


def least(calls, rounds):
    """Name → least seconds over interleaved rounds, and the last value."""
    best, values = dict.fromkeys(calls, np.inf), {}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            values[name] = call()
            best[name] = min(best[name], time.perf_counter() - start)
    return best, values


def report(title, calls, rounds=3):
    best, values = least(calls, rounds)
    first = next(iter(best))
    for name, seconds in best.items():
        gap = np.abs(np.asarray(values[name]) - np.asarray(values[first])).max()
        ratio = seconds / best[first]
        print(f"{title:<28}{name:<26}{seconds:11.4g} s  x{ratio:<8.4g} gap {gap:.1e}", flush=True)


def lanczos(d):
    """A ket against a model of condition 8, half of it noise."""
    rng = np.random.default_rng(SEED)
    sigma = (random_density_matrix(d, seed=rng) + np.eye(d) / d) / 2
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)
    psi = Pure(psi / np.linalg.norm(psi))
    rho = psi.dense()
    calls = {
        "Lanczos": lambda: quantum.cross_entropy(psi, sigma, check=False),
        "Lanczos, checked": lambda: quantum.cross_entropy(psi, sigma),
        "eigh": lambda: quantum.cross_entropy(rho, sigma, check=False),
    }
    report(f"pure data, d = {d}", calls, rounds=1 if d > 2000 else 2)


def qubits(count):
    """Stacks of single-qubit pairs beside NumPy's batched `eigh` of the models alone."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(2, count, 2, 2)) + 1j * rng.normal(size=(2, count, 2, 2))
    x = x @ np.conj(np.swapaxes(x, -1, -2))
    rho, sigma = x / np.trace(x, axis1=-2, axis2=-1)[..., None, None].real

    def by_eigh():
        q, v = np.linalg.eigh(sigma)
        return -np.sum(np.sum((np.conj(v) * (rho @ v)).real, axis=-2) * np.log(q), axis=-1)

    def relative_by_eigh():
        p = np.linalg.eigvalsh(rho)
        return by_eigh() + np.sum(p * np.log(p), axis=-1)

    calls = {
        "closed form": lambda: quantum.cross_entropy(rho, sigma, check=False),
        "batched eigh": by_eigh,
    }
    report(f"{count} qubits, cross", calls, rounds=10)
    calls = {
        "closed form": lambda: quantum.relative_entropy(rho, sigma, check=False),
        "batched eigh": relative_by_eigh,
    }
    report(f"{count} qubits, relative", calls, rounds=10)


def chains():
    """Free fermions beside the matrix of the chain."""
    for sites in (8, 256):
        data = Thermal(IsingChain(sites, 1.0, 0.5), 1.0)
        model = Thermal(IsingChain(sites, 1.0, 1.5), 0.8)
        calls = {"free fermions": lambda d=data, m=model: quantum.relative_entropy(d, m)}
        if sites == 8:
            rho, sigma = data.dense(), model.dense()
            calls["dense"] = lambda r=rho, s=sigma: quantum.relative_entropy(r, s, check=False)
        report(f"Ising chain, n = {sites}", calls)


def products():
    """Nine qubits as a product beside their matrix."""
    rng = np.random.default_rng(SEED)
    factors = [[random_density_matrix(2, seed=rng) for _ in range(9)] for _ in range(2)]
    data, model = (Product(*x) for x in factors)
    rho, sigma = data.dense(), model.dense()
    calls = {
        "product": lambda: quantum.relative_entropy(data, model),
        "dense": lambda: quantum.relative_entropy(rho, sigma, check=False),
    }
    report("product of 9 qubits", calls)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lanczos", type=int, nargs="*", default=[1024], metavar="D")
    parser.add_argument("--qubits", type=int, default=100_000)
    options = parser.parse_args()
    qubits(options.qubits)
    chains()
    products()
    for d in options.lanczos:
        lanczos(d)


if __name__ == "__main__":
    main()
