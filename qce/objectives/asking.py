"""Evaluations that say which circuits they need, so that those of many points go out together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from qce.devices import Reading
from qce.objectives.machine import Call, Machine, Pullback

Found = list[tuple[Reading, Pullback]]
Asking = Generator[list[Call], Found, tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class Asked:
    """What an objective is measured by: a `Measure`, at one point or at many.

    Args:
        machine: runs the circuits.
        ask: `params, gradient wanted →` a generator that yields the circuits of one evaluation, is
            sent what `machine.readings` returns for them, and returns what a `Measure` returns.
    """

    machine: Machine
    ask: Callable[[np.ndarray, bool], Asking]

    def __call__(self, params: np.ndarray, with_gradient: bool) -> tuple[Any, ...]:
        """Return the evaluation at one point."""
        return self.at([params], with_gradient)[0]

    def at(self, points: Sequence[np.ndarray], with_gradient: bool) -> list[tuple[Any, ...]]:
        """Return the evaluation at each point, all their circuits sent together.

        A point that is not finite is NaN, and nothing is sent for it.
        """
        askings = [self._ask(point, with_gradient) for point in points]
        asked = [next(asking) for asking in askings]
        calls = [call for each in asked for call in each]
        found = iter(self.machine.readings(calls, with_gradient) if calls else ())
        pairs = zip(askings, asked, strict=True)
        return [_answer(asking, list(islice(found, len(each)))) for asking, each in pairs]

    def _ask(self, point: np.ndarray, with_gradient: bool) -> Asking:
        return (self.ask if np.isfinite(point).all() else _nowhere)(point, with_gradient)


def _nowhere(point: np.ndarray, with_gradient: bool) -> Asking:
    yield []
    return np.nan, np.nan, np.full(np.shape(point), np.nan) if with_gradient else None


def _answer(asking: Asking, found: Found) -> tuple[Any, ...]:
    try:
        asking.send(found)
    except StopIteration as end:
        return end.value
    raise RuntimeError("an evaluation asked for circuits twice")
