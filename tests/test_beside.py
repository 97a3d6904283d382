"""Modules beside an experiment: imported as by a script, and mixed up with no others."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from commandline import QCE, complaint
from test_runs import write

from qce import runs

MINE = """
from __future__ import annotations

from dataclasses import dataclass

from helpers import Spec, best
from qce.runs import Outcome


def run(spec):
    import package.late
    import qce

    return Outcome({"it": {"is": best + spec.seed, "late": package.late.value}})


def plan(spec):
    from helpers import best

    return {"best": best}


def draw(outcome):
    from helpers import best

    import matplotlib.pyplot as plt

    figure, _ = plt.subplots()
    figure.suptitle(str(best))
    return figure
"""
HELPERS = """
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    kind: Literal["a", "b"] = "a"


best = {best}
"""


def place(folder, best):
    (folder / "package").mkdir(parents=True)
    write(folder / "mine.py", MINE)
    write(folder / "helpers.py", HELPERS.format(best=best))
    write(folder / "package" / "__init__.py", "")
    write(folder / "package" / "late.py", f"value = {10 * best}")
    return folder / "mine.py"


def found(experiment, out, seed=0):
    folder, outcome = runs.execute(experiment, experiment.spec(seed), out)
    assert not (folder / "figure-traceback.txt").exists()
    return outcome.report["it"]


def test_an_experiment_imports_what_lies_beside_it(home, tmp_path):
    place(tmp_path / "here", 42)
    for words in ("run here/mine.py", "sweep here/mine.py --seed 1 --workers 1"):
        line = [QCE, *words.split(), "--out", tmp_path / "runs", "--quiet"]
        subprocess.run(line, cwd=tmp_path, check=True)
    table = runs.load(tmp_path / "runs")
    assert table["it/is"].tolist() == [42, 43] and table["it/late"].tolist() == [420, 420]


def test_each_experiment_has_its_own_modules(tmp_path):
    one, other = (runs.load_experiment(place(tmp_path / str(n), n)) for n in (1, 2))
    for _ in range(2):
        assert found(one, tmp_path / "runs", _) == {"is": 1 + _, "late": 10}
        assert found(other, tmp_path / "runs", _) == {"is": 2 + _, "late": 20}
    assert (one.plan(None), other.plan(None)) == ({"best": 1}, {"best": 2})
    assert runs.checked(one.spec(kind="b")).kind == "b"


def test_an_experiment_that_runs_another_keeps_its_own(tmp_path):
    inner = place(tmp_path / "inner", 2)
    outer = place(tmp_path / "outer", 1)
    code = MINE.replace(
        "    import package.late\n",
        "    from qce import runs\n"
        f"    within = runs.load_experiment({str(inner)!r})\n"
        "    assert within.run(within.spec()).report['it'] == {'is': 2, 'late': 20}\n"
        "    import package.late\n",
    )
    write(outer, code)
    assert found(runs.load_experiment(outer), tmp_path / "runs") == {"is": 1, "late": 10}


def test_an_edited_module_is_read_again(tmp_path):
    """Also where it is as long as before, and of the same second."""
    path = place(tmp_path / "here", 1)
    helpers = path.with_name("helpers.py")
    times = [(file, file.stat().st_mtime_ns) for file in (path, helpers)]
    for best, less in ((1, 0), (2, 0), (3, 0), (3, 5), (3, 6)):
        write(helpers, HELPERS.format(best=best))
        write(path, MINE.replace("best + spec.seed", f"best + spec.seed - {less}"))
        for file, time in times:
            os.utime(file, ns=(time, time))
        assert found(runs.load_experiment(path), tmp_path / "runs")["is"] == best - less


def test_the_callers_modules_stay_as_they_are(tmp_path, monkeypatch):
    path = place(tmp_path / "here", 1)
    monkeypatch.syspath_prepend(tmp_path / "here")
    import helpers

    before, names = list(sys.path), set(sys.modules)
    helpers.best = 7
    assert found(runs.load_experiment(path), tmp_path / "runs")["is"] == 1
    assert sys.modules["helpers"] is helpers and helpers.best == 7
    assert sys.path == before and {n for n in set(sys.modules) - names if "package" in n} == set()
    del sys.modules["helpers"]


def test_a_module_beside_takes_the_place_of_none_that_is_loaded(tmp_path):
    """As an experiment in a clone of this project: qce itself lies beside it."""
    path = place(tmp_path / "here", 1)
    (path.parent / "qce").mkdir()
    write(path.parent / "qce" / "__init__.py", "raise ImportError('not this one')")
    write(path.parent / "numpy.py", "raise ImportError('not this one')")
    assert found(runs.load_experiment(path), tmp_path / "runs")["is"] == 1


def test_a_module_that_cannot_be_imported_is_said_in_one_line(home, here, signals):
    place(home / "here", 1)
    write(home / "here" / "helpers.py", "1 / 0")
    said = complaint(here("run", "here/mine.py", status=2))
    assert "mine.py (line 6) raises ZeroDivisionError" in said
    assert str(home / "here") not in sys.path


ODD = ["mein Versuch.py", "σ.py", "a.b.py", "x.failed-1.py", "-x.py", "[a]*.py"]


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", ODD)
def test_an_experiment_may_have_an_odd_name(home, here, signals, name):
    place(home / "here", 1)
    (home / "here" / "mine.py").rename(home / "here" / name)
    here("run", f"here/{name}", "--quiet")
    here("run", f"here/{name}", "--quiet", "--resume", "--seed", 1)
    here("sweep", f"here/{name}", "--quiet", "--seed", 0, 1, 2, "--engine", "serial")
    assert runs.load("runs")["seed"].tolist() == [0, 1, 2]
    assert all(one.sound and one.state == "finished" for one in runs.verify("runs"))


THREADED = """
import time
from dataclasses import dataclass

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0


def run(spec):
    time.sleep(0.01 * (spec.seed % 5))
    import late

    return Outcome({"it": {"is": late.number}})
"""


def test_threads_that_run_one_experiment_share_its_modules(tmp_path):
    """The last one out puts the caller's back, and nobody finds them gone before."""
    (tmp_path / "late.py").write_text("number = 7")
    (tmp_path / "threaded.py").write_text(THREADED)
    experiment = runs.load_experiment(tmp_path / "threaded.py")
    before = dict(sys.modules), list(sys.path)
    specs = [experiment.spec(seed=seed) for seed in range(24)]
    with ThreadPoolExecutor(8) as pool:
        report = runs.sweep(experiment, specs, tmp_path / "out", engine=pool, progress=False)
    assert len(report.done) == 24 and not report.failed
    assert "late" not in sys.modules and (before[0]["sys"], list(sys.path)) == (sys, before[1])
