"""The command line as a user meets it: a process, its exit status and what it prints."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_runs import TINY, everything_under, write

from qce import limits
from qce.cli import main
from qce.results import LimitCheck, LimitReport

QCE = Path(sys.executable).with_name("qce")


def qce(*words, cwd, status=0):
    """Run the command in a folder and return the finished process."""
    done = subprocess.run([QCE, *map(str, words)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory with an experiment in it, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    write(folder / "tiny.py", TINY)
    return folder


def complaint(done):
    """The one line on standard error, without a traceback."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("qce: "), done.stderr
    return lines[0]


@pytest.mark.parametrize("words", [(), ("run",), ("list",), ("check",), ("run", "tiny.py")])
def test_every_help_shows_an_example(home, words):
    assert "example" in qce(*words, "--help", cwd=home).stdout


def test_help_needs_nothing_heavy(home):
    code = "import sys, qce.cli; qce.cli._parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True)
    assert "argparse" in loaded.stdout.split()
    assert not {"numpy", "jax", "pennylane", "matplotlib"} & set(loaded.stdout.split())


def test_the_version_is_that_of_the_package(home):
    from qce import __version__

    assert qce("--version", cwd=home).stdout.strip() == f"qce {__version__}"


def test_list_names_the_quickstart(home):
    assert qce("list", cwd=home).stdout.startswith("quickstart")


def test_run_takes_the_fields_of_the_spec_and_writes_under_runs(home):
    done = qce("run", "tiny.py", "--count", 5, cwd=home)
    (folder,) = (home / "runs").iterdir()
    assert folder.name.startswith("tiny-")
    assert "count = 5" in (folder / "config.toml").read_text()
    assert "mean" in done.stdout
    assert str(Path("runs") / folder.name) in done.stderr
    assert "one thread" in done.stderr and "64 bit" in done.stderr


def test_quiet_and_json_print_the_report_and_nothing_else(home):
    done = qce("run", "./tiny.py", "--quiet", "--json", "--out", home / "elsewhere", cwd=home)
    (folder,) = (home / "elsewhere").iterdir()
    assert json.loads(done.stdout) == json.loads((folder / "report.json").read_text())
    assert done.stderr == ""


def test_the_command_line_works_on_one_thread_and_in_64_bit(home):
    write(
        home / "about.py",
        """
        from dataclasses import dataclass

        from qce.runs import Outcome


        @dataclass(frozen=True)
        class Spec:
            pass


        def run(spec, *, progress):
            import jax
            import jax.numpy as jnp
            from threadpoolctl import threadpool_info

            threads = max(library["num_threads"] for library in threadpool_info())
            cache = jax.config.jax_compilation_cache_dir
            about = {"dtype": str(jnp.ones(1).dtype), "threads": threads, "cache": cache}
            return Outcome({"jax": about})
        """,
    )
    done = qce("run", "about.py", "--json", "--quiet", cwd=home)
    about = json.loads(done.stdout)["jax"]
    assert (about["dtype"], about["threads"]) == ("float64", 1)
    assert str(home.parent / "cache") in about["cache"]


def test_a_second_run_of_the_same_spec_is_refused(home):
    qce("run", "tiny.py", "--quiet", cwd=home)
    before = everything_under(home)
    done = qce("run", "tiny.py", "--quiet", cwd=home, status=2)
    assert "never overwritten" in complaint(done)
    assert everything_under(home) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "nope"), "Pass one of quickstart"),
        (("run", "./nope.py"), "there is no './nope.py'"),
        (("run", "tiny.py", "--sed", "1"), "unrecognized arguments: --sed 1"),
        (("run", "tiny.py", "--seed", "one"), "argument --seed: invalid int value"),
        (("run", "tiny.py", "--out", "tiny.py"), "must be a folder that can be written"),
        (("run", "tiny.py", "--count", "-1"), "negative dimensions"),
        (("run",), "the following arguments are required"),
        (("walk",), "invalid choice: 'walk'"),
    ],
)
def test_a_mistake_is_one_line_and_status_two(home, words, says):
    assert says in complaint(
        qce(*words, *(["--quiet"] if len(words) > 2 else []), cwd=home, status=2)
    )
    assert not (home / "runs").exists() or everything_under(home / "runs") == set()


def test_debug_shows_where_an_error_came_from(home):
    done = qce("run", "tiny.py", "--count", "-1", "--debug", cwd=home, status=1)
    assert "Traceback" in done.stderr and "tiny.py" in done.stderr


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(home, sent, status):
    slow = TINY.replace(
        "x = np", "import time; print('started', flush=True); time.sleep(60); x = np"
    )
    write(home / "slow.py", slow)
    process = subprocess.Popen(
        [QCE, "run", "slow.py", "--quiet"], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == b"started\n"
    time.sleep(0.1)
    os.kill(process.pid, sent)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert b"Traceback" not in errors
    assert everything_under(home / "runs") == set()


def test_check_prints_a_table_and_writes_report_and_figure(home):
    done = qce("check", "--json", "limits.json", "--figure", "limits.pdf", cwd=home)
    report = json.loads((home / "limits.json").read_text())
    assert report["passed"] and all(check["twin"] in done.stdout for check in report["checks"])
    assert (home / "limits.pdf").read_bytes().startswith(b"%PDF")


def test_check_fails_where_a_limit_fails(monkeypatch, capsys):
    failing = LimitReport((LimitCheck("entropy", "value", 1.0, 1e-9),), 0, {}, {})
    monkeypatch.setattr(limits, "check", lambda **_: failing)
    assert main(["check"]) == 1
    assert "FAILS" in capsys.readouterr().out
