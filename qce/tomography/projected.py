"""Accelerated projected gradient: FISTA on the states, with restarts and backtracking."""

from __future__ import annotations

import math

import numpy as np

from qce.tomography.factor import PATIENCE
from qce.tomography.likelihood import Likelihood, Point
from qce.tomography.track import Track

_SHRINK, _GROW = 0.5, 1.1  # of the step, at a failure and at a success
_LEAST = 1e-14  # a step below which the state does not change
_ROUGH = 1e4  # differences of values below this many roundings have less than four digits


def refine(loss: Likelihood, start: Point, track: Track) -> None:
    """Continue from a point until the track ends it, or steps no longer change the state.

    The error falls as 1/k² where the curvature is bounded, and geometrically near the end.

    Source: J. Shang, Z. Zhang and H. K. Ng, Phys. Rev. A 95, 062336 (2017); restarts by
    B. O'Donoghue and E. Candès, Found. Comput. Math. 15, 715 (2015).
    """
    here = ahead = start  # the state, and the extrapolated point
    momentum, step = 1.0, 1.0
    while not track.done:
        ascent = loss.ascent(ahead)
        found, step = _backtrack(loss, ahead, ascent, step)
        if step < _LEAST:
            track.end(here, loss.ascent(here))
            return
        if np.vdot(ahead.rho - found.rho, found.rho - here.rho).real > 0:
            momentum = 1.0  # momentum points uphill
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        push = (momentum - 1) / following
        ahead = loss.at(found.rho + push * (found.rho - here.rho))
        if not math.isfinite(ahead.value):
            ahead, following = found, 1.0
        here, momentum, step = found, following, step * _GROW
        track.step(PATIENCE, lambda: (here, loss.ascent(here)))  # noqa: B023


def _backtrack(
    loss: Likelihood, origin: Point, ascent: np.ndarray, step: float
) -> tuple[Point, float]:
    """Shorten the step until the loss lies below its quadratic upper bound.

    Where values differ by little more than rounding, slopes are compared instead, as in TFOCS.
    """
    rounding = np.finfo(float).eps * (1 + abs(origin.value))
    while step >= _LEAST:
        point = loss.at(project(origin.rho + step * ascent))
        move = point.rho - origin.rho
        gain, size = np.vdot(ascent, move).real, np.vdot(move, move).real
        if gain > _ROUGH * rounding:
            fits = point.value <= origin.value - gain + size / (2 * step)
        else:
            fits = math.isfinite(point.value) and (
                gain - np.vdot(loss.ascent(point), move).real <= size / step
            )
        if fits:
            return point, step
        step *= _SHRINK
    return origin, step


def project(matrix: np.ndarray) -> np.ndarray:
    """Return the state closest to a Hermitian matrix, in the Frobenius norm."""
    w, v = np.linalg.eigh(matrix)
    w, v = w[::-1], v[:, ::-1]
    excess = (np.cumsum(w) - 1) / np.arange(1, len(w) + 1)
    rank = int(np.flatnonzero(w > excess)[-1]) + 1
    kept = v[:, :rank]
    rho = (kept * (w[:rank] - excess[rank - 1])) @ kept.conj().T
    return (rho + rho.conj().T) / 2
