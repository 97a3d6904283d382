"""What others have written is shown, and obeyed by no terminal, spreadsheet or reader."""

import csv
import dataclasses
import json

import pytest
from commandline import complaint
from test_runs import TINY, write

from qce import runs
from qce._text import ascii_json, cell, legible

# Title and clipboard (OSC), colours and cursor (CSI), 8-bit CSI (C1), right-to-left, a halved pair.
EVIL = "\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x1b[2J\x9b31m\x9dx\x9c\u202eabc\u2066\u200f\r\x08\x7f"
OBEYED = set("\x1b\x07\x9b\x9d\x9c\u202e\u2066\u200f\r\x08\x7f\u2028")


@pytest.fixture
def stranger(home):
    """A run whose every name and text is made up to be obeyed."""
    write(home / "tiny.py", TINY)
    tiny = runs.load_experiment(home / "tiny.py")
    for seed in (0, 1):
        told = {f"name{EVIL}": f"text{EVIL}{seed}", "sum": "=1+1", "plus": "+cmd|' /C calc'!A0"}
        found = runs.Outcome({f"section{EVIL}": told})
        odd = dataclasses.replace(tiny, run=lambda spec, f=found: f, draw=None)
        runs.execute(odd, tiny.spec(seed))
    return home


def shows_nothing_to_obey(done):
    assert not OBEYED & set(done.stdout + done.stderr)
    return done


@pytest.mark.parametrize("json_", [(), ("--json",)])
def test_what_a_report_says_is_shown_written_out(stranger, here, json_):
    (first, _) = sorted((stranger / "runs").iterdir())
    for words in (("show",), ("show", first), ("verify",)):
        done = shows_nothing_to_obey(here(*words, *json_))
        if words[0] == "show":
            assert r"\u202eabc" in done.stdout
        if json_:
            assert done.stdout.isascii()
    if json_:
        rows = json.loads(here("show", "--json").stdout)["runs"]
        assert rows[0][f"section{EVIL}/name{EVIL}"] == f"text{EVIL}0"


def test_a_sweep_and_a_run_show_it_written_out(home, here):
    said = TINY.replace('{"mean": x.mean()', f'{{"mean": {EVIL!r}')
    write(home / "mine.py", said)
    shows_nothing_to_obey(here("run", "mine.py"))
    write(
        home / "fails.py", TINY.replace("x = np", f"raise KeyError({EVIL!r} * spec.seed); x = np")
    )
    words = ("fails.py", "--seed", "1", "2", "--engine", "serial", "--quiet")
    shows_nothing_to_obey(here("sweep", *words, status=1))
    shows_nothing_to_obey(here("show"))
    assert r"\x1b]0;title" in complaint(here("run", "fails.py", "--seed", 3, "--quiet", status=1))


def test_a_mistake_is_said_without_what_the_word_would_do(home, here):
    for words in (("run", EVIL), ("show", f"a{EVIL}"), ("list", EVIL), ("run", "tiny.py", EVIL)):
        shows_nothing_to_obey(here(*words, status=2))


def test_a_spreadsheet_computes_nothing(stranger, here):
    here("show", "--csv", "table.csv")
    content = (stranger / "table.csv").read_text()
    assert not OBEYED - {"\r"} & set(content)
    header, row, _ = csv.reader(content.splitlines())
    shown = dict(zip(header, row, strict=True))
    assert [x for name, x in shown.items() if name.endswith("/sum")] == ["'=1+1"]
    assert [x for name, x in shown.items() if name.endswith("/plus")] == ["'+cmd|' /C calc'!A0"]
    assert shown["seed"] == "0"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+cmd", "'-1+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", r"\t=1"),
        ("\r=1", r"\r=1"),
        ("＝1", "'＝1"),
        ("-1.5", "-1.5"),
        ("+2e3", "+2e3"),
        ("-inf", "-inf"),
        (-1.5, -1.5),
        (None, None),
        (True, True),
        ((-1, 2), (-1, 2)),
        ("a=1", "a=1"),
        ("ρ − σ", "ρ − σ"),
    ],
)
def test_a_cell_that_begins_like_a_formula_begins_with_an_apostrophe(value, written):
    assert cell(value) == written


def test_python_shows_it_written_out_too(stranger):
    table = runs.load("runs")
    assert not OBEYED & set(f"{table}{runs.table(table_of(table))}")


def table_of(table):
    return {"first": table.rows()[0]}


def test_words_in_any_script_stay_as_they_are():
    for text in ("⟨ρ⟩ = −Tr ρ log σ", "交叉熵", "énergie", "Энтропия", "🙂"):
        assert legible(text) == text
        assert json.loads(ascii_json(json.dumps(text, ensure_ascii=False))) == text


def test_lines_stay_where_they_are_a_table():
    assert legible("a\nb\tc") == r"a\nb\tc"
    assert legible("a\nb\tc", lines=True) == "a\nb" + r"\tc"
