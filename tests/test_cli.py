"""The command line as a user meets it: a process, its exit status and what it prints."""

import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from test_runs import TINY, everything_under, write

from qce import _process, limits, runs
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
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def here(home, monkeypatch, capsys):
    """Run the command in this process, which is set up already: seconds less of imports."""
    monkeypatch.setattr(_process, "prepare", lambda: home)

    def qce_here(*words, status=0):
        try:
            returned = main([str(word) for word in words])
        except SystemExit as ended:  # argparse's way
            returned = ended.code
        done = subprocess.CompletedProcess(words, returned, *capsys.readouterr())
        assert returned == status, done.stderr
        return done

    return qce_here


@pytest.fixture(autouse=True)
def signals():
    """`main` answers SIGTERM, which is the test runner's again afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def complaint(done):
    """The one line on standard error, without a traceback."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("qce: "), done.stderr
    return lines[0]


COMMANDS = ("run", "sweep", "show", "list", "check", "devices", "completion")


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
    heavy = {"numpy", "jax", "pennylane", "matplotlib", "shtab", "tqdm"}
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
    assert str(home.parent / "cache") in about["cache"]


def test_a_second_run_of_the_same_spec_is_refused(home, here):
    here("run", "tiny.py", "--quiet")
    before = everything_under(home)
    done = here("run", "tiny.py", "--quiet", status=2)
    assert "never overwritten" in complaint(done)
    assert everything_under(home) == before


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
            "unrecognized arguments: --sed 1; did you mean '--seed'?",
        ),
        (("run", "tiny.py", "--seed=-1"), "Argument `seed` must be at least 0, but it is -1"),
        (("sweep", "tiny.py", "--seed", "0", "-1"), "Argument `seed` must be at least 0"),
        (("sweep", "tiny.py", "--engine", "steam"), "Argument `engine` must be one of"),
        (("run", "tiny.py", "--spec", "none.toml"), "No such file or directory: 'none.toml'"),
        (("run", "tiny.py", "--spec", "unknown.toml"), "'sede' is none; did you mean 'seed'?"),
        (("show", "nowhere"), "must hold finished runs, but nowhere holds none"),
        (("run", "tiny.py", "--seed", "one"), "argument --seed: invalid int value"),
        (("run", "tiny.py", "--out", "tiny.py"), "must be a folder that can be written"),
        (("run",), "the following arguments are required"),
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
        ("tiny.py", "--count", "-1"): "qce: negative dimensions are not allowed. What the run",
        ("broken.py",): "qce: KeyError: 'the reason'. What the run left is kept in runs/broken-",
    }.items():
        done = here("run", *words, "--quiet", status=1)
        kept = Path(complaint(done).rstrip(".").split()[-1])
        assert complaint(done).startswith(says)
        assert "Traceback" in (home / kept / "traceback.txt").read_text()


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
    assert "qce: 0 done, 4 there already, 0 failed" in here(*words).stderr


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


def test_a_damaged_run_is_said_in_one_line(home, here):
    here("run", "tiny.py", "--quiet")
    (folder,) = (home / "runs").iterdir()
    (folder / "report.json").write_text("{}")
    for place in ("runs", folder):
        done = here("show", place, status=2)
        assert f"{folder.name}/report.json is damaged" in complaint(done)


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
    packages = {row["package"] for row in listed["missing"]}
    assert not packages & {row["package"] for row in listed["installed"]}
    shown = qce("devices", cwd=home).stdout
    assert "default.qubit" in shown and "not-to-be-printed" not in done.stdout + shown


# What Bash itself offers for a line, by the function that the script has told it of.
COMPLETE = """
source ./complete.bash
COMP_WORDS=({words} "") COMP_CWORD={count}
$(complete -p qce | sed 's/.*-F \\([^ ]*\\) .*/\\1/') qce
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("qce", {"run", "sweep", "show", "devices"}),
        ("qce run", {"quickstart"}),
        ("qce run quickstart", {"--seed", "--chain-steps", "--out"}),
        ("qce sweep quickstart", {"--beta", "--engine"}),
    ],
)
def test_bash_completes_commands_experiments_and_settings(home, bash_script, words, offers):
    write(home / "complete.bash", bash_script)
    code = COMPLETE.format(words=words, count=len(words.split()))
    code = code.replace('"")', '"--")') if "quickstart" in words else code
    done = subprocess.run(["bash", "-c", code], cwd=home, capture_output=True, text=True)
    assert offers <= set(done.stdout.split()), done.stderr


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory):
    return qce("completion", "bash", cwd=tmp_path_factory.mktemp("shell")).stdout


@pytest.mark.parametrize(("shell", "begins"), [("zsh", "#compdef qce"), ("fish", "")])
def test_other_shells_get_a_script_too(home, here, shell, begins):
    script = here("completion", shell).stdout
    assert script.startswith(begins) and "chain-steps" in script


def test_debug_shows_where_an_error_came_from(home):
    done = qce("run", "tiny.py", "--count", "-1", "--debug", cwd=home, status=1)
    assert "Traceback" in done.stderr and "tiny.py" in done.stderr


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("found", [False, True])
def test_an_interrupted_run_leaves_what_it_had_found(home, sent, status, found):
    work = "record.metrics(step=0); " * found + "print('started', flush=True); time.sleep(60)"
    slow = TINY.replace("x = np", f"import time; {work}; x = np")
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
    assert [folder.name.split(".")[1] for folder in (home / "runs").iterdir()] == [
        "stopped-1"
    ] * found
    if sent == signal.SIGINT:
        said = b"What the run left is kept in runs/slow-" if found else b"Nothing was written."
        assert errors.startswith(b"qce: interrupted. " + said)


def test_an_interrupted_sweep_keeps_the_runs_that_are_finished(home):
    slow = TINY.replace(
        "x = np",
        "import time; spec.seed and (print('started', flush=True), time.sleep(60)); x = np",
    )
    write(home / "slow.py", slow)
    words = ["sweep", "slow.py", "--seed", "0", "1", "--engine", "serial", "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([QCE, *words], cwd=home, **pipes)
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.startswith("qce: interrupted. Finished runs are")
    assert runs.load(home / "runs")["seed"].tolist() == [0]


def test_an_interrupt_ends_a_run_whose_training_would_answer_it(home):
    """`qce.fit` returns what it has; the run must not go on and be recorded as finished."""
    write(
        home / "trains.py",
        """
        from dataclasses import dataclass

        import numpy as np

        import qce
        from qce import circuits, models, objectives


        @dataclass(frozen=True)
        class Spec: ...


        def run(spec, *, record):
            machine = models.BornMachine(circuits.rx(1))
            objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))
            def tell(step, loss, params):
                record.following()(step, loss, params)
                print("started", flush=True)
            qce.fit(objective, steps=10**9, tolerance=0, progress=False, callback=tell)
            return qce.runs.Outcome({})
        """,
    )
    process = subprocess.Popen(
        [QCE, "run", "trains.py", "--quiet"], cwd=home, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    (kept,) = (home / "runs").iterdir()
    assert kept.name.endswith(".stopped-1") and runs.metrics(kept)[0]["step"] == 1


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
