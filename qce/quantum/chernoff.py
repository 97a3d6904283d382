"""The Chernoff information of two states: how fast errors of telling them apart die out.

Read it beside `qce.classical.chernoff`.
"""

from __future__ import annotations

import functools
from typing import Any

from qce._spectral import (
    ONCE,
    Functional,
    adjoint,
    meets,
    power_difference,
    trace_of_product,
)
from qce.classical import _divergence_kernels as _kernels
from qce.quantum._pairs import MATRIX, both, check_pair, difference, divergence, outside

Array = Any


def chernoff(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Chernoff information $ξ = -\log \min_{0 \le s \le 1} \mathrm{Tr}\, ρ^s σ^{1-s}$.

    The least mean error of telling n copies of ρ from n copies of σ falls as e^{−nξ}. It is the
    classical Chernoff information of P_ij = p_i |⟨i|j⟩|², Q_ij = q_j |⟨i|j⟩|².

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where the supports are orthogonal, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], symmetric, relatively accurate for close states. Gradients along
            the supports; differentiable once.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> chernoff(rho, sigma).round(12).item()
        0.202769990671

    Source:
        K. Audenaert et al., Phys. Rev. Lett. 98, 160501 (2007).
    """
    return divergence(_CHERNOFF, data, model, base=base, support=support, check=check)


def chernoff_exponent(data: Array, model: Array, *, check: bool = True) -> Array:
    """The s in [0, 1] at which Tr ρ^s σ^{1−s} is least, in the Chernoff information.

    Args:
        data: Density matrices ρ `(..., d, d)`.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, whose derivative is given as 0: at the optimum nothing depends on it. ½ for
            equal and for orthogonal states.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> chernoff_exponent(rho, sigma).round(6).item()
        0.446326

    Source:
        K. Audenaert et al., Phys. Rev. Lett. 98, 160501 (2007).
    """
    if check:
        check_pair(data, model)
    return _EXPONENT(data, model)


def _prepare(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    bases = both(xp, rho, sigma)
    s = _kernels.chernoff_exponent(xp, *_pairs(xp, rho, sigma, *bases), MATRIX)
    return *bases, s


def _pairs(xp: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array, Array]:
    """Weights |⟨i|j⟩|², and the eigenvalues p_i and q_j, of pairs of eigenvectors."""
    p, u, q, v = bases
    met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
    weight = xp.where(met, xp.abs(adjoint(xp, u) @ v) ** 2, 0.0)
    return weight, p[..., :, None], q[..., None, :]


def _value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    p, u, q, v, s = bases
    weight, first, second = _pairs(xp, rho, sigma, p, u, q, v)
    missing = outside(xp, rho, q, v)
    delta = functools.partial(difference, xp, rho, sigma, u, v)
    return _kernels.chernoff(xp, weight, delta, first, second, missing, s, MATRIX)


def _slope(ops: Any, x: Array, y: Array, p: Array, u: Array, q: Array, v: Array, s: Array) -> Array:
    """(s − D(x^s)_ρ[σ^{1−s}])/Tr ρ^s σ^{1−s} at the best s, where s itself does not count.

    Of −log(Q + 1 − s Tr ρ − (1−s) Tr σ), which is the same on states: its gradient does not depend
    on s where the states are equal and s is undetermined.
    """
    xp = ops.xp
    model = _power(xp, q, v, 1 - s)
    inner = adjoint(xp, u) @ model @ u
    s = s[..., None, None]
    table = power_difference(xp, p[..., :, None], p[..., None, :], s)
    inside = xp.where(p > 0, 1.0, 0.0)
    trace = (u * inside[..., None, :]) @ adjoint(xp, u)
    slope = u @ (table * inner) @ adjoint(xp, u) - s * trace
    total = trace_of_product(xp, _power(xp, p, u, s[..., 0, 0]), model)
    slope = slope / xp.where(total > 0, total, 1.0)
    return ops.frechet(ONCE, x + y, q, v) - slope


def _power(xp: Any, values: Array, vectors: Array, s: Array) -> Array:
    inside = values > 0
    powers = xp.where(inside, xp.where(inside, values, 1.0) ** s[..., None], 0.0)
    return (vectors * powers[..., None, :]) @ adjoint(xp, vectors)


_CHERNOFF = Functional(
    value=_value,
    gradients=(
        lambda ops, rho, sigma, p, u, q, v, s: _slope(ops, rho, sigma, p, u, q, v, s),
        lambda ops, rho, sigma, p, u, q, v, s: _slope(ops, rho, sigma, q, v, p, u, 1 - s),
    ),
    axes=MATRIX,
    prepare=_prepare,
)


def _no_slope(ops: Any, rho: Array, sigma: Array, p: Array, u: Array, *rest: Array) -> Array:
    return ops.frechet(ONCE, rho + sigma, p, u)


_EXPONENT = Functional(
    value=lambda xp, rho, sigma, p, u, q, v, s: s,
    gradients=(_no_slope, _no_slope),
    axes=MATRIX,
    prepare=_prepare,
)
