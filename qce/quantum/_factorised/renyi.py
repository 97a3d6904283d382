"""Divergences of a factorised model, from its logarithm.

Its eigenvalues q may be of any size, since only logarithms of their powers are used. With ρ = AA†
the eigenvalues m of σ^s ρ σ^s are those of N = A†σ^{2s}A:

- Belavkin-Staszewski: s = −½, Σ_k ⟨k|A†A|k⟩ log m_k with the eigenvectors |k⟩ of N;
- sandwiched: s = (1−α)/2α, log(Σ m^α)/(α−1); the largest log m at α = ∞, where s = −½.

Where every m counts, `_graded` finds their logarithms. From α = ½ on only the largest count, and
they are squares of singular values of A†σ^s. Petz' divergence is a sum over pairs of eigenvectors.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from qce._arrays import adjoint
from qce._spectral.eigen import ZERO
from qce.classical.kernels import entropies as _kernels
from qce.classical.renyi import renyi_divergence
from qce.quantum._factorised import eigenvectors, entropies, gaussian
from qce.quantum._factorised.eigenvectors import close, meet, normal
from qce.quantum._pairs import TWO_DIGITS
from qce.quantum._renyi.graded import Graded, graded, spectrum
from qce.states import Diagonal, Product, State
from qce.states.known import Known, epsilon, squared
from qce.states.spectra import decomposed
from qce.states.views import Matrices, View
from qce.typing import Array, Scalar

Pair = Callable[[View, Known, Known], float]
Commuting = Callable[[Diagonal, Diagonal], Scalar]

_EPS = float(np.finfo(float).eps)
_CLOSE = 0.5  # where all |log m| are below this, a sum of non-negative terms is more accurate


def belavkin_staszewski(data: State | Array, model: State) -> Scalar:
    """D_BS(ρ‖σ); `(...)` for an array of data `(..., d, d)`."""
    return each(_belavkin_staszewski, entropies.relative_entropy, data, model)


def sandwiched(alpha: float, data: State | Array, model: State) -> Scalar:
    """The sandwiched Rényi divergence of any order but 1; `(...)` as above."""
    if alpha > 0 and (both := gaussian.pair(data, model)):
        return gaussian.sandwiched(alpha, *both)
    pair = functools.partial(_sandwiched_small if alpha < 0.5 else _sandwiched, alpha)
    return each(pair, functools.partial(_classical, alpha), data, model)


def petz(alpha: float, data: State | Array, model: State) -> Scalar:
    """Petz' Rényi divergence of any order but 1; `(...)` as above."""
    if alpha < math.inf and (both := gaussian.pair(data, model)):
        return gaussian.petz(alpha, *both)
    pair, commuting = (
        functools.partial(eigenvectors.petz, alpha),
        functools.partial(_classical, alpha),
    )
    return each(pair, commuting, data, model)


def each(pair: Pair, commuting: Commuting, data: State | Array, model: State) -> Scalar:
    """An additive divergence of states, or of each matrix of a stack beside a state."""
    if isinstance(data, State):
        return _of_states(pair, commuting, data, model)
    known = model.known()
    stack = data.reshape(-1, *data.shape[-2:])
    values = [pair(Matrices(rho), decomposed(rho), known) for rho in stack]
    return np.reshape(values, data.shape[:-2])[()]


def _of_states(pair: Pair, commuting: Commuting, data: State, model: State) -> Scalar:
    if isinstance(data, Diagonal) and isinstance(model, Diagonal):
        return commuting(data, model)
    if isinstance(data, Product) and isinstance(model, Product):
        if data.dimensions == model.dimensions:
            factors = zip(data.factors, model.factors, strict=True)
            return sum(_of_states(pair, commuting, *both) for both in factors)
    return pair(data.view(), data.known(), model.known())


def _classical(alpha: float, data: Diagonal, model: Diagonal) -> float:
    return float(renyi_divergence(data.probabilities, model.probabilities, alpha, check=False))


# --- by the eigenvalues of N -------------------------------------------------------------------


def _graded(power: float, data: Known, model: Known) -> Graded:
    """N = A†σ^{power}A by the columns of A†V inside the support of σ."""
    factor = data.vectors() * np.exp(data.logs / 2)
    inside = np.flatnonzero(np.isfinite(model.logs))
    inside = inside[np.argsort(-power * model.logs[inside])]
    columns = adjoint(np, model.coordinates(factor)[inside])
    return graded(columns, power * model.logs[inside] / 2, _rounding(data, model, factor))


def _rounding(data: Known, model: Known, factor: np.ndarray) -> float:
    """What rounding makes of a column of A†V that is 0."""
    written = data.exactly_diagonal and model.exactly_diagonal
    return 0.0 if written else float(ZERO * epsilon(factor) * np.exp(data.logs.max() / 2))


def _belavkin_staszewski(view: View, data: Known, model: Known) -> float:
    _, outside = view.resolve(model)
    if outside > 0:
        return np.inf
    matrix = _graded(-1.0, data, model)
    over, vectors = spectrum(matrix)
    logs = over + 2 * matrix.scale
    weights = squared(adjoint(np, vectors) @ matrix.rows).sum(axis=1)
    if len(logs) < len(matrix.logs) or np.abs(logs).max() > _CLOSE:
        return max(0.0, float(weights @ logs))
    back = weights * np.exp(-logs)
    return float(_kernels.relative_entropy(np, -weights * np.expm1(-logs), weights, back))


def _sandwiched_small(alpha: float, view: View, data: Known, model: Known) -> float:
    """0 <= α < ½. The limit α → 0 is −log of the q of columns independent of larger ones."""
    matrix = _graded(1 / alpha - 1 if alpha else 1.0, data, model)
    if not (matrix.leading and meet(data, model)):
        return np.inf
    logs = 2 * matrix.scale
    if alpha:
        logs = alpha * (logs + spectrum(matrix)[0])
    return max(0.0, float(logsumexp(logs)) / (alpha - 1))


# --- by the singular values of A†σ^s ------------------------------------------------------------


def _sandwiched(alpha: float, view: View, data: Known, model: Known) -> float:
    """α >= ½, where small singular values count no more than their rounding, ε of the largest."""
    _, outside = view.resolve(model)
    if outside > 0 if alpha > 1 else not meet(data, model):
        return np.inf
    power = 1 / alpha - 1
    inside = np.isfinite(model.logs)
    log_q = model.logs[inside]
    shift, singular, overlap = _singular(power * log_q / 2, inside, data, model)
    if shift == -np.inf:
        return np.inf
    with np.errstate(divide="ignore"):
        logs = 2 * (np.log(singular) + shift)
    if alpha == math.inf:
        return max(0.0, float(logs.max()))
    log_sum = float(logsumexp(alpha * logs))
    well = logs.min() > math.log(_EPS * abs(alpha - 1))  # P_kj, known to ε/√m, say more
    if abs(log_sum) > TWO_DIGITS or not (well and normal(log_q)):
        return max(0.0, log_sum / (alpha - 1))
    rest = 1 - overlap.sum(axis=0) if len(logs) < len(log_q) else np.zeros_like(log_q)
    p = np.exp(logs[:, None] - power * log_q)  # P_kj = m_k q_j^{(α−1)/α}
    return close(alpha, overlap, p, np.exp(log_q), np.maximum(rest, 0.0), outside)


def _singular(
    powers: np.ndarray, inside: np.ndarray, data: Known, model: Known
) -> tuple[float, np.ndarray, np.ndarray]:
    """Singular values of A†V e^{powers}, over the exponential of a shift; |⟨k|j⟩|²."""
    support = np.isfinite(data.logs)
    factor = data.vectors()[:, support] * np.exp(data.logs[support] / 2)
    columns = adjoint(np, model.coordinates(factor)[inside])
    sizes = np.linalg.norm(columns, axis=0)
    # A power of a tiny q could make a column of mere rounding the largest.
    met = sizes > _rounding(data, model, factor)
    shift = float(np.max(powers + np.log(np.where(met, sizes, 1.0)), where=met, initial=-np.inf))
    scale = np.exp(np.where(met, powers - shift, -np.inf)) if met.any() else np.zeros_like(powers)
    _, singular, rows = np.linalg.svd(columns * scale, full_matrices=False)
    return shift, singular, squared(rows)
