"""The sandwiched Rényi divergence of orders below 0.05: values and gradients.

The eigenvalues m of M = σ^s ρ σ^s, s = (1−α)/2α, leave floating point; their powers m^α do not.
They are those of N = A†σ^{2s}A with ρ = AA†, which `graded` finds, and with its weighted inverse Π
both gradients are products of numbers of order one: A†σ^sM^{α−1}σ^sA = N^α, so that
σ^s M^{α−1} σ^s = Π N^α Π†; and in the eigenbasis of σ, for q_i ≥ q_j,

    (D(x^{2s})_σ[A N^{α−1} A†])_ij = (Π N^α A†)_ij (1 − (q_j/q_i)^{2s})/(q_i − q_j).

For α → 0 the value tends to −log Σ q_j over the first eigenvectors of σ, in descending order, whose
projections on the support of ρ are linearly independent: 0 for ρ of full rank, at most the
min-relative entropy otherwise, and discontinuous in the states (N. Datta and F. Leditzky, J. Phys.
A 47, 045304 (2014); K. Audenaert and N. Datta, J. Math. Phys. 56, 022202 (2015)). A projection that
is independent by no more than rounding counts as dependent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from qce._arrays import Functional, adjoint, hermitian, library, log_ratio
from qce._spectral import decompose
from qce._spectral.eigen import ZERO
from qce._spectral.factors import root
from qce._spectral.powers import Once
from qce.quantum._pairs import MATRIX, sizes
from qce.quantum._renyi.graded import Graded, graded, projection, spectrum
from qce.typing import Array

_LIMIT = Once(
    "The sandwiched Rényi divergence of order 0 is a limit, discontinuous in the states, but a "
    "derivative of it was asked for. Pass alpha > 0, or use min_relative_entropy."
)
_SMALL = Once(
    "The sandwiched Rényi divergence of an order below 0.05 is differentiable once, but a second "
    "derivative was asked for. Pass alpha=0.05 or more, or use petz_renyi_divergence."
)


@functools.lru_cache(maxsize=256)
def small_order(alpha: float) -> Functional:
    """The sandwiched divergence of one order in [0, 0.05)."""

    def prepare(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
        parts = (_powers, _by_data, _by_model) if alpha else (_powers,)
        ops = library(rho, sigma)
        return tuple(ops.on_host(functools.partial(_each, f, alpha), rho, sigma) for f in parts)

    def value(xp: Any, rho: Array, sigma: Array, powers: Array, *slopes: Array) -> Array:
        total = xp.sum(xp.real(powers), axis=(-2, -1))
        met, (size, other) = total > 0, sizes(xp, rho, sigma)
        below = (total < 1) | (size != 1) | (other != 1)
        log = xp.log(xp.where(met & below, total / size, 1.0))
        return xp.where(met, (0.0 - log) / (1 - alpha), xp.inf)

    def plain(rho: np.ndarray, sigma: np.ndarray) -> Array:
        return value(np, rho, sigma, _each(_powers, alpha, rho, sigma))

    return Functional(
        value=value,
        gradients=(functools.partial(_slope, 0), functools.partial(_slope, 1)),
        axes=MATRIX,
        prepare=prepare,
        plain=plain,
    )


def _slope(k: int, ops: Any, rho: Array, sigma: Array, powers: Array, *slopes: Array) -> Array:
    """A gradient that was computed on the host, and has no further derivative."""
    if not slopes:
        _LIMIT.first_difference(ops.xp, powers, powers)
    nothing = ops.xp.zeros_like(ops.xp.real(slopes[k][..., 0]))
    return slopes[k] + ops.frechet(_SMALL, rho + sigma, nothing, slopes[k])


def _each(
    function: Callable[..., np.ndarray], alpha: float, rho: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """A function of two matrices, for each pair of two stacks; complex, as the host gives it."""
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    pairs = (np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in (rho, sigma))
    found = np.zeros((int(np.prod(shape[:-2])), *shape[-2:]), np.result_type(rho, sigma, "F"))
    for matrix, x, y in zip(found, *pairs, strict=True):
        matrix[...] = function(alpha, x, y)
    return found.reshape(shape)


def _of_pair(
    alpha: float, rho: np.ndarray, sigma: np.ndarray
) -> tuple[Graded, np.ndarray, np.ndarray]:
    """N, the eigenvalues q of the model in descending order, and its eigenvectors.

    At α = 0 the weights only give the order.
    """
    (p, u), (q, v) = decompose(np, rho), decompose(np, sigma)
    q, v = q[::-1], v[:, ::-1]
    with np.errstate(divide="ignore"):
        logs = np.log(q) * ((1 - alpha) / (2 * alpha) if alpha else 1.0)
    rounding = ZERO * np.finfo(q.dtype).eps * len(rho) * p[-1] ** 0.5
    return graded(adjoint(np, root(p, u)) @ v, logs, rounding), q, v


def _spectrum(alpha: float, matrix: Graded, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues m^α of N^α, and eigenvectors."""
    logs, vectors = spectrum(matrix)
    return np.exp((1 - alpha) * np.log(q[matrix.leading]) + alpha * logs), vectors


def _powers(alpha: float, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The eigenvalues of M^α on the diagonal."""
    matrix, q, _ = _of_pair(alpha, rho, sigma)
    values = np.zeros(len(rho))
    if matrix.leading:
        found = _spectrum(alpha, matrix, q)[0] if alpha else q[matrix.leading]
        values[: len(found)] = found
    return np.diag(values)


def _by_data(alpha: float, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """(α Π N^α Π†/Tr N^α − 1/Tr ρ)/(α−1), 1 on the support of ρ."""
    matrix, q, v = _of_pair(alpha, rho, sigma)
    if not matrix.leading:
        return np.zeros_like(rho)
    powers, vectors = _spectrum(alpha, matrix, q)
    image = v @ projection(matrix) @ vectors
    p, u = decompose(np, rho)
    support = (u * (p > 0)) @ adjoint(np, u)
    slope = alpha / powers.sum() * (image * powers) @ adjoint(np, image)
    return (slope - support / p.sum()) / (alpha - 1)


def _by_model(alpha: float, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """α D(x^{2s})_σ[A N^{α−1} A†]/((α−1) Tr N^α)."""
    matrix, q, v = _of_pair(alpha, rho, sigma)
    if not matrix.leading:
        return np.zeros_like(sigma)
    powers, vectors = _spectrum(alpha, matrix, q)
    product = (projection(matrix) @ vectors * powers) @ (adjoint(np, vectors) @ matrix.rows)
    upper = np.triu(product * _falls(q, (1 - alpha) / alpha))
    slope = hermitian(np, upper + np.triu(upper, 1))
    return v @ slope @ adjoint(np, v) * (alpha / ((alpha - 1) * powers.sum()))


def _falls(q: np.ndarray, a: float) -> np.ndarray:
    """(1 − (q_j/q_i)^a)/(q_i − q_j) for q in descending order, i ≤ j; 1/q_i where q_j is 0."""
    high, low = q[:, None], q[None, :]
    inside, gap = (low > 0) & (low <= high), high - low
    top = np.where(high > 0, high, 1.0)
    length = log_ratio(np, top, np.where(inside, low, top))
    fall = np.where(inside, -np.expm1(-a * length), 1.0)
    quotient = fall / np.where(gap > 0, gap, 1.0)
    return np.where(high > 0, np.where(gap > 0, quotient, a / top), 0.0)
