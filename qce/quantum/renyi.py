r"""Rényi divergences of density matrices: Petz', the sandwiched one, and their end points.

Read it beside `qce.classical.renyi`. Both families are the classical Rényi divergence of two
probability distributions on pairs of eigenvectors, and go through the one classical kernel:

- Petz: $P_{ij} = p_i |⟨i|j⟩|^2$, $Q_{ij} = q_j |⟨i|j⟩|^2$ (Nussbaum and Szkoła), i of ρ and j of σ;
- sandwiched: $P_{kj} = m_k q_j^{(α-1)/α} |⟨k|j⟩|^2$, $Q_{kj} = q_j |⟨k|j⟩|^2$, with k and m_k of
  $M = σ^s ρ σ^s$, $s = (1-α)/2α$. Both sum to 1, and $\sum P^α Q^{1-α} = \mathrm{Tr}\, M^α$.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from qce._arrays import Functional
from qce._orders import Orders, each_order
from qce._spectral import SUPPORT, trace
from qce.quantum._arguments import among, beside_model, divergence
from qce.quantum._entropies import RELATIVE_ENTROPY
from qce.quantum._factorised import renyi as _factorised
from qce.quantum._pairs import MATRIX, sizes
from qce.quantum._renyi.petz import LIMIT, petz_functional
from qce.quantum._renyi.ratios import MAX
from qce.quantum._renyi.sandwiched import sandwiched_functional
from qce.quantum._renyi.small_orders import small_order
from qce.quantum.entropies import relative_entropy
from qce.states import State
from qce.typing import Array

# Below this α the sandwich takes powers of σ beyond 9, and its eigenvalues leave floating point.
_LEAST = 0.05


def petz_renyi_divergence(
    data: State | Array,
    model: State | Array,
    alpha: Orders,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Petz' Rényi divergence $D_α(ρ\|σ) = \frac{1}{α-1} \log \mathrm{Tr}\, ρ^α σ^{1-α}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, or a state of
            `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`, whose eigenvalues may
            be as small as 1e-300: values alone, without derivatives. Batch axes broadcast.
        alpha: Order in [0, ∞], a number; or an array of orders. 1 is the relative entropy, 0 the
            min-relative entropy, ∞ the limit, log max p_i/q_j over pairs of eigenvectors that
            overlap. Data processing holds for α ≤ 2.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, ∞], rising in α,
            continuous through α = 1 and relatively accurate there and for close states. For α ≥ 1
            it is +∞ where ρ has weight outside the support of σ, for α < 1 only where the supports
            are orthogonal. The gradient on the kernel of ρ, where the derivative is infinite for
            α ≤ 1, is the one along the support. Unchecked, ρ may have any trace: the value is
            $\log(Q/\mathrm{Tr}\, ρ)/(α - 1)$ with $Q = \mathrm{Tr}\, ρ^α σ^{1-α}$.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or `alpha` is
            negative.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> petz_renyi_divergence(rho, sigma, 2).round(12).item()
        0.88100891773

    Notes:
        The limit α → ∞ is discontinuous in the states: an overlap |⟨i|j⟩|² counts from 4 ε d, for
        diagonal states from 0. It is absolutely accurate and differentiable once; where several
        ratios are largest the gradient is the mean of the subgradients. Finite orders of many tens
        are as sensitive for dense states that commute, or nearly so: rounding turns eigenvectors by
        a few ε·d over the gap of their eigenvalues, and an overlap of even ε² may count, times
        (p_i/q_j)^α. For diagonal states there is no such error. Where the model is a state of
        `qce.states`, an overlap |⟨i|j⟩| counts from 4 ε d at finite orders.

    Source:
        D. Petz, Rep. Math. Phys. 23, 57 (1986); the reduction to probabilities: M. Nussbaum and
        A. Szkoła, Ann. Stat. 37, 1040 (2009).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return each_order(alpha, lambda a: _petz(a, data, model, settings))


def _petz(
    alpha: float, data: State | Array, model: State | Array, settings: dict[str, Any]
) -> Array:
    if alpha == 1:
        return _first(data, model, settings)
    functional = LIMIT if alpha == math.inf else petz_functional(alpha)
    of_states = beside_model(functools.partial(_factorised.petz, alpha))
    return divergence(functional, data, model, factorised=of_states, **settings)


def sandwiched_renyi_divergence(
    data: State | Array,
    model: State | Array,
    alpha: Orders,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Sandwiched Rényi divergence $\tilde D_α(ρ\|σ) = \frac{\log \mathrm{Tr} M^α}{α-1}$.

    With $M = σ^s ρ σ^s$, $s = (1-α)/2α$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, or a state of
            `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`, whose eigenvalues may
            be as small as 1e-300: values alone, without derivatives. Batch axes broadcast.
        alpha: Order in [0, ∞], a number; or an array of orders. ½ is −log of the fidelity, 1 the
            relative entropy, ∞ the max-relative entropy; 0 the limit, which is no more than the
            min-relative entropy and 0 where ρ has full rank. Data processing holds for α ≥ ½.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, ∞], rising in α and
            never above Petz'. Continuity, accuracy, support and gradient as in
            `petz_renyi_divergence`, except for α < ½.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or `alpha` is
            negative.
        NotImplementedError: If a second derivative is asked for at an order below 0.05, or any at
            order 0.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> sandwiched_renyi_divergence(rho, sigma, 2).round(12).item()
        0.819180872162

    Notes:
        For α < ½ accuracy is absolute, to a few $ε d \sum m^α/(1 - α)$ and the rounding of the
        states. Where ρ lacks full rank, the limit α → 0 and orders near it are discontinuous in the
        states. Gradients are as accurate down to α → 0, except at equal eigenvalues of the model,
        where their error is ε/α. Where the model is a state of `qce.states`, a weight w of the data
        on one of its eigenvectors counts from √w = 4 ε d; values of close states, or near α = 1,
        are relatively accurate as long as √m stays above ε.

    Source:
        M. Müller-Lennert et al., J. Math. Phys. 54, 122203 (2013); M. Wilde, A. Winter and D. Yang,
        Commun. Math. Phys. 331, 593 (2014); α → 0: K. Audenaert and N. Datta, J. Math. Phys. 56,
        022202 (2015).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return each_order(alpha, lambda a: _sandwiched(a, data, model, settings))


def _sandwiched(
    alpha: float, data: State | Array, model: State | Array, settings: dict[str, Any]
) -> Array:
    if alpha == 1:
        return _first(data, model, settings)
    of_states = beside_model(functools.partial(_factorised.sandwiched, alpha))
    return divergence(_functional(alpha), data, model, factorised=of_states, **settings)


def _first(data: State | Array, model: State | Array, settings: dict[str, Any]) -> Array:
    """The relative entropy over Tr ρ, by which all orders are divided."""
    if among(data, model):
        return relative_entropy(data, model, **settings)
    return divergence(_FIRST, data, model, **settings)


def _first_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """(log ρ − log σ + 1 − D/Tr ρ)/Tr ρ, along the support."""
    value = ops.again(RELATIVE_ENTROPY, (rho, sigma), bases)[..., None, None]
    value = ops.xp.where(ops.xp.isfinite(value), value, 0.0)
    size = trace(ops, rho)
    inside = ops.frechet(SUPPORT, rho, *bases[-2:])
    return (RELATIVE_ENTROPY.gradients[0](ops, rho, sigma, *bases) - value / size * inside) / size


_FIRST = Functional(
    value=lambda xp, rho, sigma, *bases: (
        RELATIVE_ENTROPY.value(xp, rho, sigma, *bases) / sizes(xp, rho)[0]
    ),
    gradients=(
        _first_by_data,
        lambda ops, rho, sigma, *bases: (
            RELATIVE_ENTROPY.gradients[1](ops, rho, sigma, *bases) / trace(ops, rho)
        ),
    ),
    axes=MATRIX,
    prepare=RELATIVE_ENTROPY.prepare,
    plain=lambda rho, sigma: RELATIVE_ENTROPY.plain(rho, sigma) / sizes(np, rho)[0],
)


def _functional(alpha: float) -> Functional:
    if alpha == math.inf:
        return MAX
    return small_order(alpha) if alpha < _LEAST else sandwiched_functional(alpha)


def max_relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Max-relative entropy $\log \min\{λ : ρ \le λσ\} = \log λ_{\max}(σ^{-1/2} ρ σ^{-1/2})$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, or a state of
            `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`, whose eigenvalues may
            be as small as 1e-300: values alone, without derivatives. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], relatively accurate for close states. Where the largest eigenvalue
            is degenerate the gradient is the mean of the subgradients.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> max_relative_entropy(rho, sigma).round(12).item()
        0.943134114192

    Source:
        N. Datta, IEEE Trans. Inf. Theory 55, 2816 (2009): the sandwiched divergence of order ∞.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return sandwiched_renyi_divergence(data, model, math.inf, **settings)


def min_relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Min-relative entropy $-\log \mathrm{Tr}\, Π_ρ σ$, with $Π_ρ$ the projector on the support.

    It is Petz' divergence of order 0. (Others give the name to the sandwiched one of order ½.)

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, or a state of
            `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`, whose eigenvalues may
            be as small as 1e-300: values alone, without derivatives. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where the supports are orthogonal, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞]; 0 where ρ has full rank.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.25], [0.25, 0.5]]
        >>> min_relative_entropy(rho, sigma).round(12).item()
        0.69314718056

    Source:
        N. Datta, IEEE Trans. Inf. Theory 55, 2816 (2009).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return petz_renyi_divergence(data, model, 0.0, **settings)
