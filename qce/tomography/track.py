"""The record of a reconstruction: steps, certificates, and the best state so far."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qce.tomography.likelihood import Point, certificate

Ascent = np.ndarray


class Track:
    """Counts steps, computes certificates and decides when to stop.

    Args:
        tolerance: certificate at which to stop.
        steps: the most, over all phases.
    """

    def __init__(self, tolerance: float, steps: int):
        self.tolerance, self._most = tolerance, steps
        self.steps = 0
        self.best: Point | None = None
        self.certificate = np.inf
        self._rows: list[tuple[int, float, float]] = []

    @property
    def left(self) -> int:
        """Steps that are left."""
        return self._most - self.steps

    @property
    def done(self) -> bool:
        """Whether the certificate is small enough, or no step is left."""
        return self.certificate <= self.tolerance or self.left <= 0

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Arrays `step`, `loss` and `certificate` over the points with a certificate."""
        step, loss, gap = zip(*self._rows, strict=True)
        return {"step": np.array(step), "loss": np.array(loss), "certificate": np.array(gap)}

    def step(self, every: int, here: Callable[[], tuple[Point, Ascent]]) -> bool:
        """Count a step; judge every `every`-th point, and the last one."""
        self.steps += 1
        if self.steps % every == 0 or self.left <= 0:
            self.judge(*here())
        return self.done

    def end(self, point: Point, ascent: Ascent) -> None:
        """Judge the point at which a method stops, unless this was done already."""
        if not self._rows or self._rows[-1][0] < self.steps:
            self.judge(point, ascent)

    def judge(self, point: Point, ascent: Ascent) -> None:
        """Compute the certificate of a point, and keep the point if it is the best so far."""
        gap = certificate(point.rho, ascent)
        self._rows.append((self.steps, point.value, gap))
        if gap < self.certificate:
            self.best, self.certificate = point, gap
