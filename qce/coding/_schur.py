"""n qubits in the same state, in the blocks of Schur and Weyl.

On spin j = n/2, n/2 − 1, … the state ρ^{⊗n} is m_j copies of det(ρ)^{n/2−j} Sym^{2j}(ρ), of size
2j + 1. A test that is optimal for two such states has the same blocks.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import expm
from scipy.special import gammaln, xlogy

from qce._spectral import decompose

Blocks = list[tuple[np.ndarray, np.ndarray]]


def qubit_blocks(rho: np.ndarray, sigma: np.ndarray, n: int) -> Blocks:
    """Blocks of both states in the eigenbasis of the second, times their multiplicities.

    Returns:
        For each spin the real matrix of ρ `(2j+1, 2j+1)` and the diagonal of σ `(2j+1,)`; the
        traces over all spins sum to 1.
    """
    (q, v), (p, u) = (map(np.asarray, decompose(np, x)) for x in (sigma, rho))
    # |⟨0|0'⟩| = cos θ/2 is all that matters: phases turn both Bloch vectors into one plane.
    overlap = np.abs(v.conj().T @ u)
    angle = 2 * math.atan2(float(overlap[0, 1]), float(overlap[0, 0]))
    blocks = []
    for spin in range(n % 2, n + 1, 2):  # twice the spin
        turn = _rotation(spin, angle)
        blocks.append(((turn * _weights(p, n, spin)) @ turn.T, _weights(q, n, spin)))
    return blocks


def _weights(spectrum: np.ndarray, n: int, spin: int) -> np.ndarray:
    """Eigenvalues of the block times its multiplicity, in the order of rising k, `(2j+1,)`."""
    pairs = (n - spin) // 2
    k = np.arange(spin + 1)
    log_copies = (
        gammaln(n + 1)
        - gammaln(pairs + 1)
        - gammaln(n - pairs + 1)
        + math.log((spin + 1) / (n - pairs + 1))
    )
    first, second = spectrum
    return np.exp(log_copies + xlogy(pairs + spin - k, first) + xlogy(pairs + k, second))


def _rotation(spin: int, angle: float) -> np.ndarray:
    """exp(−iθ J_y) on spin/2, which is real."""
    k = np.arange(spin)
    ladder = np.sqrt((k + 1.0) * (spin - k)) / 2
    generator = np.diag(ladder, 1) - np.diag(ladder, -1)
    return expm(-angle * generator)
