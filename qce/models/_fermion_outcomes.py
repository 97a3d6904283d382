"""Outcomes of Gaussian fermions: probabilities, slopes and draws; rotations that make states."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from qce.data.rows import OPEN
from qce.typing import Array

_ROUNDING = 4.0  # ε·2n of these may be what is left of 0
_BLOCK = 16  # wires that are drawn before the next ones are conditioned on them
_TOGETHER = 16  # shots at a time, so that steps of Python weigh little,
_HELD = 2**28  # but no more than bytes that they may hold


@jax.jit
def log_prob(covariance: Array, bits: Array) -> Array:
    """Ln p(x) of bits 0, 1, −1 where not seen, `(..., n)`; traceable by JAX."""
    rows = jnp.asarray(bits).reshape(-1, bits.shape[-1])
    values = jax.vmap(lambda x: _half_log_det(_matrix(covariance, x)))(rows)
    return (values - bits.shape[-1] * math.log(2)).reshape(bits.shape[:-1])


def _matrix(covariance: Array, bits: Array) -> Array:
    """Γ + Γ_x; an unseen wire has a block of determinant 4, which is a factor of 1 in p(x)."""
    n = bits.shape[-1]
    seen = jnp.repeat(bits != OPEN, 2)
    # Γ_x is −1 above the diagonal for the bit 0, and 1 for the bit 1.
    step = jnp.where(bits == OPEN, 2, 2 * bits - 1).astype(covariance.dtype)
    place = 2 * np.arange(n)
    kept = jnp.where(seen[:, None] & seen, covariance, 0.0)
    return kept.at[place, place + 1].add(step).at[place + 1, place].add(-step)


@jax.custom_jvp
def _half_log_det(matrix: Array) -> Array:
    """½ log det of an antisymmetric matrix; −∞ where a pivot is within rounding of 0."""
    return jnp.log(_factors(matrix)[2]).sum() / 2


@_half_log_det.defjvp
def _half_log_det_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (matrix,), (step,) = primals, tangents
    value = _half_log_det(matrix)
    slope = jnp.sum(_inverse(matrix).T * step) / 2
    return value, jnp.where(jnp.isneginf(value), 0.0, slope)


@jax.custom_jvp
def _inverse(matrix: Array) -> Array:
    """M⁻¹; 0 where a pivot is within rounding of 0."""
    factors, order, pivots = _factors(matrix)
    solve = partial(jax.lax.linalg.triangular_solve, factors, left_side=True)
    rows = jnp.eye(len(matrix), dtype=matrix.dtype)[order]
    inverse = solve(solve(rows, lower=True, unit_diagonal=True), lower=False)
    return jnp.where(pivots.min() == 0, 0.0, inverse)


@_inverse.defjvp
def _inverse_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    value = _inverse(primals[0])
    return value, -value @ tangents[0] @ value


def _factors(matrix: Array) -> tuple[Array, Array, Array]:
    """LU decomposition, order of rows, and sizes of pivots; all 0 where one is 0 by rounding."""
    factors, _, order = jax.lax.linalg.lu(matrix)
    pivots = jnp.abs(jnp.diagonal(factors))
    least = _ROUNDING * jnp.finfo(matrix.dtype).eps * len(matrix)
    # A comparison with NaN is false, so that NaN stays.
    return factors, order, jnp.where(pivots.min() <= least, 0.0, pivots)


# --- draws --------------------------------------------------------------------------------------


def sample(covariance: np.ndarray, shots: int, rng: np.random.Generator) -> np.ndarray:
    """Bit strings `(shots, n)`: each wire given those before it.

    Given x on some wires the covariance of the others is Γ_rr − Γ_rs (Γ_ss + Γ_x)^−1 Γ_sr. Wires
    are drawn in blocks. The effect of all earlier blocks on the columns of a block is computed, as
    one product of matrices, only when that block is drawn, so that only half of an antisymmetric
    matrix is ever worked out: (2n)³/3 operations a shot.
    """
    n = len(covariance) // 2
    uniform = rng.random((shots, n))
    found = np.empty((shots, n), dtype=np.int64)
    together = int(np.clip(_HELD // (2 * covariance.nbytes), 1, min(_TOGETHER, shots)))
    room = np.empty((2, together, *covariance.shape))  # once: a new one costs as much as to fill it
    for start in range(0, shots, together):
        part = slice(start, start + together)
        found[part] = _strings(covariance, uniform[part], room)
    return found


def _strings(covariance: np.ndarray, uniform: np.ndarray, room: np.ndarray) -> np.ndarray:
    """A string for each row of numbers from 0 to 1."""
    (shots, n), size = uniform.shape, len(covariance)
    found = np.empty((shots, n), dtype=np.int64)
    # Of each block its columns given all wires before, and these times (Γ_ss + Γ_x)⁻¹.
    columns, turned = room[:, :shots]
    for first in range(0, n, _BLOCK):
        wires = slice(first, min(first + _BLOCK, n))
        begin, end = 2 * wires.start, 2 * wires.stop
        across = columns[:, begin:end, :begin].swapaxes(1, 2)
        below = np.matmul(turned[:, begin:, :begin], across, out=columns[:, begin:, begin:end])
        below += covariance[begin:, begin:end]
        block = below[:, : end - begin]
        found[:, wires] = drawn = _draw(block.copy(), uniform[:, wires])
        if end < size:
            inverse = np.linalg.inv(block + _signs(drawn))
            np.matmul(below[:, end - begin :], inverse, out=turned[:, end:, begin:end])
    return found


def _draw(block: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """The wires of a block one after the other; `block` is used up."""
    found = np.empty(uniform.shape, dtype=np.int64)
    for k in range(uniform.shape[1]):
        j = 2 * k
        one = (1 + block[:, j, j + 1]) / 2
        x = (uniform[:, k] < one).astype(np.int64)
        found[:, k] = x
        # The inverse of [[0, g], [−g, 0]] is [[0, −1], [1, 0]]/g.
        pivot = block[:, j, j + 1] + (2 * x - 1)
        u, v = block[:, j + 2 :, j], block[:, j + 2 :, j + 1]
        update = (u[:, :, None] * v[:, None, :] - v[:, :, None] * u[:, None, :]) / pivot[
            :, None, None
        ]
        block[:, j + 2 :, j + 2 :] -= update
    return found


def _signs(bits: np.ndarray) -> np.ndarray:
    """Γ_x, `(shots, 2n, 2n)`."""
    shots, n = bits.shape
    found, place = np.zeros((shots, 2 * n, 2 * n)), 2 * np.arange(n)
    found[:, place, place + 1] = 2 * bits - 1
    found[:, place + 1, place] = 1 - 2 * bits
    return found


# --- rotations ----------------------------------------------------------------------------------


def turned(angles: Array) -> Array:
    """R of `circuits.matchgate`, angles `(layers, 2n − 1)`."""
    size = angles.shape[1] + 1

    def turn(rotation: Array, row: Array) -> tuple[Array, None]:
        even = _pairs(rotation, row[: size // 2])
        inner = _pairs(even[1:-1], row[size // 2 :])
        return jnp.concatenate([even[:1], inner, even[-1:]]), None

    return jax.lax.scan(turn, jnp.eye(size, dtype=angles.dtype), angles)[0]


def _pairs(rows: Array, angles: Array) -> Array:
    """Rows 0 and 1, 2 and 3 … turned by one angle each."""
    first, second = rows[::2], rows[1::2]
    c, s = jnp.cos(angles)[:, None], jnp.sin(angles)[:, None]
    return jnp.stack([c * first - s * second, s * first + c * second], axis=1).reshape(rows.shape)


def product_rotation(ones: np.ndarray, modes: int) -> np.ndarray:
    """R that makes Π (√(1−p_k) |0⟩ + √p_k |1⟩), with the last Majorana operator as an auxiliary.

    RY on wire k, where all wires before it are |0⟩, is a rotation generated by γ_2k+1 alone, so the
    wires are taken from last to first. The auxiliary operator makes a pair of each γ_2k+1.
    """
    rotation = np.eye(2 * modes)
    for k in reversed(range(len(ones))):
        angle = 2 * math.asin(math.sqrt(ones[k]))
        step = np.eye(2 * modes)
        rows = np.ix_([2 * k + 1, 2 * modes - 1], [2 * k + 1, 2 * modes - 1])
        step[rows] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        rotation = step @ rotation
    return rotation


def logarithm(rotation: np.ndarray) -> np.ndarray:
    """A real antisymmetric K with e^K = R, for R in SO(N)."""
    upper, basis = scipy.linalg.schur(rotation, output="real")
    found, turned, k = np.zeros_like(upper), [], 0
    while k < len(upper):
        if k + 1 < len(upper) and upper[k + 1, k] != 0:
            angle = math.atan2(upper[k + 1, k] - upper[k, k + 1], upper[k, k] + upper[k + 1, k + 1])
            found[k, k + 1], found[k + 1, k] = -angle, angle
            k += 2
            continue
        if upper[k, k] < 0:  # eigenvalues −1 come in pairs: half a turn of both
            turned.append(k)
        k += 1
    for i, j in zip(turned[::2], turned[1::2], strict=True):
        found[i, j], found[j, i] = -math.pi, math.pi
    return basis @ found @ basis.T
