"""The record that an experiment writes during the run, so that a killed run has it."""

import contextlib
import errno
import json
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qce import _checks, _files
from qce._checks import error
from qce._concrete import called
from qce._npz import DamagedArrays, dump, load, numeric
from qce._often import INTERVAL, Often
from qce._showing import Shown
from qce.errors import ArgumentError
from qce.results import Cost
from qce.runs.plain import plain, to_json
from qce.runs.store import read_lines

if TYPE_CHECKING:
    from qce.training import Progress

METRICS, CHECKPOINT = "metrics.jsonl", "checkpoint.npz"
TRAINING, PLAN = ".training.npz", ".plan.json"
_STRANGE = (errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENXIO)


@dataclass(frozen=True, repr=False)
class Record(Shown):
    """The open record of a run.

    When a method returns, the operating system has the data, so that a process that is killed
    loses nothing. They are synced to disk within a second, or with the next call if that is later:
    a power cut may lose as much.

    Args:
        folder: Where to write; None, as in a notebook, to write nothing.
        progress: Whether the experiment shows its progress.
        resumed: Whether the folder was left by an earlier run, which this one continues.

    Example:
        >>> record = Record()
        >>> record.metrics(step=1, loss=0.25)  # goes nowhere: there is no folder
    """

    folder: Path | None = None
    progress: bool = False
    resumed: bool = False
    _begun: float = field(default_factory=time.perf_counter, repr=False)
    _state: "_State" = field(default_factory=lambda: _State(), repr=False)

    def __post_init__(self) -> None:
        if self.folder is not None:
            folder = _checks.path("folder", self.folder, "the folder of a run, or None")
            if not folder.is_dir():
                but, remedy = f"there is no folder {folder}", "one that is there, or None"
                raise error("folder", "be a folder", but, remedy, FileNotFoundError)
            object.__setattr__(self, "folder", folder)
        for name in ("progress", "resumed"):
            object.__setattr__(self, name, _checks.truth(name, getattr(self, name)))
        if self.resumed and self.folder is not None:
            self._state.told = _taken_up(self.folder)

    def metrics(self, /, **numbers: Any) -> None:
        """Append one JSON line to `metrics.jsonl`, with the `seconds` since the start.

        Raises:
            ValueError: A number is called `seconds`, which the record itself writes.
        """
        if "seconds" in numbers:
            but = "`seconds` is the time since the start, which every line has"
            raise error("seconds", "be called otherwise", but, "another name, such as `duration`")
        self._tell(numbers, at_once=False)

    def _tell(self, numbers: dict[str, Any], at_once: bool) -> None:
        """Append a line, and sync to disk if `at_once`, or if the last time was long ago."""
        if self.folder is None:
            return
        seconds = round(time.perf_counter() - self._begun, 3)
        line = json.dumps(plain({**numbers, "seconds": seconds}, "metrics"), allow_nan=False) + "\n"
        path = self.folder / METRICS
        with _plain(path), open(path, "a", encoding="utf-8", opener=_files.no_link) as file:
            if os.fstat(file.fileno()).st_nlink > 1:
                but, remedy = f"{path} is one of two names of a file", "a folder of the run's own"
                raise error("folder", "hold files of the run alone", but, remedy, OSError)
            file.write(line)
            if at_once or time.monotonic() - self._state.synced >= INTERVAL:
                file.flush()
                os.fsync(file.fileno())
                _files.sync(self.folder)
                self._state.synced = time.monotonic()

    def checkpoint(self, /, **arrays: Any) -> None:
        """Replace `checkpoint.npz` as a whole, so that there is always a complete one."""
        if self.folder is None:
            return
        if self._state.often is None:
            self._state.often = Often(self.folder / CHECKPOINT)
        held = numeric(arrays)
        with _plain(self.folder / CHECKPOINT):
            self._state.often.write(lambda file: dump(file, held))

    def fit(
        self,
        objective: Any,
        params: Any = None,
        *,
        part: str = "",
        callback: Any = None,
        **settings: Any,
    ) -> Any:
        """Train with `qce.fit`, with metrics and a checkpoint from which a run can be resumed.

        An interrupted training is no result: where `fit` would return its last point, the run ends,
        and its folder has the checkpoint.

        Args:
            objective: What to minimise.
            params: Starting point.
            part: Name of the training, where a run has several.
            callback: As for `qce.fit`, in addition to the record.
            **settings: As for `qce.fit`.

        Returns:
            `FitResult`.

        Raises:
            KeyboardInterrupt: It was interrupted.
            Exception: What the device raised when it failed permanently.
        """
        import qce.callbacks  # what it needs takes its time, and not every experiment trains

        _checks.instance("part", part, str, "the name of a training")
        file = None if self.folder is None else self.folder / (stem(part) + TRAINING)
        given = [] if callback is None else [callback]
        with called(callbacks="callback"):
            both = qce.callbacks.every(_Follower(self, part), *given)
        result = qce.fit(
            objective,
            params,
            checkpoint=file,
            resume=True,
            progress=self.progress,
            callback=both,
            **settings,
        )
        self._state.spent += result.spent
        self._state.devices |= _device(objective)
        if result.problem is not None:
            raise result.problem
        if result.status.name == "INTERRUPTED":
            raise KeyboardInterrupt
        return result

    @property
    def spent(self) -> Cost:
        """The circuits, jobs and shots of the trainings of `fit`, also those before a resume."""
        return self._state.spent

    @property
    def device(self) -> str:
        """The devices to which they were sent, by name; empty where all was computed."""
        return ", ".join(sorted(self._state.devices))

    def following(self, part: str = "") -> Callable[[int, float, np.ndarray], None]:
        """Return a `callback` for `qce.fit` that records step and loss, and the parameters.

        Args:
            part: Name of the training, where a run has several.
        """
        _checks.instance("part", part, str, "the name of a training")

        def follow(step: int, loss: float, params: np.ndarray) -> None:
            if (part, step, plain(loss)) in self._state.told:
                return  # a resumed training first reports its last point again
            # On the disk before the next checkpoint of the training is, for from that it goes on
            # and says no earlier step again.
            self._tell({"part": part, "step": step, "loss": loss}, at_once=True)
            self.checkpoint(part=np.array(part), step=np.array(step), params=params)

        return follow


class _Follower:
    """Records a training: its planned steps, floor and budget once, and then each point.

    Args:
        record: The record.
        part: Name of the training.
    """

    def __init__(self, record: Record, part: str):
        self._record, self._part = record, part
        self._tell: Callable[[int, float, np.ndarray], None] | None = None

    def follow(self, progress: "Progress") -> None:
        """Record the progress of the training."""
        if self._tell is None:
            self._tell = self._record.following(self._part)
            self._plan(progress)
        self._tell(progress.step, progress.loss, progress.params)

    def _plan(self, progress: "Progress") -> None:
        folder = self._record.folder
        if folder is None:
            return
        budget = None if progress.budget is None else vars(progress.budget)
        about = {"part": self._part, "steps": progress.steps}
        path = folder / (stem(self._part) + PLAN)
        with _plain(path):
            _files.write(path, to_json({**about, "floor": progress.floor, "budget": budget}))


@contextlib.contextmanager
def _plain(path: Path) -> Iterator[None]:
    """Turn the error about something that is no plain file into one with a remedy."""
    try:
        yield
    except OSError as problem:
        if isinstance(problem, ArgumentError) or problem.errno not in _STRANGE:
            raise
        but, remedy = f"{path} is none ({problem.strerror})", "a folder of the run's own"
        raise error("folder", "hold files of the run alone", but, remedy, OSError) from None


@dataclass
class _State:
    """The state of an open record: time of the last sync, points recorded, spending."""

    synced: float = -float("inf")
    often: Often | None = None
    told: set[tuple[str, int, Any]] = field(default_factory=set)
    spent: Cost = Cost()
    devices: set[str] = field(default_factory=set)


def _device(objective: Any) -> set[str]:
    """The name of an objective's device; of a line of text the first word, without options."""
    made = getattr(objective, "recipe", None)
    asked = {} if made is None else made.arguments
    device = asked.get("device")
    if device is None and asked.get("shots") is not None:
        return {"default.qubit"}  # whose outcomes are simulated
    name = device if isinstance(device, str) else getattr(device, "name", "")
    return set(str(name).split()[:1])


def stem(part: str) -> str:
    """Name of the files of a part, without their endings; different for different parts."""
    return urllib.parse.quote(part, safe=" ") or "fit"


def _taken_up(folder: Path) -> set[tuple[str, int, Any]]:
    """Keep the metrics that a resumed run will not write again; return them by part, step, loss.

    A resumed run starts from its beginning, and only its trainings continue from their checkpoints.
    So their lines are kept, up to the step of the checkpoint, and once each; the others are written
    again. A training killed between its checkpoint and its line writes that step again.
    """
    path = folder / METRICS
    if not path.exists():
        return set()
    steps = {part_of(file): _steps(file) for file in folder.glob(f"*{TRAINING}")}
    kept: dict[tuple[str, int, Any], dict[str, Any]] = {}
    for line in read_lines(path):
        part, step, loss = line.get("part"), line.get("step"), line.get("loss")
        if isinstance(part, str) and isinstance(step, int) and isinstance(loss, (float, str)):
            if step <= steps.get(part, -1):
                kept.setdefault((part, step, loss), line)
    _files.write(path, "".join(json.dumps(line) + "\n" for line in kept.values()))
    return set(kept)


def part_of(file: Path) -> str:
    """Name of the part whose checkpoint a file is."""
    name = file.name.removesuffix(TRAINING)
    return "" if name == "fit" else urllib.parse.unquote(name)


def _steps(file: Path) -> int:
    """How many steps a training has done by its checkpoint, -1 where that cannot be read."""
    try:
        return len(load(file)["history_loss"])
    except (DamagedArrays, OSError, KeyError, TypeError):
        return -1
