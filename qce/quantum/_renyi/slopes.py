"""What the gradients of both Rényi families have in common."""

from __future__ import annotations

from typing import Any

from qce._spectral import SUPPORT, identity, trace_of_product
from qce.classical.kernels import divergences as _sums
from qce.typing import Array

# Up to this distance of α from 1 gradients are written with the deformed logarithm
# (x^a − 1)/a, so that nothing cancels; beyond it with scaled powers, so that nothing overflows.
NEAR = 0.5


def where_lost(ops: Any, missing: Array, matrix: Array) -> Array:
    """A term that counts only where data lie outside the model's support; else it is rounding."""
    return ops.xp.where(missing[..., None, None] > 0, matrix, 0.0)


def along(ops: Any, alpha: float, rho: Array, p: Array, u: Array) -> Array:
    """The derivative of Tr ρ: the identity; for α < 1 its projection on the support."""
    return identity(ops, p) if alpha > 1 else ops.frechet(SUPPORT, rho, p, u)


def less_trace(
    ops: Any, alpha: float, slope: Array, total: Array, rho: Array, p: Array, u: Array
) -> Array:
    """(slope/total − 1/Tr ρ)/(α−1), the slope of log(Q/Tr ρ)/(α−1).

    Along cρ that of log Q/(α−1) would be α/(α−1), infinite at α = 1.
    """
    total = ops.xp.where(total > 0, total, 1.0)
    size = trace_of_product(ops.xp, rho, identity(ops, p))
    return (slope / total - along(ops, alpha, rho, p, u) / size) / (alpha - 1)


def less_excess(
    ops: Any, alpha: float, slope: Array, total: Array, value: Array, along: Array
) -> Array:
    """The same near α = 1, from (Dq − 1)/(α−1), in which nothing cancels."""
    total = ops.xp.where(total > 0, total, 1.0)
    value = value[..., None, None]
    return (slope - _sums.excess(ops.xp, value, ops.xp.log(total), alpha) * along) / total
