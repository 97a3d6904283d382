"""Words of a command as people write them: negative values, options before the experiment."""

import pytest
from commandline import complaint
from test_runs import write

from qce import runs
from qce.cli.order import experiment_first

pytestmark = pytest.mark.usefixtures("signals")

SETTINGS = """
from dataclasses import dataclass
from typing import Literal

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    J: float = 1.0
    shift: int = 0
    angles: tuple[float, ...] = (0.5,)
    pair: tuple[int, float] = (0, 0.0)
    gap: float | None = None
    sign: Literal[-1, 1] = 1
    label: str = ""
    flag: bool = False


def run(spec):
    return Outcome({"it": {"was": 1}})
"""


@pytest.fixture
def mine(home):
    write(home / "mine.py", SETTINGS)
    return home


@pytest.mark.parametrize(
    ("option", "word", "value"),
    [
        ("J", "-1e-3", -1e-3),
        ("J", "-.5E+2", -50.0),
        ("J", "-inf", -float("inf")),
        ("J", "-1_000.0", -1000.0),
        ("shift", "-3", -3),
        ("angles", "-0.1,0.2", (-0.1, 0.2)),
        ("angles", "-1e-3,-2,-inf", (-1e-3, -2.0, -float("inf"))),
        ("pair", "-1,-2.5", (-1, -2.5)),
        ("gap", "-1e-9", -1e-9),
        ("sign", "-1", -1),
        ("label", "-x", "-x"),
        ("label", "-hot", "-hot"),
        ("label", "-", "-"),
    ],
)
def test_a_value_may_begin_with_a_minus(mine, here, option, word, value):
    here("run", "mine.py", f"--{option}", word, "--quiet")
    (row,) = runs.load("runs").rows()
    assert row[option] == (list(value) if isinstance(row[option], list) else value)


def test_values_of_a_sweep_may_begin_with_a_minus(mine, here):
    words = ("--J", "-1e-3", "2", "-3e5", "--angles", "-0.1,0.2", "--engine", "serial", "--quiet")
    here("sweep", "mine.py", *words)
    table = runs.load("runs")
    assert sorted(table["J"].tolist()) == [-3e5, -1e-3, 2.0]
    assert {tuple(x) for x in table["angles"]} == {(-0.1, 0.2)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--J", "-1e-3x"), "invalid float value: '-1e-3x'"),
        (("--J", "--quiet"), "expected one argument (one that begins with -- stands behind a =)"),
        (("--j", "-1"), "unrecognized arguments: --j -1 (did you mean '--J'?)"),
        (("-J", "1"), "unrecognized arguments: -J 1 (did you mean '--J'?)"),
    ],
)
def test_a_minus_too_many_is_said(mine, here, words, says):
    assert says in complaint(here("run", "mine.py", *words, status=2))


@pytest.mark.parametrize(
    "line",
    [
        "run --quiet ./mine.py",
        "run --quiet --out elsewhere --json ./mine.py --J -2",
        "run --J -2 ./mine.py --quiet",
        "run --out=elsewhere --quiet mine.py",
        "run --flag mine.py --quiet",
        "sweep --quiet --engine serial ./mine.py --J 1 2",
        "sweep --J 1 2 ./mine.py --engine serial --quiet",
        "sweep --workers 1 --quiet --engine=processes ./mine.py",
    ],
)
def test_options_may_stand_before_the_experiment(mine, here, line):
    here(*line.split())
    out = mine / ("elsewhere" if "elsewhere" in line else "runs")
    assert len(runs.load(out)) == (2 if "--J 1 2" in line else 1)


@pytest.mark.parametrize(
    "line",
    [
        "run",
        "run --help",
        "run --quiet",
        "run --label mine.py quickstart",  # either may be the experiment
        "run --label there is none",
        "show --csv mine.py",
        "",
    ],
)
def test_words_that_leave_the_experiment_open_stay_as_they_are(mine, line):
    assert experiment_first(line.split()) == line.split()


def test_the_help_of_an_experiment_may_be_asked_for_first(mine, here):
    assert "--label STR" in here("run", "--help", "mine.py").stdout
