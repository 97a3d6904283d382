"""The same as `gaussian` for states of JAX: functionals of C = (1 + iΓ)/2, differentiated twice.

For Hermitian directions E, and C̄ = 1 − C the complex conjugate of C,

- Petz: ½ log det 2 Re X with X = C_ρ^x C_σ^y has the slopes D(C_ρ^x)[C_σ^y N], D(C_σ^y)[N C_ρ^x],
  where N = (2 Re X)^{−1};
- sandwich: `gaussian_sandwich`;
- variance: ½ Tr h C̄ h C with h = log C/C̄ of both: K = C̄ h C + C h C̄ along the logarithms;
- near α = 1 a polynomial in α between orders that lose no digits, of states that are not cold.

A generator knows its logarithms, log C/C̄ = −iA, which the moments have rounded away where modes are
nearly pure: all take them from there, divergences of orders above 1 where that keeps more digits.
The occupation at xA has the place of C^x, with log Tr ρ^x added.
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
from qce._spectral import LOG, decompose, power
from qce.quantum._entropies import CROSS_ENTROPY, ENTROPY, RELATIVE_ENTROPY
from qce.quantum._factorised import gaussian_sandwich
from qce.quantum._factorised.gaussian_large_orders import by_the_better_way
from qce.quantum._factorised.gaussian_powers import Places, of_powers
from qce.quantum._factorised.gaussian_sandwich import generator_of, invertible, log_moment
from qce.quantum._pairs import outside
from qce.states import GaussianFermions
from qce.states.fermions_jax import covariance, energies, log_partition, occupation

_MATRIX = (-2, -1)
_COLD = 8.0  # an energy whose e^−ε the moments still know to twelve digits; of 32 bits, half
_TANGENT = 1e-6  # |α − 1| up to which the next term is below what a quotient by it loses


def entropy(x: GaussianFermions) -> Array:
    """S(ρ) = −Tr C log C."""
    return ENTROPY(_occupation(x))


def renyi_entropy(x: GaussianFermions, alpha: float) -> Array:
    """S_α(ρ) = log Tr ρ^α/(1 − α), by moments n log 2 − D_α(ρ‖1/2^n)."""
    if alpha == 1:
        return entropy(x)
    _check_order(alpha)
    if x._generator is not None:
        if _near(alpha, jnp.asarray(x._generator).dtype):
            return _between(lambda y: renyi_entropy(x, y), alpha, jnp.asarray(x._generator).dtype)
        return log_moment(alpha, generator_of(x)) / (1 - alpha)
    c = _occupation(x)
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
    a = generator_of(model)
    cold = _is_cold(model, a.dtype)

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
    return _divergence(_petz_apart, alpha, data, model)


def sandwiched(alpha: float, data: GaussianFermions, model: GaussianFermions) -> Array:
    """The sandwiched Rényi divergence."""
    return _divergence(gaussian_sandwich.sandwiched, alpha, data, model)


def _petz_apart(
    alpha: float, data: GaussianFermions, model: GaussianFermions, warm: bool = False
) -> Array:
    """Of an order that is not near 1; as `gaussian_sandwich.sandwiched`."""

    def value(model_known: bool) -> Array:
        known = data._generator is not None, model_known
        if not any(known):
            return _petz(alpha)(_occupation(data), _occupation(model))
        given = [
            generator_of(x) if is_known else _occupation(x)
            for x, is_known in zip((data, model), known, strict=True)
        ]
        return _tempered_petz(alpha, *known)(*given)

    if warm or alpha < 1:
        return value(alpha < 1 and model._generator is not None) / (alpha - 1)
    if data._generator is not None:
        left = occupation(covariance(alpha * generator_of(data)))
    else:
        p, u = decompose(jnp, jax.lax.stop_gradient(_occupation(data)))
        left = power(alpha).derivative(jnp, p, u)
    return by_the_better_way(value, left, 1 - alpha, data, model) / (alpha - 1)


@functools.lru_cache(maxsize=64)
def _tempered_petz(alpha: float, data_known: bool, model_known: bool) -> Functional:
    """Log Tr ρ^α σ^{1−α} where one generator is known at least."""

    def function(data: Places, model: Places) -> Array:
        a, first = _tempered(alpha, data, data_known)
        b, second = _tempered(1 - alpha, model, model_known)
        product, orthogonal = invertible(2 * jnp.real(a @ b))
        found = jnp.linalg.slogdet(product)[1] / 2 + first + second
        return jnp.where(orthogonal, -jnp.inf, found) if alpha < 1 else found

    return of_powers(function, None if data_known else alpha, None if model_known else 1 - alpha)


def _tempered(x: float, state: Places, is_known: bool) -> tuple[Array, Array | float]:
    """What has the place of C^x, and the logarithm that goes with it."""
    if not is_known:
        return state[1], 0.0
    (a,) = state
    return occupation(covariance(x * a)), log_moment(x, a)


def _check_order(alpha: float) -> None:
    if alpha in (0, math.inf):
        but = f"it is {alpha:g}"
        raise error("alpha", "be finite and positive for states of JAX", but, "NumPy arrays")


def _occupation(state: GaussianFermions) -> Array:
    return occupation(jnp.asarray(state.covariance))


def _along(ops: Any, f: Any, matrix: Array, basis: tuple[Array, ...], slope: Array) -> Array:
    """The slope along a matrix of what has a slope along its spectral function."""
    return ops.frechet(f, matrix, *basis, hermitian(ops.xp, slope))


def _logarithm(state: GaussianFermions) -> Array:
    """Log C/C̄ of a generator."""
    return -1j * generator_of(state)


# --- near order 1 -------------------------------------------------------------------------------


def _divergence(
    apart: Callable[..., Array], alpha: float, data: GaussianFermions, model: GaussianFermions
) -> Array:
    _check_order(alpha)
    found = _of_any_order(apart, alpha, data, model)
    # Without a hand in the derivatives, which are right where the value is rounded below 0.
    return found + jax.lax.stop_gradient(jnp.where(found < 0, -found, 0.0))


def _of_any_order(
    apart: Callable[..., Array], alpha: float, data: GaussianFermions, model: GaussianFermions
) -> Array:
    dtype = jnp.asarray(data.covariance).dtype
    if not _near(alpha, dtype):
        return apart(alpha, data, model)

    def warm() -> Array:
        def at(x: float) -> Array:
            return relative_entropy(data, model) if x == 1 else apart(x, data, model, warm=True)

        return _between(at, alpha, dtype)

    def cold() -> Array:
        if abs(alpha - 1) > _TANGENT:
            return apart(alpha, data, model)
        slope = relative_entropy_variance(data, model) / 2
        return relative_entropy(data, model) + (alpha - 1) * slope

    return jax.lax.cond(_is_cold(data, dtype) | _is_cold(model, dtype), cold, warm)


def _between(at: Callable[[float], Array], alpha: float, dtype: Any) -> Array:
    """From five orders around 1 by Lagrange's polynomial, whose derivatives are theirs."""
    step = _step(dtype)
    orders = [1 + k * step for k in (-2, -1, 0, 1, 2)]
    weights = [math.prod((alpha - y) / (x - y) for y in orders if y != x) for x in orders]
    return functools.reduce(operator.add, map(operator.mul, weights, map(at, orders)))


def _is_cold(state: GaussianFermions, dtype: Any) -> Array:
    """Whether a power changes by so much between those orders that no polynomial follows it."""
    limit = _COLD if _is_double(dtype) else _COLD / 2
    if state._generator is not None:
        return energies(generator_of(state))[-1] > limit
    gamma = jax.lax.stop_gradient(jnp.asarray(state.covariance))
    return jnp.linalg.norm(gamma, 2) > math.tanh(limit / 2)


def _near(alpha: float, dtype: Any) -> bool:
    """Whether the quotient by α − 1 costs digits: three of sixteen, or of seven two."""
    return abs(alpha - 1) < (5e-4 if _is_double(dtype) else 2e-2)


def _step(dtype: Any) -> float:
    """Between the orders: what the polynomial misses is then no more than their quotients lose."""
    return 2.5e-3 if _is_double(dtype) else 0.03


def _is_double(dtype: Any) -> bool:
    return bool(jnp.finfo(dtype).eps < 1e-10)


# --- Petz ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _petz(alpha: float) -> Functional:
    first, second = power(alpha), power(1 - alpha)

    def both(ops: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array, Array]:
        a, b = ops.frechet(first, rho, *bases[:2]), ops.frechet(second, sigma, *bases[2:])
        found, singular = invertible(2 * ops.xp.real(a @ b))
        return a, b, ops.xp.where(singular, 0.0, ops.xp.linalg.inv(found))

    def value(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        p, u, q, v = bases
        a = (u * first.on_support(xp, p)) @ xp.conj(u.T)
        b = (v * second.on_support(xp, q)) @ xp.conj(v.T)
        found, orthogonal = invertible(2 * xp.real(a @ b))
        found = xp.linalg.slogdet(found)[1] / 2
        return xp.where(orthogonal, -xp.inf, found) if alpha < 1 else found

    def by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        _, b, inverse = both(ops, rho, sigma, *bases)
        return _along(ops, first, rho, bases[:2], b @ inverse)

    def by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        a, _, inverse = both(ops, rho, sigma, *bases)
        return _along(ops, second, sigma, bases[2:], inverse @ a)

    return Functional(value, (by_data, by_model), axes=_MATRIX, prepare=decompose)


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
