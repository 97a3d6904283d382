"""More distances of probability vectors: Euclid's, Hellinger's, and the angle of Bhattacharyya.

Read it beside `qce.quantum.metrics`: same names, same order, same rules.
"""

from __future__ import annotations

from typing import Any

from qce._arrays import Functional
from qce._checks import truth
from qce.classical._pairs import VECTOR, check_pair, normalised
from qce.classical.distances import root_and_slope
from qce.classical.kernels import entropies as _kernels
from qce.typing import Array


def hilbert_schmidt_distance(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Euclidean distance $\sqrt{\sum_i (p_i - q_i)^2}$, the twin of the Hilbert-Schmidt distance.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, √2]. At p = q, where it has a corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> hilbert_schmidt_distance([1.0, 0.0], [0.25, 0.75]).round(12).item()
        1.06066017178

    Source:
        I. Bengtsson and K. Życzkowski, Geometry of Quantum States (2006).
    """
    if truth("check", check):
        check_pair(data, model)
    return _EUCLIDEAN(data, model)


def hellinger_distance(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Hellinger distance $\sqrt{\frac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2}$.

    It is $\sqrt{1 - \sum_i \sqrt{p_i q_i}}$, the Bures distance over √2.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1], relatively accurate for close p and q. At p = q, where it has a
            corner, the gradient is 0; elsewhere along the supports.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> hellinger_distance([1.0, 0.0], [0.25, 0.75]).round(12).item()
        0.707106781187

    Source:
        E. Hellinger, J. Reine Angew. Math. 136, 210 (1909).
    """
    if truth("check", check):
        check_pair(data, model)
    return _HELLINGER(data, model)


def bures_angle(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Angle $\arccos \sum_i \sqrt{p_i q_i}$ of Bhattacharyya, half of Fisher-Rao's distance.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, π/2], relatively accurate for close p and q. At p = q, where it has a
            corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> (3 * bures_angle([1.0, 0.0], [0.25, 0.75])).round(12).item()
        3.14159265359

    Source:
        A. Bhattacharyya, Bull. Calcutta Math. Soc. 35, 99 (1943).
    """
    if truth("check", check):
        check_pair(data, model)
    return _ANGLE(data, model)


# --- Euclidean ---------------------------------------------------------------------------------


def _euclidean_slope(ops: Any, p: Array, q: Array) -> Array:
    distance = ops.apply(_EUCLIDEAN, (p, q))[..., None]
    apart = distance > 0
    return ops.xp.where(apart, (p - q) / ops.xp.where(apart, distance, 1.0), 0.0)


_EUCLIDEAN = Functional(
    value=lambda xp, p, q: _kernels.length(xp, p - q, VECTOR),
    gradients=(_euclidean_slope, lambda ops, p, q: _euclidean_slope(ops, q, p)),
    axes=VECTOR,
)


# --- Hellinger ---------------------------------------------------------------------------------


def _hellinger_slope(ops: Any, p: Array, q: Array) -> Array:
    """(½ − ½√(q/p))/(2H), the slope of H = √((Σp + Σq)/2 − Σ√(pq))."""
    distance = ops.apply(_HELLINGER, (p, q))[..., None]
    apart = distance > 0
    _, slope = root_and_slope(ops, p, q)
    rest = ops.xp.where(p > 0, 0.5, 0.0) - slope
    return ops.xp.where(apart, rest / 2 / ops.xp.where(apart, distance, 1.0), 0.0)


_HELLINGER = Functional(
    value=lambda xp, p, q: xp.sqrt(_kernels.hellinger(xp, xp.abs(p - q), p, q, VECTOR)),
    gradients=(_hellinger_slope, lambda ops, p, q: _hellinger_slope(ops, q, p)),
    axes=VECTOR,
)


# --- angle -------------------------------------------------------------------------------------


def _angle(xp: Any, p: Array, q: Array) -> Array:
    """2 arcsin H/√2 of p and q over their sums: arccos would lose digits of small angles."""
    p, q = normalised(xp, p), normalised(xp, q)
    chord = xp.sqrt(_kernels.hellinger(xp, xp.abs(p - q), p, q, VECTOR))
    return _kernels.angle(xp, chord)


def _angle_slope(ops: Any, p: Array, q: Array) -> Array:
    """−d cos A/sin A, with cos A = Σ√(pq)/√(Σp Σq)."""
    xp = ops.xp
    angle = ops.apply(_ANGLE, (p, q))[..., None]
    apart = angle > 0
    root, slope = root_and_slope(ops, p, q)
    size, other = (xp.sum(x, axis=-1)[..., None] for x in (p, q))
    inside = xp.where(p > 0, 1.0, 0.0)
    slope = (slope - root / 2 / size * inside) / xp.sqrt(size * other)
    return xp.where(apart, -slope / xp.where(apart, xp.sin(angle), 1.0), 0.0)


_ANGLE = Functional(
    value=_angle,
    gradients=(_angle_slope, lambda ops, p, q: _angle_slope(ops, q, p)),
    axes=VECTOR,
)
