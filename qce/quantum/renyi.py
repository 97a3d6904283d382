"""Rényi divergences of density matrices: Petz', the sandwiched one, and their end points.

Read it beside `qce.classical.divergences`. Both families are the classical Rényi divergence of two
probability distributions on pairs of eigenvectors, and go through the one classical kernel:

- Petz: P_ij = p_i |⟨i|j⟩|², Q_ij = q_j |⟨i|j⟩|² (Nussbaum and Szkoła), i of ρ and j of σ;
- sandwiched: P_kj = m_k q_j^{(α−1)/α} |⟨k|j⟩|², Q_kj = q_j |⟨k|j⟩|², with k and m_k of
  M = σ^s ρ σ^s, s = (1−α)/2α. Both sum to 1, and Σ P^α Q^{1−α} = Tr M^α.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from qce import _checks
from qce._spectral import (
    SIGN,
    SUPPORT,
    Functional,
    adjoint,
    decompose,
    deformed_log,
    hermitian,
    identity,
    kernel,
    meets,
    power,
    safe_power,
    sandwich,
    trace_of_product,
)
from qce.classical import _divergence_kernels as _kernels
from qce.classical.divergences import order
from qce.quantum._pairs import MATRIX, both, difference, divergence, model_weights
from qce.quantum.entropies import relative_entropy

Array = Any

# Up to this distance of α from 1 gradients are written with the logarithm's deformation
# (x^a − 1)/a, so that nothing cancels; beyond it with scaled powers, so that nothing overflows.
_NEAR = 0.5
# Below this α the sandwich takes powers of σ beyond ±10, which leave floating point.
_LEAST = 0.05
_LARGEST = 50.0


def petz_renyi_divergence(
    data: Array,
    model: Array,
    alpha: float,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Petz' Rényi divergence $D_α(ρ\|σ) = \frac{1}{α-1} \log \mathrm{Tr}\, ρ^α σ^{1-α}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        alpha: Order in [0, ∞), a number. 1 is the relative entropy, 0 the min-relative entropy.
            Data processing holds for α ≤ 2.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], rising in α, continuous through α = 1 and relatively accurate there
            and for close states. For α ≥ 1 it is +∞ where ρ has weight outside the support of σ,
            for α < 1 only where the supports are orthogonal. The gradient on the kernel of ρ, where
            the derivative is infinite for α ≤ 1, is the one along the support.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or `alpha` is
            out of range: the limit α → ∞ is discontinuous in the states.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> petz_renyi_divergence(rho, sigma, 2).round(12).item()
        0.88100891773

    Source:
        D. Petz, Rep. Math. Phys. 23, 57 (1986); the reduction to probabilities: M. Nussbaum and
        A. Szkoła, Ann. Stat. 37, 1040 (2009).
    """
    remedy = "a finite order >= 0, or use max_relative_entropy for ∞"
    alpha = order(alpha, must="lie in [0, ∞)", remedy=remedy)
    if alpha == math.inf:
        raise _checks.error("alpha", "lie in [0, ∞)", "it is inf", remedy)
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    if alpha == 1:
        return relative_entropy(data, model, **settings)
    return divergence(_petz(alpha), data, model, **settings)


def sandwiched_renyi_divergence(
    data: Array,
    model: Array,
    alpha: float,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Sandwiched Rényi divergence $\tilde D_α(ρ\|σ) = \frac{\log \mathrm{Tr} M^α}{α-1}$.

    With $M = σ^s ρ σ^s$, $s = (1-α)/2α$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        alpha: Order in [0.05, ∞], a number. ½ is −log of the fidelity, 1 the relative entropy, ∞
            the max-relative entropy. Data processing holds for α ≥ ½.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], rising in α and never above Petz'. Continuity, accuracy, support
            and gradient as in `petz_renyi_divergence`; for α < ½ accuracy is absolute.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or `alpha` is
            out of range.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> sandwiched_renyi_divergence(rho, sigma, 2).round(12).item()
        0.819180872162

    Source:
        M. Müller-Lennert et al., J. Math. Phys. 54, 122203 (2013); M. Wilde, A. Winter and D. Yang,
        Commun. Math. Phys. 331, 593 (2014).
    """
    remedy = "an order >= 0.05, or use petz_renyi_divergence for smaller ones"
    alpha = order(alpha, least=_LEAST, must="lie in [0.05, ∞]", remedy=remedy)
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    if alpha == 1:
        return relative_entropy(data, model, **settings)
    functional = _MAX if alpha == math.inf else sandwiched_functional(alpha)
    return divergence(functional, data, model, **settings)


def max_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Max-relative entropy $\log \min\{λ : ρ \le λσ\} = \log λ_{\max}(σ^{-1/2} ρ σ^{-1/2})$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
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
    return divergence(_MAX, data, model, base=base, support=support, check=check)


def min_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Min-relative entropy $-\log \mathrm{Tr}\, Π_ρ σ$, with $Π_ρ$ the projector on the support.

    It is Petz' divergence of order 0. (Others give the name to the sandwiched one of order ½.)

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
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
    return divergence(_petz(0.0), data, model, base=base, support=support, check=check)


# --- Petz --------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def _petz(alpha: float) -> Functional:
    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v, missing = bases
        met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
        weight = xp.where(met, xp.abs(adjoint(xp, u) @ v) ** 2, 0.0)
        delta = difference(xp, rho, sigma, u, v)
        pair = p[..., :, None], q[..., None, :]
        return _kernels.renyi(xp, weight, delta, *pair, missing, alpha, MATRIX)

    near = abs(alpha - 1) < _NEAR
    by_data = _petz_by_data_near if near else _petz_by_data
    return Functional(
        value=value,
        gradients=(functools.partial(by_data, alpha), functools.partial(_petz_by_model, alpha)),
        axes=MATRIX,
        prepare=_bases,
    )


def _bases(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    """Both eigendecompositions, and the weight of the data outside the model's support."""
    p, u, q, v = both(xp, rho, sigma)
    return p, u, q, v, model_weights(xp, rho, q, v)[1]


def _where_lost(ops: Any, missing: Array, matrix: Array) -> Array:
    """A term brought in by data outside the model's support; without any it is rounding."""
    return ops.xp.where(missing[..., None, None] > 0, matrix, 0.0)


def _scaled(ops: Any, alpha: float, rho: Array, sigma: Array, p: Array, q: Array) -> tuple:
    """ρ over its largest, σ over its least eigenvalue: powers of these stay in floating point."""
    high = p[..., -1:]
    low = ops.xp.amin(ops.xp.where(q > 0, q, 1.0), axis=-1)[..., None]
    return high, low, (rho / high[..., None], p / high), (sigma / low[..., None], q / low)


def _petz_by_data(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """(D(x^α)_ρ[σ^{1−α}] − 1)/((α−1) Tr ρ^α σ^{1−α})."""
    p, u, q, v, _ = bases
    xp = ops.xp
    high, low, (r, rp), (s, sq) = _scaled(ops, alpha, rho, sigma, p, q)
    model = ops.frechet(power(1 - alpha), s, sq, v)
    total = trace_of_product(xp, ops.frechet(power(alpha), r, rp, u), model)
    slope = ops.frechet(power(alpha), r, rp, u, model) / high[..., None]
    size = alpha * xp.log(high) + (1 - alpha) * xp.log(low)
    return _less_trace(ops, alpha, slope, total, size[..., None], rho, p, u)


def _less_trace(
    ops: Any, alpha: float, slope: Array, total: Array, size: Array, rho: Array, p: Array, u: Array
) -> Array:
    """(slope/total − e^{−size}/total)/(α−1): of log(1 + Q − Tr ρ) instead of log Q.

    The two agree on states, but only the first one's gradient stays finite at α = 1, where it is
    that of the relative entropy. For α < 1 the trace is taken along the support.
    """
    total = ops.xp.where(total > 0, total, 1.0)
    trace = identity(ops, p) if alpha > 1 else ops.frechet(SUPPORT, rho, p, u)
    # Q >= 1 for α > 1, so the bound only meets the finite part of an infinite value.
    size = ops.xp.where(size < -_LARGEST, -_LARGEST, size)
    return (slope - ops.xp.exp(-size) * trace) / total / (alpha - 1)


def _petz_by_data_near(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """The same with x^a = 1 + a·deformed_log: log ρ + 1 − log σ at α = 1."""
    p, u, q, v, missing = bases
    model = ops.frechet(deformed_log(1 - alpha), sigma, q, v)
    slope = (
        alpha * ops.frechet(deformed_log(alpha - 1), rho, p, u)
        + ops.frechet(SUPPORT, rho, p, u)
        - ops.frechet(power(alpha), rho, p, u, model)
    )
    if alpha > 1:
        slope = slope - kernel(ops, rho, p, u) / (alpha - 1)
    else:
        lost = ops.frechet(power(alpha), rho, p, u, kernel(ops, sigma, q, v))
        slope = slope + _where_lost(ops, missing, lost) / (1 - alpha)
    data = ops.frechet(power(alpha), rho, p, u)
    total = trace_of_product(ops.xp, data, ops.frechet(power(1 - alpha), sigma, q, v))
    return slope / ops.xp.where(total > 0, total, 1.0)


def _petz_by_model(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """D(x^{1−α})_σ[ρ^α]/((α−1) Tr ρ^α σ^{1−α}), with x^a = 1 + a·deformed_log."""
    p, u, q, v, missing = bases
    _, low, (r, rp), (s, sq) = _scaled(ops, alpha, rho, sigma, p, q)
    data = ops.frechet(power(alpha), r, rp, u)
    total = trace_of_product(ops.xp, data, ops.frechet(power(1 - alpha), s, sq, v))
    slope = ops.frechet(deformed_log(1 - alpha), s, sq, v, data)
    if alpha < 1:
        turned = ops.frechet(SUPPORT, s, sq, v, data)
        slope = slope + _where_lost(ops, missing, turned) / (1 - alpha)
    return -slope / low[..., None] / ops.xp.where(total > 0, total, 1.0)


# --- sandwiched --------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def sandwiched_functional(alpha: float) -> Functional:
    """The sandwiched divergence of one order, other than 1 and ∞."""
    s = (1 - alpha) / (2 * alpha)

    def prepare(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
        p, u, q, v, missing = _bases(xp, rho, sigma)
        return p, u, q, v, missing, *sandwich(xp, p, u, q, v, s)

    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v, missing, m, w = bases
        met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
        if alpha < 0.5:
            return _of_small_order(xp, alpha, met[..., 0, 0], m)
        overlap = adjoint(xp, w) @ v
        weight = xp.where(met, xp.abs(overlap) ** 2, 0.0)
        root = safe_power(xp, q, s)
        delta = root[..., :, None] * difference(xp, rho, sigma, v, v)
        delta = (overlap @ delta) * safe_power(xp, q, -s)[..., None, :]
        lifted = m[..., :, None] * safe_power(xp, q, (alpha - 1) / alpha)[..., None, :]
        return _kernels.renyi(xp, weight, delta, lifted, q[..., None, :], missing, alpha, MATRIX)

    near = abs(alpha - 1) < _NEAR
    by_data = _sandwiched_by_data_near if near else _sandwiched_by_data
    return Functional(
        value=value,
        gradients=(
            functools.partial(by_data, alpha, s),
            functools.partial(_sandwiched_by_model, alpha, s),
        ),
        axes=MATRIX,
        prepare=prepare,
    )


def _of_small_order(xp: Any, alpha: float, met: Array, m: Array) -> Array:
    """Log Σ m^α/(α−1), where σ^s spreads so far that its eigenvalues are right and no more."""
    total = xp.sum(safe_power(xp, m, alpha), axis=-1)
    met = met & (total > 0)
    value = xp.log(xp.where(met, total, 1.0)) / (alpha - 1)
    return xp.where(met, xp.where(value > 0, value, 0.0), xp.inf)


def sandwich_matrix(
    ops: Any, s: float, rho: Array, sigma: Array, q: Array, v: Array
) -> tuple[Array, Array]:
    """σ^s, and M = σ^s ρ σ^s."""
    root = ops.frechet(power(s), sigma, q, v)
    return root, hermitian(ops.xp, root @ rho @ root)


def _scaled_sandwich(
    ops: Any, s: float, rho: Array, sigma: Array, q: Array, v: Array, m: Array
) -> tuple[Array, ...]:
    root, matrix = sandwich_matrix(ops, s, rho, sigma, q, v)
    largest = ops.xp.where(m[..., :1] > 0, m[..., :1], 1.0)
    return largest[..., None], root, matrix / largest[..., None], m / largest


def _sandwiched_by_data(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """(α σ^s M^{α−1} σ^s − 1)/((α−1) Tr M^α)."""
    p, u, q, v, _, m, w = bases
    largest, root, matrix, mm = _scaled_sandwich(ops, s, rho, sigma, q, v, m)
    total = trace(ops, ops.frechet(power(alpha), matrix, mm, w))
    slope = alpha / largest * (root @ ops.frechet(power(alpha - 1), matrix, mm, w) @ root)
    return _less_trace(ops, alpha, slope, total, alpha * ops.xp.log(largest), rho, p, u)


def _sandwiched_by_data_near(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """The same with x^a = 1 + a·deformed_log: log ρ + 1 − log σ at α = 1."""
    p, u, q, v, missing, m, w = bases
    root, matrix = sandwich_matrix(ops, s, rho, sigma, q, v)
    by_model = identity(ops, q) - ops.frechet(deformed_log(2 * s), sigma, q, v)
    outside = kernel(ops, rho, p, u)
    slope = alpha * (root @ ops.frechet(deformed_log(alpha - 1), matrix, m, w) @ root)
    if alpha > 1:
        beyond = root @ kernel(ops, matrix, m, w) @ root
        slope = slope + by_model - alpha / (alpha - 1) * beyond
    else:
        # Between the kernel of ρ and itself there is no derivative; elsewhere nothing is changed.
        lost = _where_lost(ops, missing, kernel(ops, sigma, q, v)) * alpha / (1 - alpha)
        slope = slope + by_model + lost - outside @ (by_model + lost) @ outside
    total = trace(ops, ops.frechet(power(alpha), matrix, m, w))
    return slope / ops.xp.where(total > 0, total, 1.0)


def _sandwiched_by_model(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """D(x^s)_σ[ρ σ^s M^{α−1} + h.c.] α/((α−1) Tr M^α), with x^s = 1 + s·deformed_log."""
    _, _, q, v, missing, m, w = bases
    largest, root, matrix, mm = _scaled_sandwich(ops, s, rho, sigma, q, v, m)
    total = trace(ops, ops.frechet(power(alpha), matrix, mm, w))
    inner = rho @ root @ ops.frechet(power(alpha - 1), matrix, mm, w) / largest
    slope = ops.frechet(deformed_log(s), sigma, q, v, inner)
    if alpha < 1:
        turned = ops.frechet(SUPPORT, sigma, q, v, inner)
        slope = slope + _where_lost(ops, missing, turned) / s
    return -slope / ops.xp.where(total > 0, total, 1.0)


def trace(ops: Any, matrix: Array) -> Array:
    """Re Tr A, (..., 1, 1); by a product, because autograd cannot differentiate `...ii->...`."""
    return trace_of_product(ops.xp, matrix, ops.xp.eye(matrix.shape[-1], dtype=matrix.dtype))


# --- the end point ∞ ---------------------------------------------------------------------------


def _ratios(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    q, v = decompose(xp, sigma)
    return q, v, *sandwich(xp, *decompose(xp, rho), q, v, -0.5)


def excess(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, w: Array) -> Array:
    """m_k − 1 = ⟨k|σ^{−½}(ρ − σ)σ^{−½}|k⟩, the difference first."""
    vectors = safe_power(xp, q, -0.5)[..., :, None] * (adjoint(xp, v) @ w)
    inner = difference(xp, rho, sigma, v, v)
    return xp.real(xp.einsum("...jk,...jl,...lk->...k", xp.conj(vectors), inner, vectors))


def _max(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, m: Array, w: Array) -> Array:
    largest = m[..., 0]
    rise = excess(xp, rho, sigma, q, v, w)[..., 0]
    rise = xp.where(rise > 0, rise, 0.0)
    small = xp.abs(largest - 1) < 0.1
    log = xp.log(xp.where(largest > 0, largest, 1.0))
    value = xp.where(small, xp.log1p(xp.where(small, rise, 0.0)), log)
    _, missing = model_weights(xp, rho, q, v)
    return xp.where(missing > 0, xp.inf, value)


def _top(ops: Any, rho: Array, sigma: Array, bases: tuple[Array, ...]) -> tuple[Array, ...]:
    """σ^{−½}, M, and the projector on the largest eigenvalue of M over its rank."""
    q, v, m, w = bases
    xp = ops.xp
    root, matrix = sandwich_matrix(ops, -0.5, rho, sigma, q, v)
    # Equal within rounding: the eigenvalues of M carry ε·d/q_min of the states' own.
    least = xp.amin(xp.where(q > 0, q, 1.0), axis=-1)[..., None]
    rounding = 16 * xp.finfo(q.dtype).eps * q.shape[-1] / least
    threshold = m[..., :1] - rounding * xp.where(m[..., :1] > 1, m[..., :1], 1.0)
    shifted = matrix - threshold[..., None] * identity(ops, q)
    top = (ops.frechet(SIGN, shifted, m - threshold, w) + identity(ops, q)) / 2
    return root, matrix, top / trace(ops, top)


def _max_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    root, matrix, top = _top(ops, rho, sigma, bases)
    largest = trace_of_product(ops.xp, top, matrix)
    return root @ top @ root / ops.xp.where(largest > 0, largest, 1.0)


def _max_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    root, _, top = _top(ops, rho, sigma, bases)
    return -root @ top @ root


_MAX = Functional(value=_max, gradients=(_max_by_data, _max_by_model), axes=MATRIX, prepare=_ratios)
