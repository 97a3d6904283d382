"""What fails after the work undoes none of it, and is said as what it is."""

import dataclasses
import json
import os
import subprocess
import sys
from importlib import metadata

import jax
import numpy as np
import pytest
from test_runs import TINY, write

from qce import plots, runs
from qce.runs import manifest
from qce.runs.run import UndrawnFigureWarning


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


def finding(tiny, **changes):
    """The experiment, finding something else."""

    def run(spec):
        found = runs.Outcome({"draws": {"mean": 0.5}}, {"x": np.arange(3)}, {"loss": np.ones(2)})
        return dataclasses.replace(found, **changes)

    return dataclasses.replace(tiny, run=run, draw=None)


def arrays(path):
    with np.load(path) as found:
        return {name: array.tolist() for name, array in found.items()}


class Wordless:
    """An object that cannot even say what it is."""

    def __repr__(self):
        raise RuntimeError("no words")


HELD: list = []
HELD.append(HELD)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1 + 2j, "is (1+2j)"),
        (np.complex128(1j), "is 1j"),
        (np.array([1.0, 1j]), "'draws/odd/0' is (1+0j)"),
        ({1, 2}, "is {1, 2}"),
        (b"raw", "is b'raw'"),
        (object, "is <class 'object'>"),
        (Wordless(), "is Wordless (no words)"),
        (10**5000, "is of type int"),
        (HELD, "'draws/odd/0' is [[...]]"),
        ({1: "a", "1": "b"}, "is {1: 'a', '1': 'b'}"),
    ],
    ids=range(10),
)
def test_a_value_that_cannot_be_stored_is_named_and_costs_nothing_else(tiny, tmp_path, value, said):
    odd = finding(tiny, report={"draws": {"mean": 0.5, "odd": value, "last": 2}})
    with pytest.raises(TypeError, match="`report` must hold real numbers, texts") as problem:
        runs.execute(odd, tiny.spec(), tmp_path / "runs")
    assert "draws/odd" in problem.value.found and said in problem.value.found
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.endswith(".failed-1")
    assert arrays(kept / "parameters.npz") == {"x": [0, 1, 2]}
    assert arrays(kept / "history.npz") == {"loss": [1, 1]}
    report = json.loads((kept / "report.json").read_text())
    assert (report["draws"]["mean"], report["draws"]["last"]) == (0.5, 2)


def traced():
    kept = []
    jax.jit(lambda x: kept.append(x) or x)(1.0)
    return kept[0]


@pytest.mark.parametrize("odd", [np.array([None]), [[1], [1, 2]], {1, 2}, traced()])
def test_an_array_that_cannot_be_stored_is_named_and_costs_nothing_else(tiny, tmp_path, odd):
    both = finding(tiny, parameters={"before": 1.0, "odd": odd, "after": 2.0})
    with pytest.raises(TypeError, match="`odd` must be an array of numbers"):
        runs.execute(both, tiny.spec(), tmp_path / "runs")
    (kept,) = (tmp_path / "runs").iterdir()
    assert arrays(kept / "parameters.npz") == {"before": 1.0, "after": 2.0}
    assert arrays(kept / "history.npz") == {"loss": [1, 1]}
    assert json.loads((kept / "report.json").read_text()) == {"draws": {"mean": 0.5}}


def test_arrays_of_pytorch_are_stored_as_they_are(tiny, tmp_path):
    torch = pytest.importorskip("torch")
    trained = torch.tensor([0.5, 0.25], requires_grad=True)
    folder, _ = runs.execute(finding(tiny, parameters={"w": trained}), tiny.spec(), tmp_path)
    assert runs.read(folder).parameters["w"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"report": [1]}, "`report` must hold sections of named values, but it is of type list"),
        ({"parameters": np.arange(3)}, "`parameters` must hold named arrays"),
        ({"history": [1.0]}, "`history` must hold named arrays, but it is of type list"),
        ({"device": 3}, "`device` must be a text, but it is 3"),
        ({"shots": 1.5}, "`shots` must be a whole number, but it is 1.5"),
        ({"circuits": True}, "`circuits` must be a whole number, but it is True"),
    ],
)
def test_an_outcome_of_other_types_is_kept_and_refused(tiny, tmp_path, changes, said):
    with pytest.raises(TypeError, match=said):
        runs.execute(finding(tiny, **changes), tiny.spec(), tmp_path / "runs")
    (kept,) = (tmp_path / "runs").iterdir()
    assert {"parameters.npz", "history.npz", "report.json"} <= {f.name for f in kept.iterdir()}


def test_halves_of_characters_are_stored(tiny, tmp_path):
    named = finding(tiny, report={"files": {"name": "a\udcff"}})
    folder, _ = runs.execute(named, tiny.spec(), tmp_path)
    assert runs.read(folder).report["files"]["name"] == "a\udcff"


def raising(outcome):
    raise ZeroDivisionError("no figure\nof this")


def half(outcome):
    import matplotlib.pyplot as plt

    figure, _ = plt.subplots()
    save = figure.savefig

    def fails_at_the_pdf(file, **settings):
        save(file, **settings)
        if settings["format"] == "pdf":
            raise OSError("half of it")

    figure.savefig = fails_at_the_pdf
    return figure


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (raising, "ZeroDivisionError: no figure"),
        (half, "OSError: half of it"),
        (lambda outcome: None, "`figure` must be a figure or axes of matplotlib"),
        (lambda: None, "TypeError"),
    ],
)
def test_a_figure_that_cannot_be_drawn_fails_no_run(tiny, tmp_path, draw, said):
    undrawn = dataclasses.replace(tiny, draw=draw)
    with pytest.warns(UndrawnFigureWarning, match="the run is finished, but its figure"):
        folder, _ = runs.execute(undrawn, tiny.spec(), tmp_path / "runs")
    assert said in (folder / "figure-traceback.txt").read_text()
    assert not list(folder.glob("figure.*"))
    assert runs.load(tmp_path / "runs")["draws/mean"].shape == (1,)
    assert all(verdict.sound for verdict in runs.verify(tmp_path / "runs"))


@pytest.mark.filterwarnings("error")
def test_a_warning_that_is_made_an_error_fails_no_run(tiny, tmp_path):
    undrawn = dataclasses.replace(tiny, draw=raising)
    folder, _ = runs.execute(undrawn, tiny.spec(), tmp_path / "runs")
    assert runs.read(folder).report["draws"]


def test_an_experiment_that_goes_elsewhere_is_recorded_where_it_was_begun(
    tiny, tmp_path, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)

    def wander(spec, *, record):
        os.chdir("elsewhere")
        return tiny.run(spec, record=record)

    folder, _ = runs.execute(dataclasses.replace(tiny, run=wander), tiny.spec(), "runs")
    assert not folder.is_absolute() and len(runs.metrics(tmp_path / folder)) == 3
    assert os.getcwd() == str(tmp_path) and not list((tmp_path / "elsewhere").iterdir())


def test_surroundings_that_cannot_be_found_out_fail_no_run(tiny, tmp_path, monkeypatch):
    """As where pip was cut off and left a folder without metadata."""
    (tmp_path / "site" / "broken-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(manifest, "_of_the_process", manifest._of_the_process.__wrapped__)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert any(one.metadata["Name"] is None for one in metadata.distributions())

    def broken():
        raise OSError("no libraries")

    monkeypatch.setattr(manifest.threadpoolctl, "threadpool_info", broken)
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs")
    about = json.loads((folder / "manifest.json").read_text())
    assert about["blas"] == "unknown (OSError: no libraries)"
    assert about["packages"]["numpy"] == np.__version__


def test_a_figure_is_drawn_as_ever_whatever_the_user_has_set(tmp_path):
    """Backend, style file and interactive mode are the user's, and no part of the figure."""
    import matplotlib
    import matplotlib.pyplot as plt

    def drawn(stem):
        with plots.style():
            figure, axes = plt.subplots()
            axes.plot([1, 2])
            plots.save(figure, tmp_path / stem)
            assert matplotlib.get_backend().lower() == "agg"
        return (tmp_path / f"{stem}.png").read_bytes(), (tmp_path / f"{stem}.pdf").read_bytes()

    plain = drawn("plain")
    mine = {"text.usetex": True, "figure.figsize": (1, 1), "axes.grid": True}
    with matplotlib.rc_context(mine):
        matplotlib.rcParams["interactive"] = True
        assert drawn("mine") == plain
        assert matplotlib.rcParams["text.usetex"] and matplotlib.rcParams["interactive"]
    before = matplotlib.get_backend()
    plt.switch_backend("svg")
    try:
        assert drawn("other") == plain and matplotlib.get_backend() == "svg"
    finally:
        plt.switch_backend(before)


@pytest.mark.thinned(3)
@pytest.mark.parametrize(
    "backend", ["nonsense", "module://nowhere.backend", "module://matplotlib_inline.backend_inline"]
)
def test_a_backend_that_cannot_be_loaded_stops_no_figure(tmp_path, backend):
    code = """
        import sys
        from qce import plots
        import matplotlib.pyplot as plt

        with plots.style():
            figure, axes = plt.subplots()
            plots.save(figure, sys.argv[1])
    """
    write(tmp_path / "draw.py", code)
    environment = {**os.environ, "MPLBACKEND": backend}
    words = [sys.executable, tmp_path / "draw.py", tmp_path / "figure"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
