"""Time of one evaluation on a fake IBM backend: circuits one by one, and as one job.

PennyLane's own loop sends a job for each circuit; `qce` sends one for all. Both in one run, on the
same circuits, one after the other. `python benchmarks/devices.py [circuits] [rounds]`
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings

import numpy as np
import pennylane as qml
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qce import circuits
from qce.objectives.machine import Call, Machine, open_machine

WIRES, LAYERS, SHOTS = 3, 2, 1000


def main() -> None:
    count, rounds = (int(x) for x in (*sys.argv[1:], 20, 3)[:2])
    warnings.simplefilter("ignore")  # of Qiskit's, at every transpilation
    circuit = circuits.strongly_entangling(WIRES, LAYERS)
    rng = np.random.default_rng(0)
    ours = open_machine("qiskit.remote backend=FakeManilaV2", WIRES, seed=0)
    # A backend of its own: ours keeps its noise model from job to job.
    theirs = Machine(qml.device("qiskit.remote", wires=WIRES, backend=FakeManilaV2()), WIRES)
    times: dict[str, list[float]] = {"PennyLane's loop": [], "one job": []}
    for _ in range(rounds):
        points = rng.normal(size=(count, circuit.size))
        calls = [Call(circuit.queue, point, SHOTS) for point in points]
        for name, machine in zip(times, (theirs, ours), strict=True):
            start = time.perf_counter()
            machine.all_frequencies(calls)
            times[name].append(time.perf_counter() - start)
    slow, fast = (np.array(t) for t in times.values())
    print(f"{count} circuits on {WIRES} wires, {SHOTS} shots each, FakeManilaV2, {rounds} rounds")
    for name, seconds in times.items():
        best = min(seconds)
        print(f"  {name:<17} {best:6.2f} s, {best / count * 1e3:6.1f} ms a circuit")
    first, best = slow[0] / fast[0], slow.min() / fast.min()
    print(f"Ratio {best:.1f}; in the first round, which compiles, {first:.1f}.")


if __name__ == "__main__":
    main()
