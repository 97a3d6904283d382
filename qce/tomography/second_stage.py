r"""A second measurement, chosen from a rough state, that gives its relative entropy accurately.

With $K = \log \hat ρ - \log σ$ for any state $\hat ρ$ of full rank,
$D(ρ\|σ) = \mathrm{Tr}\, ρK + D(ρ\|\hat ρ)$: an identity. The first term is a mean of outcomes in
the eigenbasis of K, whose variance is V(ρ‖σ) for ρ̂ = ρ. The second is of second order in ρ̂ − ρ.
Its mean over pilots is known from their Fisher information.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce._spectral import LOG, decompose
from qce.data import Counts
from qce.data.samples import frequencies
from qce.results import Estimate
from qce.states import State
from qce.tomography._contraction import hermitian_basis
from qce.tomography.counts import pauli_outcomes
from qce.tomography.reconstruct import reconstruct
from qce.tomography.result import Reconstruction
from qce.typing import Array

MOST_WIRES = 4  # matrices of 16^n numbers
HEDGE = 0.5  # of det ρ in the likelihood of the pilot: its state has full rank
# Nats by which the total log-likelihood may be below its best: a thirtieth of a standard error.
_LEFT = 1e-3
_TOLD = 3.0  # standard errors from which an eigenvalue is distinguished from 0


@dataclass(frozen=True, eq=False, repr=False)
class SecondStage(Shown):
    r"""The measurement of $K = \log \hat ρ - \log σ$, from counts of a pilot.

    Args:
        model: The known state σ, `(d, d)`.
        pilot: Reconstruction of ρ̂ from the pilot's counts, of full rank.

    Example:
        >>> from qce.tomography import SecondStage, simulate_pauli
        >>> rho, sigma = [[0.95, 0], [0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> second = SecondStage.after(simulate_pauli(rho, shots=400, seed=0), sigma)
        >>> second.levels.round(2).tolist()
        [-2.16, 0.93]
        >>> outcomes = [50, 950]  # of a measurement in the columns of second.basis
        >>> print(second.estimate(outcomes))
        0.785 ± 0.022 nats (2200 shots; corrected for the size of the pilot)
    """

    model: np.ndarray
    pilot: Reconstruction

    @classmethod
    def after(cls, counts: Counts, model: State | Array) -> SecondStage:
        """Reconstruct a state from counts in all Pauli bases, for the second measurement.

        The likelihood is hedged by half a count.

        Args:
            counts: Outcomes in Pauli bases that determine the state.
            model: Density matrix σ `(d, d)` of full rank.

        Raises:
            ValueError: If the counts do not determine the state, or `model` is no density matrix of
                full rank and of the same wires.
        """
        _checks.instance("counts", counts, Counts, "counts in Pauli bases, as of simulate_pauli")
        sigma = full_rank("model", model)
        if len(sigma) != 2**counts.wires:
            must = f"be of the {counts.wires} wires of the counts"
            raise error("model", must, f"its shape is {sigma.shape}", "the state on those wires")
        return cls(sigma, hedged(counts))

    @cached_property
    def _decomposed(self) -> tuple[np.ndarray, np.ndarray]:
        return np.linalg.eigh(logarithm(self.pilot.state) - logarithm(self.model))

    @property
    def levels(self) -> np.ndarray:
        """Eigenvalues k of K (nats), ascending: the value of each outcome."""
        return self._decomposed[0]

    @property
    def basis(self) -> np.ndarray:
        """Eigenvectors of K in columns: the basis of the measurement."""
        return self._decomposed[1]

    @property
    def variance(self) -> float:
        """Variance of the outcomes in the pilot's state, an estimate of V(ρ‖σ) (nats²)."""
        shares = np.einsum("ij,ik,kj->j", self.basis.conj(), self.pilot.state, self.basis).real
        return float(shares @ (self.levels - shares @ self.levels) ** 2)

    @property
    def correction(self) -> tuple[float, float]:
        r"""Mean and standard deviation of $D(ρ\|\hat ρ)$ over pilots (nats).

        To second order D = ½ δ·Gδ, with the Kubo-Mori metric G and errors δ of covariance Σ, the
        inverse of Fisher information and hedge: ½ Tr GΣ and √(½ Tr (GΣ)²).
        """
        metric, covariance = self._metric_and_covariance
        root = np.sqrt(metric)
        turned = root[:, None] * covariance * root
        return float(np.trace(turned)) / 2, float(np.linalg.norm(turned)) / 2**0.5

    @property
    def told_from_zero(self) -> bool:
        """Whether the least eigenvalue of ρ̂ is 3 standard errors or more above 0."""
        least = np.linalg.eigvalsh(self.pilot.state)[0]
        return bool(least >= _TOLD * self._metric_and_covariance[1][0, 0] ** 0.5)

    def estimate(self, outcomes: Array | Mapping[Any, int]) -> Estimate:
        """Return D(ρ‖σ) from outcomes of the second stage.

        Args:
            outcomes: How often each eigenvector of K was seen, integers `(d,)` in the order of
                `levels`, 2 or more in all; a dictionary of bit strings, or bits `(N, n)`, where
                the basis was rotated to the computational one.

        Returns:
            Mean of K, corrected to second order, with the standard error of both. It may be below
                0 where D is near 0. Shots are those of both stages.

        Raises:
            ValueError: If they are no counts of d outcomes.
        """
        shares, count = frequencies("outcomes", outcomes, len(self.levels).bit_length() - 1)
        if shares.shape != self.levels.shape or count is None or count < 2:
            must = f"be 2 or more outcomes, in {len(self.levels)} counts"
            but = f"they have shape {shares.shape}"
            if count is None or count < 2:
                but = "they are probabilities" if count is None else f"there is {count}"
            raise error("outcomes", must, but, "how often each eigenvector of K was seen")
        mean, stderr = mean_of_outcomes(shares, self.levels, count)
        second, spread = self.correction
        bias = "corrected for the size of the pilot"
        if not self.told_from_zero:
            bias += ", which does not tell an eigenvalue of the state from 0"
        total = count + self.pilot.shots
        return Estimate(mean + second, float(np.hypot(stderr, spread)), total, bias)

    @cached_property
    def _metric_and_covariance(self) -> tuple[np.ndarray, np.ndarray]:
        """G, which is diagonal, and Σ, on Hermitian matrices in the eigenbasis of ρ̂."""
        p, u = np.linalg.eigh(self.pilot.state)
        d, povm = len(p), self.pilot.povm
        directions = u @ hermitian_basis(d) @ u.conj().T
        slopes = np.stack([povm.probabilities(x).reshape(-1) for x in directions], axis=1)
        born = povm.probabilities(self.pilot.state).reshape(-1)
        seen = born > 0  # a basis that was not measured has no information
        information = (self.pilot.shots / born[seen] * slopes[seen].T) @ slopes[seen]
        information += HEDGE * np.diag(1 / np.outer(p, p).reshape(-1))
        trace = np.eye(d).reshape(1, -1)
        traceless = np.linalg.svd(trace)[2][1:].T
        inverse = np.linalg.inv(traceless.T @ information @ traceless)
        return LOG.slope(np, p[:, None], p).reshape(-1), traceless @ inverse @ traceless.T


def mean_of_outcomes(shares: np.ndarray, values: np.ndarray, count: int) -> tuple[float, float]:
    """Mean of values with these shares of outcomes, and its standard error."""
    mean = float(shares @ values)
    return mean, float((shares @ (values - mean) ** 2 / (count - 1)) ** 0.5)


def hedged(counts: Counts) -> Reconstruction:
    """The state of largest hedged likelihood, far within its standard error."""
    _, povm = pauli_outcomes(counts)
    if not povm.complete:
        but = f"they are of {len(counts.by_basis)} of {3**counts.wires} bases"
        raise error("counts", "determine the state", but, "outcomes in all Pauli bases")
    return reconstruct(counts, hedge=HEDGE, tolerance=_LEFT / counts.total)


def full_rank(name: str, x: State | Array) -> np.ndarray:
    """One density matrix of qubits and of full rank; that of a known state, or of a ket."""
    with called(state=name):
        matrix = one_state(name, x)
    q, _ = decompose(np, matrix)
    if rank := int(np.sum(q == 0)):
        but = (
            f"its rank is {len(q) - rank} of {len(q)}: the relative entropy is infinite for data"
            " outside its support, which no number of copies excludes"
        )
        remedy = "qce.regularise.depolarise(…).value, or data and model inside the support"
        raise error(name, "have full rank", but, remedy)
    return matrix


def one_state(name: str, x: State | Array) -> np.ndarray:
    """One density matrix of 1 to 4 qubits."""
    if isinstance(x, State):
        with called(state=name):
            x = x.dense()
    _checks.states(name, x, kets=True)
    matrix = _checks.numbers(name, x).astype(complex)
    if matrix.ndim == 1:
        matrix = np.outer(matrix, matrix.conj())
    wires = len(matrix).bit_length() - 1
    if matrix.ndim != 2 or len(matrix) != 2**wires or not 1 <= wires <= MOST_WIRES:
        must, but = f"be one state of 1 to {MOST_WIRES} qubits", f"its shape is {matrix.shape}"
        raise error(name, must, but, "shape (2^n, 2^n)")
    return matrix


def logarithm(rho: np.ndarray) -> np.ndarray:
    """Log ρ on the support, 0 on the kernel."""
    p, u = decompose(np, rho)
    return (u * LOG.on_support(np, p)) @ u.conj().T
