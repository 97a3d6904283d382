"""Batched evaluation: the circuits of several points are collected into one job."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from qce.devices import Reading
from qce.objectives.machine import Call, Machine, Pullback
from qce.objectives.objective import Measurement

Found = list[tuple[Reading, Pullback]]
Steps = Generator[list[Call], Found, Measurement]


@dataclass(frozen=True, eq=False)
class Batched:
    """What an objective is measured by: a `Measure`.

    Args:
        machine: runs the circuits.
        evaluation: `params, gradient wanted →` a generator that yields the circuits of one
            evaluation, is sent what `machine.readings` returns for them, and returns the
            measurement.
    """

    machine: Machine
    evaluation: Callable[[np.ndarray, bool], Steps]

    def __call__(self, points: Sequence[np.ndarray], with_gradient: bool) -> list[Measurement]:
        """Return the measurement at each point, all their circuits sent together.

        A point that is not finite is NaN, and nothing is sent for it.
        """
        with self.machine.one_job():
            begun = [self._begin(point, with_gradient) for point in points]
            wanted = [next(steps) for steps in begun]
        calls = [call for each in wanted for call in each]
        found = iter(self.machine.readings(calls, with_gradient) if calls else ())
        pairs = zip(begun, wanted, strict=True)
        return [_end(steps, list(islice(found, len(each)))) for steps, each in pairs]

    def _begin(self, point: np.ndarray, with_gradient: bool) -> Steps:
        return (self.evaluation if np.isfinite(point).all() else _nowhere)(point, with_gradient)


def _nowhere(point: np.ndarray, with_gradient: bool) -> Steps:
    yield []
    return Measurement(np.nan, np.nan, np.full(np.shape(point), np.nan) if with_gradient else None)


def _end(steps: Steps, found: Found) -> Measurement:
    try:
        steps.send(found)
    except StopIteration as end:
        return end.value
    raise RuntimeError("an evaluation asked for circuits twice")
