"""What each engine costs, and what it gains: sweeps side by side, in one run.

    python benchmarks/engines.py
    python benchmarks/engines.py --trainings 200 --tasks 1000 --json engines.json

1. Overhead: many runs that do next to nothing, on one worker; milliseconds a run beyond those of
   the serial engine, and the seconds until the first run is finished.
2. Efficiency: trainings of Born machines on 4 to 6 wires, on two workers against one by one, with
   the same limit of threads and the same compiled code on disk. Serial and parallel in turn.
3. Data-parallel training: loss and gradient of one large likelihood on two processes against one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    from qce._process import limit_threads

    limit_threads()

import numpy as np

WORKERS = 2
NOTHING = '''
"""Next to nothing."""
from dataclasses import dataclass
from qce.runs import Outcome

@dataclass(frozen=True)
class Spec:
    seed: int = 0

def run(spec):
    return Outcome({"seed": {"value": spec.seed}})
'''
TRAINING = '''
"""Learn a random distribution with a Born machine."""
from dataclasses import dataclass
from functools import cache
import numpy as np
import qce
from qce import circuits, models, objectives, states
from qce.runs import Outcome

@dataclass(frozen=True)
class Spec:
    wires: int = 4
    seed: int = 0
    steps: int = 2000

@cache  # a worker compiles the training of each number of wires once
def objective(wires):
    p = np.random.default_rng(wires).dirichlet(np.ones(2**wires))
    machine = models.BornMachine(circuits.strongly_entangling(wires, 4))
    return objectives.measured_likelihood(machine, p)

def run(spec):
    settings = {"steps": spec.steps, "tolerance": 0.0, "seed": spec.seed, "progress": False}
    result = qce.fit(objective(spec.wires), **settings)
    return Outcome({"loss": {"value": result.estimate.value}}, {"params": result.params})
'''


def timed(experiment, specs, out, engine, workers):
    """Seconds until each run is finished, from the start of the sweep."""
    from qce.runs import sweep

    begun = time.time()
    report = sweep(experiment, specs, out, engine=engine, workers=workers, progress=False)
    assert not report.failed and len(report.done) == len(specs), report
    ends = sorted((folder / "manifest.json").stat().st_mtime for folder in report.done)
    times = {"total": time.time() - begun, "first": ends[0] - begun, "last": ends[-1] - begun}
    return {**times, "runs": len(ends)}


def on_mpi(path, kind, count, ranks):
    """The same, in a process of its own for each rank."""
    mpiexec = Path(sys.executable).with_name("mpiexec")
    command = [mpiexec, "-n", ranks, sys.executable, __file__, "--contestant", kind]
    command += ["--folder", path, "--tasks" if kind == "nothing" else "--trainings", count]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if run.returncode:
        return {"missing": run.stderr.strip().splitlines()[-1]}
    return json.loads(run.stdout.splitlines()[-1])


def specs_of(kind, experiment, count):
    from qce.runs import grid

    if kind == "nothing":
        return grid(experiment.spec, seed=range(count))
    each = -(-count // 3)
    return grid(experiment.spec, seed=range(each), wires=[4, 5, 6])[:count]


def prepared(kind, folder):
    """The experiment, as a file in that folder."""
    from qce import _process
    from qce.runs import load_experiment

    _process.prepare()
    path = folder / f"{kind}.py"
    path.write_text({"nothing": NOTHING, "training": TRAINING}[kind], encoding="utf-8")
    return load_experiment(path)


def compare(kind, count, folder, engines):
    """Seconds of each engine, `{name: {total, first, last}}`."""
    experiment = prepared(kind, folder)
    specs = specs_of(kind, experiment, count)
    times = {}
    for name, (engine, workers) in engines.items():
        if engine == "mpi":
            times[name] = on_mpi(folder, kind, count, workers + 1)
            continue
        try:
            times[name] = timed(experiment, specs, folder / f"{kind}-{name}", engine, workers)
        except ModuleNotFoundError as missing:
            times[name] = {"missing": str(missing)}
    return times


# --- one large likelihood --------------------------------------------------------------------


def share(k, parts, wires=9, kets=256):
    """A share of an ensemble of random kets, and a thermal model of it."""
    from qce import circuits, models, objectives, states

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(kets, 2**wires)) + 1j * rng.normal(size=(kets, 2**wires))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mine = np.array_split(vectors, parts)[k]
    circuit = circuits.strongly_entangling(wires, 4)
    model = models.ThermalModel(circuit, models.ProductSpectrum(wires))
    mixture = states.Ensemble(mine, np.full(len(mine), 1 / len(mine)))
    return objectives.exact_cross_entropy(model, mixture), len(mine)


def data_parallel(rounds=10):
    """Milliseconds of loss and gradient: alone, and on two processes; how far they are apart."""
    from qce.runs import engines
    from qce.training.parallel import distribute

    with engines.choose("processes", WORKERS).open() as executor:
        objectives = {"alone": share(0, 1)[0], "split": distribute(share, WORKERS, executor)}
        params = objectives["alone"].initial(0)
        found = {name: o.value_and_gradient(params) for name, o in objectives.items()}
        best = dict.fromkeys(objectives, np.inf)
        for _ in range(rounds):
            for name, objective in objectives.items():
                begun = time.perf_counter()
                objective.value_and_gradient(params)
                best[name] = min(best[name], 1e3 * (time.perf_counter() - begun))
    apart = np.abs(found["alone"][1] - found["split"][1]).max()
    return {**best, "gradients apart": float(apart)}


# --- the table -----------------------------------------------------------------------------------


def report(overhead, training, split):
    print(f"{'Overhead, one worker':<30} first run s    ms a run  beyond serial")
    serial = each_run(overhead["serial"])
    for name, row in there(overhead):
        each = each_run(row)
        print(f"  {name:<28} {row['first']:11.2f} {each:11.2f} {each - serial:14.2f}")
    print(f"{f'Trainings, {WORKERS} workers':<30}     total s  efficiency  start left out")
    serial = training["serial"]
    for name, row in there(training):
        workers = 1 if name == "serial" else WORKERS
        whole = serial["total"] / (workers * row["total"])
        later = each_run(serial) / (workers * each_run(row))
        print(f"  {name:<28} {row['total']:11.1f} {whole:11.2f} {later:15.2f}")
    alone, two = split["alone"], split["split"]
    print(f"One likelihood: {alone:.1f} ms alone, {two:.1f} ms on {WORKERS} processes,")
    print(f"  speed-up {alone / two:.2f}, gradients {split['gradients apart']:.1e} apart")


def there(table):
    """Rows of the engines that ran; the others say why not."""
    for name, row in table.items():
        if "missing" in row:
            print(f"  {name:<28} {row['missing']}")
        else:
            yield name, row


def each_run(row):
    """Milliseconds a run, from the end of the first to the end of the last."""
    return 1e3 * (row["last"] - row["first"]) / max(row["runs"] - 1, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=200, help="runs that do next to nothing")
    parser.add_argument("--trainings", type=int, default=60, help="trainings of 4 to 6 wires")
    parser.add_argument("--json", type=Path, help="write the numbers there as well")
    parser.add_argument("--contestant", choices=["nothing", "training"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    count = {"nothing": options.tasks, "training": options.trainings}
    if kind := options.contestant:
        experiment = prepared(kind, options.folder)
        specs = specs_of(kind, experiment, count[kind])
        times = timed(experiment, specs, options.folder / f"{kind}-mpi", "mpi", None)
        print(json.dumps(times))
        return
    one = {"serial": ("serial", None), "processes": ("processes", 1), "dask": ("dask", 1)}
    two = {"processes": ("processes", WORKERS), "dask": ("dask", WORKERS), "mpi": ("mpi", WORKERS)}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        overhead = compare("nothing", count["nothing"], folder, {**one, "mpi": ("mpi", 1)})
        training = compare("training", count["training"], folder, {"serial": one["serial"], **two})
    split = data_parallel()
    report(overhead, training, split)
    if options.json:
        numbers = {"overhead": overhead, "training": training, "split": split}
        options.json.write_text(json.dumps(numbers, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
