"""A run's folder while it is made: interrupted, broken, on a full disk."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from test_runs import TINY, everything_under, write

from qce import runs
from qce.runs import folder as claims


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


def working(tiny, work):
    return dataclasses.replace(tiny, run=work)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start(code, *words, **settings):
    """Start Python on some code, in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **settings)


def test_a_run_that_raises_keeps_its_traceback_and_its_metrics(tiny, tmp_path):
    def work(spec, *, record):
        record.metrics(step=1, loss=0.5)
        raise RuntimeError("the reason")

    folder = runs.folder_of(tiny, tiny.spec(), tmp_path)
    for number in (1, 2):
        with pytest.raises(RuntimeError, match="the reason") as problem:
            runs.execute(working(tiny, work), tiny.spec(), tmp_path)
        kept = tmp_path / f"{folder.name}.failed-{number}"
        assert problem.value.__notes__ == [f"What the run left is kept in {kept}."]
        assert names(kept) == ["config.toml", "metrics.jsonl", "traceback.txt"]
        told = (kept / "traceback.txt").read_text()
        assert "in work" in told and told.endswith("RuntimeError: the reason\n")
        assert runs.metrics(kept)[0]["loss"] == 0.5
    assert not folder.exists() and not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("problem", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_run_keeps_what_it_had_found(tiny, tmp_path, problem):
    def work(spec, *, record):
        record.checkpoint(x=np.arange(3))
        raise problem

    with pytest.raises(problem):
        runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs")
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.endswith(".stopped-1") and names(kept) == ["checkpoint.npz", "config.toml"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_run_that_had_found_nothing_leaves_nothing(tiny, tmp_path, problem):
    def work(spec):
        raise problem

    with pytest.raises(problem):
        runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs")
    assert everything_under(tmp_path / "runs") == set()


@pytest.mark.parametrize("moment", ["_config", "_lock", "_is_at"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_folder_is_claimed_leaves_nothing(
    tiny, tmp_path, monkeypatch, moment, sent
):
    plain = getattr(claims, moment)

    def interrupted(*arguments):
        result = plain(*arguments)
        signal.raise_signal(sent)
        return result

    def stop(signum, frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(claims, moment, interrupted)
    before = signal.signal(sent, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
        assert signal.getsignal(sent) is stop
    finally:
        signal.signal(sent, before)
    assert everything_under(tmp_path / "runs") == set()


def test_a_second_signal_does_not_disturb_the_clean_up(tiny, tmp_path, monkeypatch):
    plain = os.rename

    def rename(source, target):
        if ".stopped" in str(target):
            signal.raise_signal(signal.SIGINT)
        plain(source, target)

    def work(spec, *, record):
        record.checkpoint(x=np.arange(3))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs")
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.endswith(".stopped-1") and names(kept) == ["checkpoint.npz", "config.toml"]


def test_a_claim_is_tried_again_where_the_folder_was_moved_on_meanwhile(
    tiny, tmp_path, monkeypatch
):
    plain, came_late = os.mkdir, []

    def mkdir(path, *mode):
        if str(path).endswith(".partial") and not came_late:
            came_late.append(path)
            raise FileExistsError(17, "File exists")  # it is gone when `pathlib` looks what it is
        plain(path, *mode)

    monkeypatch.setattr(os, "mkdir", mkdir)
    folder, _ = runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    assert came_late and folder.is_dir()


def test_an_interrupt_after_the_last_rename_finds_the_run_finished(tiny, tmp_path, monkeypatch):
    plain = os.rename

    def rename(source, target):
        plain(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        runs.execute(tiny, tiny.spec(), tmp_path / "runs", progress=False)
    assert not hasattr(interrupt.value, "__notes__")
    (folder,) = (tmp_path / "runs").iterdir()
    assert runs.read(folder).report["draws"]


def test_a_folder_that_appears_during_the_run_is_not_replaced(tiny, tmp_path):
    folder = runs.folder_of(tiny, tiny.spec(), tmp_path / "runs")

    def work(spec, *, record):
        folder.mkdir()
        return tiny.run(spec, record=record)

    with pytest.raises(FileExistsError):
        runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs")
    assert everything_under(folder) == set()
    assert "manifest.json" in names(folder.with_name(f"{folder.name}.failed-1"))


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tiny, tmp_path):
    # A file where a folder has to be: refused for root as well, whom permissions do not bind.
    blocked = write(tmp_path / "blocked", "a file")

    def work(spec):
        pytest.fail("the experiment was run")

    with pytest.raises(OSError, match="Argument `out` must be a folder that can be written"):
        runs.execute(working(tiny, work), tiny.spec(), blocked / "runs")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_folder_is_refused_before_any_work(tiny, tmp_path):
    (tmp_path / "runs").mkdir(mode=0o500)
    with pytest.raises(OSError, match=r"that can be written, but .* \(Permission denied\)"):
        runs.execute(tiny, tiny.spec(), tmp_path / "runs")


def test_a_file_system_that_is_full_is_said_and_what_was_written_is_kept(tiny, tmp_path):
    def work(spec, *, record):
        record.metrics(step=1)
        record.checkpoint(x=np.ones(3))
        with open("/dev/full", "w") as file:  # the kernel's own full disk
            file.write("x")
        return tiny.run(spec, record=record)

    says = r"`out` must have room for the run, but .* \(No space left on device\)\. Pass another"
    with pytest.raises(OSError, match=says) as problem:
        runs.execute(working(tiny, work), tiny.spec(), tmp_path / "runs")
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.endswith(".failed-1") and str(kept) in problem.value.__notes__[0]
    assert runs.metrics(kept)[0]["step"] == 1
    with np.load(kept / "checkpoint.npz") as arrays:
        assert "x" in arrays


# A process that may write no file longer than so many bytes: the kernel refuses the next one.
LIMITED = """
import resource, sys
from qce import runs
experiment = runs.load_experiment(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    runs.execute(experiment, experiment.spec(), sys.argv[2])
except OSError as problem:
    print(problem)
"""


def test_a_disk_that_was_full_from_the_start_gets_no_empty_folders(tmp_path):
    said, _ = start(LIMITED, write(tmp_path / "tiny.py", TINY), tmp_path / "runs", 0).communicate()
    assert said.startswith("Argument `out` must have room for the run")
    assert everything_under(tmp_path / "runs") == set()


def test_a_file_that_may_not_grow_loses_no_earlier_line(tmp_path):
    """A limit on file sizes stops a write in its middle, as a full disk does."""
    limit = 2000
    write(
        tmp_path / "long.py",
        """
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Spec: ...

        def run(spec, *, record):
            for step in range(10_000):
                record.metrics(step=step)
        """,
    )
    said, _ = start(LIMITED, "long.py", "runs", limit, cwd=tmp_path).communicate()
    assert said.startswith("Argument `out` must have room for the run") and "File too large" in said
    (kept,) = (tmp_path / "runs").iterdir()
    size = (kept / "metrics.jsonl").stat().st_size
    steps = [line["step"] for line in runs.metrics(kept)]
    assert size == limit and steps == list(range(len(steps))) and len(steps) > 30
