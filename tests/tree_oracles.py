"""Tensor trees written out: sums over all bonds, for few wires."""

import itertools

import numpy as np

from qce.models import TensorTree

# A root with three children, one of them with two, a chain, and a second root.
BRANCHED = (-1, 0, 0, 0, 1, 1, 3, 6)
FOREST = (2, 2, -1, -1, 3)
SHAPES = (BRANCHED, FOREST, (1, 2, 3, 4, -1), (-1,), (-1, 0, 0, 0, 0, 0))
EPS = np.finfo(float).eps


def strings(wires: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=wires)))


def drawn(model: TensorTree, seed: int = 0) -> np.ndarray:
    """Parameters all over the place: of both signs, none small."""
    return np.random.default_rng(seed).normal(size=model.size)


def split(model: TensorTree, params: np.ndarray) -> np.ndarray:
    """Tensors from the flat vector as the docstring of the model says, without its code."""
    bond = model.bond if isinstance(model.bond, int) else max(model.bond)
    shape = (model.wires, model.purification, 2, bond, bond)
    if not model.complex:
        return params.reshape(shape)
    real, imaginary = params.reshape(2, *shape)
    return real + 1j * imaginary


def written_out(model: TensorTree, kets: np.ndarray, bras: np.ndarray) -> np.ndarray:
    """Weights of all bit strings, by sums over two copies of all bonds: kets and bras.

    Σ_{k,z,z'} Π_i K_i[x_i]_{z_p z_i} K_i[x_i]*_{z'_p z'_i} c^{number of bonds with z ≠ z'}.
    """
    n, c = model.wires, model.coherence
    operands, fresh = [], itertools.count(3 * n)
    for i, parent in enumerate(model.parents):
        ket, bra = (a[i] if parent >= 0 else a[i, :, :, :1] for a in (kets, bras))
        up = (2 * parent, 2 * parent + 1) if parent >= 0 else (next(fresh), next(fresh))
        x, summed, size = 2 * n + i, next(fresh), ket.shape[-1]
        operands += [ket, [summed, x, up[0], 2 * i], bra.conj(), [summed, x, up[1], 2 * i + 1]]
        operands += [c * np.ones((size, size)) + (1 - c) * np.eye(size), [2 * i, 2 * i + 1]]
    return np.einsum(*operands, list(range(2 * n, 3 * n)), optimize="greedy").ravel()


def weights_and_slope(
    model: TensorTree, params: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of all bit strings and how they change: they are linear in each single tensor."""
    tensors, moved = split(model, params), split(model, direction)
    slope = np.zeros(2**model.wires)
    for i in range(model.wires):
        kets = tensors.copy()
        kets[i] = moved[i]
        slope += 2 * written_out(model, kets, tensors).real
    return written_out(model, tensors, tensors).real, slope


def each_kind(parents: tuple[int, ...], bond: object = 2) -> list[TensorTree]:
    kinds = itertools.product((1.0, 0.7, 0.0), (1, 2), (False, True))
    return [TensorTree(parents, bond, coherence=c, purification=k, complex=z) for c, k, z in kinds]
