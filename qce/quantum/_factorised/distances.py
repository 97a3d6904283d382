"""Fidelity, the distances that are functions of it, and the trace distance of factorised states.

All are symmetric, so that it does not matter which of the two is factorised.
"""

from __future__ import annotations

import numpy as np

from qce.quantum._factorised import gaussian
from qce.quantum._factorised.renyi import petz, sandwiched
from qce.states import State
from qce.states.views import Factor
from qce.typing import Array, Scalar


def fidelity(data: State | Array, model: State) -> Scalar:
    """F = e^{−D} with the sandwiched divergence D of order ½."""
    if both := gaussian.pair(data, model):
        return gaussian.fidelity(*both)
    return np.exp(-sandwiched(0.5, data, model))


def bures_distance(data: State | Array, model: State) -> Scalar:
    """√(2 − 2√F)."""
    value = sandwiched(0.5, data, model)
    xp = gaussian.of_library(value)
    return xp.sqrt(-2 * xp.expm1(-value / 2))


def bures_angle(data: State | Array, model: State) -> Scalar:
    """Arccos √F, as 2 arcsin of half the Bures distance, which keeps the digits of small angles."""
    half = bures_distance(data, model) / 2
    xp = gaussian.of_library(half)
    return 2 * xp.arcsin(xp.minimum(half, np.sqrt(0.5)))


def hellinger_distance(data: State | Array, model: State) -> Scalar:
    """√(1 − e^{−D/2}) with Petz' divergence D of order ½."""
    value = petz(0.5, data, model)
    xp = gaussian.of_library(value)
    return xp.sqrt(-xp.expm1(-value / 2))


def trace_distance(data: State | Array, model: State | Array) -> Array | None:
    """½ Σ|eigenvalues of AA† − BB†| from a triangle R of [A, B], for fewer kets than dimensions."""
    if not (isinstance(data, State) and isinstance(model, State)):
        return None
    if _kets(data) + _kets(model) >= data.dimension:
        return None
    views = data.view(), model.view()
    if not all(isinstance(view, Factor) for view in views):
        return None
    kets = [view.a for view in views if isinstance(view, Factor)]
    signs = np.repeat([1.0, -1.0], [a.shape[1] for a in kets])
    triangle = np.linalg.qr(np.hstack(kets)).R
    return np.abs(np.linalg.eigvalsh((triangle * signs) @ triangle.conj().T)).sum() / 2


def _kets(state: State) -> float:
    """How many kets a state is a mixture of; ∞ where it is not stored as kets."""
    kets = getattr(state, "kets", None)
    return len(kets) if kets is not None else (1 if hasattr(state, "ket") else np.inf)
