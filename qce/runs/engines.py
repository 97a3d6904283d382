"""Engines that run tasks: this process, local processes, Dask, SLURM by Dask, MPI, any Executor.

Each is a `concurrent.futures.Executor`, the only interface that callers need.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from qce import _checks, _process
from qce._checks import error
from qce.runs import importable

# Tasks submitted to a cluster at once: enough to keep it busy, with little memory.
_CLUSTER = 1000
_NAMES = '"serial", "processes", "dask", "dask://host:port", "dask:FILE", "slurm", "mpi"'


@dataclass(frozen=True)
class Engine:
    """An executor that is not open yet.

    Args:
        open: Context manager that yields the executor.
        window: How many tasks to submit to it at once.
        reopens: Whether it can be opened again after it broke.
        collective: Whether other processes wait for it to be opened, even without tasks.
    """

    open: Callable[[], contextlib.AbstractContextManager[Executor]]
    window: int
    reopens: bool = True
    collective: bool = False


def choose(engine: str | Executor, workers: int | None = None) -> Engine:
    """Return an engine by name.

    Args:
        engine: `"serial"`, `"processes"` (local, spawned), `"dask"` (a cluster on this machine),
            `"dask://host:port"` or `"dask:FILE"` (a running scheduler, or its scheduler file),
            `"slurm"` (Dask workers as SLURM jobs; partition, account and memory from Dask's own
            configuration), `"mpi"` (the other ranks of `mpiexec`), or an Executor, which stays
            open.
        workers: How many; the processors this process may use by default, one job on SLURM.

    Returns:
        Engine.

    Raises:
        ValueError: There is no such engine, or `workers` is out of range or not allowed for it.
        ModuleNotFoundError: A package that the engine needs is not installed.

    >>> with choose("serial").open() as executor:
    ...     executor.submit(pow, 2, 5).result()
    32
    """
    _checks.instance("engine", engine, (str, Executor), f"one of {_NAMES}, or an Executor")
    if isinstance(engine, Executor):
        _no_workers(workers, "an Executor")
        return Engine(lambda: contextlib.nullcontext(engine), _CLUSTER, reopens=False)
    if workers is not None:
        remedy = "a positive number, or None for all processors"
        workers = _checks.integer("workers", workers, remedy, least=1)
    count = processors() if workers is None else workers
    if engine == "serial":
        _no_workers(workers, 'engine="serial"')
        return Engine(_serial, 1)
    if engine == "processes":
        return Engine(partial(_processes, count), 2 * count)
    if engine == "dask":
        return Engine(partial(_embedded_dask, count), _CLUSTER)
    if engine == "slurm":
        return Engine(partial(_slurm, workers or 1), _CLUSTER)
    if engine == "mpi":
        _no_workers(workers, 'engine="mpi"')
        return Engine(_mpi, _CLUSTER, reopens=False, collective=True)
    if engine.startswith("dask:"):
        _no_workers(workers, "a Dask cluster that runs already")
        return Engine(partial(_running_dask, engine.removeprefix("dask:")), _CLUSTER)
    raise error("engine", f"be one of {_NAMES} or an Executor", f"it is {engine!r}", "one of these")


def processors() -> int:
    """Return how many processors this process may use, which a batch system may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- this machine --------------------------------------------------------------------------------


class SerialExecutor(Executor):
    """Runs each task when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the task, and return its finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


@contextlib.contextmanager
def _serial() -> Iterator[Executor]:
    with _process.stopping_on_interrupt():
        yield SerialExecutor()


class _Pool(ProcessPoolExecutor):
    """Local processes, whose running tasks clean up when they are stopped."""

    used = False  # whether there was a task

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.used = True
        return super().submit(_process.run_or_exit, partial(fn, *args, **kwargs))


@contextlib.contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    importable.require_importable_main()
    # Spawned: a fork would copy threads of JAX and BLAS in an undefined state.
    context = multiprocessing.get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    up = context.Event()
    pool = _Pool(workers, context, initializer=_process.follow, initargs=(lifeline, up))
    try:
        yield pool
        if pool.used and not up.is_set():
            importable.refuse_failed()
    except BaseException:
        held.close()  # running tasks clean up now
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        held.close()
        lifeline.close()


# --- clusters ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _embedded_dask(workers: int) -> Iterator[Executor]:
    _need("distributed", "dask")
    importable.require_importable_main()
    import dask
    from distributed import LocalCluster

    # One thread a worker: tasks cannot share a process.
    settings = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    # The caller counts crashes of tasks and reports what became of them.
    mine = {"distributed.scheduler.allowed-failures": 0}
    with dask.config.set(mine):
        try:
            cluster = LocalCluster(**settings, silence_logs=logging.CRITICAL)
        except RuntimeError as problem:
            importable.refuse_failed(problem)
            raise
        with cluster, _client(cluster) as executor:
            yield executor


@contextlib.contextmanager
def _running_dask(place: str) -> Iterator[Executor]:
    _need("distributed", "dask")
    settings = {"address": f"tcp:{place}"} if place.startswith("//") else {"scheduler_file": place}
    with _client(**settings) as executor:
        yield executor


@contextlib.contextmanager
def _slurm(workers: int) -> Iterator[Executor]:
    _need("dask_jobqueue", "dask")
    import dask
    from dask_jobqueue import SLURMCluster

    site = dask.config.get("jobqueue.slurm", {})
    needed = {"cores": 1, "memory": "2GiB"}
    settings: dict[str, Any] = {name: site.get(name) or least for name, least in needed.items()}
    cluster = SLURMCluster(**settings)
    try:
        cluster.sync(_submit, cluster, workers)
        with _client(cluster) as executor:
            yield executor
    finally:
        with contextlib.suppress(AssertionError):  # Dask's, about jobs that never came to be
            cluster.close()


async def _submit(cluster: Any, jobs: int) -> None:
    """Put jobs in the queue; `scale` alone would only log errors of SLURM."""
    cluster.scale(jobs)
    try:
        await cluster
    except RuntimeError as refused:
        said = str(refused).strip().splitlines()[-1]
        remedy = "partition, account and memory in Dask's configuration (docs/cluster.md)"
        raise error("engine", "get its jobs into the queue", said, remedy, OSError) from None


@contextlib.contextmanager
def _client(*args: Any, **settings: Any) -> Iterator[Executor]:
    from distributed import Client

    with Client(*args, **settings) as client:
        # Two runs of one task are two tasks: Dask would return the first one's result again.
        yield client.get_executor(pure=False)


@contextlib.contextmanager
def _mpi() -> Iterator[Executor]:
    _need("mpi4py", "mpi")
    from mpi4py import MPI
    from mpi4py.futures import MPICommExecutor

    ranks = MPI.COMM_WORLD.size
    if ranks < 2:
        started = os.environ.get("SLURM_NTASKS", "1")
        but = f"this process is alone ({started} started by SLURM, 1 seen by MPI)"
        remedy = "the command to `mpiexec -n 3`, or to `srun --mpi=pmi2`; or the engine processes"
        raise error("engine", "find other MPI ranks to work on", but, remedy)
    with MPICommExecutor(MPI.COMM_WORLD, root=0) as executor:
        if executor is not None:
            yield cast(Executor, executor)
            return
    # A rank that has worked is done: only the first rank continues with the program.
    raise SystemExit(0)


# --- checks --------------------------------------------------------------------------------------


def _no_workers(workers: int | None, what: str) -> None:
    if workers is not None:
        but = f"{what} has a number of its own"
        raise error("workers", "be left out here", but, "no `workers`")


def _need(module: str, extra: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        must, but = f"be installed: it needs {module}", "that is not here"
        remedy = f'another engine, or install "qce[{extra}]"'
        raise error("engine", must, but, remedy, ModuleNotFoundError)
