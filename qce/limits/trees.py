"""Tensor trees at coherence 0: a hidden Markov tree in value, gradient and training.

The hidden Markov tree is written here as in textbooks, with tables of weights, one pass up and one
down, and without tensors, dephasing, compilation or scaling.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from qce.limits._states import worst
from qce.models import TensorTree
from qce.results import LimitCheck
from qce.typing import Array

_NAME = "tensor tree and hidden Markov tree"
_WIRES, _BOND, _ROWS = 60, 3, 40
_STEPS, _RATE = 25, 0.02


class _Reading(NamedTuple):
    """Mean of −ln p over rows, and its slope along amplitudes, the roots of the weights."""

    value: float
    slope: np.ndarray


def check_trees(seed: int) -> tuple[LimitCheck, ...]:
    """Compare a tensor tree of 60 wires at coherence 0 with a hidden Markov tree.

    Args:
        seed: Decides tree, tensors and rows.

    Returns:
        The checks of value, gradient, and loss along a descent in which each side follows its own
        gradient.
    """
    rng = np.random.default_rng(seed)
    parents = (-1, *(int(rng.integers(max(0, i - 4), i)) for i in range(1, _WIRES)))
    model = TensorTree(parents, _BOND, coherence=0.0, dtype="float64")
    bits = (rng.random((_ROWS, _WIRES)) < rng.random(_WIRES)).astype(np.int8)
    start = rng.normal(size=(_WIRES, 2, _BOND, _BOND))
    with jax.enable_x64(True):
        slope = jax.jit(jax.value_and_grad(lambda params: -model.log_prob(params, bits).mean()))
        tensors = _descent(lambda at: _read(slope, at), start)
    tables = _descent(partial(_hidden_markov, parents, bits), start)
    e = _rounding()
    first, twin = tensors[0], tables[0]
    scale = np.abs(twin.slope).max()
    values = [(abs(first.value - twin.value), e * (1 + twin.value))]
    slopes = [(float(np.abs(first.slope - twin.slope).max()), e * (1 + scale))]
    return (
        LimitCheck(_NAME, "value at coherence 0", **worst(values)),
        LimitCheck(_NAME, "gradient at coherence 0", **worst(slopes)),
        LimitCheck(_NAME, "training, step for step", **worst(_apart(tensors, tables))),
    )


def _hidden_markov(parents: tuple[int, ...], bits: np.ndarray, amplitudes: np.ndarray) -> _Reading:
    """−ln p of a hidden Markov tree with the squares of amplitudes as weights, and its slope."""
    weights = amplitudes**2
    shown = weights[np.arange(len(parents)), bits]  # (rows, n, D, D)
    mean, used = _sum_product(parents, shown)
    norm, every = _sum_product(parents, weights.sum(1)[None])
    slope = np.zeros_like(weights)
    for bit in (0, 1):
        seen = (bits == bit)[:, :, None, None]
        slope[:, bit] = every.mean(0) - (used * seen).mean(0)
    return _Reading(float(norm.mean() - mean.mean()), 2 * amplitudes * slope)


def _sum_product(parents: tuple[int, ...], tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ln Σ_z Π_i tables_i[z_parent, z_i] of each row, and its slope along the tables.

    Sixty wires of weights of order one are far from the ends of double precision.
    """
    rows, n, size, _ = tables.shape
    below = np.ones((rows, n, size))  # Π of what the children say, by a node's own value
    upward = np.zeros((rows, n, size))
    for i in reversed(range(n)):  # each parent has a lower number
        upward[:, i] = np.einsum("rab,rb->ra", tables[:, i], below[:, i])
        if parents[i] >= 0:
            below[:, parents[i]] *= upward[:, i]
    outside = np.zeros((rows, n, size))
    outside[:, 0, 0] = 1.0
    slope = np.zeros_like(tables)
    for i in range(n):
        slope[:, i] = outside[:, i, :, None] * below[:, i, None, :]
        down = np.einsum("ra,rab->rb", outside[:, i], tables[:, i])
        for child in [c for c in range(n) if parents[c] == i]:
            outside[:, child] = down * below[:, i] / upward[:, child]
    total = upward[:, 0, 0]
    return np.log(total), slope / total[:, None, None, None]


def _read(slope: Callable[[Array], tuple[Array, Array]], at: np.ndarray) -> _Reading:
    value, found = slope(at.ravel())
    return _Reading(float(value), np.asarray(found).reshape(at.shape))


def _descent(loss: Callable[[np.ndarray], _Reading], start: np.ndarray) -> list[_Reading]:
    """Gradient descent: what is read at each point."""
    at, found = start, []
    for _ in range(_STEPS):
        found.append(loss(at))
        at = at - _RATE * found[-1].slope
    return found


def _rounding() -> float:
    """Bound how far rounding moves ln p, and a slope relative to the largest.

    Each of n nodes multiplies by a square, sums D products and meets its siblings, up and down, for
    rows and for their sum, on both sides: 8 n (D + 3) ε.
    """
    return 8 * _WIRES * (_BOND + 3) * float(np.finfo(float).eps)


def _apart(left: list[_Reading], right: list[_Reading]) -> list[tuple[float, float]]:
    """Distance of the losses at each step, and its bound by rounding.

    Rounding moves a slope by e times the largest entry, and a step by that times the rate; a loss
    by its slope times the sum of these. Steps this short do not separate neighbours by more than
    a factor of e² over the descent: the product of rate, curvature (at most that of a logarithm of
    squares, 4 for entries of order one) and 25 steps is 2.
    """
    e, moved, found = _rounding(), 0.0, []
    for one, other in zip(left, right, strict=True):
        tolerance = e * (1 + other.value) + np.linalg.norm(other.slope) * moved * np.exp(2)
        found.append((abs(one.value - other.value), float(tolerance)))
        moved += _RATE * e * np.abs(other.slope).max() * np.sqrt(other.slope.size)
    return found
