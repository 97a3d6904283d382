"""Random states for theorems: random bases, deficient ranks, degenerate and nearly equal spectra.

Everything is drawn from a seed and a kind of spectrum, so that a failure is repeated by its
printed record; the profile in conftest.py makes Hypothesis draw the same ones every time.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

theorem = settings(max_examples=60)

KINDS = ("generic", "pure", "deficient", "degenerate", "close", "wide", "flat")
FULL = ("generic", "degenerate", "close", "wide", "flat")
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Spectral:
    """A state whose spectrum and basis are known; zeros of the spectrum are exact."""

    spectrum: np.ndarray
    basis: np.ndarray

    @property
    def pair(self):
        return self.spectrum, self.basis

    @property
    def dimension(self):
        return len(self.spectrum)

    @property
    def matrix(self):
        return self.function(self.spectrum)

    def function(self, values):
        """Return the Hermitian matrix with these eigenvalues in the same basis."""
        product = (self.basis * values) @ self.basis.conj().T
        return (product + product.conj().T) / 2

    def log(self):
        """Return log ρ with log 0 replaced by 0."""
        return self.function(np.log(np.where(self.spectrum > 0, self.spectrum, 1.0)))

    def sqrt(self):
        return self.function(np.sqrt(self.spectrum))


def random_unitary(rng, dimension):
    basis, _ = np.linalg.qr(rng.normal(size=(2, dimension, dimension)).T @ [1, 1j])
    return basis


def ket(rng, d):
    x = rng.normal(size=d) + 1j * rng.normal(size=d)
    return x / np.linalg.norm(x)


def random_spectrum(rng, dimension, kind):
    """Return probabilities of one kind; `wide` spans ten orders of magnitude."""
    if kind == "flat":
        return np.full(dimension, 1 / dimension)
    p = rng.exponential(size=dimension)
    if kind == "pure":
        p = np.eye(dimension)[0]
    elif kind == "deficient":
        p[: rng.integers(1, dimension)] = 0.0
    elif kind == "degenerate":
        p = p[rng.integers(0, max(1, dimension // 2), size=dimension)]
    elif kind == "close":
        p = p[0] * (1 + rng.normal(size=dimension) * 10.0 ** -rng.integers(2, 16))
    elif kind == "wide":
        p = 10.0 ** rng.uniform(-10, 0, size=dimension)
    return np.abs(p) / np.abs(p).sum()


dimensions = st.integers(2, 6)


@st.composite
def spectra(draw, dimension=None, kinds=KINDS):
    """Probability vectors."""
    dimension = dimension or draw(dimensions)
    rng = np.random.default_rng(draw(seeds))
    return rng.permutation(random_spectrum(rng, dimension, draw(st.sampled_from(kinds))))


@st.composite
def states(draw, dimension=None, kinds=KINDS):
    """States in a random complex basis."""
    spectrum = draw(spectra(dimension, kinds))
    rng = np.random.default_rng(draw(seeds))
    return Spectral(spectrum, random_unitary(rng, len(spectrum)))


@st.composite
def full_pairs(draw, dimension=None, kinds=KINDS):
    """Any ρ, and a σ of full rank of the same dimension."""
    dimension = dimension or draw(dimensions)
    return draw(states(dimension, kinds)), draw(states(dimension, FULL))


@st.composite
def supported_pairs(draw):
    """Pairs with supp ρ ⊆ supp σ: σ may be rank deficient, and ρ lives in its support."""
    sigma = draw(states())
    inside = sigma.spectrum > 0
    small = draw(states(int(inside.sum()))) if inside.sum() > 1 else Spectral(np.ones(1), np.eye(1))
    spectrum, basis = np.zeros(sigma.dimension), sigma.basis.copy()
    spectrum[inside] = small.spectrum
    basis[:, inside] = sigma.basis[:, inside] @ small.basis
    return Spectral(spectrum, basis), sigma


@st.composite
def unsupported_pairs(draw):
    """Pairs where ρ has weight of at least 1e-6 outside the support of σ."""
    rho = draw(states(kinds=FULL))
    sigma = draw(states(rho.dimension, ("pure", "deficient")))
    weight = draw(st.floats(1e-6, 1.0))
    outside = sigma.basis[:, sigma.spectrum == 0][:, 0]
    if draw(st.booleans()):  # inside the support but for a small weight
        sizes = np.where(sigma.spectrum > 0, (1 - weight) * sigma.spectrum, 0.0)
        sizes[np.flatnonzero(sigma.spectrum == 0)[0]] = weight
        return Spectral(sizes, sigma.basis), sigma
    assert (outside.conj() @ rho.matrix @ outside).real > 0
    return rho, sigma


@st.composite
def stacks(draw, kinds=KINDS):
    """Two stacks of states with batch axes that broadcast, σ of full rank."""
    dimension = draw(st.integers(2, 4))
    first, second = draw(
        st.sampled_from([((3,), ()), ((), (2,)), ((2, 1), (3,)), ((2, 3), (2, 3))])
    )
    return (
        np.stack(
            [draw(states(dimension, kinds)).matrix for _ in range(np.prod(first, dtype=int))]
        ).reshape(*first, dimension, dimension),
        np.stack(
            [draw(states(dimension, FULL)).matrix for _ in range(np.prod(second, dtype=int))]
        ).reshape(*second, dimension, dimension),
    )
