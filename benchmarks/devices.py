"""Times of what is drawn on devices: comparisons, each in one run, one way after the other.

    python benchmarks/devices.py                                 # all of them
    python benchmarks/devices.py shots --wires 8 --shots 1000 --platform cpu
    python benchmarks/devices.py jobs --circuits 20 --rounds 3

`shots`: a training step of a Born machine from outcomes, with all its shifted circuits, through
PennyLane's `default.qubit` as `qce` does with every device, and simulated inside compiled programs.
Same circuit, data, shots and optimiser; compilation is apart. `learning`: the same for an example
of a classifier, in epochs and in a stream that hands over one after the other. `moments`: a step of
an IQP circuit from outcomes, both ways, and from expectations alone, one call a step or many.
`jobs`: one evaluation on a fake IBM backend, circuits one by one as PennyLane's own loop sends
them, and all in one job.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import time
import warnings

import numpy as np
from platforms import PLATFORM

LAYERS = 3
WAYS = {"PennyLane": "default.qubit gradient=shifts", "compiled": None}


def shots(options: argparse.Namespace) -> None:
    """Seconds a step of both ways, in interleaved rounds: the least of each counts."""
    import jax

    import qce
    from qce import circuits, models, objectives

    machine = models.BornMachine(circuits.strongly_entangling(options.wires, LAYERS))
    law = np.random.default_rng(0).dirichlet(np.ones(2**options.wires))
    points = {"PennyLane": 3, "compiled": 201}

    def step(name: str) -> float:
        result = qce.fit(trained[name], steps=points[name] - 1, tolerance=0.0, progress=False)
        return float(result.history["seconds"][-1]) / points[name]

    trained = {
        name: objectives.measured_likelihood(
            machine, law, device=device, shots=options.shots, seed=1
        )
        for name, device in WAYS.items()
    }
    size = f"{options.wires} wires, {machine.size} angles, {options.shots} shots a circuit"
    print(f"{size}, {1 + 2 * machine.size} circuits a step, on {jax.devices()[0]}")
    for name in WAYS:
        begun = time.perf_counter()
        qce.fit(trained[name], steps=0, tolerance=0.0, progress=False)
        print(f"  {name:<10} first point, with compilation {time.perf_counter() - begun:6.2f} s")
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name in WAYS:
            times[name].append(step(name))
    for name, seconds in times.items():
        print(f"  {name:<10} {min(seconds) * 1e3:8.2f} ms a step")
    ratios = [a / b for a, b in zip(*times.values(), strict=True)]
    each = ", ".join(f"{ratio:.0f}" for ratio in ratios)
    print(f"Ratio {min(times['PennyLane']) / min(times['compiled']):.0f}; round by round {each}.")


def learning(options: argparse.Namespace) -> None:
    """Seconds an example of a classifier that learns from outcomes: an epoch, and a stream."""
    import jax

    from qce import models
    from qce.learning import Loss, Online
    from qce.learning.batches import Batch
    from qce.learning.measured import machine_for, measured_program
    from qce.learning.sampled import sampled_program

    model = models.Classifier(options.wires, 2, LAYERS)
    rng, batch = np.random.default_rng(0), 4
    x = rng.normal(size=(50 * batch, options.wires))
    y = (x[:, 0] > 0).astype(int)
    few = x[:1], y[:1], np.ones(1)
    many = x, y, np.ones(len(x))
    settings = model, Loss(), "adam", 0.05
    machine = machine_for(model, WAYS["PennyLane"], options.shots, 0)
    ways = {
        "PennyLane": measured_program(machine, options.shots, *settings),
        "compiled": sampled_program(*settings, options.shots, rng),
    }
    examples = {
        "PennyLane": Batch(*(array[None] for array in few)),
        "compiled": Batch(*(array.reshape(50, batch, *array.shape[1:]) for array in many)),
    }
    print(f"A classifier of {options.wires} wires and {model.size} angles, {options.shots} shots")
    learner = Online(model, shots=options.shots)
    times: dict[str, list[float]] = {name: [] for name in (*ways, "stream")}
    for _ in range(options.rounds):
        for name, way in ways.items():
            with jax.enable_x64(True):
                begun = time.perf_counter()
                jax.block_until_ready(way.epoch(way.start(model.initial(0)), examples[name])[0])
            taken = time.perf_counter() - begun
            times[name].append(taken / examples[name].labels.size)
        begun = time.perf_counter()
        for k in range(20):
            learner.update(x[k : k + 1], y[k : k + 1])
        times["stream"].append((time.perf_counter() - begun) / 20)
    for name, seconds in times.items():
        least = min(seconds)
        ratio = min(times["PennyLane"]) / least
        print(f"  {name:<10} {least * 1e3:8.2f} ms an example, ratio {ratio:.0f}")


def moments(options: argparse.Namespace) -> None:
    """Seconds a step of an IQP circuit: outcomes through PennyLane, and expectations alone."""
    import qce
    from qce import models, objectives

    model = models.IQP.up_to(options.wires, 2)
    rows = (np.random.default_rng(0).random((500, options.wires)) < 0.3).astype(int)
    born, drawn = models.BornMachine(model.circuit), {"shots": options.shots, "seed": 1}
    asked = objectives.moment_discrepancy(model, rows, seed=1)
    ways = {
        "PennyLane": (
            objectives.measured_discrepancy(born, rows, device=WAYS["PennyLane"], **drawn),
            3,
        ),
        "outcomes, compiled": (objectives.measured_discrepancy(born, rows, **drawn), 101),
        "expectations, one by one": (asked, 51),
        "expectations, compiled": (asked, 101),
    }
    start = np.full(model.size, 0.1)
    print(f"An IQP circuit of {options.wires} wires and {model.size} angles")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, (objective, points) in ways.items():
            each = (lambda *step: None) if name.endswith("one") else None
            result = qce.fit(
                objective, start, steps=points - 1, tolerance=0.0, progress=False, callback=each
            )
            times[name].append(float(result.history["seconds"][-1]) / points)
    for name, seconds in times.items():
        least = min(seconds)
        ratio = min(times["PennyLane"]) / least
        print(f"  {name:<24} {least * 1e3:8.2f} ms a step, ratio {ratio:.0f}")


def jobs(options: argparse.Namespace) -> None:
    """Seconds of all circuits on a fake backend."""
    import pennylane as qml
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    from qce import circuits
    from qce.objectives.machine import Call, Machine, open_machine

    wires, drawn = 3, options.shots
    warnings.simplefilter("ignore")  # of Qiskit's, at every transpilation
    circuit = circuits.strongly_entangling(wires, 2)
    rng = np.random.default_rng(0)
    ours = open_machine("qiskit.remote backend=FakeManilaV2", wires, seed=0)
    # A backend of its own: ours keeps its noise model from job to job.
    theirs = Machine(qml.device("qiskit.remote", wires=wires, backend=FakeManilaV2()), wires)
    times: dict[str, list[float]] = {"PennyLane's loop": [], "one job": []}
    for _ in range(options.rounds):
        points = rng.normal(size=(options.circuits, circuit.size))
        calls = [Call(circuit.queue, point, drawn) for point in points]
        for name, machine in zip(times, (theirs, ours), strict=True):
            start = time.perf_counter()
            machine.all_frequencies(calls)
            times[name].append(time.perf_counter() - start)
    slow, fast = (np.array(t) for t in times.values())
    count = f"{options.circuits} circuits on {wires} wires, {drawn} shots each"
    print(f"{count}, FakeManilaV2, {options.rounds} rounds")
    for name, seconds in times.items():
        best = min(seconds)
        print(f"  {name:<17} {best:6.2f} s, {best / options.circuits * 1e3:6.1f} ms a circuit")
    first, best = slow[0] / fast[0], slow.min() / fast.min()
    print(f"Ratio {best:.1f}; in the first round, which compiles, {first:.1f}.")


ALL = {"shots": shots, "learning": learning, "moments": moments, "jobs": jobs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[PLATFORM])
    parser.add_argument(
        "what", nargs="*", default=list(ALL), help=f"{', '.join(ALL)}; all if left out"
    )
    parser.add_argument("--wires", type=int, default=8, help="of the Born machine")
    parser.add_argument("--shots", type=int, default=1000, help="outcomes a circuit")
    parser.add_argument("--circuits", type=int, default=20, help="sent together to the backend")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for what in options.what:
        ALL[what](options)


if __name__ == "__main__":
    main()
