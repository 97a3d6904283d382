"""What the gradients of both Rényi families have in common."""

from __future__ import annotations

from typing import Any

from qce._spectral import SUPPORT, identity

Array = Any

# Up to this distance of α from 1 gradients are written with the logarithm's deformation
# (x^a − 1)/a, so that nothing cancels; beyond it with scaled powers, so that nothing overflows.
NEAR = 0.5
_LARGEST = 50.0


def where_lost(ops: Any, missing: Array, matrix: Array) -> Array:
    """A term brought in by data outside the model's support; without any it is rounding."""
    return ops.xp.where(missing[..., None, None] > 0, matrix, 0.0)


def less_trace(
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
