"""The command line as a user meets it: a process, its exit status and what it prints."""

import json
import os
import re
import resource
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import jax
import pytest
from commandline import qce
from test_runs import write

from qce import limits, runs
from qce.cli import main
from qce.results import LimitCheck, LimitReport

pytestmark = pytest.mark.usefixtures("signals")


COMMANDS = ("run", "sweep", "watch", "show", "report", "list", "check", "devices", "completion")


@pytest.mark.parametrize("words", [(), ("run", "tiny.py"), ("sweep", "tiny.py")])
def test_every_help_shows_an_example(home, words):
    assert "example" in qce(*words, "--help", cwd=home).stdout


def test_every_command_has_a_help_with_an_example(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"])
        shown = capsys.readouterr().out
        assert f"usage: qce {command}" in shown and f"\n  qce {command}" in shown.replace('"$(', "")


def test_the_help_names_all_commands_and_every_exit_status(home):
    shown = qce("--help", cwd=home).stdout
    assert all(re.search(rf"\n    {command}\s", shown) for command in COMMANDS)
    assert all(f"\n  {status} " in shown for status in (0, 1, 2, 130))


def test_help_answers_at_once(home):
    """Within 0.3 s of processor time, which is what it takes where nothing else runs."""
    times = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        qce("--help", cwd=home)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(times) < 0.3


def test_help_needs_nothing_heavy(home):
    code = "import sys, qce.cli; qce.cli._parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True)
    assert "argparse" in loaded.stdout.split()
    heavy = {"numpy", "jax", "pennylane", "matplotlib", "shtab", "tqdm", "rich"}
    assert not heavy & set(loaded.stdout.split())


def test_the_version_is_that_of_the_package(home):
    from qce import __version__

    assert qce("--version", cwd=home).stdout.strip() == f"qce {__version__}"


def test_list_names_the_quickstart(home, here):
    assert "\nquickstart " in here("list").stdout
    assert "quickstart" in json.loads(here("list", "--json").stdout)


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


        def run(spec):
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
    assert os.environ["XDG_CACHE_HOME"] in about["cache"]


def test_a_stored_configuration_is_run_again(home, here):
    here("run", "tiny.py", "--seed", 5, "--count", 2, "--quiet")
    (folder,) = (home / "runs").iterdir()
    config = folder / "config.toml"
    again = ("run", "tiny.py", "--spec", config, "--quiet")
    here(*again, "--out", "again")
    (same,) = (home / "again").iterdir()
    assert same.name == folder.name
    assert (same / "parameters.npz").read_bytes() == (folder / "parameters.npz").read_bytes()
    here(*again, "--count", 4)  # an option wins
    assert sorted(runs.load(home / "runs")["count"].tolist()) == [2, 4]


def test_sweep_does_each_combination_once_and_only_what_is_missing(home, here):
    words = ("sweep", "tiny.py", "--seed", 0, 1, "--count", 2, 3, "--engine", "serial")
    here("run", "tiny.py", "--seed", 1, "--count", 3, "--quiet")
    done = here(*words, "--json")
    assert "qce: 3 done, 1 there already, 0 failed" in done.stderr
    combinations = [(row["seed"], row["count"]) for row in json.loads(done.stdout)]
    assert combinations == [(0, 2), (0, 3), (1, 2), (1, 3)]
    again = here(*words)
    assert "qce: 0 done, 4 there already, 0 failed" in again.stderr
    # As `qce show` shows it: what differs. All of it is in the JSON.
    assert again.stdout.split()[:4] == ["seed", "count", "draws/mean", "folder"]


def test_sweep_says_what_failed_and_ends_with_status_one(home, here):
    words = ("sweep", "tiny.py", "--count", "-1", "3", "--engine", "serial", "--quiet")
    done = here(*words, status=1)
    assert "1 done, 0 there already, 1 failed" in done.stderr
    assert "ValueError: negative dimensions are not allowed" in done.stderr
    assert len(runs.load(home / "runs")) == 1


def test_sweep_takes_what_it_does_not_vary_from_a_file(home, here):
    write(home / "base.toml", "[spec]\ncount = 2")
    words = ("--spec", "base.toml", "--seed", 0, 1, "--engine", "serial", "--quiet")
    here("sweep", "tiny.py", *words)
    assert runs.load(home / "runs")["count"].tolist() == [2, 2]


def test_show_tells_a_single_run_down_the_page(home, here):
    here("run", "tiny.py", "--seed", 7, "--quiet")
    shown = here("show").stdout
    assert re.search(r"\n  seed +7\n", shown) and re.search(r"\n  ceiling +inf\n", shown)


def test_show_shows_runs_and_what_did_not_finish(home, here):
    for words in (("--seed", 0), ("--seed", 1)):
        here("run", "tiny.py", *words, "--quiet")
    here("run", "tiny.py", "--count=-1", "--quiet", status=1)
    files = ("--csv", "table.csv", "--figure", "table.pdf")
    done = here("show", *files)
    assert done.stdout.split()[:3] == ["seed", "draws/mean", "folder"]
    assert "failed-1" in done.stderr and "negative dimensions" in done.stderr
    assert here("show", "--quiet").stderr == ""
    assert (home / "table.csv").read_text().count("\n") == 3
    assert (home / "table.pdf").read_bytes().startswith(b"%PDF")
    everything = json.loads(here("show", "--json").stdout)
    assert [row["seed"] for row in everything["runs"]] == [0, 1]
    assert everything["unfinished"][0]["state"] == "failed"
    # One of them, and the one that failed.
    folder = everything["runs"][1]["folder"]
    assert "mean" in here("show", folder, "--figure", "one.png").stdout
    assert (home / "one.png").read_bytes().startswith(b"\x89PNG")
    failed = here("show", everything["unfinished"][0]["folder"]).stdout
    assert "failed" in failed and "negative dimensions" in failed


def test_devices_are_listed_with_what_they_can_do(home, monkeypatch):
    for name in ("QISKIT_IBM_TOKEN", "AWS_PROFILE", "IONQ_API_KEY"):
        monkeypatch.setenv(name, "not-to-be-printed")
    done = qce("devices", "--json", cwd=home)
    listed = json.loads(done.stdout)
    found = {row["device"]: row for row in listed["installed"]}
    names = {text.split()[0] for text in found}
    assert names == {entry.name for entry in entry_points(group="pennylane.plugins")}
    exact = found["default.qubit"]
    assert exact["analytic"] and exact["shots"] and exact["batch"] and exact["mixed"]
    assert exact["gradients"] == "backprop, adjoint"
    assert found["lightning.qubit"]["gradients"] == "adjoint"
    assert not found["null.qubit"]["analytic"]  # it computes nothing
    kinds = [(device.platform, device.device_kind) for device in jax.devices()]
    assert [(row["platform"], row["kind"]) for row in listed["jax"]] == kinds
    packages = {row["package"] for row in listed["missing"]}
    assert not packages & {row["package"] for row in listed["installed"]}
    shown = qce("devices", cwd=home).stdout
    assert "JAX runs on" in shown and str(jax.devices()[0]) in shown
    assert "default.qubit" in shown and "not-to-be-printed" not in done.stdout + shown


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
