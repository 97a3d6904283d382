"""Variances of the logarithms whose means are relative entropy and cross entropy.

Read it beside `qce.classical.variance`.
"""

from __future__ import annotations

from typing import Any

from qce._arrays import Functional, adjoint, hermitian
from qce._spectral import LOG, SUPPORT, decompose, trace_of_product
from qce.classical.kernels import divergences as _kernels
from qce.classical.kernels.entropies import relative_entropy as _relative_entropy
from qce.quantum._arguments import beside_model, divergence
from qce.quantum._factorised import variances as _factorised
from qce.quantum._pairs import (
    MATRIX,
    both,
    difference,
    model_weights,
    outside,
    sizes,
)
from qce.states import State
from qce.typing import Array


def relative_entropy_variance(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Variance $V(ρ\|σ) = \mathrm{Tr}\, ρ (\log ρ - \log σ)^2 - D(ρ\|σ)^2$.

    The second-order rate of hypothesis testing. It is the classical variance of log(P/Q) for
    $P_{ij} = p_i |⟨i|j⟩|^2$, $Q_{ij} = q_j |⟨i|j⟩|^2$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm, which enters squared; nats² if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], a sum of squares. Gradients along the supports.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> relative_entropy_variance(rho, sigma).round(12).item()
        0.71354898305

    Source:
        M. Tomamichel and M. Hayashi, IEEE Trans. Inf. Theory 59, 7693 (2013); K. Li, Ann. Stat. 42,
        171 (2014).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_RELATIVE, data, model, power=2, factorised=_RELATIVE_OF_STATES, **settings)


def cross_entropy_variance(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Variance $\mathrm{Tr}\, ρ \log^2 σ - S(ρ, σ)^2$ of the cross entropy, per shot.

    With $σ = \sum_j q_j |j⟩⟨j|$ it is the variance of $\log q_j$ when the data are measured in the
    model's eigenbasis: N shots estimate S(ρ, σ) with the standard error $\sqrt{V/N}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm, which enters squared; nats² if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], a sum of squares.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> cross_entropy_variance(rho, sigma).round(12).item()
        0.301737240203

    Source:
        arXiv:2102.11887 for the cross entropy whose spread it is.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_CROSS, data, model, power=2, factorised=_CROSS_OF_STATES, **settings)


# --- relative entropy --------------------------------------------------------------------------


def _variance(xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array) -> Array:
    delta, overlap = difference(xp, rho, sigma, u, v), adjoint(xp, u) @ v
    pair = p[..., :, None], q[..., None, :]
    size, other = sizes(xp, rho, sigma)
    mean = xp.sum(_relative_entropy(xp, delta, *pair), axis=-1) + (size - other)
    value = _kernels.variance(xp, overlap, delta, *pair, mean, size, MATRIX)
    return xp.where(outside(xp, rho, q, v) > 0, xp.inf, value)


def _logarithms(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> tuple[Array, Array, Array]:
    """K = log ρ − log σ, the anticommutator {ρ, K}, and D = Tr ρK."""
    k = ops.frechet(LOG, rho, p, u) - ops.frechet(LOG, sigma, q, v)
    return k, 2 * hermitian(ops.xp, rho @ k), trace_of_product(ops.xp, rho, k)


def _variance_by_data(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> Array:
    """K² + Dlog_ρ[{ρ, K}] − 2D (K + 1)."""
    k, both_orders, mean = _logarithms(ops, rho, sigma, p, u, q, v)
    turned = ops.frechet(LOG, rho, p, u, both_orders)
    return k @ k + turned - 2 * mean * (k + ops.frechet(SUPPORT, rho, p, u))


def _variance_by_model(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> Array:
    """−Dlog_σ[{ρ, K} − 2Dρ]."""
    _, both_orders, mean = _logarithms(ops, rho, sigma, p, u, q, v)
    return -ops.frechet(LOG, sigma, q, v, both_orders - 2 * mean * rho)


_RELATIVE = Functional(
    value=_variance,
    gradients=(_variance_by_data, _variance_by_model),
    axes=MATRIX,
    prepare=both,
)


# --- cross entropy -----------------------------------------------------------------------------


def _cross_variance(xp: Any, rho: Array, sigma: Array, q: Array, v: Array) -> Array:
    a, missing = model_weights(xp, rho, q, v)
    return xp.where(missing > 0, xp.inf, _kernels.cross_variance(xp, a, q))


def _cross_by_data(ops: Any, rho: Array, sigma: Array, q: Array, v: Array) -> Array:
    log = ops.frechet(LOG, sigma, q, v)
    return log @ log - 2 * trace_of_product(ops.xp, rho, log) * log


def _cross_by_model(ops: Any, rho: Array, sigma: Array, q: Array, v: Array) -> Array:
    log = ops.frechet(LOG, sigma, q, v)
    mean = trace_of_product(ops.xp, rho, log)
    return ops.frechet(LOG, sigma, q, v, 2 * hermitian(ops.xp, rho @ log) - 2 * mean * rho)


_CROSS = Functional(
    value=_cross_variance,
    gradients=(_cross_by_data, _cross_by_model),
    axes=MATRIX,
    prepare=lambda xp, rho, sigma: decompose(xp, sigma),
)


# --- factorised states -------------------------------------------------------------------------

_RELATIVE_OF_STATES = beside_model(_factorised.relative_entropy_variance)
_CROSS_OF_STATES = beside_model(_factorised.cross_entropy_variance)
