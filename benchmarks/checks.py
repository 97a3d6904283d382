"""What the checks of states cost: every quantity of `qce.quantum` with them and without.

    python benchmarks/checks.py                           # everything, a few minutes
    python benchmarks/checks.py --sizes 2 4 --only entropy
    python benchmarks/checks.py --write                   # and the table of the docs

Each quantity is timed with and without in turns on one thread, and the least processor time of each
counts, so that a busy machine slows both alike. States are Ginibre states of full rank, seed 2021.
"""
# ruff: noqa: E402 (threads are limited before NumPy is imported)

import argparse
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from qce import quantum

DATA = Path(__file__).parents[1] / "docs" / "_data" / "checks.json"
SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
BATCHES = ((256, 2), (256, 4), (64, 16))
LARGE = 64  # the narrower bound holds from this dimension on, and for batches
BOUNDS = {False: 1.5, True: 1.15}
SEED = 2021
BUDGET = 0.5
ROUNDS = 60  # at most

PAIRS = {
    "cross entropy": quantum.cross_entropy,
    "relative entropy": quantum.relative_entropy,
    "fidelity": quantum.fidelity,
    "Bures distance": quantum.bures_distance,
    "Jensen-Shannon divergence": quantum.jensen_shannon_divergence,
    "Petz-Rényi divergence, 0.5": partial(quantum.petz_renyi_divergence, alpha=0.5),
    "sandwiched Rényi divergence, 2": partial(quantum.sandwiched_renyi_divergence, alpha=2.0),
    "max-relative entropy": quantum.max_relative_entropy,
    "min-relative entropy": quantum.min_relative_entropy,
    "Belavkin-Staszewski": quantum.belavkin_staszewski_relative_entropy,
    "Chernoff information": quantum.chernoff,
    "variance of relative entropy": quantum.relative_entropy_variance,
    "variance of cross entropy": quantum.cross_entropy_variance,
    "trace distance": quantum.trace_distance,
}
SINGLES = {
    "entropy": quantum.entropy,
    "Rényi entropy, 2": partial(quantum.renyi_entropy, alpha=2.0),
    "Tsallis entropy, 3": partial(quantum.tsallis_entropy, alpha=3.0),
    "coherence": quantum.coherence,
    "total correlation": quantum.total_correlation,
    "purity": quantum.purity,
}
# Without checks these decompose neither state (or nothing at all): no bound can hold for them.
UNBOUNDED = ("trace distance", "purity")


def ginibre(rng, *shape):
    """Random density matrices of full rank."""
    x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    x = x @ np.conj(np.swapaxes(x, -1, -2))
    return x / np.trace(x, axis1=-2, axis2=-1)[..., None, None].real


def calls(rho, sigma):
    """Return quantity → call with `check=`."""
    found = {name: partial(function, rho, sigma) for name, function in PAIRS.items()}
    of_one = {name: partial(function, rho) for name, function in SINGLES.items()}
    return found | of_one


def once(call, repetitions):
    start = time.process_time()
    for _ in range(repetitions):
        call()
    return (time.process_time() - start) / repetitions


def least_times(call):
    """Seconds without and with checks, the least over turns."""
    both = [partial(call, check=False), partial(call, check=True)]
    for each in both:
        each()
    first = max(once(each, 1) for each in both)
    repetitions = max(1, int(0.005 / first))
    rounds = max(5, min(ROUNDS, int(BUDGET / (2 * first * repetitions))))
    times = [[once(each, repetitions) for each in both] for _ in range(rounds)]
    return np.min(times, axis=0)


def measure(sizes, batches, only):
    """Return rows of quantity, size, microseconds without and with checks, and their ratio."""
    rng = np.random.default_rng(SEED)
    rows = []
    for shape in [(d, d) for d in sizes] + [(n, d, d) for n, d in batches]:
        label = str(shape[0]) if len(shape) == 2 else f"{shape[0]} of {shape[1]}"
        print(f"timing {label} …", file=sys.stderr, flush=True)
        for quantity, call in calls(ginibre(rng, *shape), ginibre(rng, *shape)).items():
            if only and quantity not in only:
                continue
            without, checked = least_times(call)
            large = len(shape) == 3 or shape[-1] >= LARGE
            rows.append(
                {
                    "quantity": quantity,
                    "size": label,
                    "unchecked": without,
                    "checked": checked,
                    "bound": None if quantity in UNBOUNDED else BOUNDS[large],
                }
            )
    return rows


def show(rows):
    sizes = list(dict.fromkeys(row["size"] for row in rows))
    print(f"\n{'checked / unchecked':32s}" + "".join(f"{size:>10s}" for size in sizes))
    missed = 0
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        cells = ""
        for size in sizes:
            found = [r for r in rows if (r["quantity"], r["size"]) == (quantity, size)]
            if not found:
                cells += f"{'':10s}"
                continue
            (row,) = found
            ratio = row["checked"] / row["unchecked"]
            beyond = row["bound"] is not None and ratio > row["bound"]
            missed += beyond
            cells += f"{ratio:9.2f}{'!' if beyond else ' '}"
        print(f"{quantity:32s}{cells}")
    bounds = f"{BOUNDS[True]} from d = {LARGE} on and in batches, {BOUNDS[False]} below"
    print(f"bound {bounds}: {'met' if not missed else f'MISSED by {missed}, marked !'}")
    print(f"no bound: {', '.join(UNBOUNDED)} (nothing is decomposed that would tell of signs)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="dimensions to time")
    parser.add_argument("--no-batches", action="store_true", help="single matrices only")
    parser.add_argument("--only", nargs="*", default=(), help="these quantities alone")
    parser.add_argument("--write", action="store_true", help="write what was measured for the docs")
    arguments = parser.parse_args()
    rows = measure(arguments.sizes, () if arguments.no_batches else BATCHES, arguments.only)
    show(rows)
    if arguments.write:
        DATA.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
