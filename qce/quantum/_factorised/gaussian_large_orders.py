"""Rényi divergences of orders above 1 for Gaussian fermions of JAX: one of two ways, or NaN.

Both need the least singular value of R = 2 Re A C_σ^x, x < 0. By moments, it is lost beside the
largest of C_σ^x; and where they are those of a generator, the least of C_σ has been rounded. By a
generator the occupation at xA has the place of C_σ^x. It is at most 1, so R is lost only where it
is small itself: where the data share the model's coldest modes.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from qce._spectral import decompose, power
from qce.quantum._pairs import outside
from qce.states import GaussianFermions
from qce.states.fermions_jax import antisymmetric, covariance, occupation

_LOST = 0.375  # of the digits: what rounding may cost of a value; more, and it is NaN


def by_the_better_way(
    value: Callable[[bool], Array],
    left: Array,
    x: float,
    data: GaussianFermions,
    model: GaussianFermions,
) -> Array:
    """(α − 1) D_α, inf where data are outside the support of a model that is given by moments.

    Args:
        value: Whether the model's generator is used → (α − 1) D_α.
        left: A, `(2n, 2n)`.
        x: The exponent of the model.
        data: ρ.
        model: σ.
    """
    left, rho, sigma = map(
        jax.lax.stop_gradient,
        (left, *(occupation(jnp.asarray(y.covariance)) for y in (data, model))),
    )
    q, v = decompose(jnp, sigma)
    raised = power(x)
    loss = jnp.max(raised.on_support(jnp, q)) / _least(left @ raised.derivative(jnp, q, v))
    rounding = len(q) * jnp.finfo(q.dtype).eps
    allowed = jnp.finfo(q.dtype).eps ** _LOST / rounding
    if model._generator is None:
        found = value(False) * _one_or_nan(loss <= allowed)
        return jnp.where(outside(jnp, rho, q, v) > 0, jnp.inf, found)
    loss = jnp.maximum(loss, abs(x) / jnp.min(q))
    a = antisymmetric(jax.lax.stop_gradient(jnp.asarray(model._generator)))
    other = 1 / _least(left @ occupation(covariance(x * a)))
    found = jax.lax.cond(other <= loss, lambda: value(True), lambda: value(False))
    return found * _one_or_nan(jnp.minimum(other, loss) <= allowed)


def _one_or_nan(known: Array) -> Array:
    """A factor, because the slope of a choice would be 0 where the value is NaN."""
    return jnp.where(known, 1.0, jnp.nan)


def _least(product: Array) -> Array:
    return jnp.linalg.svd(2 * jnp.real(product), compute_uv=False)[-1]


__all__ = ["by_the_better_way"]
