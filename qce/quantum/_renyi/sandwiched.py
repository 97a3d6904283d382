"""The sandwiched Rényi divergence of one order other than 1 and ∞: value and gradients.

The classical divergence of P_kj = m_k q_j^{(α−1)/α} |⟨k|j⟩|², Q_kj = q_j |⟨k|j⟩|², with k and m_k
of M = σ^s ρ σ^s, s = (1−α)/2α. Both sum to 1, and Σ P^α Q^{1−α} = Tr M^α.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from qce._arrays import Functional, adjoint, hermitian
from qce._spectral import (
    SUPPORT,
    decompose,
    deformed_log,
    identity,
    kernel,
    meets,
    power,
    safe_power,
    sandwich,
    trace,
)
from qce._spectral.factors import cholesky, factor, root
from qce.classical.kernels import divergences as _kernels
from qce.quantum._bases import Sandwich
from qce.quantum._pairs import (
    MATRIX,
    TWO_DIGITS,
    both,
    by_bases,
    difference,
    outside,
    refined,
    sizes,
)
from qce.quantum._renyi.slopes import NEAR, along, less_excess, less_trace, where_lost
from qce.typing import Array


@functools.lru_cache(maxsize=256)
def sandwiched_functional(alpha: float) -> Functional:
    """The sandwiched divergence of one order, other than 1 and ∞."""
    s = (1 - alpha) / (2 * alpha)

    def prepare(xp: Any, rho: Array, sigma: Array) -> Sandwich:
        p, u, q, v = both(xp, rho, sigma)
        return Sandwich(p, u, q, v, outside(xp, rho, q, v), *sandwich(xp, p, u, q, v, s))

    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v, missing, m, w = Sandwich(*bases)
        met = meets(xp, rho, sigma, p, u, q, v)[..., None, None]
        if alpha < 0.5:
            return _of_small_order(xp, alpha, met[..., 0, 0], m, sizes(xp, rho, sigma))
        overlap = adjoint(xp, w) @ v
        weight = xp.where(met, xp.abs(overlap) ** 2, 0.0)

        def delta() -> Array:
            """⟨k|σ^s (ρ − σ) σ^{−s}|j⟩."""
            scaled = safe_power(xp, q, s)[..., :, None] * difference(xp, rho, sigma, v, v)
            return (overlap @ scaled) * safe_power(xp, q, -s)[..., None, :]

        lifted = m[..., :, None] * safe_power(xp, q, (alpha - 1) / alpha)[..., None, :]
        pair, total = (lifted, q[..., None, :]), sizes(xp, rho, sigma)
        return _kernels.renyi(xp, weight, delta, *pair, missing, total, alpha, MATRIX)

    near = abs(alpha - 1) < NEAR
    by_data = _sandwiched_by_data_near if near else _sandwiched_by_data
    return Functional(
        value=value,
        gradients=(
            functools.partial(by_data, alpha, s),
            functools.partial(_sandwiched_by_model, alpha, s),
        ),
        axes=MATRIX,
        prepare=prepare,
        plain=_plain(alpha, s, by_bases(value, prepare)),
    )


def _of_small_order(xp: Any, alpha: float, met: Array, m: Array, totals: list[Array]) -> Array:
    """Log(Σ m^α/t)/(α−1), for s so large that only the eigenvalues of M are accurate."""
    total = xp.sum(safe_power(xp, m, alpha), axis=-1)
    met = met & (total > 0)
    size, other = totals
    value = xp.log(xp.where(met, total / size, 1.0)) / (alpha - 1)
    below = (value <= 0) & (size == 1) & (other == 1)
    return xp.where(met, xp.where(below, 0.0, value), xp.inf)


# --- NumPy arrays without derivatives -----------------------------------------------------------


def root_fidelity(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """Tr |√ρ √σ|, the sum of the singular values of A†B with AA† = ρ and BB† = σ."""
    a, b = cholesky(rho), cholesky(sigma)
    met: Any = True
    if a is None and b is None:
        p, u, q, v = decompose(np, rho, sigma)
        a, b = root(p, u), root(q, v)
        met = meets(np, rho, sigma, p, u, q, v)
    else:
        a, b = (factor(x) if y is None else y for x, y in ((rho, a), (sigma, b)))
    singular = np.linalg.svd(adjoint(np, a) @ b, compute_uv=False)
    return np.where(met, singular.sum(axis=-1), 0.0)[()]


def _plain(alpha: float, s: float, exact: Callable[..., Array]) -> Callable[..., Array]:
    """A value from singular values, replaced by the `exact` one for close states."""
    if alpha < 0.5:
        return exact
    if alpha == 0.5:
        return functools.partial(_half, exact)
    return functools.partial(_from_factor, alpha, s, exact)


def _half(exact: Callable[..., Array], rho: np.ndarray, sigma: np.ndarray) -> Array:
    with np.errstate(divide="ignore"):
        value = -2 * np.log(root_fidelity(rho, sigma) / sizes(np, rho)[0])
    return refined(value, value < TWO_DIGITS, exact, rho, sigma)


def _from_factor(
    alpha: float, s: float, exact: Callable[..., Array], rho: np.ndarray, sigma: np.ndarray
) -> Array:
    """Log Tr M^α from the singular values of A†σ^s, AA† = ρ; for α > ½, where none counts twice."""
    a, (q, v) = cholesky(rho), decompose(np, sigma)
    if a is None and alpha < 1 and not np.all(q > 0):  # the supports may not meet
        return exact(rho, sigma)
    a = factor(rho) if a is None else a
    singular = np.linalg.svd(
        (adjoint(np, a) @ v) * safe_power(np, q, s)[..., None, :], compute_uv=False
    )
    largest = np.where(singular[..., :1] > 0, singular[..., :1], 1.0)
    total = np.sum((singular / largest) ** (2 * alpha), axis=-1)
    log_total = np.log(np.where(total > 0, total, 1.0))
    log_total = log_total - np.log(sizes(np, rho)[0])
    log_sum = np.where(total > 0, 2 * alpha * np.log(largest[..., 0]) + log_total, -np.inf)
    value = log_sum / (alpha - 1)
    if alpha > 1:  # below 1 a kernel of the model costs nothing where the supports meet
        value = np.where(outside(np, rho, q, v) > 0, np.inf, value)
    return refined(np.asarray(value)[()], np.abs(log_sum) < TWO_DIGITS, exact, rho, sigma)


# --- gradients -----------------------------------------------------------------------------------


def sandwich_matrix(
    ops: Any, s: float, rho: Array, sigma: Array, q: Array, v: Array
) -> tuple[Array, Array]:
    """σ^s, and M = σ^s ρ σ^s."""
    root = ops.frechet(power(s), sigma, q, v)
    return root, hermitian(ops.xp, root @ rho @ root)


def _scaled_sandwich(
    ops: Any, s: float, rho: Array, sigma: Array, b: Sandwich
) -> tuple[Array, ...]:
    root, matrix = sandwich_matrix(ops, s, rho, sigma, b.q, b.v)
    largest = ops.xp.where(b.m[..., :1] > 0, b.m[..., :1], 1.0)
    return largest[..., None], root, matrix / largest[..., None], b.m / largest


def _sandwiched_by_data(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """(α σ^s M^{α−1} σ^s/Tr M^α − 1/Tr ρ)/(α−1)."""
    b = Sandwich(*bases)
    largest, root, matrix, mm = _scaled_sandwich(ops, s, rho, sigma, b)
    total = trace(ops, ops.frechet(power(alpha), matrix, mm, b.w))
    slope = alpha / largest * (root @ ops.frechet(power(alpha - 1), matrix, mm, b.w) @ root)
    return less_trace(ops, alpha, slope, total, rho, b.p, b.u)


def _sandwiched_by_data_near(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """The same with x^a = 1 + a·deformed_log: log ρ + 1 − log σ at α = 1."""
    p, u, q, v, missing, m, w = Sandwich(*bases)
    root, matrix = sandwich_matrix(ops, s, rho, sigma, q, v)
    by_model = identity(ops, q) - ops.frechet(deformed_log(2 * s), sigma, q, v)
    outside = kernel(ops, rho, p, u)
    slope = alpha * (root @ ops.frechet(deformed_log(alpha - 1), matrix, m, w) @ root)
    if alpha > 1:
        beyond = root @ kernel(ops, matrix, m, w) @ root
        slope = slope + by_model - alpha / (alpha - 1) * beyond
    else:
        # Between the kernel of ρ and itself there is no derivative; elsewhere nothing is changed.
        lost = where_lost(ops, missing, kernel(ops, sigma, q, v)) * alpha / (1 - alpha)
        slope = slope + by_model + lost - outside @ (by_model + lost) @ outside
    total = trace(ops, ops.frechet(power(alpha), matrix, m, w))
    value = ops.again(sandwiched_functional(alpha), (rho, sigma), bases)
    return less_excess(ops, alpha, slope, total, value, along(ops, alpha, rho, p, u))


def _sandwiched_by_model(
    alpha: float, s: float, ops: Any, rho: Array, sigma: Array, *bases: Array
) -> Array:
    """D(x^s)_σ[ρ σ^s M^{α−1} + h.c.] α/((α−1) Tr M^α), with x^s = 1 + s·deformed_log."""
    b = Sandwich(*bases)
    largest, root, matrix, mm = _scaled_sandwich(ops, s, rho, sigma, b)
    total = trace(ops, ops.frechet(power(alpha), matrix, mm, b.w))
    inner = rho @ root @ ops.frechet(power(alpha - 1), matrix, mm, b.w) / largest
    slope = ops.frechet(deformed_log(s), sigma, b.q, b.v, inner)
    if alpha < 1:
        turned = ops.frechet(SUPPORT, sigma, b.q, b.v, inner)
        slope = slope + where_lost(ops, b.missing, turned) / s
    return -slope / ops.xp.where(total > 0, total, 1.0)
