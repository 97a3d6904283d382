"""The entropies beside plain `eigh`, PennyLane and QuTiP, in one run on the threads asked for.

    python benchmarks/entropies.py                        # everything, about two minutes
    python benchmarks/entropies.py --sizes 2 4 8 16       # overhead alone
    python benchmarks/entropies.py --json entropies.json
    python benchmarks/entropies.py --threads 2 --sizes 64 128 256 512 1024
    python benchmarks/entropies.py --threads default      # as a user runs it who sets nothing

Each size is timed in interleaved rounds: every call once around, again and again, and the least
time of each counts, so that a busy machine slows all calls alike. Ratios are to the faster `eigh`
of NumPy and SciPy for the same complex128 matrices. States are Ginibre states of full rank, seed
2021. What QuTiP needs beforehand (a `Qobj`) is made outside the clock.
"""
# ruff: noqa: E402 (threads are limited before NumPy is imported)

import argparse
import json
import os
import sys
import time

from platforms import PLATFORM

threads = argparse.ArgumentParser(add_help=False)
threads.add_argument(
    "--threads", default="1", help="of BLAS, JAX and PyTorch: a number, or default"
)
THREADS = threads.parse_known_args()[0].threads
if THREADS != "default":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = THREADS
if THREADS == "1":
    # With a pool of two threads JAX 0.10 can deadlock on two batched `eigh` at once.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.environ["NPROC"] = "1"

import autograd
import jax
import numpy as np
import pennylane as qml
import qutip
import scipy.linalg
import torch

from qce import quantum

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
BATCHES = ((256, 4), (256, 16))
SEED = 2021
BUDGET = 1.5  # seconds for one call of one size, over all rounds
SLICE = 0.02  # seconds of repetitions in one round; a single call may take longer
ROUNDS = 20  # at most
ROBUST = 160  # from this dimension on LAPACK's zheevr is the faster one
LARGE = 64  # targets relative to `eigh` are for this dimension and beyond, and for batches


def ginibre(rng, *shape):
    """Random density matrices of full rank."""
    x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    x = x @ np.conj(np.swapaxes(x, -1, -2))
    return x / np.trace(x, axis1=-2, axis2=-1)[..., None, None].real


def calls(rho, sigma):
    """Return name → call without arguments, each doing the whole of its work."""

    def cross(data, model):
        """A number, as a gradient needs it: of a batch the sum."""
        value = quantum.cross_entropy(data, model, check=False)
        return value.sum() if value.ndim else value

    by_model = autograd.value_and_grad(lambda model: cross(rho, model))
    compiled = jax.jit(jax.value_and_grad(cross, argnums=1))
    relative = jax.jit(lambda *pair: quantum.relative_entropy(*pair, check=False))
    pennylane_relative = jax.jit(qml.math.relative_entropy)
    jax_pair = [jax.numpy.asarray(x) for x in (rho, sigma)]
    batch = sigma.reshape(-1, *sigma.shape[-2:])
    torch_rho = torch.as_tensor(rho)
    torch_sigma = torch.as_tensor(sigma).requires_grad_()
    qutip_pairs = [
        tuple(map(qutip.Qobj, pair))
        for pair in zip(*(x.reshape(-1, *x.shape[-2:]) for x in (rho, sigma)), strict=True)
    ]

    def torch_value_and_gradient():
        value = cross(torch_rho, torch_sigma)
        return value, torch.autograd.grad(value, torch_sigma)

    return {
        "numpy eigh": lambda: np.linalg.eigh(sigma),
        "scipy eigh": lambda: [scipy.linalg.eigh(x, check_finite=False) for x in batch],
        "zheevd or zheevr, ztrmm": lambda: lapack(rho, sigma),
        "cross, check=False": lambda: quantum.cross_entropy(rho, sigma, check=False),
        "cross, check=True": lambda: quantum.cross_entropy(rho, sigma),
        "cross + gradient, autograd": lambda: by_model(sigma),
        "cross + gradient, jax.jit": lambda: jax.block_until_ready(compiled(*jax_pair)),
        "cross + gradient, torch": torch_value_and_gradient,
        "relative, check=False": lambda: quantum.relative_entropy(rho, sigma, check=False),
        "relative, check=True": lambda: quantum.relative_entropy(rho, sigma),
        "relative, PennyLane": lambda: qml.math.relative_entropy(rho, sigma),
        "relative, QuTiP": lambda: [qutip.entropy_relative(*pair) for pair in qutip_pairs],
        "relative, jax.jit": lambda: jax.block_until_ready(relative(*jax_pair)),
        "relative, PennyLane jax.jit": lambda: jax.block_until_ready(pennylane_relative(*jax_pair)),
    }


def lapack(rho, sigma):
    """The libraries' share of a cross entropy: eigenvectors of σ, and half of ρ times them."""
    driver = "evr" if sigma.shape[-1] >= ROBUST else "evd"
    for data, model in zip(*(x.reshape(-1, *x.shape[-2:]) for x in (rho, sigma)), strict=True):
        _, vectors = scipy.linalg.eigh(model.T, driver=driver, check_finite=False)
        scipy.linalg.blas.ztrmm(1.0, data.T, vectors, lower=1)


def once(call, repetitions):
    start = time.perf_counter()
    for _ in range(repetitions):
        call()
    return (time.perf_counter() - start) / repetitions


def least_times(table):
    """Seconds of each call: the least over interleaved rounds."""
    for call in table.values():
        call()  # compilation, caches
    first = {name: once(call, 1) for name, call in table.items()}
    repetitions = {name: max(1, int(SLICE / seconds)) for name, seconds in first.items()}
    slowest = max(first[name] * repetitions[name] for name in table)
    best = first
    for _ in range(max(1, min(ROUNDS, int(BUDGET / slowest)))):
        for name, call in table.items():
            best[name] = min(best[name], once(call, repetitions[name]))
    return best | {"eigh": min(best["numpy eigh"], best["scipy eigh"])}


def measure(sizes, batches):
    """Return label of the size → name → seconds."""
    rng = np.random.default_rng(SEED)
    shapes = [(d, d) for d in sizes] + [(n, d, d) for n, d in batches]
    times = {}
    for shape in shapes:
        label = str(shape[0]) if len(shape) == 2 else f"{shape[0]}x{shape[1]}"
        print(f"timing {label} …", file=sys.stderr, flush=True)
        times[label] = least_times(calls(ginibre(rng, *shape), ginibre(rng, *shape)))
    return times


def is_large(label):
    return "x" in label or int(label) >= LARGE


def targets(times):
    """Return (target, worst value measured, bound) for each target of the entropies."""
    large = [label for label in times if is_large(label)]
    small = [label for label in times if not is_large(label) and int(label) <= 16]

    def worst(labels, name, reference):
        return max((times[s][name] / times[s][reference] for s in labels), default=float("nan"))

    overheads = [times[s]["cross, check=False"] - times[s]["eigh"] for s in small]
    return [
        ("cross entropy / eigh", worst(large, "cross, check=False", "eigh"), 1.15),
        *(
            (f"{name} / eigh", worst(large, name, "eigh"), 2.2)
            for name in next(iter(times.values()))
            if name.startswith("cross + gradient")
        ),
        *(
            (
                f"relative / {peer}",
                worst(times, "relative, check=False", f"relative, {peer}"),
                bound,
            )
            for peer, bound in (("PennyLane", 0.85), ("QuTiP", 1.0))
        ),
        (
            "relative, jax.jit / PennyLane jax.jit",
            worst(times, "relative, jax.jit", "relative, PennyLane jax.jit"),
            1.0,
        ),
        ("overhead of cross over eigh, d ≤ 16, µs", 1e6 * max(overheads, default=np.nan), 30.0),
    ]


def show(times):
    labels = list(times)
    print("\nMilliseconds for the faster `eigh`, and ratios to it\n")
    print(f"{'call':30s}" + "".join(f"{label:>10s}" for label in labels))
    for name in times[labels[0]]:
        base = name == "eigh"
        cells = [
            1e3 * times[s][name] if base else times[s][name] / times[s]["eigh"] for s in labels
        ]
        print(f"{name:30s}" + "".join(f"{cell:10.3g}" for cell in cells))
    print(f"\n{'target':45s}{'worst':>10s}{'bound':>10s}")
    for target, value, bound in targets(times):
        verdict = "not run" if np.isnan(value) else "met" if value <= bound else "MISSED"
        print(f"{target:45s}{value:10.3g}{bound:10.3g}  {verdict}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], parents=[threads, PLATFORM]
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="dimensions to time")
    parser.add_argument("--no-batches", action="store_true", help="single matrices only")
    parser.add_argument("--json", metavar="FILE", help="write all times in seconds here as well")
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    if THREADS != "default":
        torch.set_num_threads(int(THREADS))
    times = measure(arguments.sizes, () if arguments.no_batches else BATCHES)
    show(times)
    if arguments.json:
        record = {
            "threads": THREADS,
            "seconds": times,
            "targets": [
                {"target": target, "worst": float(value), "bound": bound}
                for target, value, bound in targets(times)
            ],
            "versions": {m.__name__: m.__version__ for m in (np, qml, qutip, jax, torch)},
        }
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
