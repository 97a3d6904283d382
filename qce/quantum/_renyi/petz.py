"""Petz' Rényi divergence of one order other than 1: value and gradients; and its limit α → ∞.

The classical divergence of P_ij = p_i |⟨i|j⟩|², Q_ij = q_j |⟨i|j⟩|², with i of ρ and j of σ.
"""

from __future__ import annotations

import functools
from typing import Any

from qce._arrays import Functional, adjoint, log_ratio
from qce._spectral import (
    ONCE,
    SUPPORT,
    deformed_log,
    kernel,
    meets,
    power,
    safe_power,
    trace_of_product,
)
from qce._spectral.eigen import ZERO
from qce._spectral.pairs import joined
from qce.classical.kernels import divergences as _kernels
from qce.quantum._bases import Overlapping, Pair
from qce.quantum._pairs import MATRIX, both, difference, outside
from qce.quantum._pairs import sizes as sizes_of
from qce.quantum._renyi.slopes import NEAR, along, less_excess, less_trace, where_lost
from qce.typing import Array


@functools.lru_cache(maxsize=256)
def petz_functional(alpha: float) -> Functional:
    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v, missing = Overlapping(*bases)
        met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
        weight = xp.where(met, xp.abs(adjoint(xp, u) @ v) ** 2, 0.0)
        delta = functools.partial(difference, xp, rho, sigma, u, v)
        pair = p[..., :, None], q[..., None, :]
        sizes = sizes_of(xp, rho, sigma)
        return _kernels.renyi(xp, weight, delta, *pair, missing, sizes, alpha, MATRIX)

    near = abs(alpha - 1) < NEAR
    by_data = _petz_by_data_near if near else _petz_by_data
    return Functional(
        value=value,
        gradients=(functools.partial(by_data, alpha), functools.partial(_petz_by_model, alpha)),
        axes=MATRIX,
        prepare=_bases,
    )


def _bases(xp: Any, rho: Array, sigma: Array) -> Overlapping:
    """Both eigendecompositions, and the weight of the data outside the model's support."""
    p, u, q, v = both(xp, rho, sigma)
    return Overlapping(p, u, q, v, outside(xp, rho, q, v))


def _scaled(
    ops: Any, alpha: float, rho: Array, sigma: Array, p: Array, q: Array
) -> tuple[Any, ...]:
    """ρ over its largest, σ over its least eigenvalue: powers of these stay in floating point."""
    high = p[..., -1:]
    low = ops.xp.amin(ops.xp.where(q > 0, q, 1.0), axis=-1)[..., None]
    return high, low, (rho / high[..., None], p / high), (sigma / low[..., None], q / low)


def _image(xp: Any, values: Array, vectors: Array, a: float, basis: Array) -> Array:
    """X^a times another basis, from overlaps: small ones keep their accuracy beside large powers.

    For α > 2 the matrix σ^{1−α} has lost all but its largest power to rounding.
    """
    powers = safe_power(xp, values, a)[..., :, None]
    return vectors @ (powers * (adjoint(xp, vectors) @ basis))


def _petz_by_data(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """(D(x^α)_ρ[σ^{1−α}]/Q − 1/Tr ρ)/(α−1) with Q = Tr ρ^α σ^{1−α} = Tr ρ D(x^α)_ρ[σ^{1−α}]/α."""
    p, u, q, v = Overlapping(*bases).pair
    xp = ops.xp
    high, _, (r, rp), (s, sq) = _scaled(ops, alpha, rho, sigma, p, q)
    model = ops.frechet(power(1 - alpha), s, sq, v)
    image = _image(xp, sq, v, 1 - alpha, u)
    slope = ops.frechet(power(alpha), r, rp, u, model, image=image)
    if alpha > 1:
        total = trace_of_product(xp, r, slope) / alpha
    else:
        total = trace_of_product(xp, ops.frechet(power(alpha), r, rp, u), model)
    return less_trace(ops, alpha, slope / high[..., None], total, rho, p, u)


def _petz_by_data_near(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """The same with x^a = 1 + a·deformed_log: log ρ + 1 − log σ at α = 1."""
    p, u, q, v, missing = Overlapping(*bases)
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
        slope = slope + where_lost(ops, missing, lost) / (1 - alpha)
    data = ops.frechet(power(alpha), rho, p, u)
    total = trace_of_product(ops.xp, data, ops.frechet(power(1 - alpha), sigma, q, v))
    value = ops.again(petz_functional(alpha), (rho, sigma), bases)
    return less_excess(ops, alpha, slope, total, value, along(ops, alpha, rho, p, u))


def _petz_by_model(alpha: float, ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """D(x^{1−α})_σ[ρ^α]/((α−1) Tr ρ^α σ^{1−α}), with x^a = 1 + a·deformed_log."""
    p, u, q, v, missing = Overlapping(*bases)
    _, low, (r, rp), (s, sq) = _scaled(ops, alpha, rho, sigma, p, q)
    data = ops.frechet(power(alpha), r, rp, u)
    image = _image(ops.xp, rp, u, alpha, v)
    slope = ops.frechet(deformed_log(1 - alpha), s, sq, v, data, image=image)
    if alpha > 1:  # Tr σ D(x^a)_σ[X] = a Tr σ^a X
        total = trace_of_product(ops.xp, s, slope)
    else:
        total = trace_of_product(ops.xp, data, ops.frechet(power(1 - alpha), s, sq, v))
        turned = ops.frechet(SUPPORT, s, sq, v, data)
        slope = slope + where_lost(ops, missing, turned) / (1 - alpha)
    return -slope / low[..., None] / ops.xp.where(total > 0, total, 1.0)


# --- the limit α → ∞ ---------------------------------------------------------------------------


def _lengths(xp: Any, rho: Array, sigma: Array, pair: Pair) -> Array:
    """log(p_i/q_j) of pairs that overlap, −∞ for others, (..., d, d)."""
    pairs = joined(xp, rho, sigma, *pair)
    p, q = pair.p[..., :, None], pair.q[..., None, :]
    ratio = log_ratio(xp, xp.where(pairs, p, 1.0), xp.where(pairs, q, 1.0))
    return xp.where(pairs, ratio, -xp.inf)


def _limit(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    known = Overlapping(*bases)
    largest = xp.amax(_lengths(xp, rho, sigma, known.pair), axis=MATRIX)
    size, other = sizes_of(xp, rho, sigma)
    negative = (largest <= 0) & (size == other)
    return xp.where(known.missing > 0, xp.inf, xp.where(negative, 0.0, largest))


def _shares(ops: Any, rho: Array, sigma: Array, pair: Pair) -> Array:
    """Equal shares of the pairs with the largest ratio, within rounding of eigenvalues."""
    xp = ops.xp
    lengths = _lengths(xp, rho, sigma, pair)
    parts = (x[..., -1:] / xp.where(x > 0, x, 1.0) for x in (pair.p, pair.q))
    spread = sum(x[..., None] if k == 0 else x[..., None, :] for k, x in enumerate(parts))
    tie = ZERO * xp.finfo(pair.p.dtype).eps * pair.p.shape[-1] * spread
    top = xp.where(lengths >= xp.amax(lengths, axis=MATRIX)[..., None, None] - tie, 1.0, 0.0)
    return top / xp.sum(top, axis=MATRIX)[..., None, None]


def _limit_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    pair = Overlapping(*bases).pair
    share = ops.xp.sum(_shares(ops, rho, sigma, pair), axis=-1)
    return _in_basis(ops, rho + sigma, pair.u, share / ops.xp.where(pair.p > 0, pair.p, 1.0))


def _limit_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    pair = Overlapping(*bases).pair
    share = ops.xp.sum(_shares(ops, rho, sigma, pair), axis=-2)
    return _in_basis(ops, rho + sigma, pair.v, -share / ops.xp.where(pair.q > 0, pair.q, 1.0))


def _in_basis(ops: Any, states: Array, basis: Array, diagonal: Array) -> Array:
    """Basis diag basis†; eigenvectors move with the states: there is no further derivative."""
    once = ops.frechet(ONCE, states, diagonal, basis)
    return once + (basis * diagonal[..., None, :]) @ adjoint(ops.xp, basis)


LIMIT = Functional(
    value=_limit, gradients=(_limit_by_data, _limit_by_model), axes=MATRIX, prepare=_bases
)
