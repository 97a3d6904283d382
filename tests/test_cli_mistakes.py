"""What the command line says of mistakes: one line, and what to do."""

import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest
from commandline import QCE, complaint, qce
from test_runs import TINY, everything_under, write

from qce import runs
from qce.cli import main

pytestmark = pytest.mark.usefixtures("signals")


def test_a_second_run_of_the_same_spec_is_refused(home, here):
    here("run", "tiny.py", "--quiet")
    before = everything_under(home)
    done = here("run", "tiny.py", "--quiet", status=2)
    assert "never overwritten" in complaint(done)
    assert everything_under(home) == before


def test_a_reader_who_has_seen_enough_is_no_mistake(tmp_path):
    """As in `qce list | head -1`."""
    read, write_end = os.pipe()
    os.close(read)
    done = subprocess.run([QCE, "list"], cwd=tmp_path, stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    assert done.stderr == b"" and done.returncode == 128 + signal.SIGPIPE


def test_a_run_that_another_process_does_is_refused_in_one_line(home, here):
    here("run", "tiny.py", "--quiet")
    (folder,) = (home / "runs").iterdir()
    # As it is while a process makes it: the partial folder, with the lock on its config.toml.
    partial = folder.rename(folder.with_name(f"{folder.name}.partial"))
    with open(partial / "config.toml", "a") as config:
        fcntl.flock(config, fcntl.LOCK_EX)
        done = here("run", "tiny.py", "--quiet", status=2)
        assert f"but another process is making runs/{folder.name}. Pass" in complaint(done)
        assert "running" in here("show").stderr
    assert "killed" in here("show").stderr
    here("run", "tiny.py", "--quiet")
    assert folder.exists() and folder.with_name(f"{folder.name}.stopped-1").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "nope"), "quickstart, "),
        (("run", "./nope.py"), "there is no './nope.py'"),
        (
            ("run", "tiny.py", "--sed", "1"),
            "unrecognized arguments: --sed 1 (did you mean '--seed'?)",
        ),
        (
            ("show", "--out", "runs"),
            "--out (a folder is given without an option here: `qce show FOLDER`)",
        ),
        (("run", "tiny.py", "--seed=-1"), "Argument `seed` must be at least 0, but it is -1"),
        (("sweep", "tiny.py", "--seed", "0", "-1"), "Argument `seed` must be at least 0"),
        (("sweep", "tiny.py", "--engine", "steam"), "Argument `engine` must be one of"),
        (
            ("run", "tiny.py", "--spec", "none.toml"),
            "none.toml cannot be read (No such file or",
        ),
        (("run", "tiny.py", "--spec", "unknown.toml"), "'sede' is none (did you mean 'seed'?)"),
        (("show", "nowhere"), "must hold finished runs, but nowhere holds none"),
        (("run", "tiny.py", "--seed", "one"), "argument --seed: invalid int value"),
        (("run", "tiny.py", "--out", "tiny.py"), "must be a folder that can be written"),
        (("run",), "the following arguments are required"),
        (("run", "quikstart"), "there is no 'quikstart' (did you mean 'quickstart'?). Pass one"),
        (("run", "tiny"), "there is no 'tiny' (did you mean './tiny.py'?). Pass one of"),
        (("run", "tiny.py", "--dry-run"), "Pass it to one that does, such as hardware, or add"),
        (("list", "--out"), "unrecognized arguments: --out. See `qce list --help`"),
        (("check", "--figure", "no/it.pdf"), "`--figure` must name a file that can be written"),
        (("check", "--figure", "it.docx"), "`--figure` must be a figure file, but it.docx is none"),
        (("check", "--json", "no/it.json"), "but no is no folder that can be written. Pass a file"),
        (("show", "--csv", ".."), "`--csv` must name a file that can be written, but .. is a"),
        (("walk",), "invalid choice: 'walk'"),
    ],
)
def test_a_mistake_is_one_line_and_status_two(home, here, words, says):
    write(home / "unknown.toml", "[spec]\nsede = 1")
    quiet = ["--quiet"] if len(words) > 2 else []
    assert says in complaint(here(*words, *quiet, status=2))
    assert not (home / "runs").exists()


def test_a_run_that_fails_is_one_line_that_names_what_is_kept_and_status_one(home, here):
    write(home / "broken.py", TINY.replace("x = np", "raise KeyError('the reason'); x = np"))
    for words, says in {
        ("tiny.py", "--count", "-1"): "qce: ValueError: negative dimensions are not allowed. What",
        ("broken.py",): "qce: KeyError: 'the reason'. What the run left is kept in runs/broken-",
    }.items():
        done = here("run", *words, "--quiet", status=1)
        kept = Path(complaint(done).rstrip(".").split()[-1])
        assert complaint(done).startswith(says)
        assert "Traceback" in (home / kept / "traceback.txt").read_text()


def test_a_damaged_run_is_said_in_one_line(home, here):
    here("run", "tiny.py", "--quiet")
    (folder,) = (home / "runs").iterdir()
    (folder / "report.json").write_text("{}")
    for place in ("runs", folder):
        done = here("show", place, status=2)
        assert f"{folder.name}/report.json is damaged" in complaint(done)


def test_debug_shows_where_an_error_came_from(home):
    done = qce("run", "tiny.py", "--count", "-1", "--debug", cwd=home, status=1)
    assert "Traceback" in done.stderr and "tiny.py" in done.stderr


OWN = """
from dataclasses import dataclass
from typing import Literal

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    kinds: tuple[Literal["fast", "slow"], ...] = ("fast",)


def run(spec):
    return Outcome({"kinds": {"they": " ".join(spec.kinds)}})
"""


def test_a_tuple_of_choices_is_set_by_words_with_commas(home, here):
    write(home / "own.py", OWN)
    assert "fast slow" in here("run", "own.py", "--kinds", "fast,slow", "--quiet").stdout
    here("sweep", "own.py", "--kinds", "fast", "slow", "--engine", "serial", "--quiet")
    assert len(runs.load(home / "runs")) == 3
    assert "'late' is none of fast, slow" in complaint(
        here("run", "own.py", "--kinds", "fast,late", status=2)
    )
    assert "joined by commas: 1,2" in complaint(
        here("run", "own.py", "--kinds", "fast", "slow", status=2)
    )


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("from qce", "import no_such_module\nfrom qce", "(line 5) raises ModuleNotFoundError: No"),
        ("def run(spec):", "def run(spec)", "(line 13) raises SyntaxError: expected ':'. Pass one"),
        ("    kinds:", "    out: int = 0\n    kinds:", "--out is an option that every run has"),
        ("    kinds:", "    help: int = 0\n    kinds:", "`help` must be no field of Spec"),
    ],
)
def test_a_file_that_is_no_experiment_says_where(home, here, line, instead, says):
    write(home / "own.py", OWN.replace(line, instead, 1))
    for command in ("run", "sweep"):
        assert says in complaint(here(command, "own.py", "--quiet", status=2))
    if "raises" in says:
        with pytest.raises(ValueError, match="--debug"):
            here("run", "own.py", "--debug")


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("{'they': 1}", "Argument `run` must return an Outcome, but that of own returns dict."),
        (
            "Outcome({'they': 1})",
            "Argument `report` must hold sections of named values, but 'they'",
        ),
    ],
)
def test_what_an_experiment_returns_is_checked(home, here, returned, says):
    write(home / "own.py", OWN.partition("    return")[0] + f"    return {returned}\n")
    assert says in complaint(here("run", "own.py", "--quiet", status=1))


def test_a_fault_of_the_package_is_not_told_as_a_mistake_of_the_user(monkeypatch, capsys):
    """Where the package itself raises a ValueError, its traceback says where, and a note whose."""

    def fails():
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr("qce.runs.names", fails)
    with pytest.raises(ValueError, match="broadcast") as fault:
        main(["list"])
    assert any("fault of qce" in note for note in fault.value.__notes__)
    assert "must" not in capsys.readouterr().err
