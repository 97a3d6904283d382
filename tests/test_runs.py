"""Finding experiments, and folders that are written once or not at all."""

import dataclasses
import json
import os
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest

from qce import runs
from qce.runs.manifest import git_state
from qce.runs.spec import digest, to_toml

TINY = '''
"""Draw three numbers."""

from dataclasses import dataclass

import numpy as np

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    count: int = 3


def run(spec, *, progress=True):
    x = np.random.default_rng(spec.seed).random(spec.count)
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
    return runs.load(runs.find(str(write(tmp_path / "tiny.py", TINY))))


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
        ValueError, match=r"Argument `experiment` must .* 'nope'\. Pass .*quickstart"
    ):
        runs.find("nope")


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def run(spec, *, progress): ...", "`Spec`"),
        ("class Spec: ...\ndef run(spec, *, progress): ...", "`Spec`"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Spec: ...\ndef run(s): ...",
            "`Spec`",
        ),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Spec: ...", "`run`"),
    ],
)
def test_a_file_without_a_frozen_spec_and_a_run_is_refused(tmp_path, source, missing):
    with pytest.raises(ValueError, match=f"has no such {missing}"):
        runs.load(write(tmp_path / "broken.py", source))


def test_a_run_leaves_all_its_records(tiny, tmp_path):
    folder, outcome = runs.execute(tiny, tiny.spec(seed=4), tmp_path / "runs", progress=False)

    assert folder == runs.folder_of(tiny, tiny.spec(seed=4), tmp_path / "runs")
    assert {path.name for path in folder.iterdir()} == {
        "config.toml",
        "report.json",
        "parameters.npz",
        "history.npz",
        "figure.png",
        "figure.pdf",
        "manifest.json",
    }
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config == {"experiment": "tiny", "spec": {"seed": 4, "count": 3}}
    back = runs.read(folder)
    np.testing.assert_array_equal(back.parameters["x"], outcome.parameters["x"])
    np.testing.assert_array_equal(back.history["loss"], outcome.history["loss"])
    assert back.report["draws"] == {"mean": outcome.report["draws"]["mean"], "ceiling": "inf"}
    assert back.device == "none"


def test_the_manifest_names_versions_threads_spec_and_checksums(tiny, tmp_path):
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    manifest = json.loads((folder / "manifest.json").read_text())

    assert manifest["spec"] == {"seed": 0, "count": 3}
    assert manifest["packages"]["numpy"] == np.__version__
    assert all(library["num_threads"] >= 1 for library in manifest["blas"])
    assert manifest["git"] is None  # a temporary folder is in no working tree
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    assert len(set(manifest["files"].values())) == len(manifest["files"])


def test_the_same_spec_gives_the_same_bytes(tiny, tmp_path):
    made = [runs.execute(tiny, tiny.spec(), tmp_path / out, progress=False)[0] for out in "ab"]
    sums = [json.loads((folder / "manifest.json").read_text())["files"] for folder in made]
    assert sums[0] == sums[1]


def test_an_existing_folder_is_refused_before_any_work(tiny, tmp_path):
    runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    before = everything_under(tmp_path / "runs")

    def work(spec, *, progress):
        pytest.fail("the experiment was run")

    with pytest.raises(FileExistsError, match=r"never overwritten\. Pass another `out`"):
        runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), tmp_path / "runs")
    assert everything_under(tmp_path / "runs") == before


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_run_that_breaks_leaves_nothing(tiny, tmp_path, problem):
    def work(spec, *, progress):
        raise problem

    with pytest.raises(problem):
        runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), tmp_path / "runs")
    assert everything_under(tmp_path / "runs") == set()


def test_a_folder_that_appears_during_the_run_is_not_replaced(tiny, tmp_path):
    folder = runs.folder_of(tiny, tiny.spec(), tmp_path)

    def work(spec, *, progress):
        folder.mkdir()
        return tiny.run(spec, progress=progress)

    with pytest.raises(FileExistsError):
        runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), tmp_path)
    assert everything_under(folder) == set()
    assert not list(tmp_path.glob(".*partial"))


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tiny, tmp_path):
    # A file where a folder has to be: refused for root as well, whom permissions do not bind.
    blocked = write(tmp_path / "blocked", "a file")

    def work(spec, *, progress):
        pytest.fail("the experiment was run")

    with pytest.raises(OSError, match="Argument `out` must be a folder that can be written"):
        runs.execute(dataclasses.replace(tiny, run=work), tiny.spec(), blocked / "runs")


@dataclasses.dataclass(frozen=True)
class Everything:
    """A spec with a field of each kind."""

    whole: int = 3
    real: float = 0.1 + 0.2  # needs all its seventeen digits
    small: float = 1e-7
    text: str = 'a "quoted" \\ ünïcode\nline'
    flag: bool = True
    many: tuple[float, ...] = (0.1, float("inf"), 1e22)


def test_config_toml_gives_the_spec_back():
    spec = tomllib.loads(to_toml("all", Everything()))["spec"]
    spec["many"] = tuple(spec["many"])
    assert Everything(**spec) == Everything()


def test_the_digest_tells_specs_apart_and_knows_them_again():
    assert digest("a", Everything()) == digest("a", Everything())
    others = [digest("a", Everything(whole=4)), digest("b", Everything())]
    assert len({digest("a", Everything()), *others}) == 3


def test_a_field_that_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="Argument `text` must be a number, a text"):
        to_toml("all", Everything(text=None))


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
