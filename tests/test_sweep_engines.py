"""Sweeps on every engine, with the same result."""

import shutil
import sys
from pathlib import Path

import pytest
from sweeping import SEEDS, TRAINING, arrays, begin, end_all, ended, experiment, quiet, starts

from qce.runs import engines
from qce.runs.sweeps import grid


@pytest.fixture
def seeds(tmp_path):
    return experiment(tmp_path / "seeds.py", SEEDS)


@pytest.fixture
def training(tmp_path):
    return experiment(tmp_path / "training.py", TRAINING)


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """A sweep that outlives its test, which has then failed, is ended with it."""
    yield
    end_all()


@pytest.mark.parametrize(
    ("engine", "workers", "message"),
    [
        ("threads", None, "`engine` must be one of.*'threads'"),
        ("processes", 0, "`workers` must be an integer >= 1"),
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


@pytest.mark.thinned(4)
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
