"""Trainings and runs that are cut go on as if they had not been: bit for bit, shots included."""

import json
import random
import signal
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from qce import circuits, models, objectives, runs, training
from qce.cli import main
from qce.results import Cost, Status

EXPERIMENT = """
'''Train a Born machine with shots.'''
from dataclasses import dataclass
from qce import circuits, models, objectives, training
from qce.runs import Outcome, setting

@dataclass(frozen=True)
class Spec:
    seed: int = setting(0, "seed", least=0)
    steps: int = setting(40, "of SPSA", least=0)

def objective(spec):
    machine = models.BornMachine(circuits.rx(2))
    return objectives.measured_likelihood(machine, [0.4, 0.3, 0.2, 0.1], shots=100, seed=spec.seed)

def plan(spec):
    return {"only": training.plan(objective(spec), optimizer="spsa", steps=spec.steps)}

def run(spec, *, record):
    loss = objective(spec)
    result = record.fit(loss, part="only", optimizer="spsa", steps=spec.steps, seed=spec.seed)
    after = loss(result.params)  # drawn after the training: knows nothing of how often it was cut
    report = {"only": {"loss": result.estimate.value, "after": after.value}}
    return Outcome(report, {"x": result.params}, {"loss": result.history["loss"]}, "default.qubit",
                   result.spent.circuits, result.spent.shots)
"""


@lru_cache
def exact():
    machine = models.BornMachine(circuits.rx(2))
    return objectives.measured_likelihood(machine, np.array([0.4, 0.3, 0.2, 0.1]))


def measured(seed=1):
    law = np.array([0.4, 0.3, 0.2, 0.1])
    return objectives.measured_likelihood(exact().model, law, shots=100, seed=seed)


def mixture():
    """Two kets: how many outcomes each gets is drawn as well."""
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    return objectives.deferred_cross_entropy(model, np.diag([0.7, 0.3]), shots=50, seed=2)


def fit(objective, **options):
    return training.fit(objective, progress=False, **options)


def same(one, other):
    assert one.params.tobytes() == other.params.tobytes()
    for name in ("step", "loss", "stderr", "grad_norm", "shots"):
        assert one.history[name].tobytes() == other.history[name].tobytes(), name
    assert (one.estimate, one.status, one.spent) == (other.estimate, other.status, other.spent)


@pytest.mark.thinned(2)
@pytest.mark.parametrize(
    ("build", "optimizer"),
    [(measured, "spsa"), (mixture, "cans")],
)
def test_a_training_that_is_cut_goes_on_bit_for_bit(tmp_path, build, optimizer):
    """On another objective of the same kind, as in another process."""

    def cut(step, loss, params):
        if step == 4:
            raise KeyboardInterrupt

    settings = {"optimizer": optimizer, "steps": 8, "checkpoint": tmp_path / "x.npz"}
    first = fit(build(), callback=cut, **settings)
    assert first.status is Status.INTERRUPTED and len(first.history["loss"]) == 4
    resumed = fit(build(), resume=True, **settings)
    same(resumed, fit(build(), optimizer=optimizer, steps=8))
    # What is finished already is read, and nothing is sent for it.
    third = build()
    same(fit(third, resume=True, **settings), resumed)
    assert third.spent == Cost()


def test_a_compiled_training_goes_on_bit_for_bit(tmp_path):
    def cut(step, loss, params):
        if step >= 11:
            raise KeyboardInterrupt

    settings = {"steps": 200, "tolerance": 0.0, "checkpoint": tmp_path / "x.npz"}
    assert fit(exact(), callback=cut, **settings).status is Status.INTERRUPTED
    same(fit(exact(), resume=True, **settings), fit(exact(), steps=200, tolerance=0.0))


def test_a_finished_training_goes_on_with_more_steps(tmp_path):
    settings = {"optimizer": "spsa", "checkpoint": tmp_path / "x.npz"}
    fit(measured(), steps=3, **settings)
    longer = fit(measured(), steps=6, resume=True, **settings)
    whole = fit(measured(), optimizer="spsa", steps=6)
    assert longer.params.tobytes() == whole.params.tobytes()
    assert longer.history["loss"].tobytes() == whole.history["loss"].tobytes()
    # The last point is read again before it is left, and that is counted.
    assert longer.spent == whole.spent + Cost(2, 1, 200)


def test_a_checkpoint_is_not_overwritten_nor_taken_for_another(tmp_path):
    path = tmp_path / "x.npz"
    fit(measured(), optimizer="spsa", steps=1, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="`checkpoint` must not exist yet.*Pass resume=True"):
        fit(measured(), optimizer="spsa", steps=2, checkpoint=path)
    changed = {"seed": {"seed": 1}, "optimizer": {"optimizer": "coordinate"}}
    for name, settings in changed.items():
        settings = {"optimizer": "spsa", "steps": 2, **settings}
        with pytest.raises(ValueError, match=f"same {name}.*Pass"):
            fit(measured(), checkpoint=path, resume=True, **settings)
    with pytest.raises(ValueError, match="same outcomes.*Pass"):
        fit(measured(seed=5), optimizer="spsa", checkpoint=path, resume=True)
    assert path.read_bytes() == before
    path.write_bytes(before[:100])
    with pytest.raises(ValueError, match="`checkpoint` must be a checkpoint.*Pass"):
        fit(measured(), optimizer="spsa", checkpoint=path, resume=True)


# --- runs -----------------------------------------------------------------------------------------


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "cutting.py"
    path.write_text(EXPERIMENT)
    return runs.load_experiment(path)


def arrays(folder):
    outcome = runs.read(folder)
    about = [outcome.parameters["x"].tobytes(), outcome.history["loss"].tobytes()]
    return [*about, outcome.report, outcome.circuits, outcome.shots]


def test_a_checkpoint_of_another_version_says_to_begin_anew(tmp_path, monkeypatch):
    """No settings could make it fit."""
    path, settings = tmp_path / "checkpoint.npz", {"steps": 2, "progress": False}
    training.fit(exact(), checkpoint=path, **settings)
    monkeypatch.setattr(training.checkpoint, "_SCHEMA", 99)
    with pytest.raises(ValueError, match="same schema, 99, but .* Pass .* or begin anew, without"):
        training.fit(exact(), checkpoint=path, resume=True, **settings)


def test_a_run_that_stopped_or_failed_goes_on(experiment, tmp_path, monkeypatch):
    spec = experiment.spec(steps=6)
    whole, _ = runs.execute(experiment, spec, tmp_path / "whole", progress=False)
    for number, problem in enumerate((KeyboardInterrupt, RuntimeError)):
        out = tmp_path / str(number)
        with monkeypatch.context() as patch:
            patch.setattr(runs.Record, "_tell", _cutting(runs.Record._tell, 3, problem))
            with pytest.raises(problem):
                runs.execute(experiment, spec, out, progress=False)
        assert len(list(out.iterdir())) == 1
        folder, _ = runs.execute(experiment, spec, out, progress=False, resume=True)
        assert arrays(folder) == arrays(whole)
        assert not (folder / "traceback.txt").exists()
        assert [path.name for path in out.iterdir()] == [folder.name]
        with pytest.raises(FileExistsError, match="Pass"):
            runs.execute(experiment, spec, out, progress=False, resume=True)


def _cutting(tell, step, problem):
    def cut(self, numbers, **settings):
        if numbers["step"] == step:
            raise problem
        tell(self, numbers, **settings)

    return cut


def test_a_plan_is_said_and_nothing_is_written(experiment, tmp_path, capsys):
    words = ["run", str(experiment.path), "--steps", "4", "--out", str(tmp_path / "out")]
    assert main([*words, "--dry-run", "--json", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert '"circuits": 10' in shown and '"shots": 1000' in shown
    assert not (tmp_path / "out").exists()


def test_an_experiment_without_a_plan_says_so(tmp_path, capsys):
    path = tmp_path / "silent.py"
    path.write_text(EXPERIMENT.replace("def plan(", "def other("))
    assert main(["run", str(path), "--dry-run"]) == 2
    assert "has no `plan(spec)`" in capsys.readouterr().err


def test_a_run_that_names_no_device_has_what_its_trainings_sent(tmp_path):
    told, untold = tmp_path / "told.py", tmp_path / "untold.py"
    told.write_text(EXPERIMENT)
    start = EXPERIMENT.index(', "default.qubit",\n')
    untold.write_text(EXPERIMENT[:start] + ")\n")
    rows = []
    for path in (told, untold):
        experiment = runs.load_experiment(path)
        folder, outcome = runs.execute(experiment, experiment.spec(steps=3), tmp_path / "runs")
        manifest = json.loads((folder / "manifest.json").read_text())
        rows.append([manifest[name] for name in ("device", "circuits", "shots")])
        assert rows[-1] == [outcome.device, outcome.circuits, outcome.shots]
    assert rows[0] == rows[1] and rows[0][0] == "default.qubit" and rows[0][2] > 0


def killed_and_resumed(experiment, out, steps, kills, rng):
    """Kill the run at random moments, so often, and let it end."""
    words = ["run", str(experiment.path), "--steps", str(steps), "--out", str(out), "--resume"]
    command = [Path(sys.executable).with_name("qce"), *words, "--quiet"]
    folder = runs.folder_of(experiment, experiment.spec(steps=steps), out)
    partial, killed = Path(f"{folder}.partial"), 0
    while not folder.exists():
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        before = _steps_done(partial)
        while killed < kills and process.poll() is None and _steps_done(partial) == before:
            time.sleep(0.02)  # it loads, and compiles
        if killed < kills and process.poll() is None:
            time.sleep(rng.uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    return folder, killed


def _steps_done(partial):
    return len(runs.metrics(partial)) if partial.exists() else 0


@pytest.mark.parametrize(
    ("steps", "kills"), [(60, 1), pytest.param(2000, 12, marks=pytest.mark.long)]
)
def test_a_run_that_is_killed_at_random_moments_ends_as_if_it_had_not(
    experiment, tmp_path, steps, kills
):
    rng = random.Random(7)
    folder, killed = killed_and_resumed(experiment, tmp_path / "killed", steps, kills, rng)
    spec = experiment.spec(steps=steps)
    whole, _ = runs.execute(experiment, spec, tmp_path / "whole", progress=False)
    assert killed == kills
    assert arrays(folder) == arrays(whole)
