r"""Hidden units that are summed out in closed form: Σ_s e^{c·s} Π_j 2cosh‖f_j(s)‖.

Fields are affine in s, so that those of a string are a sum of one part from its first and one from
its last wires: two tables of 2^{n/2} entries give those of all strings, which are taken in batches.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from qce.typing import Array

_AT_ONCE = 2**17  # fields of a part, which should stay in the cache
_GROUP = 64  # of units, whose factors 1 + e^{−2r} ≤ 2 are multiplied: 2^64 fits single precision
_SERIES = 3e-4  # below, four terms of tanh(√q)/√q are right to 2e-16


class Half(NamedTuple):
    """Contributions of each string on half of the wires.

    Attributes:
        weight: to the logarithm of the weight, `(2^k,)`.
        fields: to the fields of hidden units, `(hidden, letters, 2^k)`.
    """

    weight: Array
    fields: Array


@jax.custom_jvp
def log_two_cosh(square: Array) -> Array:
    """Ln 2cosh √q, which is smooth in q ≥ 0."""
    size = jnp.sqrt(square)
    return size + jnp.log1p(jnp.exp(-2 * size))


@log_two_cosh.defjvp
def _slope_of_log(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (square,), (change,) = primals, tangents
    return log_two_cosh(square), _tanh_ratio(square, *_root(square)) * change / 2


def log_weights(first: Half, last: Half) -> Array:
    """Logarithms of the weights of all strings, `(2^n,)`."""

    def row(one: Half) -> Array:
        fields = one.fields[:, :, None] + last.fields
        return one.weight + last.weight + log_two_cosh((fields**2).sum(axis=1)).sum(axis=0)

    by_string = Half(first.weight, jnp.moveaxis(first.fields, -1, 0))
    return jax.lax.map(jax.checkpoint(row), by_string).reshape(-1)


@jax.custom_jvp
def log_sum(first: Half, last: Half) -> Array:
    """Logarithm of the sum of the weights of all strings."""
    return _visit(first, last)[0]


@log_sum.defjvp
def _mean(primals: tuple[Half, Half], tangents: tuple[Half, Half]) -> tuple[Array, Array]:
    """Means over the strings, which are computed together with the sum."""
    value, slopes = _visit(*primals)
    pairs = zip(jax.tree.leaves(slopes), jax.tree.leaves(tangents), strict=True)
    return value, sum((slope * change).sum() for slope, change in pairs)


def _visit(first: Half, last: Half) -> tuple[Array, tuple[Half, Half]]:
    """Logarithm of the sum, and its slopes along both tables."""
    hidden, letters, strings = first.fields.shape
    rows = max(1, min(strings, _AT_ONCE // (last.weight.size * max(hidden, 1))))
    rows = 1 << (rows.bit_length() - 1)
    parts = Half(
        first.weight.reshape(-1, rows),
        jnp.moveaxis(first.fields.reshape(hidden, letters, strings // rows, rows), 2, 0),
    )

    @jax.checkpoint
    def step(
        so_far: tuple[Array, Array, Half], part: Half
    ) -> tuple[tuple[Array, Array, Half], tuple[Array, Half]]:
        top, total, below = so_far
        log_weight, ratio = _part(part, last)
        highest = jnp.maximum(top, jax.lax.stop_gradient(log_weight.max()))
        weight, shrunk = jnp.exp(log_weight - highest), jnp.exp(top - highest)
        pull = weight * ratio  # (hidden, rows, columns): of the slope along a field, over the field
        here = Half(
            weight.sum(axis=1),
            part.fields * pull.sum(axis=2)[:, None] + jnp.einsum("juw,jcw->jcu", pull, last.fields),
        )
        there = Half(
            weight.sum(axis=0),
            last.fields * pull.sum(axis=1)[:, None] + jnp.einsum("juw,jcu->jcw", pull, part.fields),
        )
        below = jax.tree.map(lambda old, new: old * shrunk + new, below, there)
        return (highest, total * shrunk + weight.sum(), below), (highest, here)

    zero = jnp.zeros((), first.weight.dtype)
    start = (zero - jnp.inf, zero, jax.tree.map(jnp.zeros_like, last))
    (top, total, below), (tops, above) = jax.lax.scan(step, start, parts)
    scale = jnp.exp(tops - top) / total
    slopes = Half(
        (above.weight * scale[:, None]).reshape(-1),
        jnp.moveaxis(above.fields * scale[:, None, None, None], 0, 2).reshape(first.fields.shape),
    )
    return top + jnp.log(total), (slopes, jax.tree.map(lambda x: x / total, below))


def _part(part: Half, last: Half) -> tuple[Array, Array]:
    """Of some rows of strings: logarithm of the weight, and tanh(r)/r of each unit."""
    letters = range(part.fields.shape[1])
    pairs = [part.fields[:, c, :, None] + last.fields[:, c, None, :] for c in letters]
    square = sum(x**2 for x in pairs)
    size, decay = _root(square)
    units = range(0, len(decay), _GROUP)
    growth = sum(jnp.log((1 + decay[k : k + _GROUP]).prod(axis=0)) for k in units)
    log_weight = part.weight[:, None] + last.weight + size.sum(axis=0) + growth
    return log_weight, _tanh_ratio(square, size, decay)


def _root(square: Array) -> tuple[Array, Array]:
    """√q and e^{−2√q}; at q = 0, where the root has no slope, the slope is left out."""
    some = square > 0
    size = jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), square)  # NaN stays NaN
    return size, jnp.exp(-2 * size)


def _tanh_ratio(square: Array, size: Array, decay: Array) -> Array:
    """tanh(r)/r for r = √q."""
    small = square < _SERIES
    series = 1 + square * (-1 / 3 + square * (2 / 15 - square * (17 / 315)))
    return jnp.where(small, series, (1 - decay) / ((1 + decay) * jnp.where(small, 1.0, size)))
