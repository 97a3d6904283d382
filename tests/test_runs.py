"""Finding experiments, and folders that are written once or not at all."""

import dataclasses
import hashlib
import json
import os
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest

import qce
from qce import circuits, models, objectives, runs, training
from qce.runs.manifest import git_state

TINY = '''
"""Draw three numbers."""

from dataclasses import dataclass

import numpy as np

from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    seed: int = setting(0, "of the numbers", least=0)
    count: int = setting(3, "of numbers")


def run(spec, *, record):
    x = np.random.default_rng(spec.seed).random(spec.count)
    for step, value in enumerate(x):
        record.metrics(step=step, value=value)
    record.checkpoint(so_far=x)
    report = {"draws": {"mean": x.mean(), "ceiling": np.inf}}
    return Outcome(report, {"x": x}, {"loss": x[::-1]}, device="none")


def draw(outcome):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot(outcome.history["loss"])
    return figure
'''


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, text: str) -> Path:
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def everything_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_package_knows_the_quickstart_by_name():
    assert runs.find("quickstart").name == "quickstart.py"
    assert runs.names()["quickstart"]


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"Argument `experiment` must .* 'xyzzy'\. Pass .*quickstart"
    ):
        runs.find("xyzzy")


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def run(spec): ...", "`Spec`"),
        ("class Spec: ...\ndef run(spec): ...", "`Spec`"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Spec: ...\ndef run(s): ...",
            "`Spec`",
        ),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Spec: ...", "`run`"),
    ],
)
def test_a_file_without_a_frozen_spec_and_a_run_is_refused(tmp_path, source, missing):
    with pytest.raises(ValueError, match=f"has no such {missing}"):
        runs.load_experiment(write(tmp_path / "broken.py", source))


@pytest.mark.parametrize("signature", ["run()", "run(spec, *, progress)", "run(spec, record, /)"])
def test_a_run_that_cannot_be_called_is_refused_before_any_work(tmp_path, signature):
    source = f"from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Spec: ...\n\
def {signature}: ..."
    with pytest.raises(TypeError, match=r"must define `run\(spec\)` or `run\(spec, \*, record\)`"):
        runs.load_experiment(write(tmp_path / "broken.py", source))


def test_an_experiment_need_not_take_the_record(tiny, tmp_path):
    outcome = runs.Outcome({"it": {"seed": 0}})
    plain = dataclasses.replace(tiny, run=lambda spec: outcome, draw=None)
    folder, _ = runs.execute(plain, tiny.spec(), tmp_path / "runs")
    assert runs.read(folder).report == {"it": {"seed": 0}}
    assert not (folder / "metrics.jsonl").exists()


def test_a_run_leaves_all_its_records(tiny, tmp_path):
    folder, outcome = runs.execute(tiny, tiny.spec(seed=4), tmp_path / "runs", progress=False)

    assert folder == runs.folder_of(tiny, tiny.spec(seed=4), tmp_path / "runs")
    assert {path.name for path in folder.iterdir()} == {
        "config.toml",
        "metrics.jsonl",
        "checkpoint.npz",
        "report.json",
        "parameters.npz",
        "history.npz",
        "figure.png",
        "figure.pdf",
        "manifest.json",
    }
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config.pop("code") == {"qce": qce.__version__, "tiny.py": sha256(tiny.path)}
    assert config == {"experiment": "tiny", "spec": {"seed": 4, "count": 3}}
    back = runs.read(folder)
    np.testing.assert_array_equal(back.parameters["x"], outcome.parameters["x"])
    np.testing.assert_array_equal(back.history["loss"], outcome.history["loss"])
    assert back.report["draws"] == {"mean": outcome.report["draws"]["mean"], "ceiling": "inf"}
    assert back.device == "none"


def test_the_manifest_names_versions_threads_spec_and_checksums(tiny, tmp_path):
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    manifest = json.loads((folder / "manifest.json").read_text())

    assert manifest["schema"] == 1
    assert manifest["spec"] == {"seed": 0, "count": 3}
    assert manifest["seeds"] == {"seed": 0}
    assert (manifest["circuits"], manifest["shots"]) == (0, 0)
    assert manifest["threads"]["OMP_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"]
    assert manifest["packages"]["numpy"] == np.__version__
    assert all(library["num_threads"] >= 1 for library in manifest["blas"])
    assert manifest["git"] is None  # a temporary folder is in no working tree
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    assert len(set(manifest["files"].values())) == len(manifest["files"])


def test_the_same_spec_gives_the_same_bytes(tiny, tmp_path):
    made = [runs.execute(tiny, tiny.spec(), tmp_path / out, progress=False)[0] for out in "ab"]
    sums = [json.loads((folder / "manifest.json").read_text())["files"] for folder in made]
    for files in sums:
        del files["metrics.jsonl"]  # the only one that holds times
    assert sums[0] == sums[1]


def test_an_existing_folder_is_refused_before_any_work(tiny, tmp_path):
    runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    before = everything_under(tmp_path / "runs")

    def work(spec):
        pytest.fail("the experiment was run")

    with pytest.raises(FileExistsError, match=r"never overwritten\. Pass another `out`"):
        runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), tmp_path / "runs")
    assert everything_under(tmp_path / "runs") == before


@pytest.mark.parametrize("name", ["report.json", "parameters.npz", "history.npz"])
def test_a_damaged_file_is_named(tiny, tmp_path, name):
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path, progress=False)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{folder / name} is damaged: its checksum"):
        runs.read(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"{folder / name} is damaged: it is missing"):
        runs.read(folder)


def test_a_damaged_manifest_is_named(tiny, tmp_path):
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path, progress=False)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text()[:-20])
    with pytest.raises(ValueError, match=f"{manifest} is damaged: it is no JSON"):
        runs.read(folder)


def test_a_run_of_a_newer_version_is_refused_and_left_alone(tiny, tmp_path):
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path, progress=False)
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 2}))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"newer qce \(schema 2, this one reads 1\)"):
        runs.read(folder)
    assert path.read_bytes() == before


# The files of a run as version 0.1.0 wrote them before manifests had a schema.
OLD = {
    "config.toml": 'experiment = "old"\n\n[spec]\nseed = 3\n',
    "report.json": '{"draws": {"mean": 0.25, "ceiling": "inf"}}\n',
}


def test_a_run_of_an_older_version_is_read(tmp_path):
    folder = tmp_path / "old-0123456789"
    folder.mkdir()
    for name, text in OLD.items():
        (folder / name).write_text(text)
    np.savez(folder / "parameters.npz", x=np.arange(3))
    np.savez(folder / "history.npz")
    sums = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}
    old = {"experiment": "old", "spec": {"seed": 3}, "device": "none", "files": sums}
    (folder / "manifest.json").write_text(json.dumps(old))
    back = runs.read(folder)
    assert back.report["draws"]["mean"] == 0.25 and back.shots == 0
    np.testing.assert_array_equal(back.parameters["x"], np.arange(3))
    assert runs.load(tmp_path)["draws/ceiling"].tolist() == [np.inf]


def test_objects_are_not_pickled_into_arrays(tiny, tmp_path):
    ragged = dataclasses.replace(
        tiny, run=lambda spec: runs.Outcome({}, {"x": np.array([None, 1])})
    )
    with pytest.raises(TypeError, match="`x` must be an array of numbers, but it holds objects"):
        runs.execute(ragged, tiny.spec(), tmp_path)


def test_fit_is_followed_step_by_step(tmp_path):
    objective = objectives.measured_likelihood(
        models.BornMachine(circuits.rx(1)), np.array([1, 3]) / 4
    )
    record = runs.Record(tmp_path)
    result = training.fit(
        objective, optimizer="lbfgs", progress=False, callback=record.following("a")
    )
    lines = runs.metrics(tmp_path)
    assert {line["part"] for line in lines} == {"a"}
    assert lines[-1]["step"] == result.steps and lines[-1]["loss"] == result.estimate.value
    assert [line["step"] for line in lines] == sorted({line["step"] for line in lines})
    with np.load(tmp_path / "checkpoint.npz") as kept:
        np.testing.assert_array_equal(kept["params"], result.params)
        assert kept["step"] == result.steps and kept["part"] == "a"


def test_git_describes_only_a_file_that_it_tracks(tmp_path):
    git = f"git -C {tmp_path} -c user.name=a -c user.email=a@b"
    tracked = write(tmp_path / "tracked.py", "")
    assert os.system(f"{git} init -q && {git} add tracked.py && {git} commit -qm one") == 0

    stray = write(tmp_path / "stray.py", "")
    state = git_state(tracked)
    assert state is not None and len(state["commit"]) == 40 and not state["clean"]
    assert git_state(stray) is None
    stray.unlink()
    state = git_state(tracked)
    assert state is not None and state["clean"]
