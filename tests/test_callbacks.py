"""Trainings in the trackers that people have, read back from there."""

import struct
from pathlib import Path

import numpy as np
import pytest

import qce
from qce import callbacks, circuits, models, objectives, runs, training
from qce.results import Cost
from qce.training import Progress

PROGRESS = Progress(
    step=7,
    steps=20,
    loss=1.25,
    stderr=0.5,
    grad_norm=0.25,
    params=np.zeros(2),
    seconds=3.0,
    floor=1.0,
    validation=1.5,
    spent=Cost(circuits=2, jobs=1, shots=100),
)
NUMBERS = {"loss": 1.25, "stderr": 0.5, "grad_norm": 0.25, "gap": 0.25, "validation": 1.5}
NUMBERS |= {"seconds": 3.0, "circuits": 2.0, "jobs": 1.0, "shots": 100.0}


def loss(x):
    return x @ x


def fit(**options):
    return qce.fit(loss, [1.0, 2.0], progress=False, tolerance=0, **options)


# --- what a training tells ------------------------------------------------------------------------


class Kept:
    def __init__(self):
        self.told = []

    def follow(self, progress):
        self.told.append(progress)


def test_a_progress_has_the_numbers_that_change_and_no_others():
    assert PROGRESS.numbers() == NUMBERS and PROGRESS.gap == 0.25
    bare = Progress(0, 1, np.nan, 0.0, 1.0, np.zeros(1), 0.0)
    assert bare.gap is None and sorted(bare.numbers()) == ["grad_norm", "loss", "seconds", "stderr"]
    assert np.isnan(bare.numbers()["loss"])


def test_a_training_tells_what_its_result_says(tmp_path):
    """To a callback, and to the record, of which `runs.watch` reads it."""
    (tmp_path / "config.toml").touch()
    kept = Kept()
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_likelihood(machine, [0.25, 0.75], shots=10, seed=0)
    budget = training.Budget(shots=10**6)
    options = {"optimizer": "spsa", "steps": 4, "budget": budget}
    result = runs.Record(tmp_path).fit(objective, callback=kept, **options)
    last = kept.told[-1]
    assert [one.step for one in kept.told] == [1, 2, 3, 4, 4]
    assert (last.loss, last.gap, last.spent) == (result.estimate.value, result.gap, result.spent)
    assert (
        last.stderr == result.history["stderr"][-1]
        and last.seconds == result.history["seconds"][-1]
    )
    assert (last.steps, last.budget, last.validation) == (4, budget, None)
    np.testing.assert_array_equal(last.params, result.params)
    (seen,) = runs.watch(tmp_path)[0].trainings
    assert (seen.spent, seen.step, seen.steps) == (result.spent, 4, 4)
    assert (seen.gap, dict(seen.budget)) == (result.gap, {"shots": 10**6})


def test_every_k_steps_and_an_end_are_as_with_a_function():
    kept = Kept()
    fit(steps=7, callback=kept, callback_every=3)
    assert [one.step for one in kept.told] == [3, 6, 7]

    class Ending:
        def follow(self, progress):
            raise StopIteration

    assert fit(steps=70, callback=Ending(), callback_every=5).steps == 5


def test_what_has_no_follow_that_can_be_called_is_refused():
    class Wrong:
        follow = 3

    with pytest.raises(qce.ArgumentError, match="`callback` must be"):
        fit(callback=Wrong())
    with pytest.raises(qce.ArgumentError, match="`callbacks` must be"):
        callbacks.every(3)


def test_a_class_in_place_of_its_object_is_refused():
    """It has a `follow` too, which takes the object as well."""

    class Mute:
        def follow(self):
            pass

    for wrong in (callbacks.Scalars, Kept, Mute()):
        with pytest.raises(qce.ArgumentError, match="`callback` must take progress, but it takes"):
            fit(callback=wrong)
        with pytest.raises(qce.ArgumentError, match="`callbacks` must take progress"):
            callbacks.every(wrong)


def test_all_are_told_and_one_of_them_ends_it():
    kept, steps = Kept(), []

    def end(step, loss, params):
        raise StopIteration

    told = callbacks.every(end, kept, lambda step, *_: steps.append(step))
    assert fit(steps=70, callback=told, callback_every=5).steps == 5
    assert steps == [one.step for one in kept.told] == [5]


def test_a_record_tells_a_callback_too(tmp_path):
    kept = Kept()
    runs.Record(tmp_path).fit(loss, [1.0, 2.0], steps=3, tolerance=0, callback=kept)
    assert kept.told[-1].step == 3 == runs.metrics(tmp_path)[-1]["step"]


# --- trackers -------------------------------------------------------------------------------------


def events(folder):
    """Scalars of an event file: each record is a length, its checksum, a message, its checksum."""
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2", reason="needs tensorboardX")
    (file,) = Path(folder).iterdir()
    content, found = file.read_bytes(), {}
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event = event_pb2.Event.FromString(content[12 : 12 + length])
        for value in event.summary.value:
            found[value.tag, event.step] = value.simple_value
        content = content[16 + length :]
    return found


def test_tensorboard_has_every_number_at_its_step(tmp_path):
    board = pytest.importorskip("tensorboardX", reason="needs tensorboardX")
    with board.SummaryWriter(str(tmp_path)) as writer:
        callbacks.TensorBoard(writer, part="chain").follow(PROGRESS)
        fit(steps=5, callback=callbacks.TensorBoard(writer), callback_every=2)
    found = events(tmp_path)
    assert {tag: x for (tag, step), x in found.items() if step == 7} == {
        f"chain/{name}": value for name, value in NUMBERS.items()
    }
    assert {step for tag, step in found if tag == "loss"} == {2, 4, 5}


def test_tensorboard_reads_it_itself(tmp_path):
    """By TensorBoard's own reader, where it is installed."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard"
    )
    board = pytest.importorskip("tensorboardX", reason="needs tensorboardX")
    with board.SummaryWriter(str(tmp_path)) as writer:
        callbacks.TensorBoard(writer).follow(PROGRESS)
    read = reader.EventAccumulator(str(tmp_path)).Reload()
    assert {name: read.Scalars(name)[0].value for name in read.Tags()["scalars"]} == NUMBERS
    assert read.Scalars("loss")[0].step == 7


def test_mlflow_has_every_number_at_its_step(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="needs mlflow-skinny and sqlalchemy")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    with mlflow.start_run() as run:
        fit(steps=5, callback=callbacks.MLflow(part="chain"), callback_every=2)
    callbacks.MLflow(run.info.run_id).follow(PROGRESS)
    client = mlflow.MlflowClient()
    told = client.get_metric_history(run.info.run_id, "chain/loss")
    assert [one.step for one in told] == [2, 4, 5] and told[1].value < told[0].value
    metrics = client.get_run(run.info.run_id).data.metrics
    assert NUMBERS == {name: metrics[name] for name in NUMBERS}


def test_mlflow_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(ModuleNotFoundError, match="pip install mlflow-skinny"):
        callbacks.MLflow()


def test_weights_and_biases_has_every_number_without_a_network(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="needs wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    with wandb.init(mode="offline", dir=str(tmp_path), project="qce") as run:
        callbacks.WeightsAndBiases(run, part="chain").follow(PROGRESS)
    (file,) = (path for path in tmp_path.rglob("*.wandb") if not path.is_symlink())
    content = file.read_bytes()
    assert all(f"chain/{name}".encode() in content for name in NUMBERS) and b"1.25" in content


class Writer:
    def add_scalar(self, tag, value, step):
        pass


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: callbacks.TensorBoard("runs"), "`writer` must have a method `add_scalar`"),
        (lambda: callbacks.WeightsAndBiases(None), "`run` must have a method `log`"),
        (lambda: callbacks.TensorBoard(Writer), "`writer` must have a method `add_scalar`"),
        (lambda: callbacks.Scalars(3), "`write` must be a function"),
        (lambda: callbacks.Scalars(lambda name: None), "`write` must take name, value and step"),
        (lambda: callbacks.Scalars(print, part=3), "`part` must be"),
    ],
    ids=["TensorBoard", "Weights & Biases", "class", "function", "its arguments", "part"],
)
def test_what_is_no_tracker_is_refused(make, said):
    with pytest.raises(qce.ArgumentError, match=said):
        make()
