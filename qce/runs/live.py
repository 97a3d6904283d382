"""The progress of runs from their files, which are read while runs write, and never written."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks, _files
from qce._checks import error
from qce._showing import Shown
from qce.errors import ArgumentError
from qce.results import Cost
from qce.runs.folder import CONFIG, TRACEBACK, state
from qce.runs.locks import is_locked
from qce.runs.record import METRICS, PLAN, TRAINING, part_of
from qce.runs.store import damaged, read_arrays, read_object
from qce.runs.unfinished_runs import last_line
from qce.runs.verifying import has_run_files, is_run

_HISTORY, _RECENT = "history_", 50  # points from which the remaining time is estimated
_TAIL = 1 << 16  # bytes that are read from the end of a file of lines
_NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


@dataclass(frozen=True, repr=False)
class Training(Shown):
    """The progress of one training of a run.

    Attributes:
        part: its name; "" where a run has one.
        step: updates made.
        losses: of every point visited.
        stderr: standard error of the last of them, 0 where it is exact.
        validation: loss of the validation rows when last evaluated, `None` before that.
        spent: circuits, jobs and shots sent to a device.
        seconds: since it began, for each point.
        steps: the most that will be made, `None` where it is not known yet.
        floor: least value the loss can take, `None` where unknown.
        budget: bounds on what is sent, by what is counted.
    """

    part: str
    step: int
    losses: np.ndarray = field(repr=False)
    stderr: float
    validation: float | None
    spent: Cost
    seconds: np.ndarray = field(repr=False)
    steps: int | None = None
    floor: float | None = None
    budget: Mapping[str, int] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """Loss of the last point."""
        return float(self.losses[-1]) if len(self.losses) else math.nan

    @property
    def gap(self) -> float | None:
        """Loss less the floor, `None` where the floor is unknown."""
        return None if self.floor is None else self.loss - self.floor

    @property
    def left(self) -> float | None:
        """Seconds for the remaining steps, or those that the budget covers; `None` if unknown.

        At the speed of the last points; a training that converges takes less.
        """
        recent = self.seconds[-_RECENT:]
        if self.steps is None or len(recent) < 2:
            return None
        pace = float(recent[-1] - recent[0]) / (len(recent) - 1)
        return max(0.0, pace * min([self.steps - self.step, *self._covered()]))

    def _covered(self) -> list[float]:
        """How many steps each bound of the budget covers, at the mean cost of a point so far."""
        spent = {name: getattr(self.spent, name) for name in self.budget}
        points = max(len(self.losses), 1)
        return [(self.budget[k] - spent[k]) * points / spent[k] for k in spent if spent[k] > 0]


@dataclass(frozen=True, repr=False)
class Sight(Shown):
    """The state of a run as seen from its files.

    Attributes:
        folder: of the run.
        state: "running", "finished", "stopped" (or killed), "failed" or "damaged"; "partial" on a
            system without locks, where this is not known; "foreign" if it is no run.
        written: when a file of it was last written, in seconds since 1970.
        trainings: those that have begun, in the order in which they were last written.
        numbers: last line of its metrics.
        problem: why it failed, or which file cannot be read; "" if there is no problem.
    """

    folder: Path
    state: str
    written: float
    trainings: tuple[Training, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def watch(place: str | Path) -> list[Sight]:
    """Return the state of a run, or of all runs in a folder.

    Nothing is written, and files of a run are locked only for a moment, so that running ones are
    not disturbed.

    Args:
        place: A run folder, or the folder that runs are in.

    Returns:
        Running ones, then the others, the last written first; folders that are no runs come last.

    Raises:
        FileNotFoundError: There is no such folder.

    Example:
        >>> import tempfile
        >>> watch(tempfile.mkdtemp())
        []
    """
    return [detailed(sight) for sight in glance(place)]


def glance(place: str | Path) -> list[Sight]:
    """Return the same without opening files: folders, states, and when they were written."""
    place = _checks.path("place", place, '"runs"')
    if not place.is_dir():
        remedy = "a run folder, or the folder that the runs are in"
        raise error("place", "be a folder", f"{place} is none", remedy, FileNotFoundError)
    one = has_run_files(place) or state(place) != "finished"
    inside = [place] if one else [f for f in place.iterdir() if not f.name.startswith(".")]
    found = []
    for folder in inside:
        with contextlib.suppress(FileNotFoundError):  # renamed between two looks
            if folder.is_dir():
                found.append(_outside(folder))
    ranks = {"running": 0, "foreign": 2}
    return sorted(found, key=lambda s: (ranks.get(s.state, 1), -s.written, s.folder.name))


def detailed(sight: Sight) -> Sight:
    """Read the trainings of a run; `problem` names files that cannot be read."""
    if sight.state == "foreign":
        return sight
    folder, problems = sight.folder, [sight.problem]
    trainings: list[Training] = []
    numbers: dict[str, Any] = {}
    try:
        files = sorted(folder.glob(f"*{TRAINING}"), key=lambda file: file.lstat().st_mtime)
    except OSError:  # one was replaced or renamed meanwhile
        files = []
    for file in files:
        with _noting(folder, problems):
            trainings.append(_training(file))
    with _noting(folder, problems):
        numbers = _last_numbers(folder / METRICS)
    with _noting(folder, problems):
        problems.append(last_line(folder / TRACEBACK) or "")
    return replace(
        sight,
        trainings=tuple(_at_its_step(one, numbers) for one in trainings),
        numbers=numbers,
        problem="; ".join(filter(None, problems)),
    )


def _at_its_step(training: Training, numbers: Mapping[str, Any]) -> Training:
    """The training with the step of its last point, which is in its line of metrics."""
    told = numbers.get("step") if numbers.get("part") == training.part else None
    step = told if type(told) is int else training.step
    return replace(training, step=step if training.steps is None else min(step, training.steps))


@contextlib.contextmanager
def _noting(folder: Path, problems: list[str]) -> Iterator[None]:
    """Collect reading errors as lines; that a run was renamed is none."""
    try:
        yield
    except FileNotFoundError:
        return
    except (ArgumentError, OSError) as problem:
        if os.path.lexists(folder):
            problems.append(getattr(problem, "found", "") or str(problem))


def _outside(folder: Path) -> Sight:
    """A run by its name, its lock and the times of its files."""
    if folder.is_symlink() or not is_run(folder):
        what = "is a link" if folder.is_symlink() else "holds no run"
        return Sight(folder, "foreign", folder.lstat().st_mtime, problem=f"{folder.name} {what}")
    how, problem = state(folder), ""
    if how == "partial":
        try:
            locked = is_locked(folder / CONFIG)
            how = {True: "running", False: "stopped", None: how}[locked]
            problem = "killed" if locked is False else ""
        except OSError as strange:
            problem = f"{folder.name}/{CONFIG} {strange.strerror or strange}"
    return Sight(folder, how, _written(folder), problem=problem)


def _written(folder: Path) -> float:
    times = [folder.lstat().st_mtime]
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # written aside, and in its place by now
                times.append(entry.stat(follow_symlinks=False).st_mtime)
    return max(times)


def _training(file: Path) -> Training:
    columns = {
        name.removeprefix(_HISTORY): column
        for name, column in read_arrays(file, _HISTORY).items()
        if column.ndim == 1 and column.dtype.kind == "f"
    }
    losses = columns.get("loss")
    if losses is None or {c.shape for c in columns.values()} != {losses.shape}:
        raise damaged(file, "it holds no history of equally long columns")
    nothing = np.zeros(len(losses))
    looks = columns.get("validation", nothing[:0])
    looks = looks[~np.isnan(looks)]
    return Training(
        part=part_of(file),
        step=len(losses),
        losses=losses,
        stderr=float(columns.get("stderr", nothing)[-1]) if len(losses) else math.nan,
        validation=float(looks[-1]) if len(looks) else None,
        spent=_spent(file),
        seconds=columns.get("seconds", nothing),
        **_planned(file.with_name(file.name.removesuffix(TRAINING) + PLAN)),
    )


def _spent(file: Path) -> Cost:
    counts = read_arrays(file, "spent").get("spent")
    if counts is None or counts.shape != (3,) or counts.dtype.kind not in "iu":
        raise damaged(file, "it does not say what was spent")
    return Cost(*counts.tolist())


def _planned(path: Path) -> dict[str, Any]:
    """The planned steps, floor and budget of a training; empty if they were not written."""
    try:
        path.lstat()
    except FileNotFoundError:
        return {}
    found = read_object(path)
    steps, budget = found.get("steps"), found.get("budget") or {}
    floor = found.get("floor")
    floor = _NUMBERS.get(floor, floor) if isinstance(floor, str) else floor
    bounds = {} if not isinstance(budget, dict) else budget
    fits = type(floor) in (int, float, type(None)) and type(steps) is int
    known = {name: bounds.get(name) for name in vars(Cost()) if bounds.get(name) is not None}
    if not fits or bounds is not budget or not all(type(b) is int for b in known.values()):
        raise damaged(path, "it is no plan of a training")
    return {"steps": steps, "floor": floor, "budget": known}


def _last_numbers(path: Path) -> dict[str, Any]:
    """The last complete line of metrics, read from the end of the file."""
    with open(path, "rb", opener=_files.no_link) as file:
        length = os.fstat(file.fileno()).st_size
        file.seek(max(0, length - _TAIL))
        *whole, _cut_short = file.read(_TAIL).split(b"\n")
    if not whole:
        return {}
    try:
        found = json.loads(whole[-1])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged(path, "its last line is no JSON object")
    return found
