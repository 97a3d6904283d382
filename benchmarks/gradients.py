"""Time and memory of one gradient of a Born machine's likelihood, by four ways, to many wires.

Each way in a process of its own, one after the other: compiled backpropagation (`qce` without a
device), the same with a reversible circuit, one adjoint pass on `lightning.qubit` with the costs as
a diagonal observable, and plain PennyLane (`default.qubit`, autograd). Memory is the peak of the
process over that of its imports.

    python benchmarks/gradients.py [--platform cpu] [layers] [wires ...]
"""

import json
import os
import subprocess
import sys

import platforms  # noqa: F401  takes --platform, before JAX is imported

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import resource
import time

import numpy as np

WAYS = ("backpropagation", "reversible", "adjoint", "PennyLane")
REPEATS = 3


def main() -> None:
    layers, *wires = (int(x) for x in sys.argv[1:])
    wires = wires or [10, 14, 18]
    print(f"{layers} layers; seconds of the first and of the best later gradient, MiB over imports")
    for n in wires:
        known = None
        for way in WAYS:
            command = [sys.executable, __file__, "--one", str(layers), str(n), way]
            found = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if found.returncode:
                print(f"{n:3d} {way:16s} failed")
                continue
            first, later, mebibytes, gradient = json.loads(found.stdout)
            known = gradient if known is None else known
            off = np.abs(np.subtract(gradient, known)).max()
            print(f"{n:3d} {way:16s} {first:8.2f} {later:9.4f} {mebibytes:7.0f}   off by {off:.0e}")


def one(layers: int, wires: int, way: str) -> None:
    gradient_at, x = gradients(layers, wires, way)
    imported, times = peak(), []
    for _ in range(1 + REPEATS):
        begun = time.perf_counter()
        gradient = gradient_at(x)
        times.append(time.perf_counter() - begun)
    print(json.dumps([times[0], min(times[1:]), peak() - imported, list(gradient)]))


def gradients(layers: int, wires: int, way: str):
    """The gradient by one way, as a function; all ways at one point, for one random law."""
    import jax  # noqa: F401  loaded for all ways, so that memory is over the same imports
    import pennylane as qml

    from qce import circuits, models, objectives

    circuit = circuits.strongly_entangling(wires, layers)
    rng = np.random.default_rng(0)
    x, law = rng.normal(size=circuit.size), rng.dirichlet(np.ones(2**wires))
    if way == "PennyLane":

        @qml.qnode(qml.device("default.qubit", wires=wires), diff_method="backprop")
        def probabilities(params):
            circuit.queue(params)
            return qml.probs(wires=range(wires))

        def loss(params):
            return -qml.math.sum(law * qml.math.log(probabilities(params)))

        return lambda x: qml.grad(loss)(qml.numpy.array(x, requires_grad=True)), x
    chosen = circuits.reversible(circuit) if way == "reversible" else circuit
    device = "lightning.qubit gradient=adjoint" if way == "adjoint" else None
    machine = models.BornMachine(chosen)
    objective = objectives.measured_likelihood(machine, law, device=device)
    return lambda x: objective.value_and_gradient(x)[1], x


def peak() -> float:
    """Most memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        if len(sys.argv) == 1:
            sys.argv.append("6")
        main()
