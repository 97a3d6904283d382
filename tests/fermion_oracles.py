"""Fermions by Jordan and Wigner, written out: independent of the package, for few wires."""

from __future__ import annotations

import functools

import numpy as np
import scipy.linalg

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def word(letters):
    """A Pauli string, wire 0 first."""
    return functools.reduce(np.kron, [PAULI[letter] for letter in letters])


def majoranas(n):
    """The 2n Majorana operators, `(2n, 2^n, 2^n)`."""
    return np.stack([word("Z" * k + s + "I" * (n - k - 1)) for k in range(n) for s in "XY"])


def hamiltonian(generator):
    """(i/4) Σ A_jk γ_j γ_k."""
    gammas = majoranas(len(generator) // 2)
    return 0.25j * np.einsum("jk,jab,kbc->ac", generator, gammas, gammas)


def thermal(generator):
    """e^{−H}/Z as a matrix."""
    energies, vectors = scipy.linalg.eigh(hamiltonian(generator))
    weights = np.exp(energies.min() - energies)
    return (vectors * (weights / weights.sum())) @ vectors.conj().T


def moments(rho):
    """(i/2) Tr ρ[γ_j, γ_k]."""
    gammas = majoranas(int(np.log2(len(rho))))
    products = np.einsum("ab,jbc,kca->jk", rho, gammas, gammas)
    return (0.5j * (products - products.T)).real


def antisymmetric(seed, n, scale=0.5):
    """A random generator of n wires."""
    a = np.random.default_rng(seed).normal(size=(2 * n, 2 * n)) * scale
    return a - a.T


def random_state(seed, n, rank=None):
    """A random density matrix, not Gaussian."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2**n, rank or 2**n)) + 1j * rng.normal(size=(2**n, rank or 2**n))
    rho = a @ a.conj().T
    return rho / np.trace(rho).real


def close(value, expected, scale=1.0):
    # Dense eigenvalues are known to a few ε of the largest one, and here none is below 1e-4 of it.
    assert abs(value - expected) <= 1e-12 * max(1.0, abs(expected), scale), value - expected
