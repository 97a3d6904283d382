"""The Chernoff information: how fast the error of discriminating two states falls with copies.

Read it beside `qce.classical.chernoff`.
"""

from __future__ import annotations

import functools
from typing import Any

from qce import classical
from qce._arrays import Functional, adjoint, safe_log
from qce._spectral import LOG, ONCE, meets, power_difference, trace_of_product
from qce.classical.kernels import divergences as _kernels
from qce.quantum._arguments import divergence, of_diagonals, value_of
from qce.quantum._bases import Optimum, Pair
from qce.quantum._pairs import MATRIX, both, difference, outside, sizes
from qce.quantum._renyi.moving_powers import LINEAR, Moving
from qce.states import State
from qce.typing import Array


def chernoff(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Chernoff information $ξ = -\log \min_{0 \le s \le 1} \mathrm{Tr}\, ρ^s σ^{1-s}$.

    The least mean error of discriminating n copies of ρ from n of σ falls as $e^{-nξ}$. It is the
    classical Chernoff information of $P_{ij} = p_i |⟨i|j⟩|^2$, $Q_{ij} = q_j |⟨i|j⟩|^2$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where the supports are orthogonal, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], symmetric, relatively accurate for close states. Gradients along
            the supports; differentiable twice, with the change of the best s included.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> chernoff(rho, sigma).round(12).item()
        0.202769990671

    Source:
        K. Audenaert et al., Phys. Rev. Lett. 98, 160501 (2007).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    of_states = of_diagonals(classical.chernoff)
    return divergence(_CHERNOFF, data, model, factorised=of_states, **settings)


def chernoff_order(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""The s in [0, 1] at which $\mathrm{Tr}\, ρ^s σ^{1-s}$ is least, in the Chernoff information.

    Args:
        data: Density matrices ρ `(..., d, d)`.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`; ½ for equal and for orthogonal states. Its derivative is returned as 0: to
            first order the Chernoff information does not depend on it.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> chernoff_order(rho, sigma).round(6).item()
        0.446326

    Source:
        K. Audenaert et al., Phys. Rev. Lett. 98, 160501 (2007).
    """
    of_states = of_diagonals(classical.chernoff_order)
    return value_of(_ORDER, check, of_states, data=data, model=model)


def _prepare(xp: Any, rho: Array, sigma: Array) -> Optimum:
    """Eigenbases, the best exponent, and how far it moves for a slope of Tr ρ^s σ^{1−s} there."""
    bases = both(xp, rho, sigma)
    pairs = _pairs(xp, *_normalised(xp, rho, sigma, *bases))
    s = _kernels.chernoff_exponent(xp, *pairs, MATRIX)
    return Optimum(*bases, s, _kernels.chernoff_mobility(xp, *pairs, s, MATRIX))


def _normalised(
    xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array
) -> tuple[Array, ...]:
    """The states that ρ and σ are multiples of, and their bases."""
    size, other = (x[..., None] for x in sizes(xp, rho, sigma))
    return rho / size[..., None], sigma / other[..., None], p / size, u, q / other, v


def _pairs(xp: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array, Array]:
    """Weights |⟨i|j⟩|², and the eigenvalues p_i and q_j, of pairs of eigenvectors."""
    p, u, q, v = Pair(*bases)
    met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
    weight = xp.where(met, xp.abs(adjoint(xp, u) @ v) ** 2, 0.0)
    return weight, p[..., :, None], q[..., None, :]


def _value(xp: Any, rho: Array, sigma: Array, *constants: Array) -> Array:
    known = Optimum(*constants)
    rho, sigma, p, u, q, v = _normalised(xp, rho, sigma, *known.pair)
    weight, first, second = _pairs(xp, rho, sigma, p, u, q, v)
    missing = outside(xp, rho, q, v)
    delta = functools.partial(difference, xp, rho, sigma, u, v)
    return _kernels.chernoff(xp, weight, delta, first, second, missing, known.s, MATRIX)


def _slope(ops: Any, x: Moving, y: Moving, s: Array, fixed: Array) -> Array:
    """S − D(x^s)_ρ[σ^{1−s}]/Tr ρ^s σ^{1−s} at the best s, which moves with the states.

    Of normalised states: it does not depend on s where these are equal and s is undetermined.
    """
    model = y.power(1 - s, 1 - fixed)
    total = trace_of_product(ops.xp, x.power(s, fixed), model)
    slope = x.slope(s, fixed, model) / ops.xp.where(total > 0, total, 1.0)
    return s * x.support() - slope


def _gradient(k: int, ops: Any, rho: Array, sigma: Array, *constants: Array) -> Array:
    known = Optimum(*constants)
    s, mobility = known.s[..., None, None], known.mobility[..., None, None]
    size = sizes(ops.xp, (rho, sigma)[k])[0][..., None, None]
    rho, sigma, p, u, q, v = _normalised(ops.xp, rho, sigma, *known.pair)
    moved = s - mobility * _drift(ops, rho, sigma, p, u, q, v, s)
    x, y = Moving(ops, rho, p, u), Moving(ops, sigma, q, v)
    if k:
        x, y, moved, s = y, x, 1 - moved, 1 - s
    return _slope(ops, x, y, moved, s) / size


def _drift(
    ops: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array, s: Array
) -> Array:
    """A number 0 whose derivative is that of F(s) = d/ds Tr ρ^s σ^{1−s} − Tr ρ + Tr σ at fixed s.

    The best s moves by −dF/F′(s). For close states F′ is of the order of their squared distance, so
    that the rounding of F itself would count.
    """

    def drift(matrix: Array, pair: Pair, exponent: Array) -> Array:
        here = (pair.u * pair.p[..., None, :]) @ adjoint(ops.xp, pair.u)
        change = ops.frechet(LINEAR, matrix, pair.p, pair.u) - here
        return trace_of_product(ops.xp, _tilt(ops.xp, *pair, exponent), change)

    return drift(rho, Pair(p, u, q, v), s) - drift(sigma, Pair(q, v, p, u), 1 - s)


def _tilt(xp: Any, p: Array, u: Array, q: Array, v: Array, s: Array) -> Array:
    """D(x^s log x)_ρ[σ^{1−s}] − D(x^s)_ρ[σ^{1−s} log σ] − 1: the gradient of F by ρ."""
    overlap = adjoint(xp, u) @ v
    inside = xp.where(q > 0, 1.0, 0.0)
    powers = inside * xp.where(q > 0, q, 1.0) ** (1 - s[..., 0])
    model, rising = (
        (overlap * x[..., None, :]) @ adjoint(xp, overlap)
        for x in (powers, powers * safe_log(xp, q))
    )
    first, second = p[..., :, None], p[..., None, :]
    table = power_difference(xp, first, second, s)
    low = xp.where(second > 0, xp.where(second > 0, second, 1.0) ** s, 0.0)
    tilted = safe_log(xp, first) * table + low * LOG.first_difference(xp, first, second)
    support = (u * xp.where(p > 0, 1.0, 0.0)[..., None, :]) @ adjoint(xp, u)
    return u @ (tilted * model - table * rising) @ adjoint(xp, u) - support


_CHERNOFF = Functional(
    value=_value,
    gradients=(functools.partial(_gradient, 0), functools.partial(_gradient, 1)),
    axes=MATRIX,
    prepare=_prepare,
)


def _no_slope(ops: Any, rho: Array, sigma: Array, p: Array, u: Array, *rest: Array) -> Array:
    return ops.frechet(ONCE, rho + sigma, p, u)


_ORDER = Functional(
    value=lambda xp, rho, sigma, p, u, q, v, s, mobility: s,
    gradients=(_no_slope, _no_slope),
    axes=MATRIX,
    prepare=_prepare,
)
