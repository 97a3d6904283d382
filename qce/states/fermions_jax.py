"""Covariance, generator and ln Z of Gaussian fermions as functions that JAX differentiates.

The covariance −tan(A/2) is that of A/2^k, a quotient of polynomials, doubled k times by
tan 2x = 2 tan x/(1 − tan² x). Every matrix that is inverted lies between 1 and 2, nothing
overflows, and no eigenvector is differentiated.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from qce._spectral import LOG, decompose

_DOUBLINGS = 12
_LARGEST = 2.0**20  # an energy; beyond, too few doublings bring a quotient far above 1 back to 1
# Padé's quotient [7/6] of tanh x/x and x, in powers of x², within 1e-16 up to x = 1/2.
_ABOVE = (135135.0, 17325.0, 378.0, 1.0)
_BELOW = (135135.0, 62370.0, 3150.0, 28.0)


def antisymmetric(matrix: Array) -> Array:
    """The antisymmetric part, the only one on which a state depends."""
    return (matrix - matrix.T) / 2


def covariance(generator: Array) -> Array:
    """Γ = −tan(A/2); NaN where energies may be beyond `_LARGEST`."""
    x = antisymmetric(generator) / 2 ** (_DOUBLINGS + 1)
    one = jnp.eye(len(x), dtype=x.dtype)
    square = -x @ x  # positive
    above, below = jnp.zeros_like(x), jnp.zeros_like(x)
    for a, b in zip(reversed(_signed(_ABOVE)), reversed(_signed(_BELOW)), strict=True):
        above, below = above @ -square + a * one, below @ -square + b * one
    tangent = x @ jnp.linalg.solve(below, above)

    def doubled(tangent: Array, _: None) -> tuple[Array, None]:
        return antisymmetric(2 * jnp.linalg.solve(one - tangent @ tangent, tangent)), None

    found = -jax.lax.scan(doubled, tangent, length=_DOUBLINGS)[0]
    bound = jnp.max(jnp.sum(jnp.abs(antisymmetric(generator)), axis=1))
    return jnp.where(bound <= _LARGEST, found, jnp.nan)


def _signed(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """Coefficients of tan from those of tanh, in powers of x²."""
    return tuple((-1) ** k * c for k, c in enumerate(coefficients))


def occupation(gamma: Array) -> Array:
    """C = (1 + iΓ)/2."""
    gamma = antisymmetric(gamma)
    return (jnp.eye(len(gamma), dtype=gamma.dtype) + 1j * gamma) / 2


def generator(gamma: Array) -> Array:
    """A = −2 arctan Γ = −2 Im log C."""
    q, v = decompose(jnp, occupation(gamma))
    return -2 * jnp.imag((v * LOG.on_support(jnp, q)) @ v.conj().T)


def energies(generator: Array) -> Array:
    """One-particle energies ε ≥ 0, `(n,)`; not differentiated."""
    found = jnp.linalg.eigvalsh(1j * antisymmetric(jax.lax.stop_gradient(generator)))
    return found[len(found) // 2 :]


@jax.custom_jvp
def log_partition(generator: Array) -> Array:
    """Ln Z = Σ ln 2 cosh(ε/2), whose slope along E is −¼ Σ E_jk Γ_jk."""
    found = jnp.linalg.eigvalsh(1j * antisymmetric(generator))
    return jnp.logaddexp(found / 2, -found / 2).sum() / 2


@log_partition.defjvp
def _log_partition_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    slope = -jnp.sum(tangents[0] * covariance(primals[0])) / 4
    return log_partition(primals[0]), slope
