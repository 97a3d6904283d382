"""Sweeps: what is missing is done once, on every engine with the same result, whatever dies."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from qce import runs
from qce.runs import engines
from qce.runs.folder import new_folder
from qce.runs.schedule import Schedule, Task
from qce.runs.sweeps import grid, sweep

# What a run does depends on its seed and, where the test says so, on files beside the experiment:
# `log` has a line for each start, `fuse` makes one start kill its process.
SEEDS = '''
"""Draw numbers, and misbehave on demand."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qce.runs import Outcome

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    behaviour: str = "well"
    seconds: float = 0.0


def run(spec):
    with open(HERE / "log", "a") as log:
        log.write(f"{spec.seed}\\n")
    if spec.behaviour == "raises":
        raise ValueError(f"number {spec.seed} is out of luck")
    if spec.behaviour == "exits":
        sys.exit("enough")
    if spec.behaviour == "kills" or (spec.behaviour == "kills once" and blown(HERE / "fuse")):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(spec.seconds)
    x = np.random.default_rng(spec.seed).random(3)
    return Outcome({"draws": {"mean": float(x.mean())}}, {"x": x})


def blown(fuse):
    try:
        fuse.unlink()
    except FileNotFoundError:
        return False
    return True
'''

# A training with linear algebra in BLAS and in XLA, whose last bits depend on how it is computed.
TRAINING = '''
"""Train a small Born machine, and take an eigendecomposition."""

from dataclasses import dataclass

import numpy as np

import qce
from qce import circuits, models, objectives
from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0
    wires: int = 3
    steps: int = 40


def run(spec):
    machine = models.BornMachine(circuits.strongly_entangling(spec.wires, 2))
    p = np.random.default_rng(spec.seed).dirichlet(np.ones(2**spec.wires))
    objective = objectives.measured_likelihood(machine, p)
    result = qce.fit(objective, steps=spec.steps, seed=spec.seed, progress=False)
    a = np.random.default_rng(spec.seed).normal(size=(80, 80))
    spectrum = np.linalg.eigvalsh(a @ a.T)
    return Outcome(
        {"loss": {"last": result.estimate.value}},
        {"params": result.params, "spectrum": spectrum},
        {"loss": result.history["loss"]},
    )
'''

SCRIPT = """
import signal
import sys
from qce.runs import load_experiment
from qce.runs.sweeps import grid, sweep

if __name__ == "__main__":
    # A shell's background job ignores interrupts, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    path, out, engine, workers, count, seconds = sys.argv[1:]
    experiment = load_experiment(path)
    settings = {"seconds": float(seconds)} if seconds != "-" else {}
    specs = grid(experiment.spec, seed=range(int(count)), **settings)
    workers = int(workers) if workers != "-" else None
    report = sweep(experiment, specs, out, engine=engine, workers=workers, progress=False)
    print(len(report.done), len(report.skipped), len(report.failed))
"""


@pytest.fixture
def seeds(tmp_path):
    return experiment(tmp_path / "seeds.py", SEEDS)


@pytest.fixture
def training(tmp_path):
    return experiment(tmp_path / "training.py", TRAINING)


BEGUN: list[subprocess.Popen] = []


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """A sweep that outlives its test, which has then failed, is ended with it."""
    yield
    while BEGUN:
        process = BEGUN.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def experiment(path, source):
    path.write_text(source, encoding="utf-8")
    return runs.load_experiment(path)


def quiet(*arguments, **options):
    return sweep(*arguments, progress=False, **options)


def starts(tmp_path):
    """Seeds of the runs that were begun, in order."""
    log = tmp_path / "log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def arrays(out):
    """Bytes of all arrays of all finished runs, by folder name."""
    files = [path for path in out.rglob("*.npz") if runs.folder.state(path.parent) == "finished"]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def manifests(out):
    """Manifests of all finished runs: two runs of one spec differ in their times."""
    files = out.glob("*/manifest.json")
    return {p: p.read_bytes() for p in files if runs.folder.state(p.parent) == "finished"}


def in_parts(out):
    """Folders of runs that are not finished."""
    return [path for path in out.iterdir() if path.name.endswith(".partial")]


def begin(tmp_path, name, engine="processes", workers="2", count=3, seconds="-", prefix=()):
    """Start a sweep in a process of its own, in a process group of its own."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    words = [tmp_path / f"{name}.py", tmp_path / "out", engine, workers, count, seconds]
    command = [*prefix, sys.executable, script, *words]
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    BEGUN.append(process)
    return process


def ended(process, seconds=120):
    """Wait for a process started by `begin`; return what it printed."""
    try:
        output, errors = process.communicate(timeout=seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return output, errors


def eventually(condition, seconds=60):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def wait_for_starts(tmp_path, count):
    eventually(lambda: len(starts(tmp_path)) >= count, 300)


def wait_for_end(process):
    """Wait until a sweep and all its workers are gone."""
    eventually(lambda: group(process) == 0)


def group(process):
    """Processes of the group of a sweep that are alive: its own, and its workers'."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return sum(row[0] == str(process.pid) and not row[1].startswith("Z") for row in rows)


# --- specs ---------------------------------------------------------------------------------------


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


# --- what is done --------------------------------------------------------------------------------


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
    held, release = threading.Event(), threading.Event()

    def elsewhere():
        with new_folder(runs.folder_of(seeds, spec, out)):
            held.set()
            release.wait(20)

    other = threading.Thread(target=elsewhere)
    other.start()
    assert held.wait(20)
    threading.Timer(1.2, release.set).start()
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
            time.sleep(1.2)
            raise ValueError

    other = threading.Thread(target=elsewhere)
    other.start()
    assert held.wait(20)
    report = quiet(seeds, grid(seeds.spec, seed=range(3)), out, engine="serial")
    other.join()
    assert len(report.done) == 3 and starts(tmp_path) == [0, 2, 1]


# --- handing out ---------------------------------------------------------------------------------


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


# --- engines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "workers", "message"),
    [
        ("threads", None, "`engine` must be one of.*'threads'"),
        ("processes", 0, "`workers` must be positive"),
        ("serial", 2, "`workers` must be left out"),
        ("dask://localhost:1", 2, "`workers` must be left out"),
    ],
)
def test_an_engine_that_cannot_be_is_refused_before_any_run(
    seeds, tmp_path, engine, workers, message
):
    with pytest.raises(ValueError, match=f"Argument {message}.*Pass"):
        quiet(seeds, [seeds.spec()], tmp_path / "out", engine=engine, workers=workers)
    assert starts(tmp_path) == []


@pytest.mark.parametrize(("engine", "extra"), [("dask", "dask"), ("slurm", "dask"), ("mpi", "mpi")])
def test_an_engine_that_is_not_installed_names_what_to_install(monkeypatch, engine, extra):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=rf'install "qce\[{extra}\]"'):
        with engines.choose(engine).open():
            pass


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """Arrays of six trainings, run one by one in this process."""
    folder = tmp_path_factory.mktemp("serial")
    made = experiment(folder / "training.py", TRAINING)
    report = quiet(made, grid(made.spec, seed=range(6)), folder / "out", engine="serial")
    assert len(report.done) == 6
    return arrays(folder / "out")


def mpiexec():
    pytest.importorskip("mpi4py.futures", exc_type=ImportError)
    # The mpich of a wheel lies beside Python, and is the one that its mpi4py was loaded with.
    beside = Path(sys.executable).with_name("mpiexec")
    command = str(beside) if beside.exists() else shutil.which("mpiexec")
    return command or pytest.skip("no mpiexec")


@pytest.mark.parametrize("engine", ["processes", "dask", "mpi"])
def test_every_engine_gives_the_same_bytes(training, tmp_path, by_hand, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    ranks = [mpiexec(), "-n", "3"] if engine == "mpi" else []
    workers = "-" if engine == "mpi" else "2"
    process = begin(tmp_path, "training", engine, workers, count=6, prefix=ranks)
    output, errors = ended(process)
    assert output.split() == ["6", "0", "0"], errors
    assert len(by_hand) >= 6 and arrays(tmp_path / "out") == by_hand


def test_mpi_alone_says_how_to_start_it(seeds, tmp_path):
    mpiexec()
    process = begin(tmp_path, "seeds", "mpi", "-")
    _, errors = ended(process)
    assert process.returncode == 1 and "mpiexec -n 3" in errors
    assert starts(tmp_path) == []


def test_mpi_with_nothing_to_do_ends(seeds, tmp_path):
    ranks = [mpiexec(), "-n", "3"]
    quiet(seeds, grid(seeds.spec, seed=range(3)), tmp_path / "out", engine="serial")
    output, errors = ended(begin(tmp_path, "seeds", "mpi", "-", prefix=ranks))
    assert output.split() == ["0", "3", "0"], errors


def test_a_dask_cluster_that_runs_already_is_found_by_its_address(seeds, tmp_path):
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster:
        address = cluster.scheduler_address.replace("tcp:", "dask:")
        specs = grid(seeds.spec, seed=range(3))
        report = quiet(seeds, specs, tmp_path / "out", engine=address)
    assert len(report.done) == 3


THREADS = '''
"""Look at the settings of the process."""

import os
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_info

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0


def run(spec):
    np.linalg.eigvalsh(np.eye(50))
    blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    rows = {"blas": max(blas), "omp": os.environ["OMP_NUM_THREADS"], "x": str(jnp.ones(1).dtype)}
    return Outcome({"set": rows})
'''


def test_a_worker_has_one_blas_thread_and_64_bits_whatever_its_parent_has(tmp_path, monkeypatch):
    made = experiment(tmp_path / "threads.py", THREADS)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "2")
    report = quiet(made, [made.spec()], tmp_path / "out", workers=1)
    assert report.table().rows()[0] | {"folder": ""} == {
        "experiment": "threads",
        "seed": 0,
        "set/blas": 1,
        "set/omp": "1",
        "set/x": "float64",
        "folder": "",
    }


# --- what dies -----------------------------------------------------------------------------------


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
