"""Quasi-Newton steps on a factor: ρ = ZZ†/Tr ZZ† is a state for every matrix Z.

It needs no projection and no eigendecomposition, so that it is the fastest way to the neighbourhood
of the best state. Small eigenvalues converge slowly; the certificate shows how far it has come.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from qce.tomography.likelihood import Likelihood, Point
from qce.tomography.track import Track

_PAIRS = 20  # of steps and gradients that L-BFGS stores
PATIENCE = 10  # steps for each certificate, which costs an eigendecomposition


def descend(loss: Likelihood, start: np.ndarray, track: Track) -> Point:
    """Descend from a state of full rank until the track ends it, or no step lowers the loss."""
    d = len(start)
    last: dict[str, Any] = {}

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        z = x.view(complex).reshape(d, d)
        norm = np.vdot(z, z).real
        point = loss.at(_hermitian(z @ z.conj().T) / norm)
        if not np.isfinite(point.value):
            return np.inf, np.zeros_like(x)
        ascent = loss.ascent(point)
        last["point"], last["ascent"] = point, ascent
        slope = -2 * (ascent @ z - np.vdot(point.rho, ascent).real * z) / norm
        return point.value, slope.reshape(-1).view(float)

    def watch(intermediate_result: OptimizeResult) -> None:
        if track.step(PATIENCE, lambda: (last["point"], last["ascent"])):
            raise StopIteration

    w, v = np.linalg.eigh(start)
    z = np.ascontiguousarray((v * np.sqrt(w)).astype(complex))
    minimize(
        value_and_slope,
        z.reshape(-1).view(float),
        jac=True,
        method="L-BFGS-B",
        callback=watch,
        options={
            "maxiter": track.left,
            "maxfun": 2 * track.left,
            "maxcor": _PAIRS,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    track.end(last["point"], last["ascent"])
    return last["point"]


def _hermitian(x: np.ndarray) -> np.ndarray:
    return (x + x.conj().T) / 2
