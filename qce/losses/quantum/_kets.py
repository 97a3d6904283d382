"""Bures distance and fidelity of density matrices, and of kets without making matrices of them."""

from __future__ import annotations

from typing import Any

from qce import quantum
from qce.losses._arrays import all_pairs, root, together
from qce.typing import Array


def distance(x: Array, y: Array, pure: bool) -> Array:
    """Bures distance of states, `(...)`."""
    if not pure:
        return quantum.bures_distance(x, y, check=False)
    xp, x, y = together(x, y)
    # Turned until ⟨x|y⟩ >= 0, close kets are close vectors: their difference cancels nothing.
    overlap = _overlap(xp, x, y)
    size = root(xp, _squared(xp, overlap))
    phase = xp.where(size > 0, xp.conj(overlap) / xp.where(size > 0, size, 1.0), 1.0)
    return root(xp, xp.sum(_squared(xp, x - phase[..., None] * y), axis=-1))


def fidelities(x: Array, y: Array, pure: bool) -> Array:
    """Of all pairs, `(..., n, n)`."""
    xp, x, y = together(x, y)
    if pure:
        return _squared(xp, _overlap(xp, *all_pairs(xp, x, y)))
    return quantum.fidelity(*all_pairs(xp, x, y, axes=2), check=False)


def _overlap(xp: Any, x: Array, y: Array) -> Array:
    return xp.sum(xp.conj(x) * y, axis=-1)


def _squared(xp: Any, z: Array) -> Array:
    return xp.real(z * xp.conj(z))
