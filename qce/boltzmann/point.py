"""The Gibbs state at one θ: moments, metric, and data extended to hidden wires."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh
from scipy.special import logsumexp

from qce._spectral import LOG, decompose, sectors
from qce._spectral.exponential import exp_slope
from qce._spectral.frechet import frechet
from qce.boltzmann.moments import cross_entropy
from qce.models import BoltzmannMachine


@dataclass(frozen=True, eq=False)
class Point:
    """A machine at one θ, from at most one eigendecomposition of H.

    Attributes:
        machine: The machine.
        logs: Logarithms of the eigenvalues of the state of all wires, −E − ln Z, `(D,)`.
        basis: Its eigenvectors in columns, `(D, D)`; None for the computational basis.
        log_partition: ln Z, in nats.
    """

    machine: BoltzmannMachine
    logs: np.ndarray
    basis: np.ndarray | None
    log_partition: float

    @cached_property
    def state(self) -> np.ndarray:
        """The state of all wires, hidden ones included."""
        p = np.exp(self.logs)
        return p if self.basis is None else (self.basis * p) @ self.basis.conj().T

    @cached_property
    def moments(self) -> np.ndarray:
        """⟨P_i⟩, `(J,)`."""
        return np.asarray(self.machine.terms.expectations(self.state))

    def covariance(self, numbers: int) -> np.ndarray:
        r"""The Kubo-Mori covariance $\int_0^1 ⟨σ^{-s} δP_i σ^s δP_j⟩ ds$, `(J, J)`.

        Hessian of ln Z, and the Bogoliubov-Kubo-Mori metric of the state of all wires.

        Args:
            numbers: How many may be held at once; eigenvectors are taken in blocks that fit.
        """
        if self.basis is None:
            centred = self.machine.terms.phases - self.moments[:, None]
            return (centred * self.state) @ centred.T
        size, d = self.machine.size, len(self.logs)
        metric = np.zeros((size, size))
        # At least four blocks: entries below them mirror those above, and are left out.
        width = int(np.clip(numbers // (3 * size * d), 1, max(d // 4, 1)))
        for first in range(0, d, width):
            rows, weights = self._block(first, min(first + width, d))
            metric += _gram((rows * np.sqrt(weights)).reshape(size, -1))
        return metric

    def _block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """⟨k|δP_i|l⟩ for l in the block and k up to its end, and the weights of these entries."""
        assert self.basis is not None
        terms, index = self.machine.terms, np.arange(len(self.logs))
        columns, before = self.basis[:, first:last], self.basis[:, :last]
        moved = (terms.phases[:, :, None] * columns)[
            np.arange(len(terms.flips))[:, None], index ^ terms.flips[:, None]
        ]
        rows = before.conj().T @ moved
        within = np.arange(first, last)
        rows[:, within, within - first] -= self.moments[:, None]
        weights = np.asarray(exp_slope(np, self.logs[:last, None], self.logs[None, first:last]))
        weights[:first] *= 2  # these have their mirror image below the diagonal
        return rows, weights

    # --- hidden wires ----------------------------------------------------------------------------

    @cached_property
    def visible(self) -> np.ndarray:
        """The state of the visible wires."""
        return np.asarray(self.machine.visible(self.state))

    def lifted(self, data: np.ndarray) -> np.ndarray:
        r"""The operator ω of all wires with ∂_i S(ρ, σ_visible) = Tr ω P_i − ⟨P_i⟩; its trace is 1.

        It is the derivative of e^{−H} applied to that of the logarithm of the visible state,
        D log[ρ] ⊗ 1; where all commutes, ρ(v) p(h|v). For any trainable Hamiltonian it is exact.

        Source: M. M. Wilde, arXiv:2512.19819.
        """
        if self.basis is None:
            return self._conditioned(data)
        slope = frechet(np, LOG, *decompose(np, self.visible), data)
        return self._derivative(np.kron(slope, np.eye(2**self.machine.hidden)))

    def recovered(self, data: np.ndarray) -> np.ndarray:
        r"""The data ω of all wires in expectation maximisation; its trace is 1.

        The Petz map $σ^{1/2} (σ_v^{-1/2} ρ σ_v^{-1/2} ⊗ 1) σ^{1/2}$; where all commutes,
        ρ(v) p(h|v). In general its marginal is not ρ.

        Source: A. Vishnu et al., arXiv:2507.22786.
        """
        v = self.basis
        if v is None:
            return self._conditioned(data)
        q, u = decompose(np, self.visible)
        inverse = (u * np.divide(1.0, np.sqrt(q), out=np.zeros_like(q), where=q > 0)) @ u.conj().T
        inner = np.kron(inverse @ data @ inverse, np.eye(2**self.machine.hidden))
        root = (v * np.exp(self.logs / 2)) @ v.conj().T
        return root @ inner @ root

    def _conditioned(self, data: np.ndarray) -> np.ndarray:
        """ρ(v) p(h|v), of a classical machine."""
        seen = (data > 0) & (self.visible > 0)
        ratio = np.divide(data, self.visible, out=np.zeros_like(data), where=seen)
        return self.state * np.kron(ratio, np.ones(2**self.machine.hidden))

    def visible_metric(self) -> np.ndarray:
        """The Bogoliubov-Kubo-Mori metric of the visible state, `(J, J)`."""
        terms, size = self.machine.terms, self.machine.size
        if self.basis is None:
            change = (terms.phases - self.moments[:, None]) * self.state
            change = np.array([self.machine.visible(row) for row in change])
            return (change / self.visible) @ change.T
        q, v = decompose(np, self.visible)
        weights = np.sqrt(LOG.first_difference(np, q[:, None], q[None, :]))
        rows = np.empty((size, len(q) ** 2), dtype=v.dtype)
        for i, one in enumerate(np.eye(size)):
            term = terms.matrix(one) - self.moments[i] * np.eye(len(self.logs))
            change = self.machine.visible(self._derivative(term))
            rows[i] = (weights * (v.conj().T @ change @ v)).reshape(-1)
        return _gram(rows)

    def _derivative(self, direction: np.ndarray) -> np.ndarray:
        """−d e^{−H}/Z in a direction, `(D, D)`."""
        v = self.basis
        assert v is not None
        kernel = exp_slope(np, self.logs[:, None], self.logs[None, :])
        return v @ (kernel * (v.conj().T @ direction @ v)) @ v.conj().T


def _gram(rows: np.ndarray) -> np.ndarray:
    """Re A A†, for complex A from its real and imaginary parts."""
    rows = np.ascontiguousarray(rows).view(float)
    return rows @ rows.T


def at(machine: BoltzmannMachine, params: np.ndarray) -> Point:
    """The machine at θ."""
    # By NumPy, in double precision in both modes of JAX.
    terms = machine.terms
    h = np.asarray(terms.stripes(params)[1][0] if machine.classical else terms.matrix(params))
    energies, basis = (h, None) if machine.classical else _diagonalise(h)
    log_z = float(logsumexp(-energies))
    return Point(machine, -energies - log_z, basis, log_z)


def _diagonalise(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors, by sectors where there may be some; NaN if h is not finite."""
    if not np.isfinite(h).all():  # LAPACK may find numbers
        return np.full(len(h), np.nan), np.full_like(h, np.nan)
    return eigh(h) if len(h) < sectors.WHOLE else sectors.eigh(h)


def loss(
    point: Point, params: np.ndarray, moments: np.ndarray | None, data: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """Cross entropy and its gradient: by moments where nothing is hidden."""
    if moments is not None:
        return float(params @ moments) + point.log_partition, moments - point.moments
    assert data is not None
    value = float(cross_entropy(data, point.visible))
    lifted = point.machine.terms.expectations(point.lifted(data))
    return value, lifted - point.moments
