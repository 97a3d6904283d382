"""Programs that start workers: those that workers cannot import are told so, in one line."""

import subprocess
import sys

import pytest
from test_runs import write

from qce import runs
from qce.runs import engines

SWEEP = """
from qce import runs

experiment = runs.load_experiment("tiny.py")
specs = runs.grid(experiment.spec, seed=[0, 1])
{guard}print(runs.sweep(experiment, specs, "runs", progress=False{settings}))
"""
GUARD = 'if __name__ == "__main__":\n    '


def program(*words, home, **streams):
    return subprocess.run(
        [sys.executable, *words], cwd=home, capture_output=True, text=True, timeout=120, **streams
    )


def refusal(done):
    """The one line of the error, after the place in the program."""
    assert done.returncode == 1 and done.stderr.count("Traceback") == 1
    assert len(done.stderr.splitlines()) < 20
    return done.stderr.splitlines()[-1]


def test_a_program_from_standard_input_is_told_so(home):
    code = SWEEP.format(guard=GUARD, settings="")
    said = refusal(program("-", home=home, input=code))
    assert said.startswith("qce.errors.ArgumentError: Argument `engine` must be one whose workers")
    assert "that is no file (<stdin>)" in said and 'Pass "serial"' in said
    assert not (home / "runs").exists()


def test_a_call_that_stands_by_itself_is_told_so(home):
    write(home / "mine.py", SWEEP.format(guard="", settings=""))
    said = refusal(program("mine.py", home=home))
    assert "line 6 of" in said and 'without `if __name__ == "__main__":` around it' in said
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    "code",
    [
        SWEEP.format(guard=GUARD, settings=", workers=1"),
        SWEEP.format(guard="", settings=', engine="serial"'),
        "def main():\n    "
        + SWEEP.format(guard="", settings=", workers=1").replace("\n", "\n    ").rstrip()
        + f"\n\n{GUARD}main()\n",
    ],
    ids=["guarded", "serial", "in a function"],
)
def test_a_program_that_workers_can_import_runs(home, code):
    (home / "mine.py").write_text(code)
    done = program("mine.py", home=home)
    assert "2 done" in done.stdout, done.stderr
    assert len(runs.load(home / "runs")) == 2


def test_a_program_given_as_a_word_runs(home):
    done = program("-c", SWEEP.format(guard="", settings=", workers=1"), home=home)
    assert "2 done" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("code", "line", "guarded"),
    [
        ("go()", 1, False),
        ("import logging\nlogging.getLogger(__name__)\ngo()", 3, False),
        ("go()\nif __name__ == '__main__':\n    pass", 1, False),
        ("if __name__ == '__main__':\n    go()", 2, True),
        ("if 1 < 2 and '__main__' == __name__:\n    go()", 2, True),
        ("import sys\nif __name__ != '__main__':\n    sys.exit()\ngo()", 4, True),
        ("import multiprocessing as mp\nif mp.parent_process() is None:\n    go()", 3, True),
        ("if True:\n    go()", 2, False),
        ("no Python", 1, True),
    ],
)
def test_a_guard_is_seen(tmp_path, code, line, guarded):
    (tmp_path / "mine.py").write_text(code)
    assert engines._is_guarded(str(tmp_path / "mine.py"), line) == guarded
