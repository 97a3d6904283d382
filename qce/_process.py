"""The preparation of a process before it computes: threads, precision, signals.

It is outside of `qce.runs`, whose import loads NumPy: BLAS reads its number of threads when it is
loaded, and a worker that unpickles `follow` loads nothing else before that runs.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from qce import _streams
from qce.errors import ArgumentError

# Seconds for a worker to clean up. Long compilations do not react to signals.
GRACE = 5.0

# Seconds in which a second Ctrl-C counts as the first.
MOMENT = 1.0


class Stopped(SystemExit):
    """The process was told to stop.

    It is no KeyboardInterrupt, after which `qce.fit` returns a result: an interrupted run would be
    recorded as finished.
    """


def limit_threads() -> None:
    """Hold BLAS and XLA to one thread each, before they are loaded and read these.

    Threads of OpenBLAS wait for one that a busy machine does not run. XLA passes the small steps of
    a training from thread to thread, and with two threads batched decompositions can deadlock
    (`tests/test_threads.py`). A number of XLA threads that is set already (`NPROC`) stays: circuits
    of many wires gain from more.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ.setdefault("NPROC", "1")


def draw_to_files() -> None:
    """Let matplotlib draw to files only, without windows."""
    os.environ["MPLBACKEND"] = "Agg"


@contextlib.contextmanager
def without_variable(name: str) -> Iterator[str | None]:
    """Remove a variable from the environment inside the block, and yield its value."""
    value = os.environ.pop(name, None)
    try:
        yield value
    finally:
        if value is not None:
            os.environ[name] = value


@cache
def prepare() -> str:
    """Make this process compute as the command line does; return where compiled code is kept.

    BLAS and XLA on one thread, JAX in 64 bit, compiled code kept for the next process, if there is
    a folder for it that only the user can write. With equal settings everywhere, results of all
    engines are equal to the last bit.
    """
    limit_threads()
    draw_to_files()
    import jax
    from threadpoolctl import threadpool_limits

    from qce import training

    threadpool_limits(1, "blas")  # where NumPy was loaded before the environment was set
    jax.config.update("jax_enable_x64", True)
    # A cache that fills its disk costs time, and no run: not where warnings are made errors either.
    warnings.filterwarnings("default", "Error (reading|writing) persistent compilation cache")
    try:
        return f"compiled code kept in {training.enable_compilation_cache()}"
    except ArgumentError as problem:
        return f"compiled code is not kept: {problem.found}"


def follow(lifeline: Any, up: Any) -> None:
    """Set up a worker of a pool: threads first, and an end when its parent closes a pipe.

    Args:
        lifeline: Reading end of a pipe whose other end only the parent holds. It closes on purpose
            or when the parent dies, even by SIGKILL, so that no worker is left.
        up: Event to set once the worker has imported the program of its parent.
    """
    up.set()
    limit_threads()
    draw_to_files()
    _streams.make_patient()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent answers it
    signal.signal(signal.SIGTERM, _stop_worker)
    sys.unraisablehook = _unraised
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def run_or_exit(task: Callable[..., Any], *args: Any) -> Any:
    """Run a task in a worker; a worker told to stop cleans up its task and exits."""
    _worker.busy = True
    try:
        return task(*args)
    finally:
        _worker.busy = False
        if _worker.told:
            # The pool's own loop would take an exception for a result, and wait for the next task.
            _leave()


@contextlib.contextmanager
def ending_whole() -> Iterator[_Ended]:
    """End a process that a signal has stopped with its exit status, without JAX's cleanup.

    A signal during a compilation of XLA is handled at once, but XLA continues in its own thread,
    and crashes if JAX clears its backends, or the interpreter ends, meanwhile: the exit status
    would be that of a segmentation fault. Threads of Python are waited for.
    """
    ended = _Ended()
    try:
        yield ended
    except SystemExit as told:
        ended.status = told.code if isinstance(told.code, int) else 1
        raise
    finally:
        if ended.status > 128:
            atexit.register(_leave, ended.status)  # registered last, and called before JAX's


@contextlib.contextmanager
def interrupted_once() -> Iterator[None]:
    """Answer Ctrl-C with one KeyboardInterrupt, even if it is pressed several times at once.

    A second one would interrupt the cleanup after the first. After an interrupt the process ignores
    further ones, because it is about to end.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _in_main_thread():
        yield  # it is ignored, as in a shell's background job, or somebody else's
        return
    signal.signal(signal.SIGINT, _interrupt)
    before, sys.unraisablehook = sys.unraisablehook, _unraised
    try:
        yield
    finally:
        sys.unraisablehook = before
        ended = signal.SIG_IGN if _interrupts.answered() else signal.default_int_handler
        signal.signal(signal.SIGINT, ended)


@contextlib.contextmanager
def stopping_on_interrupt() -> Iterator[None]:
    """Answer Ctrl-C with `Stopped` inside the block, and with KeyboardInterrupt after it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN or not _in_main_thread():
        yield  # it is ignored, as in a shell's background job
        return
    before = signal.signal(signal.SIGINT, _stop_once)
    try:
        yield
    except Stopped as stopped:
        raise KeyboardInterrupt from stopped
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def holding_signals() -> Iterator[Callable[[], None]]:
    """Delay Ctrl-C and a stop until the yielded function is called or the block ends.

    Otherwise a signal between creating a resource and entering the block that cleans it up would
    leave it. Handlers are exchanged, not signals masked: a mask is for one thread, and JAX has
    others.
    """
    if not _in_main_thread():
        yield lambda: None
        return
    came: list[int] = []
    before: dict[int, Any] = {}

    def release() -> None:
        while before:
            signal.signal(*before.popitem())
        while came:
            signal.raise_signal(came.pop())

    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(signum)
            if handler is not None:  # None is one that Python did not set, and could not set again
                before[signum] = handler
                signal.signal(signum, lambda number, frame: came.append(number))
        yield release
    finally:
        release()


@dataclass
class _Worker:
    """Whether this worker is in a task, and whether it was told to stop."""

    busy: bool = False
    told: bool = False


_worker = _Worker()


@dataclass
class _Ended:
    """The exit status of a process."""

    status: int = 0


@dataclass
class _Interrupts:
    """When Ctrl-C was answered last, by the monotonic clock."""

    last: float = -float("inf")

    def answered(self) -> bool:
        """Whether it was at all."""
        return self.last > -float("inf")

    def again(self) -> bool:
        """Whether one that comes now counts as the one before."""
        now = time.monotonic()
        if now - self.last < MOMENT:
            return True
        self.last = now
        return False


_interrupts = _Interrupts()


def _in_main_thread() -> bool:
    """Whether this thread may set signal handlers."""
    return threading.current_thread() is threading.main_thread()


def _interrupt(signum: int, frame: Any) -> None:
    del signum, frame
    if not _interrupts.again():
        raise KeyboardInterrupt


def _unraised(lost: Any) -> None:
    """Send a signal again if its exception was raised in a callback, where Python drops it.

    JAX has one that runs at any time, during garbage collection.
    """
    problem = lost.exc_value
    if isinstance(problem, KeyboardInterrupt):
        signum = int(signal.SIGINT)
    elif isinstance(problem, SystemExit) and isinstance(problem.code, int) and problem.code > 128:
        signum = problem.code - 128
    else:
        sys.__unraisablehook__(lost)
        return
    _interrupts.last = -float("inf")
    later = threading.Timer(0.01, os.kill, (os.getpid(), signum))
    later.daemon = True
    later.start()


def _stop_once(signum: int, frame: Any) -> None:
    if not _interrupts.again():
        _stop(signum, frame)


def _stop(signum: int, frame: Any) -> NoReturn:
    del frame
    raise Stopped(128 + signum)


def _stop_worker(signum: int, frame: Any) -> NoReturn:
    _worker.told = True
    if not _worker.busy:
        _leave()
    _stop(signum, frame)


def _leave(status: int = 128 + signal.SIGTERM) -> NoReturn:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _end_with(lifeline: Any) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    _leave()
