"""Variances of logarithms of factorised states, which add up over the factors of products."""

from __future__ import annotations

import numpy as np

from qce import classical
from qce.quantum._factorised import gaussian
from qce.quantum._factorised.renyi import each
from qce.states import Diagonal, State
from qce.states.known import Known, overlaps, squared
from qce.states.views import View
from qce.typing import Array, Scalar


def relative_entropy_variance(data: State | Array, model: State) -> Scalar:
    """V(ρ‖σ); `(...)` for an array of data `(..., d, d)`."""
    if both := gaussian.pair(data, model):
        return gaussian.relative_entropy_variance(*both)
    return each(_relative, _relative_of_diagonals, data, model)


def cross_entropy_variance(data: State | Array, model: State) -> Scalar:
    """The variance of log σ in ρ; `(...)` as above."""
    return each(_cross, _cross_of_diagonals, data, model)


def _relative_of_diagonals(data: Diagonal, model: Diagonal) -> float:
    p, q = data.probabilities, model.probabilities
    return float(classical.relative_entropy_variance(p, q, check=False))


def _cross_of_diagonals(data: Diagonal, model: Diagonal) -> float:
    p, q = data.probabilities, model.probabilities
    return float(classical.cross_entropy_variance(p, q, check=False))


def _relative(view: View, data: Known, model: Known) -> float:
    """Σ p_i |⟨i|j⟩|² (log(p_i/q_j) − D)², data inside the model's support."""
    _, outside = view.resolve(model)
    if outside > 0:
        return np.inf
    inside, within = (np.isfinite(x.logs) for x in (data, model))
    if data.basis is None and model.basis is None:  # products of diagonal states
        return _spread(np.exp(data.logs[inside]), (data.logs - model.logs)[inside])
    weight = squared(overlaps(data, model))[inside][:, within]
    log_p, log_q = data.logs[inside][:, None], model.logs[within]
    return _spread(weight * np.exp(log_p), log_p - log_q)


def _cross(view: View, data: Known, model: Known) -> float:
    """Σ w_j (log q_j − Σ w log q)² with the data's weights w in the model's eigenbasis."""
    weight, outside = view.resolve(model)
    if outside > 0:
        return np.inf
    inside = np.isfinite(model.logs)
    return _spread(weight[inside], model.logs[inside])


def _spread(weight: np.ndarray, x: np.ndarray) -> float:
    """The variance of x under weights of sum 1, a sum of squares."""
    return float(np.sum(weight * (x - np.sum(weight * x)) ** 2))
