"""One step of gradient descent, natural gradient, Newton's method, expectation maximisation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qce.boltzmann.moments import Target
from qce.boltzmann.point import Point, at, loss
from qce.models import BoltzmannMachine

_LEAST, _STIFF = 1e-15, 1e15  # of the damping: below counts as none, above moves nothing
_INNER, _CLOSE = 50, 1e-6  # of maximisations: the most steps, and the share of the slope left
_ROUNDING = 8 * np.finfo(float).eps  # of a loss of order one and above, relatively


@dataclass(frozen=True, eq=False)
class Place:
    """A machine at one θ, with its loss and gradient.

    In expectation maximisation the gradient is that of the bound.
    """

    params: np.ndarray
    value: float
    gradient: np.ndarray
    point: Point
    damping: float = 0.0  # that the next step begins with

    @property
    def finite(self) -> bool:
        """Whether value and gradient are numbers."""
        return math.isfinite(self.value) and bool(np.isfinite(self.gradient).all())


@dataclass(frozen=True, eq=False)
class Descent:
    """The settings of steps: machine, data, method, and how many numbers a block may hold."""

    machine: BoltzmannMachine
    target: Target
    method: str
    numbers: int

    def at(self, params: np.ndarray) -> Place:
        """The machine at θ."""
        # A trial step may be too long; the caller refuses values that are not finite.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            point = at(self.machine, params)
            value, gradient = loss(point, params, self.target.moments, self.target.state)
            if self.method == "em" and self.target.state is not None:
                recovered = point.recovered(self.target.state)
                gradient = self.machine.terms.expectations(recovered) - point.moments
        return Place(params, value, gradient, point)

    def step(self, here: Place, rate: float) -> Place | None:
        """The next place; None where no step lowers the loss."""
        if self.method == "gradient":
            return self.at(here.params - rate * here.gradient)
        if self.method == "em":
            return self.at(self._maximised(here))
        hidden = self.machine.hidden
        metric = here.point.visible_metric() if hidden else here.point.covariance(self.numbers)
        if self.method == "natural" and not hidden:
            return self.at(here.params - rate * _solve(metric, here.gradient, 0.0))
        return self._damped(here, metric, rate)

    def _maximised(self, here: Place) -> np.ndarray:
        """Parameters of the state of all wires that has the moments of the recovered data."""
        machine = BoltzmannMachine(self.machine.terms)
        moments = np.asarray(here.gradient + here.point.moments)
        whole = Descent(machine, Target(moments, None, None), "newton", self.numbers)
        place: Place | None = whole.at(here.params)
        least = _CLOSE * np.linalg.norm(here.gradient)
        params = here.params
        for _ in range(_INNER):
            if place is None or not place.finite:
                break
            params = place.params
            if np.linalg.norm(place.gradient) <= least:
                break
            place = whole.step(place, 1.0)
        return params

    def _damped(self, here: Place, metric: np.ndarray, rate: float) -> Place | None:
        """Levenberg and Marquardt: the metric is damped until the loss decreases.

        The metric is nearly singular far from the optimum, where a state is nearly pure, and around
        the saddle point of hidden wires.
        """
        damping = here.damping
        while damping < _STIFF:
            there = self.at(here.params - rate * _solve(metric, here.gradient, damping))
            if _improves(there, here):
                return replace(there, damping=damping / 10 if damping > _LEAST else 0.0)
            damping = max(10 * damping, _LEAST)
        return None


def _improves(there: Place, here: Place) -> bool:
    """A lower loss; where rounding hides that, a smaller gradient."""
    if there.value < here.value:
        return True
    hidden = there.value <= here.value + _ROUNDING * max(1.0, abs(here.value))
    return bool(hidden and np.linalg.norm(there.gradient) < np.linalg.norm(here.gradient))


def _solve(metric: np.ndarray, gradient: np.ndarray, damping: float) -> np.ndarray:
    """(M + damping · tr M/J)⁻¹ g, with 0 along directions in which M and g vanish."""
    values, vectors = np.linalg.eigh(metric)
    slopes = vectors.T @ gradient
    rounding = np.finfo(float).eps * len(values)
    known = (values > rounding * values[-1]) | (np.abs(slopes) > rounding)
    stiffness = np.maximum(values, rounding * values[-1]) + damping * values.mean()
    return vectors @ np.where(known, slopes / stiffness, 0.0)
