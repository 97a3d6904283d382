"""Sweeps whose workers die, or that are interrupted or killed themselves."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sweeping import (
    SEEDS,
    TRAINING,
    arrays,
    begin,
    end_all,
    ended,
    eventually,
    experiment,
    in_parts,
    manifests,
    quiet,
    starts,
    wait_for_end,
    wait_for_starts,
)

from qce import runs
from qce.runs.sweeps import grid


@pytest.fixture
def seeds(tmp_path):
    return experiment(tmp_path / "seeds.py", SEEDS)


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """A sweep that outlives its test, which has then failed, is ended with it."""
    yield
    end_all()


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_worker_that_is_killed_is_replaced_and_its_run_done(seeds, tmp_path, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    (tmp_path / "fuse").touch()
    specs = grid(seeds.spec, seed=range(8), behaviour=["kills once"])
    report = quiet(seeds, specs, tmp_path / "out", engine=engine, workers=2)
    assert not (tmp_path / "fuse").exists() and not report.failed
    assert len(report.done) + len(report.skipped) == 8
    assert sorted(report.table()["seed"]) == list(range(8))


def test_a_run_that_kills_every_worker_fails_alone(seeds, tmp_path):
    bad = seeds.spec(seed=9, behaviour="kills")
    good = grid(seeds.spec, seed=range(6))
    report = quiet(seeds, [*good[:2], bad, *good[2:]], tmp_path / "out", workers=2)
    folder = runs.folder_of(seeds, bad, tmp_path / "out")
    assert len(report.done) == 6 and set(report.failed) == {folder}
    assert "its worker died 3 times" in report.failed[folder].reason
    assert starts(tmp_path).count(9) == 3


@pytest.mark.thinned(2)
@pytest.mark.parametrize("engine", ["serial", "processes"])
@pytest.mark.parametrize("aim", ["parent", "group"])
def test_an_interrupt_leaves_finished_runs_and_no_process(seeds, tmp_path, engine, aim):
    """As `kill -INT` does it, and as Ctrl-C on a terminal, which goes to the workers too."""
    specs = grid(seeds.spec, seed=range(40), seconds=0.3)
    workers = "-" if engine == "serial" else "2"
    process = begin(tmp_path, "seeds", engine, workers, count=40, seconds=0.3)
    wait_for_starts(tmp_path, 5)
    (os.kill if aim == "parent" else os.killpg)(process.pid, signal.SIGINT)
    wait_for_end(process)
    _, errors = ended(process)
    assert "KeyboardInterrupt" in errors.splitlines()[-1]
    assert errors.count("Traceback") <= 2  # the parent's own and its cause; none of a worker
    assert in_parts(tmp_path / "out") == []
    before = manifests(tmp_path / "out")
    with ThreadPoolExecutor(8) as pool:
        report = quiet(seeds, specs, tmp_path / "out", engine=pool)
    assert len(before) >= 3 and len(report.done) + len(before) == 40
    assert before.items() <= manifests(tmp_path / "out").items()


SWALLOWING = TRAINING.replace("steps: int = 40", "steps: int = 10_000_000")


def test_an_interrupted_training_is_not_recorded_as_finished(tmp_path):
    """`qce.fit` answers Ctrl-C with what it has; a sweep must not take that for the result."""
    source = SWALLOWING.replace("qce.fit(objective,", "qce.fit(objective, callback=started,")
    source += """

def started(step, loss, params):
    open(__file__ + ".started", "w").close()
"""
    experiment(tmp_path / "training.py", source.replace("steps=spec", "tolerance=0.0, steps=spec"))
    process = begin(tmp_path, "training", "serial", "-", count=2)
    eventually(lambda: (tmp_path / "training.py.started").exists())
    os.kill(process.pid, signal.SIGINT)
    wait_for_end(process)
    _, errors = ended(process)
    assert "KeyboardInterrupt" in errors.splitlines()[-1]
    assert arrays(tmp_path / "out") == {}


def killed_and_started_again(tmp_path, count, seconds, kills, seed):
    """Kill a sweep at random moments; return manifests that were there at any kill, and now."""
    rng = np.random.default_rng(seed)
    seen, out = {}, tmp_path / "out"
    for kill in range(kills):
        process = begin(tmp_path, "seeds", count=count, seconds=seconds)
        wait_for_starts(tmp_path, (kill + 0.5) * count / (kills + 1))
        time.sleep(rng.uniform(0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        wait_for_end(process)  # no worker outlives its parent
        seen.update(manifests(out))
        ended(process)
    output, errors = ended(begin(tmp_path, "seeds", count=count, seconds=seconds), 600)
    done, skipped, failed = map(int, output.split())
    assert failed == 0 and done + skipped == count, errors
    return seen, manifests(out)


# Few runs take a while each: all that is left after a kill's delay would else be done before it.
@pytest.mark.parametrize(
    ("count", "seconds", "kills"),
    [(60, 0.03, 2), pytest.param(1000, "-", 3, marks=pytest.mark.long)],
)
def test_a_sweep_killed_at_random_moments_loses_and_repeats_nothing(
    seeds, tmp_path, count, seconds, kills
):
    seen, now = killed_and_started_again(tmp_path, count, seconds, kills, seed=0)
    assert len(now) == count
    assert 0 < len(seen) < count and seen.items() <= now.items()  # not one was written again
    assert sorted(runs.loading.load(tmp_path / "out")["seed"]) == list(range(count))
    # A kill stops at most what two workers had in hand; only that was begun twice.
    assert len(starts(tmp_path)) - count <= 2 * kills


def test_two_sweeps_on_one_folder_do_each_run_once(seeds, tmp_path):
    both = [begin(tmp_path, "seeds", count=60, seconds=0.02) for _ in range(2)]
    counts = [list(map(int, ended(process)[0].split())) for process in both]
    assert sum(done for done, _, _ in counts) == 60
    assert all(done + skipped == 60 and failed == 0 for done, skipped, failed in counts)
    assert sorted(starts(tmp_path)) == list(range(60))
    assert in_parts(tmp_path / "out") == []
    for folder in (tmp_path / "out").iterdir():
        assert json.loads((folder / "manifest.json").read_text())["experiment"] == "seeds"
