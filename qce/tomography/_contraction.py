"""The Born map of a product measurement as a chain of small real matrices.

In a product basis of Hermitian matrices a state is a real tensor with one axis a site, and the
effects of each site map its axis to outcomes. That takes a few passes over the outcomes; the
matrices of all effects would take as many states as there are outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Two qubits are contracted at once: fewer passes over memory for the same number of operations.
_TOGETHER = 4


@dataclass(frozen=True, eq=False)
class Chain:
    """Matrices of all groups of sites, in the order of the axes.

    Args:
        dimensions: dimension of each group.
        bases: for each group, flattened Hermitian matrices in rows, `(g², g²)`, orthonormal.
        effects: for each group, the effects in that basis, `(m, g²)`, real.
    """

    dimensions: tuple[int, ...]
    bases: tuple[np.ndarray, ...]
    effects: tuple[np.ndarray, ...]

    def born(self, rho: np.ndarray) -> np.ndarray:
        """Tr ρΠ_k for all outcomes, flat."""
        expanded = _apply([b.conj() for b in self.bases], self._by_site(rho)).real
        return _apply(self.effects, np.ascontiguousarray(expanded))

    def adjoint(self, weights: np.ndarray) -> np.ndarray:
        """Σ_k w_k Π_k from flat weights."""
        expanded = _apply([e.T for e in self.effects], weights)
        matrix = _apply([b.T for b in self.bases], expanded.astype(complex))
        return self._by_row(matrix)

    def _by_site(self, rho: np.ndarray) -> np.ndarray:
        """(i₁ i₂ … j₁ j₂ …) → (i₁ j₁ i₂ j₂ …), flat."""
        groups = len(self.dimensions)
        order = [axis for g in range(groups) for axis in (g, groups + g)]
        return rho.reshape(self.dimensions * 2).transpose(order).reshape(-1)

    def _by_row(self, flat: np.ndarray) -> np.ndarray:
        groups = len(self.dimensions)
        paired = flat.reshape([d for g in self.dimensions for d in (g, g)])
        order = [*range(0, 2 * groups, 2), *range(1, 2 * groups, 2)]
        d = int(np.prod(self.dimensions))
        return paired.transpose(order).reshape(d, d)


def chain(sites: tuple[np.ndarray, ...]) -> Chain:
    """The chain of effects `(m, d, d)` a site."""
    dimensions, bases, effects = [], [], []
    for stack in _grouped(sites):
        m, d, _ = stack.shape
        basis = hermitian_basis(d).reshape(d * d, d * d)
        dimensions.append(d)
        bases.append(basis)
        # Tr ΠB, real, for p_k = Σ_a Tr(Π_k B_a) Tr(B_a ρ).
        effects.append(np.ascontiguousarray((stack.reshape(m, d * d) @ basis.conj().T).real))
    return Chain(tuple(dimensions), tuple(bases), tuple(effects))


def hermitian_basis(d: int) -> np.ndarray:
    """Orthonormal basis of the Hermitian d×d matrices, `(d², d, d)`."""
    basis = np.zeros((d, d, d, d), dtype=complex)
    half = 0.5**0.5
    for i in range(d):
        basis[i, i, i, i] = 1.0
        for j in range(i):
            basis[i, j, i, j] = basis[i, j, j, i] = half
            basis[j, i, i, j], basis[j, i, j, i] = 1j * half, -1j * half
    return basis.reshape(d * d, d, d)


def _grouped(sites: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    groups: list[np.ndarray] = []
    for stack in sites:
        if groups and groups[-1].shape[1] * stack.shape[1] <= _TOGETHER:
            groups[-1] = _kron(groups[-1], stack)
        else:
            groups.append(stack)
    return groups


def _kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All products of two stacks of effects, the first index most significant."""
    product = np.einsum("mij,nkl->mnikjl", a, b)
    d = a.shape[1] * b.shape[1]
    return product.reshape(-1, d, d)


def _apply(matrices: list[np.ndarray] | tuple[np.ndarray, ...], x: np.ndarray) -> np.ndarray:
    """One matrix an axis: the first axis is contracted, and its result becomes the last."""
    for matrix in matrices:
        x = x.reshape(matrix.shape[1], -1).T @ matrix.T
    return x.reshape(-1)
