"""Sweeps: what is missing is done once, and handed out few at a time."""

import contextlib
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from sweeping import (
    SEEDS,
    eventually,
    experiment,
    quiet,
    starts,
)

from qce import runs
from qce.runs import engines
from qce.runs.folder import new_folder
from qce.runs.schedule import Schedule, Task
from qce.runs.sweeps import grid, sweep


@pytest.fixture
def seeds(tmp_path):
    return experiment(tmp_path / "seeds.py", SEEDS)


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    beta: float = 1.0
    layers: tuple[int, ...] = (1, 2)


def test_a_grid_is_the_product_and_the_last_named_varies_fastest():
    specs = grid(Spec, beta=np.array([0.5, 2.0]), seed=range(2), layers=(3, 4))
    assert specs == [Spec(s, b, (3, 4)) for b in (0.5, 2.0) for s in (0, 1)]
    assert grid(Spec) == [Spec()]
    assert grid(Spec, layers=[(1,), (2, 3)]) == [Spec(layers=(1,)), Spec(layers=(2, 3))]


def test_a_grid_over_no_field_or_no_value_is_refused():
    with pytest.raises((TypeError, ValueError), match="beta"):
        grid(Spec, betta=[1.0])
    with pytest.raises(ValueError, match="Argument `seed` must not be an empty list.*Pass"):
        grid(Spec, seed=[])


def test_only_what_is_missing_is_done(seeds, tmp_path):
    first = quiet(seeds, grid(seeds.spec, seed=[0, 2]), tmp_path / "out", engine="serial")
    second = quiet(seeds, grid(seeds.spec, seed=range(4)), tmp_path / "out", engine="serial")

    assert (len(first.done), len(first.skipped)) == (2, 0)
    assert (len(second.done), len(second.skipped)) == (2, 2)
    assert starts(tmp_path) == [0, 2, 1, 3]
    assert set(second.skipped) == set(first.done)
    table = second.table()
    assert sorted(table["seed"]) == [0, 1, 2, 3]
    means = [np.random.default_rng(seed).random(3).mean() for seed in table["seed"]]
    np.testing.assert_array_equal(table["draws/mean"], means)


def test_equal_specs_are_one_run(seeds, tmp_path):
    report = quiet(seeds, [seeds.spec(seed=1)] * 3, tmp_path / "out", engine="serial")
    assert len(report.done) == 1 and starts(tmp_path) == [1]


@pytest.mark.parametrize("behaviour", ["raises", "exits"])
def test_a_failure_is_kept_with_its_traceback_and_stops_nothing(seeds, tmp_path, behaviour):
    bad = seeds.spec(seed=7, behaviour=behaviour)
    specs = [bad, *grid(seeds.spec, seed=range(3))]
    report = quiet(seeds, specs, tmp_path / "out", engine="serial")

    folder = runs.folder_of(seeds, bad, tmp_path / "out")
    assert len(report.done) == 3 and set(report.failed) == {folder}
    said = "number 7 is out of luck" if behaviour == "raises" else "enough"
    assert said in report.failed[folder].reason
    assert "line" in report.failed[folder].traceback and said in str(report)
    if behaviour == "raises":
        (kept,) = (tmp_path / "out").glob(f"{folder.name}.failed-*/traceback.txt")
        assert said in kept.read_text()
    assert len(report.table()) == 3


def test_a_spec_out_of_bounds_is_refused_before_any_run(seeds, tmp_path):
    specs = [seeds.spec(seed=0), seeds.spec(seed="one")]
    with pytest.raises(TypeError, match="Argument `seed` must"):
        quiet(seeds, specs, tmp_path / "out", engine="serial")
    assert starts(tmp_path) == []


def test_a_run_that_another_process_does_is_waited_for(seeds, tmp_path):
    """Its lock is held for a while, then it is finished: it is not run again."""
    spec, out = seeds.spec(seed=1), tmp_path / "out"
    held = threading.Event()

    def elsewhere():
        with new_folder(runs.folder_of(seeds, spec, out)):
            held.set()
            eventually(lambda: 2 in starts(tmp_path))  # it comes after: this one was asked for

    other = threading.Thread(target=elsewhere)
    other.start()
    assert held.wait(20)
    report = quiet(seeds, grid(seeds.spec, seed=range(3)), out, engine="serial")
    other.join()
    assert len(report.done) == 2 and len(report.skipped) == 1
    assert starts(tmp_path) == [0, 2]


def test_a_run_that_another_process_gives_up_is_taken_over(seeds, tmp_path):
    spec, out = seeds.spec(seed=1), tmp_path / "out"
    held = threading.Event()

    def elsewhere():
        with contextlib.suppress(ValueError), new_folder(runs.folder_of(seeds, spec, out)):
            held.set()
            eventually(lambda: 2 in starts(tmp_path))
            raise ValueError

    other = threading.Thread(target=elsewhere)
    other.start()
    assert held.wait(20)
    report = quiet(seeds, grid(seeds.spec, seed=range(3)), out, engine="serial")
    other.join()
    assert len(report.done) == 3 and starts(tmp_path) == [0, 2, 1]


class Counting(Executor):
    """Does each task on a thread, and remembers the most it ever had in hand."""

    def __init__(self):
        self.pool, self.now, self.most = ThreadPoolExecutor(4), 0, 0

    def submit(self, fn, /, *args, **kwargs):
        self.now += 1
        self.most = max(self.most, self.now)
        future = self.pool.submit(fn, *args, **kwargs)
        future.add_done_callback(self._gone)
        return future

    def _gone(self, future):
        self.now -= 1


def test_few_tasks_are_in_hand_at_a_time(tmp_path):
    counting = Counting()
    schedule = Schedule([Task(tmp_path / str(i), (i,)) for i in range(500)], lambda i: "done")
    engine = engines.Engine(lambda: contextlib.nullcontext(counting), window=8)
    schedule.run(engine, lambda: None)
    assert len(schedule.done) == 500 and counting.most == 8


class Fragile(Executor):
    """Breaks at every task: its workers die before they do anything."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_exception(BrokenExecutor("dead on arrival"))
        return future


def test_workers_that_never_do_anything_end_the_sweep(tmp_path):
    opened = []

    def reopen():
        opened.append(1)
        return contextlib.nullcontext(Fragile())

    schedule = Schedule([Task(tmp_path / str(i), (i,)) for i in range(500)], lambda i: "done")
    with pytest.raises(BrokenExecutor, match="dead on arrival"):
        schedule.run(engines.Engine(reopen, window=8), lambda: None)
    assert 1 < len(opened) < 20


class Poisoned(Executor):
    """Breaks when it is given number 3, and takes with it whatever else it has in hand."""

    def __init__(self):
        self.broken = False

    def submit(self, fn, /, number):
        self.broken = self.broken or number == 3
        future = Future()
        threading.Timer(0.02, self._end, (future,)).start()
        return future

    def _end(self, future):
        if self.broken:
            future.set_exception(BrokenExecutor("poisoned"))
        else:
            future.set_result("done")


def test_only_the_task_that_kills_workers_fails(tmp_path):
    schedule = Schedule([Task(tmp_path / str(i), (i,)) for i in range(8)], lambda i: "done")
    schedule.run(engines.Engine(lambda: contextlib.nullcontext(Poisoned()), 4), lambda: None)
    assert len(schedule.done) == 7
    ((folder, failure),) = schedule.failed.items()
    assert folder.name == "3" and "died 3 times" in failure.reason and "poisoned" in failure.reason


class Silenced(Executor):
    """Does the work, and breaks before it can say so: twice for number 3, as for a slow reader."""

    def __init__(self):
        self.lost = 0

    def submit(self, fn, /, number):
        future, became = Future(), fn(number)
        if number == 3 and self.lost < 2:
            self.lost += 1
            future.set_exception(BrokenExecutor("died after the work"))
        else:
            future.set_result(became)
        return future


@pytest.mark.parametrize("seen", ["by the schedule", "by the worker"])
def test_a_run_whose_worker_died_after_it_counts_as_done(tmp_path, seen):
    made = []

    def work(number):
        became = "skipped" if number in made else "done"
        made.append(number)
        if seen == "by the schedule":
            (tmp_path / str(number)).mkdir(exist_ok=True)
        return became

    schedule = Schedule([Task(tmp_path / str(i), (i,)) for i in range(8)], work)
    silenced = Silenced()
    schedule.run(engines.Engine(lambda: contextlib.nullcontext(silenced), 1), lambda: None)
    assert len(schedule.done) == 8 and not schedule.skipped and not schedule.failed


class Refusing(Executor):
    """Has broken by its third task, and refuses it, as a pool does whose worker has just died."""

    def __init__(self):
        self.taken = 0

    def submit(self, fn, /, number):
        if self.taken == 2:
            raise BrokenExecutor("not usable anymore")
        self.taken, future = self.taken + 1, Future()
        future.set_result(fn(number))
        return future


@pytest.mark.parametrize("window", [1, 2, 8])
def test_a_task_that_a_broken_executor_refuses_is_not_lost(tmp_path, window):
    schedule = Schedule([Task(tmp_path / str(i), (i,)) for i in range(8)], lambda i: "done")
    schedule.run(engines.Engine(lambda: contextlib.nullcontext(Refusing()), window), lambda: None)
    assert sorted(path.name for path in schedule.done) == [str(i) for i in range(8)]
    assert not schedule.failed and not schedule.left


def test_an_executor_of_ones_own_is_used_and_left_open(seeds, tmp_path):
    with ThreadPoolExecutor(1) as own:
        report = quiet(seeds, grid(seeds.spec, seed=range(3)), tmp_path / "out", engine=own)
        assert own.submit(pow, 2, 3).result() == 8
    assert len(report.done) == 3


def test_a_broken_executor_of_ones_own_is_reported(seeds, tmp_path):
    with pytest.raises(BrokenExecutor, match="dead on arrival"):
        quiet(seeds, grid(seeds.spec, seed=range(3)), tmp_path / "out", engine=Fragile())


def test_each_run_is_shown_as_it_is_settled(seeds, tmp_path, capsys):
    specs = [*grid(seeds.spec, seed=range(2)), seeds.spec(behaviour="raises")]
    sweep(seeds, specs, tmp_path / "out", engine="serial")
    assert "3/3" in (shown := capsys.readouterr().err) and "2 done, 1 failed, 0 left" in shown
