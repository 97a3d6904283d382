"""Messages along a purified chain, for all rows at once.

The wires to the left of a bond give a Hermitian matrix H of D × D. It is kept as the real matrix
Re H + Im H: since the one part is symmetric and the other antisymmetric, nothing is lost, traces of
products are sums of products of entries, and a step is one real matrix on D² numbers, whatever the
number of purifying values. Each step is divided by a power of two, which is exact, so that nothing
under- or overflows at any number of wires.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qce.models._tree_messages import exponent_of
from qce.typing import Array

PAULIS = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])

# Kets of X+, X−, Y+, Y−, Z+, Z−: what a wire can show.
_KETS = np.array([[1, 1], [1, -1], [1, 1j], [1, -1j], [2**0.5, 0], [0, 2**0.5]]) / 2**0.5
# A trace is Z+ or Z−; X is X+ less X−. By rows 1, X, Y, Z.
_IN_EFFECTS = np.array(
    [[0, 0, 0, 0, 1, 1], [1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [0, 0, 0, 0, 1, -1]]
)
_LOG2 = float(np.log(2.0))
_EXACT = jax.lax.Precision.HIGHEST

Carried = tuple[Array, Array]
"""A message and its exponent of two."""


def transfers(tensors: Array) -> Array:
    """Return the steps of all wires, one for each of X+, X−, Y+, Y−, Z+, Z− on the wire, real.

    Each is computed from its own amplitudes, so that outcomes a state excludes are exactly 0.

    Args:
        tensors: A, shape `(n, purification, 2, D, D)`, axes left and right last.

    Returns:
        Shape `(n, 6, D², D²)`, matrices from what is left of the wire to what is right of it.
    """
    n, _, _, size, _ = tensors.shape
    kets = jnp.asarray(_KETS.conj(), tensors.dtype)
    turned = jnp.einsum("ex,nkxlr->neklr", kets, tensors, precision=_EXACT)
    step = jnp.einsum("neklr,nekms->nerslm", turned, turned.conj(), precision=_EXACT)
    # H' = S H has Re H' + Im H' = (Re S + Im S F)(Re H + Im H), where F transposes.
    real = step.real + step.imag.swapaxes(-1, -2)
    return real.reshape(n, 6, size * size, size * size)


def with_paulis(steps: Array) -> Array:
    """Return the steps with 1, X, Y, Z on each wire, shape `(n, 4, D², D²)`."""
    return jnp.einsum("pe,neij->npij", jnp.asarray(_IN_EFFECTS, steps.dtype), steps)


def on_wires(letters: Array, dtype: np.dtype) -> Array:
    """Return 1, X, Y, Z by numbers 0 … 3 as weights of effects: `(rows, n)` → `(n, 6, rows)`."""
    return jnp.asarray(_IN_EFFECTS, dtype)[letters].transpose(1, 2, 0)


def _shown(effects: Array, dtype: np.dtype) -> Array:
    """Weights of the six effects, `(rows,)` → `(6, rows)`; −1 traces the wire out."""
    numbers = jnp.arange(6)[:, None]
    return ((numbers == effects) | ((effects < 0) & (numbers > 3))).astype(dtype)


def walk(steps: Array, wires: Array) -> tuple[Array, Array]:
    """Return the trace of each row, as mantissa and exponent of two.

    Args:
        steps: from `transfers`.
        wires: what is on each: effects 0 … 5, or −1 for a trace, shape `(n, rows)`; or weights of
            the six effects, shape `(n, 6, rows)`.
    """
    n, _, square, _ = steps.shape
    wide = steps.swapaxes(1, 2).reshape(n, square, 6 * square)
    rows = wires.shape[-1]

    def step(carried: Carried, wire: tuple[Array, Array]) -> tuple[Carried, None]:
        message, power = carried
        matrix, here = wire
        if here.ndim == 1:
            here = _shown(here, steps.dtype)
        parts = (here[:, None] * message).reshape(6 * square, rows)
        after = jnp.matmul(matrix, parts, precision=_EXACT)
        # The exponent is constant for derivatives: it is subtracted here and added back later.
        more = jax.lax.stop_gradient(exponent_of(after))
        scale = jnp.ldexp(jnp.ones(rows, steps.dtype), -more)
        return (after * scale, power + more), None

    start = jnp.zeros((square, rows), steps.dtype).at[0].set(1)
    begin = start, jnp.zeros(rows, jnp.int32)
    (message, power), _ = jax.lax.scan(step, begin, (wide, wires))
    # A chain ends in the vector of ones, as a tree does at a leaf.
    return message.sum(0), power


def log_overlap(first: Array, second: Array) -> Array:
    """Return ln Σ_P Tr(ρP) Tr(σP) / 2^n of two chains' steps, without their norms."""
    dtype = jnp.result_type(first, second)
    first, second = with_paulis(first.astype(dtype)), with_paulis(second.astype(dtype))
    start = jnp.zeros((first.shape[2], second.shape[2]), dtype).at[0, 0].set(1)

    def step(carried: Carried, wire: tuple[Array, Array]) -> tuple[Carried, None]:
        message, power = carried
        left, right = wire
        half = jnp.einsum("aij,jk->aik", left, message, precision=_EXACT)
        after = jnp.einsum("aik,alk->il", half, right, precision=_EXACT) / 2
        more = jax.lax.stop_gradient(exponent_of(after.reshape(-1, 1))[0])
        scale = jnp.ldexp(jnp.ones((), after.dtype), -more)
        return (after * scale, power + more), None

    begin = start, jnp.zeros((), jnp.int32)
    (message, power), _ = jax.lax.scan(step, begin, (first, second))
    return logarithm(message.sum(), power)


def logarithm(mantissa: Array, exponent: Array) -> Array:
    """Logarithm of a weight: −∞ where it is 0 or below by rounding; NaN stays NaN."""
    none = mantissa <= 0
    return jnp.where(none, -jnp.inf, jnp.log(jnp.where(none, 1, mantissa)) + exponent * _LOG2)
