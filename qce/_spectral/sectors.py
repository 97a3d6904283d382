"""Eigendecomposition of a Hermitian matrix in the sectors of its exact symmetries.

Two kinds are found from the entries: a matrix that is block diagonal after a permutation, as when a
charge is conserved, and one that is equal to itself in reversed order, as for a chain of spins
whose flip is a symmetry. Two halves each cost an eighth.
"""

from __future__ import annotations

import numpy as np

from qce._arrays.algebra import hermitian
from qce._spectral import large
from qce._spectral.eigen import real_if_real

WHOLE = 64  # below this dimension the search costs as much as it saves


def eigh(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors in columns, of the Hermitian part of an array."""
    h = hermitian(np, real_if_real(matrix))
    energies, basis = _eigh(h)
    order = np.argsort(energies, kind="stable")
    return energies[order], basis[:, order]


def _eigh(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(h) < WHOLE:
        return np.linalg.eigh(h)
    blocks = _blocks(h)
    if len(blocks) > 1:
        return _by_blocks(h, blocks)
    if np.array_equal(h, h[::-1, ::-1]):
        return _by_parity(h)
    return large.orthonormal(h)


def _blocks(h: np.ndarray) -> list[np.ndarray]:
    """The basis vectors of each block: connected parts of the graph of entries that are not 0."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(csr_array(h != 0), directed=False)
    order, sizes = np.argsort(labels, kind="stable"), np.bincount(labels, minlength=count)
    return np.split(order, np.cumsum(sizes)[:-1])


def _by_blocks(h: np.ndarray, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    energies, basis, start = np.empty(len(h)), np.zeros_like(h), 0
    for block in blocks:
        stop = start + len(block)
        energies[start:stop], basis[block, start:stop] = _eigh(h[np.ix_(block, block)])
        start = stop
    return energies, basis


def _by_parity(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (x, ±x reversed)/√2, and (0, 1, 0) among the even ones where the middle is one."""
    d, half = len(h), len(h) // 2
    first, last = h[:half, :half], h[:half, ::-1][:, :half]
    even, odd = first + last, first - last
    if d % 2:
        middle = np.sqrt(2) * h[:half, half : half + 1]
        even = np.block([[even, middle], [middle.conj().T, h[half : half + 1, half : half + 1]]])
    basis, root = np.zeros_like(h), np.sqrt(0.5)
    energies, x = _eigh(even)
    other, y = _eigh(odd)
    count = len(even)
    basis[:half, :count] = root * x[:half]
    basis[:half, count:] = root * y
    basis[d - half :] = basis[:half][::-1]
    basis[d - half :, count:] *= -1
    if d % 2:
        basis[half, :count] = x[half]
    return np.concatenate([energies, other]), basis
