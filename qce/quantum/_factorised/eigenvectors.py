"""Rényi divergences of a factorised model as sums over pairs of eigenvectors, in logarithms."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

from qce._spectral.eigen import ZERO
from qce.classical.kernels import divergences as _kernels
from qce.quantum._pairs import MATRIX, TWO_DIGITS
from qce.states.known import Known, epsilon, overlaps
from qce.states.views import View
from qce.typing import Array

_TINY = float(np.finfo(float).tiny)


def petz(alpha: float, view: View, data: Known, model: Known) -> float:
    """Petz' divergence of any order but 1."""
    _, outside = view.resolve(model)
    if outside > 0 if alpha > 1 else not meet(data, model):
        return np.inf
    overlap = _overlap(data, model)
    rounding = 0.0 if data.exactly_diagonal and model.exactly_diagonal else ZERO * epsilon(overlap)
    # In the limit α → ∞ an overlap counts in full, and so has to be certain as a probability.
    least = math.sqrt(rounding) if alpha == math.inf else rounding
    weight = np.where(overlap > least, overlap**2, 0.0)
    inside = np.isfinite(data.logs)[:, None] & np.isfinite(model.logs) & (weight > 0)
    log_p, log_q = (np.where(np.isfinite(x), x, 0.0) for x in (data.logs[:, None], model.logs))
    if alpha == math.inf:
        return max(0.0, float(np.max(log_p - log_q, where=inside, initial=-np.inf)))
    exponents = alpha * log_p + (1 - alpha) * log_q
    log_sum = float(logsumexp(exponents, b=np.where(inside, weight, 0.0)))
    if abs(log_sum) > TWO_DIGITS or not normal(log_q):
        return max(0.0, log_sum / (alpha - 1))
    rest = data.rest(model.vectors())
    return close(alpha, weight, np.exp(data.logs)[:, None], np.exp(model.logs), rest, outside)


def _overlap(data: Known, model: Known) -> np.ndarray:
    """|⟨i|j⟩|, rows of the data and columns of the model."""
    return np.abs(overlaps(data, model))


def meet(data: Known, model: Known) -> bool:
    """Whether the supports overlap by more than rounding."""
    inside = np.isfinite(data.logs)[:, None] & np.isfinite(model.logs)
    angles = np.add.outer(*(np.broadcast_to(x.angles, x.logs.shape) for x in (data, model)))
    least = np.where(data.exactly_diagonal and model.exactly_diagonal, 0.0, angles)
    return bool(np.any(inside & (_overlap(data, model) > least)))


def normal(log_q: np.ndarray) -> bool:
    """Whether no q underflows."""
    return bool(log_q.min() > math.log(_TINY))


def close(alpha: float, overlap: Array, p: Array, q: Array, rest: Array, outside: Array) -> float:
    """The classical divergence by terms that are never negative; `rest` is where p = 0."""
    weight = np.vstack([overlap, rest])
    p = np.vstack([np.broadcast_to(p, overlap.shape), np.zeros_like(rest)])
    delta = np.sqrt(weight) * (p - q)
    sizes = [np.float64(1.0)] * 2  # of states
    value = _kernels.renyi(np, weight, lambda: delta, p, q, outside, sizes, alpha, MATRIX)
    return float(value)
