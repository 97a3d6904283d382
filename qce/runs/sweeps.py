"""Many runs of one experiment: what is missing is done, on any engine, whatever happens to it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from qce import _process
from qce._checks import error
from qce.runs import engines
from qce.runs.experiment import Experiment, load_experiment
from qce.runs.folder import RunInProgress
from qce.runs.loading import load
from qce.runs.run import execute, folder_of
from qce.runs.schedule import Failure, Schedule, Task
from qce.runs.spec import make
from qce.runs.table import Table


def grid(spec: type, **values: Any) -> list[Any]:
    """Return a spec for each combination of values; the last one named varies fastest.

    Args:
        spec: Frozen dataclass of an experiment.
        **values: By field. A list, range or array holds values to go through; anything else, a
            tuple too, is one value.

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
    axes = [_axis(name, value) for name, value in values.items()]
    combinations = itertools.product(*axes)
    return [make(spec, dict(zip(values, one, strict=True))) for one in combinations]


@dataclass(frozen=True)
class SweepReport:
    """What became of the runs of a sweep.

    Args:
        done: Folders of the runs that this sweep finished.
        skipped: Folders of the runs that were there already, or finished elsewhere meanwhile.
        failed: `reason` and `traceback` by the folder that the run would have got.
    """

    done: tuple[Path, ...]
    skipped: tuple[Path, ...]
    failed: dict[Path, Failure] = field(repr=False)

    def table(self) -> Table:
        """Return all finished runs as one table: spec, report, folder."""
        return load(*sorted((*self.done, *self.skipped)))

    def __str__(self) -> str:
        counts = f"{len(self.done)} done, {len(self.skipped)} there already"
        failures = [f"  {folder.name}: {why.reason}" for folder, why in self.failed.items()]
        return "\n".join([f"{counts}, {len(self.failed)} failed", *failures])


def sweep(
    experiment: Experiment,
    specs: Iterable[Any],
    out: str | Path = "runs",
    *,
    engine: str | Executor = "processes",
    workers: int | None = None,
    progress: bool = True,
) -> SweepReport:
    """Do the runs that are missing, one task a run, each stored as soon as it is finished.

    A run depends on its spec alone, and every process that runs tasks (with `"serial"` that is this
    one) is prepared as the command line is: one BLAS thread, JAX in 64 bit. So every engine gives
    the same arrays to the last bit. A run that fails is kept with its traceback beside the others
    and stops none of them. A worker that dies is replaced and its run tried again, three times in
    all. A run that another process is doing is waited for. An interrupted sweep leaves finished
    runs; started again, it does the others.

    Args:
        experiment: As `load_experiment` returns it; workers load its file by its path.
        specs: Instances of its `Spec`, as `grid` makes them; equal ones are run once.
        out: Folder that takes the run folders; on a cluster one that all machines see.
        engine: Where to run, see `qce.runs.engines.choose`. With `"processes"`, `"dask"` and
            `"slurm"` a script needs `if __name__ == "__main__":` around this call.
        workers: How many tasks at once, where the engine lets one choose.
        progress: Show a bar.

    Returns:
        Report: what was done, skipped, and failed.

    Raises:
        ValueError: There is no such engine.
        KeyboardInterrupt: The sweep was interrupted; running tasks have been stopped.
        BrokenExecutor: Workers die before they finish anything, or an Executor that was passed in
            is broken.
    """
    pairs = [(experiment, spec) for spec in specs]
    return sweep_all(pairs, out, engine=engine, workers=workers, progress=progress)


def sweep_all(
    pairs: Iterable[tuple[Experiment, Any]],
    out: str | Path = "runs",
    *,
    engine: str | Executor = "processes",
    workers: int | None = None,
    progress: bool = True,
) -> SweepReport:
    """Do the runs that are missing, of several experiments side by side.

    Args:
        pairs: Experiments, each with an instance of its `Spec`.
        out: As in `sweep`, with all that it promises, and so the rest.
        engine: Where to run.
        workers: How many tasks at once.
        progress: Show a bar.

    Returns:
        Report: what was done, skipped, and failed.
    """
    chosen = engines.choose(engine, workers)
    out = Path(out).absolute()
    by_folder = {folder_of(experiment, spec, out): (experiment, spec) for experiment, spec in pairs}
    tasks = [Task(folder, _call(*pair, out)) for folder, pair in by_folder.items()]
    schedule = Schedule(tasks, _run_one)
    if schedule.missing or chosen.collective:
        with contextlib.ExitStack() as stack:
            schedule.run(chosen, _bar(schedule, progress, stack))
    return SweepReport(tuple(schedule.done), tuple(schedule.skipped), schedule.failed)


def _call(experiment: Experiment, spec: Any, out: Path) -> tuple[Path, dict[str, Any], Path]:
    """What a worker needs: the class of a spec is known only to who has loaded the file."""
    values = {item.name: getattr(spec, item.name) for item in dataclasses.fields(spec)}
    return experiment.path, values, out


def _run_one(path: Path, values: dict[str, Any], out: Path) -> str | Failure:
    """Do one run in a worker; return what became of it."""
    try:
        _process.prepare()
        experiment = _loaded(path, path.stat().st_mtime_ns)
        return _attempt(experiment, experiment.spec(**values), out)
    except _process.Stopped:
        raise
    except (Exception, SystemExit) as problem:
        reason = "".join(traceback.format_exception_only(problem)).splitlines()[0]
        return Failure(reason, "".join(traceback.format_exception(problem)))


@lru_cache(maxsize=1)
def _loaded(path: Path, written: int) -> Experiment:
    """Load a file once as long as it stays as it is: what it compiles serves the next run too."""
    del written
    return load_experiment(path)


def _attempt(experiment: Experiment, spec: Any, out: Path) -> str:
    try:
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
    """Return what shows the state of a sweep, with a bar that the stack closes."""
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
