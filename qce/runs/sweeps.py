"""Many runs of one experiment: missing ones are done on any engine, in spite of failures."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import traceback
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from qce import _checks, _process
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce._text import legible
from qce.runs import engines, locks
from qce.runs.experiment import Experiment, load_experiment
from qce.runs.folder import RunInProgress
from qce.runs.lineage import KEEP, OlderRunWarning, changes, finished_relatives, warn_of_older
from qce.runs.loading import load_folders
from qce.runs.origin import code_of
from qce.runs.run import execute, folder_of, origin_of
from qce.runs.schedule import Failure, Schedule, Task
from qce.runs.spec import check_class, make
from qce.runs.table import Table
from qce.runs.verifying import set_aside, verdict


def grid(spec: type, /, **values: Any) -> list[Any]:
    """Return a spec for each combination of values; the last one named varies fastest.

    Args:
        spec: Frozen dataclass of an experiment.
        **values: By field. A list, range or array holds several values; anything else, also a
            tuple, is one value.

    Returns:
        Specs, as many as there are combinations.

    Raises:
        TypeError: A field is unknown or has another type.
        ValueError: A value is out of its bounds, or a list is empty.

    >>> from dataclasses import make_dataclass
    >>> Spec = make_dataclass("Spec", [("seed", int, 0), ("beta", float, 1.0)], frozen=True)
    >>> grid(Spec, beta=[0.5, 2.0], seed=range(2))[1]
    Spec(seed=1, beta=0.5)
    """
    check_class(spec)
    axes = [_axis(name, value) for name, value in values.items()]
    combinations = itertools.product(*axes)
    return [make(spec, dict(zip(values, one, strict=True))) for one in combinations]


@dataclass(frozen=True, repr=False)
class SweepReport(Shown):
    """The result of a sweep.

    Args:
        done: Folders of the runs that this sweep finished, also if the worker then died.
        skipped: Folders of runs that existed already, or were finished by another process.
        failed: `reason` and `traceback` by the folder that the run would have had.
        damaged: What was wrong with an existing run, by the folder in which it is kept now; it was
            done again.
        older: What has changed in code and data since an existing run of the same settings, by its
            folder; it was done again, or counts as done with `keep_old`.
    """

    done: tuple[Path, ...]
    skipped: tuple[Path, ...]
    failed: dict[Path, Failure] = field(repr=False)
    damaged: dict[Path, str] = field(default_factory=dict)
    older: dict[Path, str] = field(default_factory=dict)

    def table(self) -> Table:
        """Return all finished runs as one table: spec, report, folder."""
        return load_folders(sorted((*self.done, *self.skipped)))

    def __str__(self) -> str:
        counts = f"{len(self.done)} done, {len(self.skipped)} there already"
        lines = [f"{counts}, {len(self.failed)} failed"]
        lines += [f"  {folder.name}: {why.reason}" for folder, why in self.failed.items()]
        lines += [f"  kept as {folder.name}: {how}" for folder, how in self.damaged.items()]
        kept = set(self.skipped)
        for folder, changed in self.older.items():
            how = "taken as it is, though" if folder in kept else "done again, for"
            lines.append(f"  {folder.name}: {how} {changed}")
        return "\n".join(map(legible, lines))


def sweep(
    experiment: Experiment,
    specs: Iterable[Any],
    out: str | Path = "runs",
    *,
    engine: str | Executor = "processes",
    workers: int | None = None,
    progress: bool = True,
    keep_old: bool = False,
) -> SweepReport:
    """Do the runs that are missing, one task a run, each stored as soon as it is finished.

    A run depends only on its spec, and every process that runs tasks (with `"serial"` this one) is
    prepared like the command line: one BLAS thread, JAX in 64 bit. So every engine gives the same
    arrays to the last bit on one kind of processor. The checksums of existing runs are compared; a
    damaged run is renamed and done again. A run of the same settings with other code or data is
    another run.

    A run that fails is kept with its traceback and does not stop the others. A worker that dies is
    replaced and its run tried again, three times in all. A run that another process is doing is
    waited for. After an interruption finished runs stay, and the next sweep does the others.

    Args:
        experiment: As `load_experiment` returns it; workers load its file by its path.
        specs: Instances of its `Spec`, as `grid` makes them; equal ones are run once.
        out: Folder that takes the run folders; on a cluster a shared one.
        engine: Where to run, see `qce.runs.engines.choose`. With `"processes"` and `"dask"` a
            program has to be a file, with `if __name__ == "__main__":` around this call.
        workers: How many tasks at once, if the engine has a choice.
        progress: Show a bar.
        keep_old: Whether a finished run of the same settings counts as done although code or data
            have changed since.

    Returns:
        Report: what was done, skipped, and failed.

    Raises:
        ValueError: There is no such engine, or its workers could not import this program.
        KeyboardInterrupt: The sweep was interrupted; running tasks have been stopped.
        BrokenExecutor: Workers die before they finish anything, or an Executor that was passed in
            is broken.
    """
    _checks.instance("experiment", experiment, Experiment, "what `load_experiment` returns")
    pairs = [(experiment, spec) for spec in _checks.sequence("specs", specs, "what `grid` returns")]
    with called(pairs="specs"):
        return sweep_all(
            pairs, out, engine=engine, workers=workers, progress=progress, keep_old=keep_old
        )


def sweep_all(
    pairs: Iterable[tuple[Experiment, Any]],
    out: str | Path = "runs",
    *,
    engine: str | Executor = "processes",
    workers: int | None = None,
    progress: bool = True,
    keep_old: bool = False,
) -> SweepReport:
    """Do the runs that are missing, of several experiments side by side.

    Args:
        pairs: Experiments, each with an instance of its `Spec`.
        out: As in `sweep`, to which this is otherwise equal.
        engine: Where to run.
        workers: How many tasks at once.
        progress: Show a bar.
        keep_old: Whether finished runs of other code or data count as done.

    Returns:
        Report: what was done, skipped, and failed.
    """
    chosen = engines.choose(engine, workers)
    progress, keep_old = (
        _checks.truth(name, flag) for name, flag in (("progress", progress), ("keep_old", keep_old))
    )
    out = _checks.path("out", out).absolute()
    pairs = [_pair(one) for one in _checks.sequence("pairs", pairs, "a list of pairs")]
    with called(spec="pairs"):
        by_folder = {folder_of(*pair, out): pair for pair in pairs}
    tasks = [Task(folder, _call(*pair, folder)) for folder, pair in by_folder.items()]
    shelf = _Shelf(out, by_folder, keep_old)
    schedule = Schedule(tasks, _run_one, shelf.find)
    if not keep_old:
        warn_of_older(shelf.older, f"; {KEEP} takes the old")
    if schedule.missing:
        locks.require()
    if schedule.missing or chosen.collective:
        with contextlib.ExitStack() as stack:
            schedule.run(chosen, _bar(schedule, progress, stack))
    done, skipped = tuple(schedule.done), tuple(schedule.skipped)
    return SweepReport(done, skipped, schedule.failed, shelf.damaged, shelf.older)


def _pair(one: Any) -> tuple[Experiment, Any]:
    if not (isinstance(one, (tuple, list)) and len(one) == 2 and isinstance(one[0], Experiment)):
        must, but = "be pairs of an experiment and a spec", f"one is {_checks.shown(one)}"
        raise error("pairs", must, but, "`[(experiment, experiment.spec())]`", TypeError)
    return one[0], one[1]


class _Shelf:
    """The runs that exist already, undamaged and of the same code and data.

    Args:
        out: Folder of the runs.
        by_folder: Experiment and spec of each run.
        keep_old: Whether runs of other code or data count.
    """

    def __init__(self, out: Path, by_folder: dict[Path, tuple[Experiment, Any]], keep_old: bool):
        self._by_folder, self._keep_old = by_folder, keep_old
        # Listed once, and not again for each run.
        self._names = [path.name for path in out.iterdir()] if out.is_dir() else []
        self.damaged: dict[Path, str] = {}
        self.older: dict[Path, str] = {}

    def find(self, task: Task) -> Path | None:
        """Return where a run is, None where it has to be done."""
        if task.folder.exists() and not self._set_aside(task.folder):
            return task.folder
        for other in finished_relatives(task.folder, self._names)[:1]:
            self.older[other] = changes(other, origin_of(*self._by_folder[task.folder]))
            if self._keep_old and verdict(other).sound:
                return other
        return None

    def _set_aside(self, folder: Path) -> bool:
        with contextlib.suppress(FileNotFoundError):  # another sweep has set it aside
            wrong = verdict(folder).problems
            aside = set_aside(folder) if wrong else None
            if aside is not None:
                self.damaged[aside] = wrong[0]
            return aside is not None
        return True


def _call(experiment: Experiment, spec: Any, folder: Path) -> tuple[Path, dict[str, Any], Path]:
    """The arguments of a worker, which has to load the file for the class of the spec."""
    values = {item.name: getattr(spec, item.name) for item in dataclasses.fields(spec)}
    return experiment.path, values, folder


def _run_one(path: Path, values: dict[str, Any], folder: Path) -> str | Failure:
    """Do one run in a worker; return its result for the schedule."""
    try:
        _process.prepare()
        experiment = _loaded(path, tuple(code_of(path).items()))
        spec = experiment.spec(**values)
        _check_same(experiment, spec, folder)
        return _attempt(experiment, spec, folder.parent)
    except _process.Stopped:
        raise
    except (Exception, SystemExit) as problem:
        reason = "".join(traceback.format_exception_only(problem)).splitlines()[0]
        return Failure(reason, "".join(traceback.format_exception(problem)))


@lru_cache(maxsize=1)
def _loaded(path: Path, code: tuple[tuple[str, str], ...]) -> Experiment:
    """Load a file once while it is unchanged, so that later runs use what it has compiled."""
    del code
    return load_experiment(path)


def _check_same(experiment: Experiment, spec: Any, folder: Path) -> None:
    """Raise ValueError if the code or data of a worker differ from those of the sweep."""
    if folder_of(experiment, spec, folder.parent) != folder:
        must = "be the same for the whole sweep, on all its machines"
        but = f"{experiment.path}, a module or file of it, or qce is another than when it began"
        raise error("experiment", must, but, "it again: the sweep then does what is missing")


def _attempt(experiment: Experiment, spec: Any, out: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OlderRunWarning)  # said once, for all runs
            execute(experiment, spec, out, progress=False)
    except RunInProgress:
        return "busy"
    except FileExistsError:
        if folder_of(experiment, spec, out).exists():
            return "skipped"
        raise  # the experiment's own
    return "done"


def _axis(name: str, value: Any) -> list[Any]:
    if hasattr(value, "tolist"):  # NumPy's numbers are not TOML's
        value = value.tolist()
    if not isinstance(value, (list, range)):
        return [value]
    if not value:
        raise error(name, "not be an empty list", "then there is nothing to run", "some values")
    return list(value)


def _bar(schedule: Schedule, progress: bool, stack: contextlib.ExitStack) -> Callable[[], None]:
    """Return a function that shows the state of a sweep, with a bar that the stack closes."""
    from tqdm import tqdm

    @cache  # opened when it is first shown: by then an MPI rank knows whether it is the first
    def opened() -> Any:
        settings = {"disable": not progress, "unit": "run", "dynamic_ncols": True}
        return stack.enter_context(
            tqdm(total=schedule.total, initial=len(schedule.skipped), **settings)
        )

    def show() -> None:
        counts = f"{len(schedule.done)} done, {len(schedule.failed)} failed, {schedule.left} left"
        opened().set_postfix_str(counts, refresh=False)
        opened().update(schedule.settled - opened().n)

    return show
