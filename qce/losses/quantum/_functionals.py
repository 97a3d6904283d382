"""Balanced and focal cross entropy as spectral functionals: values and exact gradients."""

from __future__ import annotations

import functools
from typing import Any

from qce._arrays import Functional
from qce._spectral import (
    LOG,
    SpectralFunction,
    decompose,
    identity,
    power,
    trace_of_product,
    weights,
)
from qce._spectral.frechet import frechet
from qce.classical.kernels import entropies as _kernels
from qce.losses._arrays import charge, surprisal
from qce.losses.focal import focused
from qce.typing import Array

_MATRIX = (-2, -1)


# --- balanced ----------------------------------------------------------------------------------


def _bases(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    return *decompose(xp, rho), *decompose(xp, sigma)


@functools.lru_cache(maxsize=64)
def balanced_functional(s: float) -> Functional:
    """−Tr A log σ/Tr A with A = ρ^s."""
    tempered = power(s)

    def value(xp: Any, rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array) -> Array:
        total = xp.sum(tempered.on_support(xp, p), axis=-1)[..., None, None]
        data = frechet(xp, tempered, p, u) / total
        return _kernels.cross_entropy(xp, weights(xp, data, q, v, data @ v), q)

    def by_data(ops: Any, rho: Array, sigma: Array, p: Array, u: Array, *model: Array) -> Array:
        """−(Dρ^s[log σ] + L Dρ^s[1])/Tr A, with the finite part L of the value."""
        log = ops.frechet(LOG, sigma, *model)
        data = ops.frechet(tempered, rho, p, u)
        one = identity(ops, p)
        total = trace_of_product(ops.xp, data, one)
        loss = -trace_of_product(ops.xp, data, log) / total
        return -ops.frechet(tempered, rho, p, u, log + loss * one) / total

    def by_model(ops: Any, rho: Array, sigma: Array, p: Array, u: Array, *model: Array) -> Array:
        data = ops.frechet(tempered, rho, p, u)
        total = trace_of_product(ops.xp, data, identity(ops, p))
        return -ops.frechet(LOG, sigma, *model, data) / total

    return Functional(value, (by_data, by_model), axes=_MATRIX, prepare=_bases)


# --- focal -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def focal_functional(gamma: float) -> Functional:
    """Tr ρ f(σ) with f(x) = −(1 − x)^γ log x."""
    function = _focal_function(gamma)

    def value(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
        cost = focused(xp, surprisal(xp, q), gamma, 1 - q)
        return xp.sum(charge(xp, weights(xp, rho, q, v, image), cost), axis=-1)

    def by_data(ops: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
        return ops.frechet(function, sigma, q, v)

    def by_model(ops: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
        return ops.frechet(function, sigma, q, v, rho, image=image)

    return Functional(value, (by_data, by_model), axes=_MATRIX, prepare=_model_basis)


def _model_basis(xp: Any, rho: Array, sigma: Array) -> tuple[Array, Array, Array]:
    q, v = decompose(xp, sigma)
    return q, v, rho @ v


def _focal_function(gamma: float) -> SpectralFunction:
    """−g log with g(x) = (1 − x)^γ: differences of a product by the rule of Leibniz."""
    if gamma == 0:
        return SpectralFunction(
            lambda xp, x: -xp.log(x),
            lambda xp, x, y: -LOG.slope(xp, x, y),
            lambda xp, x, k: -LOG.taylor(xp, x, k),
        )
    raised = power(gamma)

    def factor(xp: Any, x: Array) -> Array:
        return raised.on_support(xp, _rest(xp, x))

    def slope(xp: Any, x: Array, y: Array) -> Array:
        falls = raised.first_difference(xp, _rest(xp, x), _rest(xp, y))
        return xp.log(y) * falls - factor(xp, x) * LOG.slope(xp, x, y)

    def taylor(xp: Any, x: Array, k: int) -> Array:
        rest = _rest(xp, x)
        inside = rest > 0
        rest = xp.where(inside, rest, 1.0)
        total = factor(xp, x) * LOG.taylor(xp, x, k)
        coefficient = 1.0
        for i in range(1, k + 1):
            coefficient *= (i - 1 - gamma) / i  # (−1)^i binomial(γ, i)
            if coefficient == 0:
                break
            log_term = xp.log(x) if i == k else LOG.taylor(xp, x, k - i)
            term = xp.where(inside, coefficient * rest ** (gamma - i), float(i == gamma)) * x**i
            total = total + term * log_term
        return -total

    return SpectralFunction(lambda xp, x: -factor(xp, x) * xp.log(x), slope, taylor)


def _rest(xp: Any, x: Array) -> Array:
    """1 − x, which rounding must not take below 0."""
    return xp.where(x < 1, 1 - x, 0.0)
