"""Hand out tasks to an executor, few at a time, and see each through: done, failed, tried again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future
from concurrent.futures import wait as first_of
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from qce.runs.engines import Engine

# Nobody knows which of the tasks in hand killed a worker: they are tried in company once more, then
# each by itself, which leaves no doubt.
_IN_COMPANY, _CRASHES = 2, 3

# Workers that die so often in a row, with nothing settled in between, do not die of a task.
_BREAKS = 10

# Seconds between two looks at a run that another process is doing.
_PAUSE = 0.5


class Failure(NamedTuple):
    """Why a run failed: in one line, and where in the code."""

    reason: str
    traceback: str = ""


@dataclass(eq=False)
class Task:
    """One thing to do, and what has happened to it.

    Args:
        folder: What it makes.
        arguments: For the function that does it.
        crashes: How often a worker died with this task in hand.
        not_before: Time of the monotonic clock at which to try again.
    """

    folder: Path
    arguments: tuple[Any, ...]
    crashes: int = 0
    not_before: float = 0.0

    @property
    def alone(self) -> bool:
        """Whether it has to be the only task in hand."""
        return self.crashes >= _IN_COMPANY


@dataclass(eq=False)
class Schedule:
    """Tasks on their way.

    Args:
        tasks: What is to be done; what is there already is skipped.
        there: Where a task's result is, None where it is missing.
        work: `*arguments → "done"`, `"skipped"`, `"busy"` where another process does it, or a
            `Failure`. It raises only where its worker is at fault.
    """

    tasks: Iterable[Task]
    work: Callable[..., str | Failure]
    there: Callable[[Task], Path | None] = lambda task: (
        task.folder if task.folder.exists() else None
    )
    missing: deque[Task] = field(init=False, default_factory=deque)
    busy: deque[Task] = field(init=False, default_factory=deque)
    done: list[Path] = field(init=False, default_factory=list)
    skipped: list[Path] = field(init=False, default_factory=list)
    failed: dict[Path, Failure] = field(init=False, default_factory=dict)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        for task in self.tasks:
            found = self.there(task)
            if found is None:
                self.missing.append(task)
            else:
                self.skipped.append(found)
        self.total = len(self.skipped) + len(self.missing)

    @property
    def settled(self) -> int:
        """How many tasks need nothing more."""
        return len(self.done) + len(self.skipped) + len(self.failed)

    @property
    def left(self) -> int:
        """How many tasks are not settled."""
        return self.total - self.settled

    def run(self, engine: Engine, show: Callable[[], None]) -> None:
        """See all tasks through, opening the engine again where its workers have died.

        Args:
            engine: Where.
            show: Called whenever something has changed.

        Raises:
            BrokenExecutor: Workers die before they finish anything, or the engine cannot be opened
                again.
        """
        breaks, settled = 0, -1
        while settled < 0 or self.missing or self.busy:
            breaks = breaks + 1 if self.settled == settled else 0
            settled = self.settled
            with engine.open() as executor:
                problem = self._until_broken(executor, engine.window, show)
            if problem and (breaks >= _BREAKS or not engine.reopens):
                raise problem

    def _until_broken(
        self, executor: Executor, window: int, show: Callable[[], None]
    ) -> BrokenExecutor | None:
        """Hand out tasks until all are settled, or the executor breaks."""
        flying: dict[Future[Any], Task] = {}
        try:
            show()
            while self.missing or self.busy or flying:
                self._look_again()
                while task := self._next(flying, window):
                    flying[self._submit(executor, task)] = task
                self._await(flying)
                for future in [future for future in flying if future.done()]:
                    self._settle(flying[future], future)
                    del flying[future]
                show()
        except BrokenExecutor as problem:
            for future, task in flying.items():
                self._salvage(task, future, problem)
            return problem
        except BaseException:
            for future in flying:
                future.cancel()
            raise
        return None

    def _next(self, flying: dict[Future[Any], Task], window: int) -> Task | None:
        """Take the next task that may join those in hand."""
        while self.missing and self.missing[0].folder.exists():
            self._found(self.missing.popleft())
        if not self.missing or len(flying) >= window:
            return None
        if flying and (self.missing[0].alone or any(task.alone for task in flying.values())):
            return None
        return self.missing.popleft()

    def _submit(self, executor: Executor, task: Task) -> Future[Any]:
        """Hand a task out; one that a broken executor refuses has not begun, and stays first."""
        try:
            return executor.submit(self.work, *task.arguments)
        except BrokenExecutor:
            self.missing.appendleft(task)
            raise

    def _look_again(self) -> None:
        """Take back the tasks that were somebody else's a while ago."""
        now = time.monotonic()
        while self.busy and self.busy[0].not_before <= now:
            self.missing.append(self.busy.popleft())

    def _await(self, flying: dict[Future[Any], Task]) -> None:
        """Wait for a result, or for the time to look again."""
        if flying:
            first_of(flying, _PAUSE if self.busy else None, FIRST_COMPLETED)
        elif self.busy:
            time.sleep(_PAUSE)

    def _settle(self, task: Task, future: Future[Any]) -> None:
        try:
            became = future.result()
        except BrokenExecutor:
            raise
        except (Exception, CancelledError) as problem:  # a cluster gave this task up
            self._crashed(task, problem)
            return
        if isinstance(became, Failure):
            self.failed[task.folder] = became
        elif became == "busy":
            task.not_before = time.monotonic() + _PAUSE
            self.busy.append(task)
        elif became == "done":
            self.done.append(task.folder)
        else:
            self._found(task)

    def _found(self, task: Task) -> None:
        """Count a result that is there: another process did it, or a worker that died with it."""
        (self.done if task.crashes else self.skipped).append(task.folder)

    def _salvage(self, task: Task, future: Future[Any], problem: BrokenExecutor) -> None:
        """Keep a result that came before the executor broke; suspect the task where none did."""
        if future.done() and not future.cancelled() and future.exception() is None:
            self._settle(task, future)
        else:
            self._crashed(task, problem)

    def _crashed(self, task: Task, problem: BaseException) -> None:
        task.crashes += 1
        if task.folder.exists():
            self._found(task)
        elif task.crashes < _CRASHES:
            self.missing.append(task)
        else:
            died = f"{type(problem).__name__}: {problem}"
            reason = f"its worker died {task.crashes} times, at last with {died}"
            self.failed[task.folder] = Failure(reason)
