"""The same as `gaussian` for states of JAX: functionals of C = (1 + iΓ)/2, differentiated twice.

For Hermitian directions E, and C̄ = 1 − C the complex conjugate of C,

- Petz: ½ log det 2 Re X with X = C_ρ^x C_σ^y has the slopes D(C_ρ^x)[C_σ^y N], D(C_σ^y)[N C_ρ^x],
  where N = (2 Re X)^{−1};
- sandwich: ½ log det(1 + M^α) with M = S T S, S = (C_σ/C̄_σ)^s, has the slope S g S along T, where
  g = ½ α M^{α−1}/(1 + M^α), and that of 2 Re Tr T S g dS along C_σ;
- variance: ½ Tr h C̄ h C with h = log C/C̄ of both: K = C̄ h C + C h C̄ along the logarithms;
- near α = 1 a polynomial in α between orders that lose no digits.

A generator knows its logarithms, log C/C̄ = −iA, which the moments have rounded away where modes are
nearly pure: relative entropy and variance take them from there.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from qce._arrays import Functional, hermitian
from qce._checks import error
from qce._spectral import LOG, ZERO, decompose, power
from qce.quantum._entropies import CROSS_ENTROPY, ENTROPY, RELATIVE_ENTROPY
from qce.quantum._pairs import outside
from qce.states import GaussianFermions
from qce.states.fermions_jax import antisymmetric, covariance, log_partition, occupation

_MATRIX = (-2, -1)
_COLD = 8.0  # an energy whose e^−ε the moments still know to twelve digits; of 32 bits, half


def entropy(x: GaussianFermions) -> Array:
    """S(ρ) = −Tr C log C."""
    return ENTROPY(_occupation(x))


def renyi_entropy(x: GaussianFermions, alpha: float) -> Array:
    """S_α(ρ) = n log 2 − D_α(ρ‖1/2^n)."""
    if alpha == 1:
        return entropy(x)
    c = _occupation(x)
    _check_order(alpha)
    return x.wires * math.log(2) - _petz(alpha)(c, jnp.eye(len(c)) / 2) / (alpha - 1)


def cross_entropy(data: GaussianFermions, model: GaussianFermions) -> Array:
    """S(ρ, σ) = ¼ Σ A_jk Γ_jk + ln Z with a generator, else −Tr C_ρ log C_σ."""
    if model._generator is not None:
        a = jnp.asarray(model._generator)
        return jnp.sum(a * jnp.asarray(data.covariance)) / 4 + log_partition(a)
    return CROSS_ENTROPY(_occupation(data), _occupation(model))


def relative_entropy(data: GaussianFermions, model: GaussianFermions) -> Array:
    """D(ρ‖σ) = Tr C_ρ (log C_ρ − log C_σ)."""
    rho = _occupation(data)
    if model._generator is None:
        return RELATIVE_ENTROPY(rho, _occupation(model))
    a = antisymmetric(jnp.asarray(model._generator))
    limit = _COLD if _is_double(a.dtype) else _COLD / 2
    cold = jnp.linalg.eigvalsh(1j * jax.lax.stop_gradient(a))[-1] > limit

    def difference(rho: Array, gamma: Array, a: Array) -> Array:
        value = jnp.sum(a * gamma) / 4 + log_partition(a) - ENTROPY(rho)
        return jnp.maximum(value, 0.0).astype(a.dtype)

    def moments(rho: Array, gamma: Array, a: Array) -> Array:
        return RELATIVE_ENTROPY(rho, occupation(covariance(a))).astype(a.dtype)

    return jax.lax.cond(cold, difference, moments, rho, 2 * jnp.imag(rho), a)


def relative_entropy_variance(data: GaussianFermions, model: GaussianFermions) -> Array:
    """V(ρ‖σ) = ½ Tr h (1 − C) h C."""
    rho = _occupation(data)
    if data._generator is None or model._generator is None:
        return _VARIANCE(rho, _occupation(model))
    h = _logarithm(data) - _logarithm(model)
    return jnp.real(jnp.sum((h @ jnp.conj(rho)) * (h @ rho).T)) / 2


def petz(alpha: float, data: GaussianFermions, model: GaussianFermions) -> Array:
    """Petz' Rényi divergence."""
    _check_order(alpha)
    rho, sigma = _occupation(data), _occupation(model)
    if _near(alpha, rho.dtype):
        return _across(petz, alpha, data, model)
    return _petz(alpha)(rho, sigma) / (alpha - 1)


def sandwiched(alpha: float, data: GaussianFermions, model: GaussianFermions) -> Array:
    """The sandwiched Rényi divergence; NaN where M leaves the range in which it is known."""
    _check_order(alpha)
    rho, sigma = _occupation(data), _occupation(model)
    if _near(alpha, rho.dtype):
        return _across(sandwiched, alpha, data, model)
    one = jnp.eye(len(rho), dtype=rho.dtype)
    odds = jnp.linalg.inv(one - rho) - one
    norms = alpha * _log_det(rho) + (1 - alpha) * _log_det(sigma)
    return (_sandwich(alpha)(odds, sigma) + norms / 2) / (alpha - 1)


def _check_order(alpha: float) -> None:
    if alpha in (0, math.inf):
        but = f"it is {alpha:g}"
        raise error("alpha", "be finite and positive for states of JAX", but, "NumPy arrays")


def _occupation(state: GaussianFermions) -> Array:
    return occupation(jnp.asarray(state.covariance))


def _log_det(matrix: Array) -> Array:
    return jnp.linalg.slogdet(matrix)[1]


def _along(ops: Any, f: Any, matrix: Array, basis: tuple[Array, ...], slope: Array) -> Array:
    """The slope along a matrix of what has a slope along its spectral function."""
    return ops.frechet(f, matrix, *basis, hermitian(ops.xp, slope))


def _logarithm(state: GaussianFermions) -> Array:
    """Log C/C̄ of a generator."""
    return -1j * antisymmetric(jnp.asarray(state._generator))


# --- near order 1 -------------------------------------------------------------------------------


def _across(
    divergence: Callable[..., Array], alpha: float, data: GaussianFermions, model: GaussianFermions
) -> Array:
    """D_α from five orders around 1 by Lagrange's polynomial, whose derivatives are theirs."""
    step = _step(jnp.asarray(data.covariance).dtype)
    orders = [1 + k * step for k in (-2, -1, 0, 1, 2)]
    weights = [math.prod((alpha - y) / (x - y) for y in orders if y != x) for x in orders]
    each = [relative_entropy(data, model) if x == 1 else divergence(x, data, model) for x in orders]
    return functools.reduce(operator.add, map(operator.mul, weights, each))


def _near(alpha: float, dtype: Any) -> bool:
    """Whether the quotient by α − 1 costs digits: three of sixteen, or of seven two."""
    return abs(alpha - 1) < (1e-3 if _is_double(dtype) else 2e-2)


def _step(dtype: Any) -> float:
    return 0.01 if _is_double(dtype) else 0.03


def _is_double(dtype: Any) -> bool:
    return bool(jnp.finfo(dtype).eps < 1e-10)


# --- Petz ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _petz(alpha: float) -> Functional:
    first, second = power(alpha), power(1 - alpha)

    def both(ops: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array, Array]:
        a, b = ops.frechet(first, rho, *bases[:2]), ops.frechet(second, sigma, *bases[2:])
        return a, b, ops.xp.linalg.inv(2 * ops.xp.real(a @ b))

    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v = bases
        a = (u * first.on_support(xp, p)) @ xp.conj(u.T)
        b = (v * second.on_support(xp, q)) @ xp.conj(v.T)
        found = 2 * xp.real(a @ b)
        if alpha > 1:
            infinite = outside(xp, rho, q, v) > 0
        else:
            rounding = ZERO * xp.finfo(found.dtype).eps * len(found)
            infinite = xp.linalg.svd(found, compute_uv=False)[-1] <= rounding
        limit = xp.inf if alpha > 1 else -xp.inf
        return xp.where(infinite, limit, xp.linalg.slogdet(found)[1] / 2)

    def by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        _, b, inverse = both(ops, rho, sigma, *bases)
        return _along(ops, first, rho, bases[:2], b @ inverse)

    def by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        a, _, inverse = both(ops, rho, sigma, *bases)
        return _along(ops, second, sigma, bases[2:], inverse @ a)

    return Functional(value, (by_data, by_model), axes=_MATRIX, prepare=decompose)


# --- sandwich -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _sandwich(alpha: float) -> Functional:
    s = (1 - alpha) / (2 * alpha)
    up, down = power(s), power(-s)

    def parts(
        ops: Any, odds: Array, sigma: Array, *bases: Array
    ) -> tuple[Array, Array, Array, Array]:
        """C_σ^s, C̄_σ^−s, S and g."""
        xp, (q, v, m, w) = ops.xp, bases
        left = ops.frechet(up, sigma, q, v)
        right = xp.conj(ops.frechet(down, sigma, q, v))
        side = left @ right
        matrix = side @ odds @ side
        above = ops.frechet(power(alpha), matrix, m, w)
        below = ops.frechet(power(alpha - 1), matrix, m, w)
        one = xp.eye(len(matrix), dtype=matrix.dtype)
        return left, right, side, alpha / 2 * xp.linalg.solve(one + above, below)

    def prepare(xp: Any, odds: Array, sigma: Array) -> tuple[Array, ...]:
        q, v = decompose(xp, sigma)
        left = (v * up.on_support(xp, q)) @ xp.conj(v.T)
        side = left @ xp.conj((v * down.on_support(xp, q)) @ xp.conj(v.T))
        return q, v, *decompose(xp, hermitian(xp, side @ odds @ side))

    def value(xp: Any, odds: Array, sigma: Array, q: Array, v: Array, m: Array, w: Array) -> Array:
        found = xp.sum(xp.log1p(m**alpha)) / 2
        return xp.where(m[0] > 0, found, xp.nan)  # else 1/m of the largest has been rounded away

    def by_odds(ops: Any, odds: Array, sigma: Array, *bases: Array) -> Array:
        _, _, side, g = parts(ops, odds, sigma, *bases)
        return hermitian(ops.xp, side @ g @ side)

    def by_model(ops: Any, odds: Array, sigma: Array, *bases: Array) -> Array:
        left, right, side, g = parts(ops, odds, sigma, *bases)
        slope = 2 * odds @ side @ g
        first = _along(ops, up, sigma, bases[:2], right @ slope)
        second = _along(ops, down, sigma, bases[:2], ops.xp.conj(slope @ left))
        return first + second

    return Functional(value, (by_odds, by_model), axes=_MATRIX, prepare=prepare)


# --- variance -----------------------------------------------------------------------------------


def _log_odds(ops: Any, c: Array, *basis: Array) -> Array:
    log = ops.frechet(LOG, c, *basis)
    return log - ops.xp.conj(log)


def _difference(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    return _log_odds(ops, rho, *bases[:2]) - _log_odds(ops, sigma, *bases[2:])


def _variance(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    p, u, q, v = bases
    logs = [(x * LOG.on_support(xp, y)) @ xp.conj(x.T) for x, y in ((u, p), (v, q))]
    h = (logs[0] - xp.conj(logs[0])) - (logs[1] - xp.conj(logs[1]))
    found = xp.real(xp.trace(h @ xp.conj(rho) @ h @ rho)) / 2
    return xp.where(outside(xp, rho, q, v) > 0, xp.inf, found)


def _middle(xp: Any, h: Array, c: Array) -> Array:
    return xp.conj(c) @ h @ c + c @ h @ xp.conj(c)


def _variance_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    h = _difference(ops, rho, sigma, *bases)
    middle = _along(ops, LOG, rho, bases[:2], _middle(ops.xp, h, rho))
    return middle + hermitian(ops.xp, h @ ops.xp.conj(rho) @ h)


def _variance_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    h = _difference(ops, rho, sigma, *bases)
    return -_along(ops, LOG, sigma, bases[2:], _middle(ops.xp, h, rho))


_VARIANCE = Functional(
    _variance, (_variance_by_data, _variance_by_model), axes=_MATRIX, prepare=decompose
)
