"""Majorana operators, one pair a wire, and the modes of antisymmetric matrices over them.

By Jordan and Wigner γ_2k = Z_0 … Z_{k−1} X_k and γ_2k+1 = Z_0 … Z_{k−1} Y_k on wire k, counted from
0; a_k = (γ_2k + i γ_2k+1)/2 annihilates |1⟩. Along the axis X the letters X and Z have changed
places, and Y its sign: Hadamard gates on every wire.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy.special import log_expit

from qce._spectral import ZERO
from qce._wires import all_bits, bits_of
from qce.states.known import Known, epsilon
from qce.states.views import Factor, Matrices, View, Weights
from qce.typing import Array

AXES = ("Z", "X")

_VAST, _PART = 2.0**900, 2.0**200  # of entries: beyond the first a part of them, which is exact
_SMALL = 0.1  # of the largest energy: above, conjugates are orthogonal within some ten ε


def modes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ε ≥ 0 `(n,)` and vectors w `(2n, n)` of a real antisymmetric matrix A with iAw = εw.

    The complex conjugate of w belongs to −ε. Where even Majorana operators couple only to odd ones,
    as in chains without complex hopping, these are the singular vectors of one real block. Energies
    beyond the largest float are ∞, with the right vectors.
    """
    part, scale = moderate(matrix)
    if scale > 1:
        sizes, vectors = modes(part)
        with np.errstate(over="ignore"):
            return sizes * scale, vectors
    if not (matrix[::2, ::2].any() or matrix[1::2, 1::2].any()):
        block = matrix[::2, 1::2]
        if np.count_nonzero(block) == np.count_nonzero(np.diagonal(block)):
            sizes, left, right = np.diagonal(block), np.eye(len(block)), np.eye(len(block))
            left = left * np.where(sizes < 0, -1.0, 1.0)
            sizes = np.abs(sizes)
        else:
            left, sizes, rows = np.linalg.svd(block)
            right = rows.T
        vectors = np.empty((len(matrix), len(block)), dtype=complex)
        vectors[::2], vectors[1::2] = left, -1j * right
        return sizes, vectors / math.sqrt(2)
    return _paired(matrix)


def moderate(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """A matrix divided by a scale, which is not 1 where energies, sums of entries, may overflow."""
    scale = _PART if np.abs(matrix).max() > _VAST else 1.0
    return matrix / scale, scale


def _paired(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Modes whose vectors are orthogonal to all conjugates, also of energies near 0.

    Eigenvectors of ±ε mix by rounding over 2ε, so small energies are found again, by the matrix in
    a real basis of their space, which has a scale of its own.
    """
    n = len(matrix) // 2
    values, vectors = np.linalg.eigh(1j * matrix)
    energies, upper = np.maximum(values[n:], 0.0), vectors[:, n:].copy()
    few = int(np.sum(energies <= _SMALL * energies[-1]))  # all of them where all are 0
    if few == 0:
        return energies, upper
    # What is orthogonal to the others and their conjugates, wherever equal energies were divided.
    above = upper[:, few:]
    basis = np.linalg.qr(np.concatenate([above.real, above.imag], axis=1), mode="complete")[0]
    basis = basis[:, 2 * (n - few) :]
    if energies[-1] == 0:
        return energies, (basis[:, ::2] - 1j * basis[:, 1::2]) / math.sqrt(2)
    inner = basis.T @ matrix @ basis
    energies[:few], small = _paired((inner - inner.T) / 2)
    upper[:, :few] = basis @ small
    return energies, upper


def zero_modes(energies: np.ndarray) -> np.ndarray:
    """Which energies rounding could have made of 0."""
    return energies <= ZERO * np.finfo(float).eps * 2 * len(energies) * energies.max()


def is_written(matrix: np.ndarray) -> bool:
    """Whether each mode is one wire, so that it is exact."""
    own = np.diagonal(matrix[::2, 1::2])
    return 2 * np.count_nonzero(own) == np.count_nonzero(matrix)


def occupations(log_odds: np.ndarray, vectors: np.ndarray, written: bool) -> Known:
    """The one-particle matrix C = (1 + iΓ)/2 by its modes, as a state of dimension 2n."""
    basis = np.concatenate([vectors, vectors.conj()], axis=1)
    logs = np.concatenate([log_expit(-log_odds), log_expit(log_odds)])
    return Known(logs, basis, 0.0 if written else ZERO * epsilon(basis))


# --- matrices of all wires, for small ones ------------------------------------------------------


@functools.cache
def _action(n: int) -> tuple[np.ndarray, np.ndarray]:
    """γ_j|c⟩ = phase_j(c) |c ⊕ flip_j⟩: flips `(2n,)` and phases `(2n, 2^n)`."""
    c = np.arange(2**n)
    signs = 1 - 2 * bits_of(c, n).T
    strings = np.cumprod(np.concatenate([np.ones((1, 2**n)), signs[:-1]]), axis=0)
    phases = np.stack([strings + 0j, 1j * strings * signs], axis=1).reshape(2 * n, 2**n)
    return np.repeat(1 << np.arange(n)[::-1], 2), phases


def _pair(n: int, j: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """γ_jγ_k|c⟩ = phase(c) |place(c)⟩."""
    flips, phases = _action(n)
    middle = np.arange(2**n) ^ flips[k]
    return middle ^ flips[j], phases[k] * phases[j, middle]


def covariance(view: View, dimension: int, axis: str) -> Array:
    """Γ_jk = (i/2) Tr ρ[γ_j, γ_k] of data in any form, `(..., 2n, 2n)`."""
    n = dimension.bit_length() - 1
    if axis == "X":
        view = _turned(view, n)
    batch = view.rho.shape[:-2] if isinstance(view, Matrices) else ()
    found = np.zeros((*batch, 2 * n, 2 * n))
    if isinstance(view, Weights):
        c = np.arange(dimension)
        for k in range(n):
            z = 1 - 2 * ((c >> (n - 1 - k)) & 1)
            found[2 * k, 2 * k + 1] = -(z @ view.p)
        return found - found.T
    c = np.arange(dimension)
    for j in range(2 * n):
        for k in range(j + 1, 2 * n):
            place, phase = _pair(n, j, k)
            if isinstance(view, Factor):
                terms = np.sum(view.a[place].conj() * view.a, axis=1)
            else:
                terms = view.rho[..., c, place]
            found[..., j, k] = (1j * (terms * phase).sum(axis=-1)).real
    return found - found.swapaxes(-1, -2)


def operator(matrix: np.ndarray, axis: str) -> np.ndarray:
    """(i/4) Σ A_jk γ_j γ_k as a matrix `(2^n, 2^n)`."""
    n = len(matrix) // 2
    found = np.zeros((2**n, 2**n), dtype=complex)
    c = np.arange(2**n)
    for j, k in zip(*np.nonzero(np.triu(matrix)), strict=True):
        place, phase = _pair(n, int(j), int(k))
        found[place, c] += 0.5j * matrix[j, k] * phase
    return hadamards(hadamards(found, n).T, n).T if axis == "X" else found


def many_body(log_odds: np.ndarray, vectors: np.ndarray, axis: str) -> Known:
    """Logarithms of all 2^n eigenvalues, and eigenvectors.

    The eigenvectors are those of a Hamiltonian with the same modes and the energies 1, 2, 4 …: the
    bits of the number of an eigenvalue, in ascending order, are the modes that are up.
    """
    n = len(log_odds)
    ladder = 2.0 ** np.arange(n)
    generator = 2 * (-1j * (vectors * ladder) @ vectors.conj().T).real
    _, basis = np.linalg.eigh(operator(generator, axis))
    up = all_bits(n)[:, ::-1]
    logs = np.where(up, log_expit(-log_odds), log_expit(log_odds)).sum(axis=1)
    if is_written(generator) and axis == "Z":  # the eigenvectors are basis vectors
        order = np.argmax(np.abs(basis), axis=0)
        placed = np.empty_like(logs)
        placed[order] = logs
        return Known(placed)
    return Known(logs, basis, ZERO * epsilon(basis))


def hadamards(kets: np.ndarray, n: int) -> np.ndarray:
    """A Hadamard gate on every wire of kets in columns."""
    gate = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)
    shape = kets.shape
    for wire in range(n):
        kets = np.einsum("ab,xbc->xac", gate, kets.reshape(2**wire, 2, -1))
    return kets.reshape(shape)


def _turned(view: View, n: int) -> View:
    if isinstance(view, Matrices):
        stack = view.rho.reshape(-1, *view.rho.shape[-2:])
        turned = np.stack([hadamards(hadamards(x, n).T, n).T for x in stack])
        return Matrices(turned.reshape(view.rho.shape))
    kets = np.diag(np.sqrt(view.p)) if isinstance(view, Weights) else view.a
    return Factor(hadamards(kets, n), False)
