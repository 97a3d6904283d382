"""Programs that start workers: those that workers cannot import are told so, in one line."""

import ast
import subprocess
import sys

import pytest
from test_runs import write

from qce import runs
from qce.runs import importable

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


@pytest.mark.thinned(3)
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
    ("before", "line"),
    [
        ('if __name__ != "__main__":\n    raise ImportError("no module")', 3),
        ('import sys\nif not __name__ == "__main__":\n    sys.exit("no module")', 4),
    ],
)
def test_a_program_that_ends_whoever_imports_it_is_told_so(home, before, line):
    write(home / "mine.py", "\n" + before + SWEEP.format(guard="", settings=""))
    said = refusal(program("mine.py", home=home))
    assert f"line {line} of" in said and "ends whoever imports it" in said
    assert not (home / "runs").exists()


@pytest.mark.parametrize("settings", ["", ', engine="dask"'])
def test_a_program_that_fails_in_workers_in_its_own_way_is_told_so(home, settings):
    """What the program asks cannot be read off it; the first worker shows it."""
    asks = "os.environ.setdefault('FIRST', str(os.getpid())) != str(os.getpid())"
    fails = f"import os\nif {asks}:\n    1 / 0\n"
    write(home / "mine.py", fails + SWEEP.format(guard=GUARD, settings=settings + ", workers=1"))
    done = program("mine.py", home=home)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("qce.errors.ArgumentError: Argument `engine` must be one whose workers")
    assert "each has ended while it imported" in said
    assert done.stderr.count("ZeroDivisionError") == 1


@pytest.mark.parametrize(
    ("code", "line", "reached"),
    [
        ("go()", 1, 1),
        ("import logging\nlogging.getLogger(__name__)\ngo()", 3, 3),
        ("go()\nif __name__ == '__main__':\n    pass", 1, 1),
        ("if __name__ == '__main__':\n    go()", 2, None),
        ("if 1 < 2 and '__main__' == __name__:\n    go()", 2, None),
        ("if 1 < 2 or '__main__' == __name__:\n    go()", 2, None),
        ("if __name__ != '__main__':\n    pass\nelse:\n    go()", 4, None),
        ("if __name__ != '__main__':\n    pass\ngo()", 3, 3),
        ("if __name__ == '__main__':\n    pass\nelse:\n    go()", 4, 4),
        ("import sys\nif __name__ != '__main__':\n    sys.exit()\ngo()", 4, 3),
        ("if not (__name__ == '__main__'):\n    raise ImportError\ngo()", 3, 2),
        ("if __name__ == '__main__':\n    go()\nelse:\n    raise ImportError", 2, 4),
        ("if __name__ == '__main__':\n    go()\nraise SystemExit", 2, 3),
        ("if len(v) > 1:\n    raise ImportError\ngo()", 3, 3),
        ("import multiprocessing as mp\nif mp.parent_process() is None:\n    go()", 3, None),
        ("import multiprocessing as mp\nif mp.parent_process():\n    exit()\ngo()", 4, 4),
        ("if True:\n    go()", 2, 2),
        ("if False:\n    raise ImportError\nif __name__ == '__main__':\n    go()", 4, None),
        ("with a:\n    if __name__ == '__main__':\n        go()", 3, None),
        ("try:\n    go()\nexcept ValueError:\n    raise", 2, 2),
        ("try:\n    pass\nfinally:\n    if __name__ == '__main__':\n        go()", 5, None),
        ("for x in y:\n    go()", 2, 2),
        ("match __name__:\n    case '__main__':\n        go()", 3, None),
        ("match x:\n    case 1:\n        go()", 3, 3),
        ("def f():\n    raise ImportError\nif __name__ == '__main__':\n    f()", 4, None),
    ],
)
def test_how_far_a_worker_comes(code, line, reached):
    assert importable._Worker(line).reads(ast.parse(code).body) == reached


def test_what_is_no_python_is_left_to_the_workers(tmp_path):
    write(tmp_path / "mine.py", "no Python")
    assert importable._parsed(str(tmp_path / "mine.py")) is None
