"""The progress of a training, for records, trackers and live views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from qce._showing import Shown
from qce.results import Cost
from qce.training.budget import Budget


@dataclass(frozen=True, repr=False)
class Progress(Shown):
    """The progress of a training, as `fit` passes it to a callback's `follow`.

    Attributes:
        step: updates made.
        steps: the most updates that will be made.
        loss: of the last point at which loss and gradient were finite.
        stderr: standard error of the loss, 0 where it is exact.
        grad_norm: Euclidean norm of the gradient of the last point visited.
        params: parameters of the loss, shape `(size,)`, or in the form that a function takes.
        seconds: since the training began, without interruptions.
        floor: least value the loss can take, `None` where unknown.
        validation: loss of the validation rows when last evaluated, `None` before that.
        spent: circuits, jobs and shots sent so far.
        budget: the most that may be sent, `None` for no bound.

    Example:
        >>> import qce
        >>> class Last:
        ...     def follow(self, progress):
        ...         self.told = progress
        >>> last = Last()
        >>> _ = qce.fit(lambda x: x @ x + 1, [1.0], steps=5, callback=last, progress=False)
        >>> last.told.step, last.told.steps, sorted(last.told.numbers())
        (5, 5, ['grad_norm', 'loss', 'seconds', 'stderr'])
    """

    step: int
    steps: int
    loss: float
    stderr: float
    grad_norm: float
    params: np.ndarray = field(repr=False)
    seconds: float
    floor: float | None = None
    validation: float | None = None
    spent: Cost = field(default_factory=Cost)
    budget: Budget | None = None

    @property
    def gap(self) -> float | None:
        """Loss less the floor, `None` where the floor is unknown."""
        return None if self.floor is None else self.loss - self.floor

    def numbers(self) -> dict[str, float]:
        """Return the numbers that change from step to step, by name, without `None`."""
        found = {
            "loss": self.loss,
            "stderr": self.stderr,
            "grad_norm": self.grad_norm,
            "gap": self.gap,
            "validation": self.validation,
            "seconds": self.seconds,
        }
        sent = {name: number for name, number in vars(self.spent).items() if number}
        return {name: float(x) for name, x in (found | sent).items() if x is not None}


@runtime_checkable
class Follower(Protocol):
    """An object that `fit` takes as `callback` in place of a function."""

    def follow(self, progress: Progress) -> None:
        """Take the progress of the training; raise `StopIteration` to end it."""
