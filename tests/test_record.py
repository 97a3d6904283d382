"""What a run writes while it goes on: under any name, through no link, once each."""

import json
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
from test_runs import TINY, write

from qce import circuits, models, objectives, runs
from qce.errors import ArgumentError
from qce.runs import Outcome

NAMES = ["file", "self", "arrays", "allow_pickle", "folder", "name", "params", "step", "σ", "a b"]


@pytest.fixture
def tiny(tmp_path):
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY.replace("def draw", "def _draw")))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_names_of_arrays_are_never_taken_for_arguments(tmp_path, name):
    import dataclasses

    experiment = runs.load_experiment(write(tmp_path / "tiny.py", TINY))

    def run(spec, *, record):
        record.metrics(**{name: 0.5})
        record.checkpoint(**{name: np.arange(3)})
        return Outcome({name: {name: 1}}, {name: np.arange(3)}, {name: np.ones(2)})

    named = dataclasses.replace(experiment, run=run, draw=None)
    folder, _ = runs.execute(named, named.spec(), tmp_path / "runs", progress=False)
    back = runs.read(folder)
    assert back.parameters[name].tolist() == [0, 1, 2] and back.history[name].tolist() == [1, 1]
    assert runs.metrics(folder)[0][name] == 0.5
    with np.load(folder / "checkpoint.npz") as arrays:
        assert arrays[name].tolist() == [0, 1, 2]


def test_a_number_called_seconds_is_refused_and_not_lost(tmp_path):
    for record in (runs.Record(tmp_path), runs.Record()):
        with pytest.raises(ArgumentError, match="`seconds` must be called otherwise.*Pass another"):
            record.metrics(seconds=123)


def test_a_field_of_a_spec_may_be_called_spec():
    from dataclasses import make_dataclass

    kind = make_dataclass("Spec", [("spec", int, 0), ("self", int, 1)], frozen=True)
    assert [one.spec for one in runs.grid(kind, spec=[1, 2])] == [1, 2]


def test_parts_have_checkpoints_of_their_own(tmp_path):
    """`a/b` and `a-b` had one and the same."""
    machine = models.BornMachine(circuits.rx(1))
    record = runs.Record(tmp_path)
    parts = ["a/b", "a-b", "a%2Fb", "", "..", "fit x"]
    for number, part in enumerate(parts):
        loss = objectives.measured_likelihood(machine, [0.25, 0.75], shots=10, seed=number)
        assert record.fit(loss, part=part, optimizer="spsa", steps=2).steps == 2
    assert len(list(tmp_path.glob("*.training.npz"))) == len(parts)
    assert {line["part"] for line in runs.metrics(tmp_path)} == set(parts)


# --- links ---------------------------------------------------------------------------------------


def stopped(tiny, tmp_path):
    """What an interrupted run has left."""
    import dataclasses

    def run(spec, *, record):
        record.metrics(step=0)
        record.checkpoint(x=np.arange(2))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.execute(dataclasses.replace(tiny, run=run), tiny.spec(), tmp_path / "runs")
    (left,) = (tmp_path / "runs").iterdir()
    return left


PLANTED = ["config.toml", "metrics.jsonl", "checkpoint.npz", "checkpoint.tmp", "report.json"]
PLANTED += ["manifest.json", "parameters.npz", "figure.png", "traceback.txt", "x.training.npz"]


@pytest.mark.thinned(5)
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("killed", [False, True])
def test_a_planted_link_is_not_written_through(tiny, tmp_path, name, hard, killed):
    left = stopped(tiny, tmp_path)
    if killed:
        left = left.rename(left.with_name(left.name.replace(".stopped-1", ".partial")))
    victim = write(tmp_path / "victim", "precious")
    (left / name).unlink(missing_ok=True)
    os.link(victim, left / name) if hard else (left / name).symlink_to(victim)
    with pytest.raises(OSError, match=f"must .*{name} is .*Pass"):
        runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False, resume=True)
    assert victim.read_text() == "precious"
    if killed and name == "config.toml" and not hard:  # what a run would lock
        with pytest.raises(OSError, match=f"must .*{name} is .*Pass"):
            runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
        return
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)  # anew
    assert victim.read_text() == "precious" and runs.verify(folder)[0].sound


@pytest.mark.parametrize("ending", [".partial", ".stopped-9", ".failed-9"])
def test_a_link_in_place_of_a_run_is_not_followed(tiny, tmp_path, ending):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = runs.folder_of(tiny, tiny.spec(), tmp_path / "runs")
    folder.parent.mkdir()
    folder.with_name(folder.name + ending).symlink_to(elsewhere)
    with pytest.raises(OSError, match="Pass"):
        runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False, resume=True)
    if ending == ".partial":
        with pytest.raises(OSError, match="is one. Pass another"):
            runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    assert not list(elsewhere.iterdir())


def test_a_link_that_is_planted_while_the_run_goes_on_is_not_written_through(tiny, tmp_path):
    """Whole files take the place of a link; what is appended to is refused."""
    import dataclasses

    victim = write(tmp_path / "victim", "precious")

    def run(spec, *, record):
        for name in ("report.json", "parameters.npz", "checkpoint.npz", "manifest.json"):
            (record.folder / name).symlink_to(victim)
        record.checkpoint(x=np.arange(2))
        (record.folder / "metrics.jsonl").symlink_to(victim)
        with pytest.raises(OSError):
            record.metrics(step=0)
        (record.folder / "metrics.jsonl").unlink()
        os.link(victim, record.folder / "metrics.jsonl")
        with pytest.raises(OSError, match="one of two names of a file"):
            record.metrics(step=0)
        (record.folder / "metrics.jsonl").unlink()
        return Outcome({"it": {"is": 1}}, {"x": np.arange(2)})

    folder, _ = runs.execute(dataclasses.replace(tiny, run=run), tiny.spec(), tmp_path / "runs")
    assert victim.read_text() == "precious" and runs.verify(folder)[0].sound


def test_names_of_files_that_are_not_yet_in_their_place_cannot_be_foreseen(tmp_path, monkeypatch):
    seen = set()
    plain = os.replace

    def replace(source, target):
        seen.add(os.path.basename(source))
        plain(source, target)

    monkeypatch.setattr(os, "replace", replace)
    record = runs.Record(tmp_path)
    for step in range(20):
        record.checkpoint(step=np.array(step))
    assert len(seen) == 20 and all(len(name) > 16 for name in seen)


# --- metrics and checkpoints together ------------------------------------------------------------

TRAINS = '''
"""Two trainings with shots, and lines of its own before, between and after."""
from dataclasses import dataclass
from qce import circuits, models, objectives
from qce.runs import Outcome

@dataclass(frozen=True)
class Spec:
    steps: int = 12

def run(spec, *, record):
    found = {}
    record.metrics(stage="begin")
    for part, law in (("one", [0.4, 0.6]), ("two/b", [0.7, 0.3])):
        machine = models.BornMachine(circuits.rx(1))
        loss = objectives.measured_likelihood(machine, law, shots=50, seed=3)
        result = record.fit(loss, part=part, optimizer="spsa", steps=spec.steps)
        found[part] = result.estimate.value
        record.metrics(stage=part, value=found[part])
    return Outcome({"all": found})
'''


@pytest.fixture(scope="module")
def trains(tmp_path_factory):
    place = tmp_path_factory.mktemp("trains")
    experiment = runs.load_experiment(write(place / "trains.py", TRAINS))
    folder, _ = runs.execute(experiment, experiment.spec(), place / "runs", progress=False)
    return experiment, told(folder)


def told(folder):
    """All lines but for their times, in an order of their own: a resumed run writes some later."""
    lines = [{k: v for k, v in line.items() if k != "seconds"} for line in runs.metrics(folder)]
    return sorted(json.dumps(line, sort_keys=True) for line in lines)


MOMENTS = [
    (where, count) for where in ("save", "metrics", "after") for count in (1, 5, 11, 12, 13, 20)
]


@pytest.mark.thinned(7)
@pytest.mark.parametrize(("where", "count"), MOMENTS)
def test_a_run_cut_between_two_files_has_each_line_once(
    trains, tmp_path, monkeypatch, where, count
):
    """Before the checkpoint is written, between checkpoint and line, and after both."""
    from qce.training.checkpoint import Checkpoint

    experiment, whole = trains
    calls = []

    def cutting(plain, late):
        def cut(*args, **words):
            calls.append(args)
            if late:
                plain(*args, **words)
            if len(calls) == count:
                raise SystemExit
            if not late:
                plain(*args, **words)

        return cut

    with monkeypatch.context() as patch:
        owner, name = (Checkpoint, "save") if where == "save" else (runs.Record, "_tell")
        patch.setattr(owner, name, cutting(getattr(owner, name), where == "after"))
        with pytest.raises(SystemExit):
            runs.execute(experiment, experiment.spec(), tmp_path, progress=False)
    folder, _ = runs.execute(experiment, experiment.spec(), tmp_path, progress=False, resume=True)
    assert told(folder) == whole


def test_metrics_that_are_ahead_of_their_checkpoint_are_written_once(trains, tmp_path, monkeypatch):
    """As a power cut may leave them; the last line is cut short."""
    from qce.training.checkpoint import Checkpoint

    experiment, whole = trains
    plain, count = Checkpoint.save, []

    def save(self, *args):
        count.append(args)
        if len(count) not in range(5, 9):  # the disk never sees these
            plain(self, *args)
        if len(count) == 8:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save)
        with pytest.raises(SystemExit):
            runs.execute(experiment, experiment.spec(), tmp_path, progress=False)
    (left,) = tmp_path.iterdir()
    with open(left / "metrics.jsonl", "a") as file:
        file.write('{"part": "one", "st')
    folder, _ = runs.execute(experiment, experiment.spec(), tmp_path, progress=False, resume=True)
    assert told(folder) == whole


RESUME = """
import sys
from qce import runs
experiment = runs.load_experiment(sys.argv[1])
print("loaded", flush=True)
runs.execute(experiment, experiment.spec(steps=60), sys.argv[2], progress=False, resume=True)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.long)])
def test_a_run_that_is_killed_anywhere_tells_each_step_once(trains, tmp_path, kills):
    """SIGKILL at random moments, seed 5."""
    experiment, _ = trains
    rng, folder = random.Random(5), None
    out = tmp_path / "killed"
    spec = experiment.spec(steps=60)
    folder, killed = runs.folder_of(experiment, spec, out), 0
    while not folder.exists():
        words = [sys.executable, "-c", RESUME, str(experiment.path), str(out)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        before = len(runs.metrics(f"{folder}.partial")) if out.exists() else 0
        while killed < kills and process.poll() is None:
            now = len(runs.metrics(f"{folder}.partial"))
            if now not in (0, before):
                break
        if killed < kills:
            try:
                process.wait(rng.uniform(0.0, 0.2))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
    whole, _ = runs.execute(experiment, spec, tmp_path / "whole", progress=False)
    assert killed >= min(kills, 3) - 1 and told(folder) == told(whole)


# --- where it ran --------------------------------------------------------------------------------


def test_the_manifest_names_the_kernels_that_computed(tiny, tmp_path):
    """Equal to the last bit are results of equal kernels only."""
    import threadpoolctl

    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    kernels = [one.get("architecture") for one in threadpoolctl.threadpool_info()]
    assert [one["architecture"] for one in manifest["blas"]] == kernels
    assert any(kernels) and manifest["processor"]
    assert manifest["xla"]["platform"] == "cpu" and manifest["xla"]["x64"] is True
