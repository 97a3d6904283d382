"""Mirror descent in the logarithm of the state, for losses whose best state has full rank.

ln ρ ← ln ρ + ηG, normalised. Eigenvalues change by factors, so that small ones converge as fast as
large ones. The loss falls at every step: a step is kept only if the gradient at its end still
points along it, and by convexity f(new) ≤ f(old) − ⟨G_new, new − old⟩. Values are not compared,
since near the end their differences are rounding.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from qce.tomography.factor import PATIENCE
from qce.tomography.likelihood import Likelihood, Point
from qce.tomography.track import Track

_LEAST = 1e-14


def refine(loss: Likelihood, start: Point, track: Track) -> None:
    """Continue from a point of full rank until the track ends it, or no step lowers the loss.

    Source: Y.-H. Li and V. Cevher, J. Optim. Theory Appl. 181, 588 (2019), for the update with a
    line search (Armijo's there).
    """
    here, ascent, step = start, loss.ascent(start), 1.0
    exponent = _logarithm(start.rho)
    while not track.done:
        while step >= _LEAST:
            rho, trial = exponential(exponent + step * ascent)
            point = loss.at(rho)
            if np.isfinite(point.value):
                slope = loss.ascent(point)
                if _points_on(slope, rho - here.rho):
                    break
            step /= 2
        else:
            track.end(here, ascent)
            return
        here, ascent, exponent, step = point, slope, trial, 2 * step
        track.step(PATIENCE, lambda: (here, ascent))  # noqa: B023


def _points_on(slope: np.ndarray, move: np.ndarray) -> bool:
    """Whether ⟨G, move⟩ ≥ 0, without the part of G along 1, since rounding gives moves a trace."""
    level = np.trace(slope).real / len(slope) * np.eye(len(slope))
    return bool(np.vdot(slope - level, move).real >= 0)


def exponential(exponent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return e^X / Tr e^X, and X shifted so that the trace is 1."""
    w, v = np.linalg.eigh(exponent)
    log_trace = float(logsumexp(w))
    rho = (v * np.exp(w - log_trace)) @ v.conj().T
    return (rho + rho.conj().T) / 2, exponent - log_trace * np.eye(len(w))


def _logarithm(rho: np.ndarray) -> np.ndarray:
    w, v = np.linalg.eigh(rho)
    return (v * np.log(np.maximum(w, np.finfo(float).tiny))) @ v.conj().T
