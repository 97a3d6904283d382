"""A run's folder when its process is killed, and when several processes want it."""

import dataclasses
import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from test_runs import TINY, everything_under, write

from qce import runs
from qce.runs import folder as claims


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


def working(tiny, work):
    return dataclasses.replace(tiny, run=work)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start(code, *words, **settings):
    """Start Python on some code, in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **settings)


# Writes a line beside the run for each one that `metrics` has taken.
COUNTING = """
import os, sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from qce.runs import Outcome

@dataclass(frozen=True)
class Spec:
    steps: int = 60

def run(spec, *, record):
    with open("taken", "ab", buffering=0) as taken:
        for step in range(spec.steps):
            record.metrics(step=step)
            record.checkpoint(x=np.full(1000, step))
            taken.write(b"+")
            time.sleep(0.002)
    return Outcome({"all": {"steps": spec.steps}})
"""

EXECUTE = """
import sys
from qce import runs
experiment = runs.load_experiment(sys.argv[1])
print("loaded", flush=True)
runs.execute(experiment, experiment.spec(), "runs", progress=False)
"""


def test_a_run_killed_at_any_moment_loses_nothing_and_hinders_nothing(tmp_path):
    """SIGKILL at random moments, seed 0, from the claim of the folder to after its last rename."""
    write(tmp_path / "counting.py", COUNTING)
    rng, killed = np.random.default_rng(0), 0
    out = tmp_path / "runs"
    while not out.exists() or not [f for f in out.iterdir() if "." not in f.name]:
        process = start(EXECUTE, "counting.py", cwd=tmp_path)
        assert process.stdout is not None and process.stdout.readline() == "loaded\n"
        # A run takes about 0.4 s; the first ten are surely killed in it, later ones may end.
        time.sleep(rng.uniform(0, 0.2 if killed < 10 else 2))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    process.stdout.close()

    assert killed >= 10
    finished = [folder for folder in out.iterdir() if "." not in folder.name]
    (folder,) = finished
    assert runs.read(folder).report == {"all": {"steps": 60}}
    assert [line["step"] for line in runs.metrics(folder)] == list(range(60))
    rest = [folder for folder in out.iterdir() if folder not in finished]
    assert {folder.name.partition(".")[2].split("-")[0] for folder in rest} <= {"stopped"}
    recorded = 0
    for folder in [*finished, *rest]:
        steps = [line["step"] for line in runs.metrics(folder)]
        assert steps == list(range(len(steps)))
        recorded += len(steps)
        if (folder / "checkpoint.npz").exists():  # whole, and at most one step behind
            with np.load(folder / "checkpoint.npz") as arrays:
                assert len(steps) - 2 <= arrays["x"][0] == arrays["x"][-1] < len(steps)
    # Of each kill, one line at most was written and not yet counted beside.
    taken = (tmp_path / "taken").stat().st_size
    assert taken <= recorded <= taken + killed


def test_a_killed_run_is_shown_until_it_is_started_again(tiny, tmp_path):
    code = """
    import os, signal, sys
    from qce import runs
    tiny = runs.load_experiment(sys.argv[1])
    def work(spec, *, record):
        record.metrics(step=0)
        os.kill(os.getpid(), signal.SIGKILL)
    import dataclasses
    runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), sys.argv[2])
    """
    process = start(code, tiny.path, tmp_path / "runs")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    (left,) = runs.unfinished(tmp_path / "runs").rows()
    assert left["state"] == "killed" and left["metrics"] == 1

    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    (left,) = runs.unfinished(tmp_path / "runs").rows()
    assert left["state"] == "stopped" and left["folder"] == f"{folder}.stopped-1"
    assert runs.metrics(left["folder"])[0]["step"] == 0


def test_a_run_that_goes_on_is_not_started_twice(tiny, tmp_path):
    def work(spec, *, record):
        record.metrics(step=0)
        (left,) = runs.unfinished(tmp_path / "runs").rows()
        assert left["state"] == "running"
        before = everything_under(tmp_path / "runs")
        with pytest.raises(runs.RunInProgress, match="but another process is making") as problem:
            runs.execute(tiny, tiny.spec(), tmp_path / "runs")
        assert not isinstance(problem.value, FileExistsError)
        assert everything_under(tmp_path / "runs") == before
        return tiny.run(spec, record=record)

    folder, _ = runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs", progress=False)
    assert names(tmp_path / "runs") == [folder.name]


@pytest.mark.parametrize("moment", ["_config", "_lock"])
def test_a_run_that_another_finishes_while_it_is_claimed_is_not_done_again(
    tiny, tmp_path, monkeypatch, moment
):
    """The other one finishes after the first look at the folder, or between opening and locking."""
    plain = getattr(claims, moment)

    def overtaken(*args):
        monkeypatch.setattr(claims, moment, plain)
        runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
        return plain(*args)

    monkeypatch.setattr(claims, moment, overtaken)
    with pytest.raises(FileExistsError):
        runs.execute(tiny, tiny.spec(), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert runs.read(folder).report["draws"]


RACE = """
import dataclasses, sys
from qce import runs
experiment = runs.load_experiment("tiny.py")
experiment = dataclasses.replace(experiment, draw=None)
print("ready", flush=True)
sys.stdin.readline()
done = 0
for seed in range(40):
    try:
        runs.execute(experiment, experiment.spec(seed=seed), "runs", progress=False)
        done += 1
    except (FileExistsError, runs.RunInProgress):
        pass
print(done)
"""


def test_processes_that_start_the_same_runs_at_once_do_each_once(tmp_path):
    write(tmp_path / "tiny.py", TINY)
    racers = [start(RACE, cwd=tmp_path, stdin=subprocess.PIPE) for _ in range(3)]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    done = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert sum(done) == 40
    folders = list((tmp_path / "runs").iterdir())
    assert len(folders) == 40 and all((f / "manifest.json").is_file() for f in folders)
    specs = [json.loads((f / "manifest.json").read_text())["spec"]["seed"] for f in folders]
    assert sorted(specs) == list(range(40))
