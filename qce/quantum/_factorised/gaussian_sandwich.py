r"""Sandwiched Rényi divergences of Gaussian fermions for states of JAX, pure and cold ones too.

Y = T_ρ^{1/2} T_σ^s with s = (1 − α)/2α has the inverse Yᵀ, so that (1 + M)⁻¹ of M = Y†Y obeys
Y (1 + M)⁻¹ = (2 Re Y†)⁻¹. With positive real p and q, p T_σ^s = c and q T_ρ^{1/2} = C_ρ bounded,

    K = q R⁻¹ p,  R = 2 Re c C_ρ,  has the singular values b = √m/(1 + m) ≤ ½, and
    (α − 1) D_α = ½ α log det R + ½ Σ_b log (1 + z^{2α})/(1 + z²)^α + const,  b = z/(1 + z²).

Nothing in it cancels or is divided by a small number, unless the states are nearly orthogonal.

- By moments, c = C_σ^{2s} and p = (C_σ C̄_σ)^s on the support, and the constant is 0.
- By a generator c is the occupation at 2s times it, and p = 1/(2 cosh sA): both are rational in
  tangents, and known where the moments have been rounded to those of a pure state.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import bernoulli

from qce._arrays import Functional
from qce._arrays.differences import CLOSE
from qce._spectral import ZERO, Derivatives
from qce.quantum._factorised.gaussian_large_orders import by_the_better_way
from qce.quantum._factorised.gaussian_powers import Places, of_powers
from qce.states import GaussianFermions
from qce.states.fermions_jax import antisymmetric, covariance, energies, occupation

_NODES = 6  # of Gauss between numbers within `CLOSE`: 40^−12 is left
_SERIES = 0.3  # up to which differences of hyperbolic functions are their series
_TERMS = 13


def sandwiched(
    alpha: float, data: GaussianFermions, model: GaussianFermions, warm: bool = False
) -> Array:
    """D̃_α, of any order but 0, 1 and ∞; `warm` where moments are sure to know all energies."""

    def value(model_known: bool) -> Array:
        known = data._generator is not None, model_known
        given = [
            generator_of(x) if is_known else occupation(jnp.asarray(x.covariance))
            for x, is_known in zip((data, model), known, strict=True)
        ]
        return _sandwich(alpha, *known)(*given)

    if warm or alpha < 1:
        return value(alpha < 1 and model._generator is not None) / (alpha - 1)
    rho = occupation(jnp.asarray(data.covariance))
    return by_the_better_way(value, rho, 1 / alpha - 1, data, model) / (alpha - 1)


@functools.lru_cache(maxsize=64)
def _sandwich(alpha: float, data_known: bool, model_known: bool) -> Functional:
    """(α − 1) D̃_α of generators where they are known, else of moments; −∞ if orthogonal."""
    s = (1 - alpha) / (2 * alpha)

    def function(data: Places, model: Places) -> Array:
        if data_known:
            rho, q = occupation(covariance(data[0])), _secant(data[0] / 2)
        else:
            rho, q = data[0], _bounded(data[1])
        if model_known:
            (a,) = model
            c, p, rest = occupation(covariance(2 * s * a)), _secant(s * a), log_moment(2 * s, a)
        else:
            root = model[1]
            c, p, rest = root @ root, _bounded(root), 0.0
        r, orthogonal = invertible(2 * jnp.real(c @ rho))
        k = q @ jnp.linalg.solve(r, p)
        nothing = jnp.zeros_like(k)
        pairs = _pairs(alpha)(jnp.block([[nothing, k], [k.T, nothing]]))
        found = alpha * (jnp.linalg.slogdet(r)[1] / 2 + rest) + pairs
        return jnp.where(orthogonal, -jnp.inf, found) if alpha < 1 else found

    return of_powers(function, None if data_known else 0.5, None if model_known else s)


def invertible(matrix: Array) -> tuple[Array, Array]:
    """A matrix, or 1 in its place where it is singular; and whether it is, as rounding tells.

    What is not used has no slope that is NaN then. Entries are of order one.
    """
    least = jnp.linalg.svd(jax.lax.stop_gradient(matrix), compute_uv=False)[-1]
    singular = least <= ZERO * jnp.finfo(matrix.dtype).eps * len(matrix)
    return jnp.where(singular, jnp.eye(len(matrix), dtype=matrix.dtype), matrix), singular


def generator_of(state: GaussianFermions) -> Array:
    return antisymmetric(jnp.asarray(state._generator))


def _bounded(root: Array) -> Array:
    """(C C̄)^x from C^x."""
    return jnp.real(root @ jnp.conj(root))


def _secant(angle: Array) -> Array:
    """½ sec A, which is 1/(2 cosh h) of A = ih, from the tangent of A/2."""
    square = covariance(angle) @ covariance(angle)
    one = jnp.eye(len(square), dtype=square.dtype)
    return jnp.linalg.solve(one - square, one + square) / 2


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def log_moment(x: float, a: Array) -> Array:
    """Log Tr ρ^x = ln Z(xA) − x ln Z(A), in which what is linear in the energies is nothing."""
    e = energies(a)
    return jnp.sum(jnp.logaddexp(0.0, -x * e) - x * jnp.log1p(jnp.exp(-e)))


@log_moment.defjvp
def _log_moment_jvp(
    x: float, primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (a,), (step,) = primals, tangents
    return log_moment(x, a), -x / 4 * jnp.sum(step * (covariance(x * a) - covariance(a)))


# --- the sum over b -----------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _pairs(alpha: float) -> Functional:
    """½ Σ_b log (1 + z^{2α})/(1 + z²)^α of [[0, K], [Kᵀ, 0]], whose eigenvalues are ±b."""
    slope = _PairSlope(alpha)

    def prepare(xp: Any, matrix: Array) -> tuple[Array, ...]:
        half = len(matrix) // 2
        left, b, right = xp.linalg.svd(matrix[:half, half:])
        rounding = ZERO * xp.finfo(b.dtype).eps * half
        b = xp.where(b <= rounding, 0.0, xp.minimum(b, 0.5))
        vectors = xp.block([[left, left], [right.T, -right.T]]) * 0.5**0.5
        return xp.concatenate([b, -b]), vectors

    def value(xp: Any, matrix: Array, b: Array, vectors: Array) -> Array:
        z = _ratio(xp, xp.abs(b))
        return xp.sum(xp.log1p(z ** (2 * alpha)) - alpha * xp.log1p(z**2)) / 4

    def by_matrix(ops: Any, matrix: Array, *basis: Array) -> Array:
        return ops.frechet(slope, matrix, *basis)

    return Functional(value, (by_matrix,), axes=(-2, -1), prepare=prepare)


def _ratio(xp: Any, b: Array) -> Array:
    """The z ≤ 1 of b = z/(1 + z²)."""
    return 2 * b / (1 + xp.sqrt((1 - 2 * b) * (1 + 2 * b)))


@dataclass(frozen=True)
class _PairSlope(Derivatives):
    """The derivative of ¼ log (1 + z^{2α})/(1 + z²)^α by b: odd, and 0 at 0 as outside a support.

    With b = 1/(2 cosh θ) it is (α/2) (cosh θ/cosh αθ) (sinh (1 − α)θ/sinh θ).
    """

    alpha: float

    def on_support(self, xp: Any, x: Array) -> Array:
        size = xp.where(x == 0, 0.5, xp.abs(x))
        return xp.where(x == 0, 0.0, xp.sign(x) * self._value(xp, size))

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        high, gap = xp.maximum(xp.abs(x), xp.abs(y)), x - y
        close = CLOSE / max(1.0, self.alpha) ** 2 * high
        near = (x * y > 0) & (xp.abs(gap) <= close)
        rise = self.on_support(xp, x) - self.on_support(xp, y)
        far = rise / xp.where(near | (gap == 0), 1.0, gap)
        # The derivative is even, and that of equal numbers.
        begin = xp.where(near, xp.abs(y), 0.5)
        step = xp.where(near, xp.abs(x) - xp.abs(y), 0.0)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        within = sum(
            w / 2 * self._derivative(xp, begin + (1 + t) / 2 * step)
            for t, w in zip(nodes.tolist(), weights.tolist(), strict=True)
        )
        return xp.where(near, within, far)

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        raise NotImplementedError(
            "A sandwiched divergence of Gaussian fermions has derivatives up to order 2, but one "
            "of order 3 was asked for. Pass dense matrices."
        )

    def _value(self, xp: Any, b: Array) -> Array:
        z, alpha = _ratio(xp, b), self.alpha
        length = -2 * xp.log(z)
        even = length == 0
        length = xp.where(even, 1.0, length)
        ratio = xp.expm1((alpha - 1) * length) / xp.expm1(-length)
        ratio = xp.where(even, 1 - alpha, ratio)
        return alpha / 2 * (1 + z**2) / (1 + z ** (2 * alpha)) * z ** (2 * alpha - 1) * ratio

    def _derivative(self, xp: Any, b: Array) -> Array:
        """−(value/b) (tanh θ − α tanh αθ + (1−α) coth (1−α)θ − coth θ)/tanh θ."""
        root = xp.sqrt((1 - 2 * b) * (1 + 2 * b))  # tanh θ
        theta = xp.arctanh(xp.where(root < 1, root, 0.0))
        theta = xp.where(b < CLOSE, -xp.log(_ratio(xp, b)), theta)
        small = theta <= _SERIES / max(1.0, self.alpha)
        series = self._series(xp, xp.where(small, theta, 0.0) ** 2)
        theta, root = xp.where(small, 1.0, theta), xp.where(small, 1.0, root)
        rate = xp.where(small, series, self._rate(xp, theta) / root)
        return -self._value(xp, b) / b * rate

    def _rate(self, xp: Any, theta: Array) -> Array:
        """By tanh x = 1 − 2/(e^2x + 1), coth x = 1 + 2/(e^2x − 1): the ones are added by hand."""
        alpha, beta = self.alpha, abs(1 - self.alpha)
        total = -1 / (xp.exp(2 * theta) + 1) + alpha / (xp.exp(2 * alpha * theta) + 1)
        total = total + beta / xp.expm1(2 * beta * theta) - 1 / xp.expm1(2 * theta)
        return beta - alpha + 2 * total

    def _series(self, xp: Any, square: Array) -> Array:
        """The rate over tanh θ by powers of θ²."""
        above, below = xp.zeros_like(square), xp.zeros_like(square)
        for k in reversed(range(1, _TERMS + 1)):
            tangent, cotangent = _coefficients(k)
            power, other = self.alpha ** (2 * k), (1 - self.alpha) ** (2 * k)
            above = above * square + tangent * (1 - power) + cotangent * (other - 1)
            below = below * square + tangent
        return above / below


def _coefficients(k: int) -> tuple[float, float]:
    """Of x^{2k−1} in tanh x and in coth x."""
    number = 4.0**k * float(bernoulli(2 * k)[-1]) / math.factorial(2 * k)
    return number * (4.0**k - 1), number


__all__ = ["generator_of", "invertible", "log_moment", "sandwiched"]
