"""Entropies of factorised states, and of pairs in which at least one is factorised.

Each ends in a classical sum over weights and exact log-eigenvalues.
"""

from __future__ import annotations

import numpy as np

from qce.classical.kernels import logarithms as _logarithms
from qce.classical.kernels import orders as _order_kernels
from qce.quantum._entropies import RELATIVE_ENTROPY
from qce.quantum._factorised import gaussian
from qce.states import Dense, Diagonal, GaussianFermions, Product, Pure, State, Thermal
from qce.states.known import LARGEST, Known, overlaps, squared
from qce.states.lanczos import certified
from qce.states.spectra import decomposed
from qce.states.views import Matrices, View
from qce.typing import Array, Scalar

CHAIN = 2**10  # a free-fermion chain is written out up to here, beside another kind of state


def entropy(state: State) -> Scalar:
    """S(ρ)."""
    if isinstance(state, GaussianFermions):
        return gaussian.entropy(state)
    if isinstance(state, Product):
        return sum(entropy(factor) for factor in state.factors)
    if isinstance(state, Thermal) and state.free:
        return float(_logarithms.entropy(state.modes().logs))
    return float(_logarithms.entropy(state.known().logs))


def renyi_entropy(state: State, alpha: float) -> Scalar:
    """S_α(ρ), which adds up over factors and over modes."""
    if isinstance(state, GaussianFermions):
        return gaussian.renyi_entropy(state, alpha)
    if isinstance(state, Product):
        return sum(renyi_entropy(factor, alpha) for factor in state.factors)
    if isinstance(state, Thermal) and state.free:
        logs = state.modes().logs.reshape(2, -1).T  # of each mode, that it is full and empty
        return float(_order_kernels.renyi(np, logs, alpha).sum())
    return float(_order_kernels.renyi(np, state.known().logs, alpha))


def tsallis_entropy(state: State, alpha: float) -> Scalar:
    """T_α(ρ), from the Rényi entropy, which adds up over factors."""
    if alpha == np.inf:
        return 0.0
    value = renyi_entropy(state, alpha)
    xp = gaussian.of_library(value)
    return value if alpha == 1 else xp.expm1((1 - alpha) * value) / (1 - alpha)


def purity(state: State) -> Scalar:
    """Tr ρ², from the Rényi entropy of order 2."""
    value = renyi_entropy(state, 2.0)
    return gaussian.of_library(value).exp(-value)


def beside_large(data: State | Array, model: np.ndarray) -> float | None:
    """−Tr ρ log σ of few kets by Lanczos quadrature; None where its bounds do not meet."""
    return certified(data.view(), model) if isinstance(data, State) else None


def cross_entropy(data: State | Array, model: State) -> Scalar:
    """S(ρ, σ) for a factorised σ; `(...)` for an array of data `(..., d, d)`."""
    if isinstance(model, GaussianFermions):
        return gaussian.cross_entropy(data, model)
    if pairs := factors(data, model):
        return sum(cross_entropy(*pair) for pair in pairs)
    if modes := _modes(data, model):
        w = squared(overlaps(*modes)).T @ np.exp(modes[0].logs)
        return _logarithms.cross_entropy(w, modes[1].logs)
    return _surprise(data.view() if isinstance(data, State) else Matrices(np.asarray(data)), model)


def relative_entropy(data: State | Array, model: State) -> Scalar:
    """D(ρ‖σ) for a factorised σ; `(...)` for an array of data `(..., d, d)`.

    Never negative. For products, free fermions and pure data, and wherever eigenvectors can be
    written down, it is a relatively accurate sum over pairs of these; else a difference.
    """
    if both := gaussian.pair(data, model):
        return gaussian.relative_entropy(*both)
    if isinstance(data, Dense) and isinstance(model, Dense):  # factors of products
        return float(RELATIVE_ENTROPY(np.asarray(data.matrix), np.asarray(model.matrix)))
    if isinstance(data, Pure):
        return np.maximum(cross_entropy(data, model), 0.0)  # an eigenvalue may round to above 1
    if pairs := factors(data, model):
        return sum(relative_entropy(*pair) for pair in pairs)
    if modes := _modes(data, model):
        return _over_pairs(*modes)
    if isinstance(data, State):
        if not _in_pairs(data, model):
            return max(0.0, float(cross_entropy(data, model)) - entropy(data))
        return _exact(data.view(), data.known(), model)
    stack = data.reshape(-1, *data.shape[-2:])
    values = [_exact(Matrices(rho), decomposed(rho), model) for rho in stack]
    return np.reshape(values, data.shape[:-2])[()]


def _exact(data: View, known: Known, model: State) -> float:
    _, outside = data.resolve(model.known())
    return np.inf if outside > 0 else _over_pairs(known, model.known())


def _in_pairs(data: State | Array, model: State) -> bool:
    """Whether eigenvectors of both can be written down at acceptable cost."""
    if isinstance(data, Diagonal) and isinstance(model, Diagonal):
        return True
    largest = CHAIN if any(_of_fermions(x) for x in (data, model)) else LARGEST
    sparse = any(isinstance(x, Thermal) and not (x.small or x.free) for x in (data, model))
    return model.dimension <= largest and not sparse


def _of_fermions(x: State | Array) -> bool:
    return isinstance(x, GaussianFermions) or isinstance(x, Thermal) and x.free


def _surprise(data: View, model: State) -> Scalar:
    """⟨−log σ⟩ in data of any form."""
    if isinstance(model, Product):
        marginals = enumerate(model.factors)
        return sum(_surprise(data.marginal(model.dimensions, k), f) for k, f in marginals)
    if isinstance(model, Thermal) and not model.small:
        return model.surprise(data)
    known = model.known()
    w, outside = data.resolve(known)
    value = _logarithms.cross_entropy(np.asarray(w), known.logs)
    return np.where(outside > 0, np.inf, value)[()]


def _over_pairs(data: Known, model: Known) -> float:
    """Σ |⟨i|j⟩|² (p log(p/q) − p + q), data inside the model's support."""
    if data.basis is None and model.basis is None:
        return _logarithms.relative_entropy(1.0, data.logs, model.logs)
    overlap = squared(overlaps(data, model))
    value = _logarithms.relative_entropy(overlap, data.logs[:, None], model.logs[None, :])
    if data.complete:
        return value
    # Eigenvectors of the data that are not stored have p = 0; their terms are q.
    return value + float(data.rest(model.vectors()) @ np.exp(model.logs))


def factors(data: State | Array, model: State) -> list[tuple[State, State]]:
    """Pairs of factors of two products with equal dimensions of factors; none for others."""
    if not (isinstance(data, Product) and isinstance(model, Product)):
        return []
    alike = data.dimensions == model.dimensions
    return list(zip(data.factors, model.factors, strict=True)) if alike else []


def _modes(data: State | Array, model: State) -> tuple[Known, Known] | None:
    """Correlation matrices of two states of free fermions; none for others."""
    if not (isinstance(data, Thermal) and isinstance(model, Thermal)):
        return None
    return (data.modes(), model.modes()) if data.free and model.free else None
