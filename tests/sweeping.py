"""Sweeps for their tests: experiments that misbehave on demand, and processes of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time

from qce import runs
from qce.runs.sweeps import sweep

# What a run does depends on its seed and, where the test says so, on files beside the experiment:
# `log` has a line for each start, `fuse` makes one start kill its process.
SEEDS = '''
"""Draw numbers, and misbehave on demand."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qce.runs import Outcome

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    behaviour: str = "well"
    seconds: float = 0.0


def run(spec):
    with open(HERE / "log", "a") as log:
        log.write(f"{spec.seed}\\n")
    if spec.behaviour == "raises":
        raise ValueError(f"number {spec.seed} is out of luck")
    if spec.behaviour == "exits":
        sys.exit("enough")
    if spec.behaviour == "kills" or (spec.behaviour == "kills once" and blown(HERE / "fuse")):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(spec.seconds)
    x = np.random.default_rng(spec.seed).random(3)
    return Outcome({"draws": {"mean": float(x.mean())}}, {"x": x})


def blown(fuse):
    try:
        fuse.unlink()
    except FileNotFoundError:
        return False
    return True
'''


# A training with linear algebra in BLAS and in XLA, whose last bits depend on how it is computed.
TRAINING = '''
"""Train a small Born machine, and take an eigendecomposition."""

from dataclasses import dataclass

import numpy as np

import qce
from qce import circuits, models, objectives
from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    wires: int = 3
    steps: int = 40


def run(spec):
    machine = models.BornMachine(circuits.strongly_entangling(spec.wires, 2))
    p = np.random.default_rng(spec.seed).dirichlet(np.ones(2**spec.wires))
    objective = objectives.measured_likelihood(machine, p)
    result = qce.fit(objective, steps=spec.steps, seed=spec.seed, progress=False)
    a = np.random.default_rng(spec.seed).normal(size=(80, 80))
    spectrum = np.linalg.eigvalsh(a @ a.T)
    return Outcome(
        {"loss": {"last": result.estimate.value}},
        {"params": result.params, "spectrum": spectrum},
        {"loss": result.history["loss"]},
    )
'''


SCRIPT = """
import signal
import sys
from qce.runs import load_experiment
from qce.runs.sweeps import grid, sweep

if __name__ == "__main__":
    # A shell's background job ignores interrupts, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    path, out, engine, workers, count, seconds = sys.argv[1:]
    experiment = load_experiment(path)
    settings = {"seconds": float(seconds)} if seconds != "-" else {}
    specs = grid(experiment.spec, seed=range(int(count)), **settings)
    workers = int(workers) if workers != "-" else None
    report = sweep(experiment, specs, out, engine=engine, workers=workers, progress=False)
    print(len(report.done), len(report.skipped), len(report.failed))
"""


BEGUN: list[subprocess.Popen] = []


def experiment(path, source):
    path.write_text(source, encoding="utf-8")
    return runs.load_experiment(path)


def quiet(*arguments, **options):
    return sweep(*arguments, progress=False, **options)


def starts(tmp_path):
    """Seeds of the runs that were begun, in order."""
    log = tmp_path / "log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def arrays(out):
    """Bytes of all arrays of all finished runs, by folder name."""
    files = [path for path in out.rglob("*.npz") if runs.folder.state(path.parent) == "finished"]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def manifests(out):
    """Manifests of all finished runs: two runs of one spec differ in their times."""
    files = out.glob("*/manifest.json")
    return {p: p.read_bytes() for p in files if runs.folder.state(p.parent) == "finished"}


def in_parts(out):
    """Folders of runs that are not finished."""
    return [path for path in out.iterdir() if path.name.endswith(".partial")]


def begin(tmp_path, name, engine="processes", workers="2", count=3, seconds="-", prefix=()):
    """Start a sweep in a process of its own, in a process group of its own."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    words = [tmp_path / f"{name}.py", tmp_path / "out", engine, workers, count, seconds]
    command = [*prefix, sys.executable, script, *words]
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    BEGUN.append(process)
    return process


def ended(process, seconds=120):
    """Wait for a process started by `begin`; return what it printed."""
    try:
        output, errors = process.communicate(timeout=seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return output, errors


def eventually(condition, seconds=60):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def wait_for_starts(tmp_path, count):
    eventually(lambda: len(starts(tmp_path)) >= count, 300)


def wait_for_end(process):
    """Wait until a sweep and all its workers are gone."""
    eventually(lambda: group(process) == 0)


def group(process):
    """Processes of the group of a sweep that are alive: its own, and its workers'."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return sum(row[0] == str(process.pid) and not row[1].startswith("Z") for row in rows)


def end_all():
    """End the sweeps that are still going on."""
    while BEGUN:
        process = BEGUN.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
