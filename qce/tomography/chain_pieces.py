"""A chain put together from what a few neighbouring wires show: where maximum likelihood begins.

The state of each window of m + 1 neighbours is estimated from its Pauli means. Windows are joined
from left to right by Petz's recovery map: from the state of the m wires B that two windows share,
the next wire C comes by

    X ↦ √ρ_BC (ρ_B^(−1/2) X ρ_B^(−1/2) ⊗ 1) √ρ_BC.

That is exact where B screens the left from the right, I(A:C|B) = 0, as in thermal states of
commuting terms that reach over m + 1 wires, and close to it in those of other short-range terms
above zero temperature. A bond holds the m shared wires, so that it is 2^m, with two purifying
values a wire.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qce.data import PauliOutcomes
from qce.models import PurifiedChain
from qce.tomography.povm import PAULIS
from qce.tomography.projected import project

MOST_SHARED = 4  # wires that windows share; of m + 1 wires all 7^(m+1) combinations are counted

# What a wire shows, by columns: nothing, X+, X−, Y+, Y−, Z+, Z−. By rows 1, X, Y, Z: whether it
# tells of that operator, and what.
_TELLS = np.array([[1] * 7, [0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 1]])
_TOLD = _TELLS * np.array([1, 1, -1, 1, -1, 1, -1]) ** np.array([[0], [1], [1], [1]])
_NOISE = 1e-3
_SHRINKING = 4.0  # variances that the square of a mean loses
_RIDGE = 10.0  # outcomes of the mixed state that are added to those of a window


class Window(NamedTuple):
    """Pauli means of neighbouring wires.

    Args:
        means: shape `(4, …, 4)`, by 1, X, Y, Z on each.
        shots: how many outcomes tell of each, of the same shape.
    """

    means: np.ndarray
    shots: np.ndarray


def window(effects: np.ndarray) -> Window:
    """Return the means that outcomes of neighbouring wires show, effects of shape `(N, w)`."""
    width = effects.shape[1]
    code = np.zeros(len(effects), dtype=np.int64)
    for wire in range(width):
        code = 7 * code + effects[:, wire] + 1
    seen = np.bincount(code, minlength=7**width).reshape((7,) * width).astype(float)
    shots, sums = _on_each(_TELLS, seen), _on_each(_TOLD, seen)
    return Window(sums / np.maximum(shots, 1), shots)


def state_of(seen: Window) -> np.ndarray:
    """Return an invertible density matrix of these means.

    A mean c of variance v is taken as c max(0, 1 − 4 v/c²): what lies within two standard errors
    of 0 vanishes, and of the square of noise about a mean of 0 with it all but 3 %. What was not
    measured counts as 0.
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
    """Return parameters of a chain whose neighbours show what they did in the outcomes.

    Args:
        outcomes: in product Pauli bases.
        model: of purification 2 or more.
        seed: of a little noise in tensors that are larger than needed, as at 0 nothing has a slope.
        shared: wires that windows share; `None` for those that the bond can hold. Of more the bond
            keeps what weighs most.

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
    """How many wires the windows share that a bond can hold."""
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
    while half > 1:  # the wires that the last bond holds come out one by one
        tensors.append(np.eye(half).reshape(half, 2, 1, half // 2).astype(complex))
        half //= 2
    return tensors


def one_ancilla_a_wire(tensors: list[np.ndarray], bond: int) -> list[np.ndarray]:
    """Hand purifying values on to the right, until every wire keeps two of them.

    What is right of a wire is an isometry, as a recovery map keeps the trace, and what is left of
    it becomes one: what a bond cannot hold is cut off where it weighs least.
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
