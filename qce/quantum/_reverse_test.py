"""The Belavkin-Staszewski relative entropy of a factorised model, from its logarithm.

With ρ = AA† and N = A†σ^{−1}A = Σ m_k |l_k⟩⟨l_k| it is Σ_k ⟨l_k|A†A|l_k⟩ log m_k. The eigenvalues
of σ may be as small as they are written: `_graded` takes σ^{−1} by its logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._spectral import adjoint
from qce._spectral.eigen import ZERO
from qce.classical import _kernels
from qce.quantum._graded import graded, spectrum
from qce.states import Diagonal, Product, State, _pairs
from qce.states._known import Known, epsilon, squared
from qce.states._views import Matrices, View
from qce.states.spectra import decomposed

Array = Any

_CLOSE = 0.5  # within this of log m = 0 terms that are never negative are the better ones


def relative_entropy(data: State | Array, model: State) -> Array:
    """D_BS(ρ‖σ); `(...)` for an array of data `(..., d, d)`."""
    if isinstance(data, State):
        return _of_states(data, model)
    known = model.known()
    stack = data.reshape(-1, *data.shape[-2:])
    values = [_of_pair(Matrices(rho), decomposed(rho), known) for rho in stack]
    return np.reshape(values, data.shape[:-2])[()]


def _of_states(data: State, model: State) -> Array:
    if isinstance(data, Diagonal) and isinstance(model, Diagonal):
        return _pairs.relative_entropy(data, model)
    if isinstance(data, Product) and isinstance(model, Product):
        if data.dimensions == model.dimensions:
            return sum(_of_states(*pair) for pair in zip(data.factors, model.factors, strict=True))
    return _of_pair(data.view(), data.known(), model.known())


def _of_pair(view: View, data: Known, model: Known) -> float:
    _, outside = view.resolve(model)
    if outside > 0:
        return np.inf
    factor = data.vectors() * np.exp(data.logs / 2)
    inside = np.flatnonzero(np.isfinite(model.logs))
    inside = inside[np.argsort(model.logs[inside])]
    columns = adjoint(np, model.coordinates(factor)[inside])
    rounding = ZERO * epsilon(factor) * np.exp(data.logs.max() / 2)
    matrix = graded(columns, -model.logs[inside] / 2, rounding)
    over, vectors = spectrum(matrix)
    logs = over + 2 * matrix.scale
    weights = squared(adjoint(np, vectors) @ matrix.rows).sum(axis=1)
    if len(logs) < len(inside) or np.abs(logs).max() > _CLOSE:
        return max(0.0, float(weights @ logs))
    back = weights * np.exp(-logs)
    return float(_kernels.relative_entropy(np, -weights * np.expm1(-logs), weights, back))
