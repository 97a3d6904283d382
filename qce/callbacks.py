"""Callbacks for experiment trackers: TensorBoard, MLflow, Weights & Biases, or your own.

Each is a `callback` for `qce.fit`, and writes the numbers of a `qce.training.Progress` under their
names: loss, its standard error, gap, validation, gradient, spending. The end of a training is
written too, at the step of its last point. None of the trackers is needed by `qce` or installed
with it: you open the tracker and pass it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from qce import _checks
from qce._checks import error, shown
from qce._concrete import called
from qce._showing import Shown
from qce.training import Follower, Progress
from qce.training.arguments import Callback, check_callback, inform

__all__ = ["MLflow", "Scalars", "TensorBoard", "WeightsAndBiases", "every"]


_WRITTEN = ("name", "value", "step")


class _Writer(Protocol):
    """As `torch.utils.tensorboard` and `tensorboardX` have it."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> object: ...


class _Run(Protocol):
    """As `wandb.init` returns it."""

    def log(self, data: dict[str, float], step: int) -> object: ...


@dataclass(frozen=True, repr=False)
class Scalars(Shown):
    """Pass each number to a function: for any tracker that takes a name, a value and a step.

    Args:
        write: called with name, value and step.
        part: prefix of each name, as `part/loss`, for several trainings in one place.

    Example:
        >>> import qce
        >>> told = []
        >>> scalars = Scalars(lambda *number: told.append(number), part="fit")
        >>> options = {"steps": 5, "callback_every": 2, "progress": False}
        >>> _ = qce.fit(lambda x: x @ x, [1.0], callback=scalars, **options)
        >>> [(name, step) for name, _, step in told if "loss" in name]
        [('fit/loss', 2), ('fit/loss', 4), ('fit/loss', 5)]
    """

    write: Callable[[str, float, int], object]
    part: str = ""

    def __post_init__(self) -> None:
        _checks.function("write", self.write, "a function of name, value and step", _WRITTEN)
        _check_part(self.part)

    def follow(self, progress: Progress) -> None:
        """Write where the training is."""
        for name, value in _named(progress, self.part).items():
            self.write(name, value, progress.step)


@dataclass(frozen=True, repr=False)
class TensorBoard(Shown):
    """Write to an event file of TensorBoard.

    Args:
        writer: `SummaryWriter(folder)` of `tensorboardX` or `torch.utils.tensorboard`; it is not
            closed here.
        part: prefix of each name.

    Example:
        >>> import qce
        >>> class Printer:  # anything that has the method; a SummaryWriter is in the how-to
        ...     def add_scalar(self, tag, value, step):
        ...         if tag == "loss":
        ...             print(tag, step)
        >>> options = {"steps": 5, "callback_every": 2, "progress": False}
        >>> _ = qce.fit(lambda x: x @ x, [1.0], callback=TensorBoard(Printer()), **options)
        loss 2
        loss 4
        loss 5
    """

    writer: _Writer
    part: str = ""

    def __post_init__(self) -> None:
        _check_has("writer", self.writer, "add_scalar", "SummaryWriter(folder) of tensorboardX")
        _check_part(self.part)

    def follow(self, progress: Progress) -> None:
        """Write where the training is."""
        Scalars(self.writer.add_scalar, self.part).follow(progress)


@dataclass(frozen=True, repr=False)
class MLflow(Shown):
    """Log to a run of MLflow: the active one, or one by its number.

    MLflow's own settings decide where: `mlflow.set_tracking_uri("sqlite:///runs.db")` needs no
    server.

    Args:
        run_id: of the run; `None` for the active one, which `mlflow.start_run()` opens.
        part: prefix of each name.

    Raises:
        ModuleNotFoundError: MLflow is not installed.
    """

    run_id: str | None = None
    part: str = ""

    def __post_init__(self) -> None:
        if self.run_id is not None:
            _checks.instance("run_id", self.run_id, str, "the `run.info.run_id` of a run, or None")
        _check_part(self.part)
        _mlflow()

    def follow(self, progress: Progress) -> None:
        """Log where the training is, in one call."""
        numbers = _named(progress, self.part)
        _mlflow().log_metrics(numbers, step=progress.step, run_id=self.run_id)


@dataclass(frozen=True, repr=False)
class WeightsAndBiases(Shown):
    """Log to a run of Weights & Biases.

    Args:
        run: what `wandb.init(…)` returns; with `mode="offline"` it needs no network.
        part: put before each name.
    """

    run: _Run
    part: str = ""

    def __post_init__(self) -> None:
        _check_has("run", self.run, "log", "what wandb.init() returns")
        _check_part(self.part)

    def follow(self, progress: Progress) -> None:
        """Log where the training is."""
        self.run.log(_named(progress, self.part), step=progress.step)


@dataclass(frozen=True)
class _Every:
    callbacks: tuple[Callback | Follower, ...]

    def follow(self, progress: Progress) -> None:
        """Call all of them, and then end the training if one of them raised `StopIteration`."""
        ended = False
        for callback in self.callbacks:
            try:
                inform(callback, progress)
            except StopIteration:
                ended = True
        if ended:
            raise StopIteration


def every(*callbacks: Callback | Follower) -> Follower:
    """Return one callback of several; it ends the training where one of them does.

    Args:
        *callbacks: as `qce.fit` takes them.

    Example:
        >>> import qce
        >>> steps, told = [], []
        >>> scalars = Scalars(lambda *number: told.append(number))
        >>> both = every(lambda step, loss, params: steps.append(step), scalars)
        >>> options = {"steps": 5, "callback_every": 2, "progress": False}
        >>> _ = qce.fit(lambda x: x @ x, [1.0], callback=both, **options)
        >>> steps, len(told) > 4
        ([2, 4, 5], True)
    """
    with called(callback="callbacks"):
        for callback in callbacks:
            check_callback(callback)
    return _Every(callbacks)


def _named(progress: Progress, part: str) -> dict[str, float]:
    before = f"{part}/" if part else ""
    return {f"{before}{name}": value for name, value in progress.numbers().items()}


def _check_part(part: str) -> None:
    _checks.instance("part", part, str, "the name of a training")


def _check_has(name: str, given: Any, method: str, remedy: str) -> None:
    if isinstance(given, type) or not callable(getattr(given, method, None)):
        raise error(name, f"have a method `{method}`", f"it is {shown(given)}", remedy, TypeError)


def _mlflow() -> Any:
    try:
        import mlflow
    except ImportError as missing:
        raise ModuleNotFoundError("MLflow is needed here: pip install mlflow-skinny") from missing
    return mlflow
