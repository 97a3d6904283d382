"""A chain joined from states of a few neighbouring wires, as a start for maximum likelihood.

The state of each window of m + 1 neighbours is estimated from its Pauli means. Windows are joined
from left to right by Petz's recovery map: with the m wires B that two windows share, the next wire
C is added by

    X ↦ √ρ_BC (ρ_B^(−1/2) X ρ_B^(−1/2) ⊗ 1) √ρ_BC.

This is exact where the left A and C are independent given B, I(A:C|B) = 0, as in thermal states of
commuting terms on m + 1 neighbours, and nearly exact for other short-range terms above zero
temperature. A bond holds the m shared wires, so that it is 2^m, with two purifying values a wire.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qce.data import PauliOutcomes
from qce.models import PurifiedChain
from qce.tomography.povm import PAULIS
from qce.tomography.projected import project

MOST_SHARED = 4  # wires that windows share; of m + 1 wires all 7^(m+1) combinations are counted

# Columns: the effect on a wire, none, X+, X−, Y+, Y−, Z+, Z−. Rows 1, X, Y, Z: whether the effect
# measures that operator, and its value.
_TELLS = np.array([[1] * 7, [0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 1]])
_TOLD = _TELLS * np.array([1, 1, -1, 1, -1, 1, -1]) ** np.array([[0], [1], [1], [1]])
_NOISE = 1e-3
_SHRINKING = 4.0  # variances that are subtracted from the square of a mean
_RIDGE = 10.0  # outcomes of the maximally mixed state that are added to those of a window


class Window(NamedTuple):
    """Pauli means of neighbouring wires.

    Args:
        means: shape `(4, …, 4)`, by 1, X, Y, Z on each.
        shots: how many outcomes measure each, of the same shape.
    """

    means: np.ndarray
    shots: np.ndarray


def window(effects: np.ndarray) -> Window:
    """Return the means over outcomes of neighbouring wires, effects of shape `(N, w)`."""
    width = effects.shape[1]
    code = np.zeros(len(effects), dtype=np.int64)
    for wire in range(width):
        code = 7 * code + effects[:, wire] + 1
    seen = np.bincount(code, minlength=7**width).reshape((7,) * width).astype(float)
    shots, sums = _on_each(_TELLS, seen), _on_each(_TOLD, seen)
    return Window(sums / np.maximum(shots, 1), shots)


def state_of(seen: Window) -> np.ndarray:
    """Return an invertible density matrix of these means.

    A mean c of variance v is taken as c max(0, 1 − 4 v/c²): values within two standard errors of 0
    become 0, and with them all but 3 % of the mean square of noise about 0. What was not measured
    counts as 0.
    """
    width = seen.means.ndim
    shots = np.maximum(seen.shots, 1)
    variance = (1 - seen.means**2 + 1 / shots) / shots
    square = np.where(seen.means == 0, np.inf, seen.means**2)
    matrix = seen.means * np.maximum(0, 1 - _SHRINKING * variance / square)
    matrix[(0,) * width] = 1
    for _ in range(width):  # Σ_P c_P P/2^w, one wire after the other
        matrix = np.tensordot(matrix, PAULIS / 2, axes=([0], [0]))
    order = [*range(0, 2 * width, 2), *range(1, 2 * width, 2)]
    size = 2**width
    rho = project(matrix.transpose(order).reshape(size, size))
    ridge = _RIDGE / (_RIDGE + seen.shots[(slice(1, None),) * width].mean())
    return (1 - ridge) * rho + ridge * np.eye(size) / size


def put_together(
    outcomes: PauliOutcomes, model: PurifiedChain, seed: int = 0, shared: int | None = None
) -> np.ndarray:
    """Return parameters of a chain whose windows have the means of the outcomes.

    Args:
        outcomes: in product Pauli bases.
        model: of purification 2 or more.
        seed: of a little noise in tensors larger than needed, because slopes vanish at 0.
        shared: wires that windows share; `None` for as many as the bond can hold. With more, the
            bond keeps the largest singular values.

    Returns:
        Shape `(model.size,)`.
    """
    shared = min(shared_wires(model.bond) if shared is None else shared, model.wires - 1)
    effects = outcomes.effects
    starts = range(model.wires - shared)
    states = [state_of(window(effects[:, k : k + shared + 1])) for k in starts]
    shape = (model.wires, model.purification, 2, model.bond, model.bond)
    filled = np.random.default_rng(seed).normal(0, _NOISE, shape).astype(complex)
    for wire, tensor in enumerate(one_ancilla_a_wire(joined(states), min(2**shared, model.bond))):
        left, _, ancillas, right = tensor.shape
        filled[wire, :ancillas, :, :left, :right] = tensor.transpose(2, 1, 0, 3)
    return np.concatenate([filled.real.ravel(), filled.imag.ravel()])


def shared_wires(bond: int) -> int:
    """How many shared wires of windows a bond can hold."""
    return min(bond.bit_length() - 1, MOST_SHARED)


def joined(states: list[np.ndarray]) -> list[np.ndarray]:
    """Return the tensors of a chain from states of its windows, each one wire further right.

    Returns:
        Tensors with axes left, bit, purifying, right. The first has purifying values for all wires
        of its window, those of the last window's other wires have one.
    """
    size = len(states[0])
    half = size // 2
    first = _power(states[0], 0.5).reshape(1, 2, half, size)
    tensors = [first.transpose(0, 1, 3, 2)]
    for rho in states[1:]:
        left = np.einsum("acbc->ab", rho.reshape(half, 2, half, 2))
        recovery = _power(rho, 0.5) @ np.kron(_power(left, -0.5), np.eye(2))
        tensors.append(recovery.reshape(2, half, half, 2).transpose(2, 0, 3, 1))
    while half > 1:  # the wires of the last bond are split off one by one
        tensors.append(np.eye(half).reshape(half, 2, 1, half // 2).astype(complex))
        half //= 2
    return tensors


def one_ancilla_a_wire(tensors: list[np.ndarray], bond: int) -> list[np.ndarray]:
    """Move purifying values to the right, until every wire has two of them.

    The part right of a wire is an isometry, since a recovery map preserves the trace, and the part
    to its left is made one: so truncation of a bond drops the least singular values.
    """
    found, here = [], tensors[0]
    for after in tensors[1:]:
        left, _, ancillas, right = here.shape
        parts = here.reshape(left, 2, 2, ancillas // 2, right)
        pair = np.einsum("lxkar,rycs->lxkyacs", parts, after)
        u, s, v = np.linalg.svd(pair.reshape(4 * left, -1), full_matrices=False)
        kept = min(bond, len(s))
        weights = s[:kept] / np.linalg.norm(s[:kept])
        found.append(u[:, :kept].reshape(left, 2, 2, kept))
        here = (weights[:, None] * v[:kept]).reshape(kept, 2, -1, after.shape[-1])
    return [*found, here]


def _on_each(matrix: np.ndarray, array: np.ndarray) -> np.ndarray:
    """Apply a matrix to every axis."""
    for _ in range(array.ndim):
        array = np.tensordot(array, matrix, axes=([0], [1]))
    return array


def _power(rho: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(rho)
    return (vectors * values**exponent) @ vectors.conj().T
