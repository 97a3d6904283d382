"""Thermal states of Hamiltonians given as arrays, operators or free-fermion chains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error, number
from qce._foreign import is_operator
from qce._spectral import sectors
from qce.states._state import State
from qce.states.known import Known, own, writable
from qce.states.views import View

SMALL = 2**12  # up to here an operator that could be sparse is taken as a matrix


@dataclass(frozen=True, eq=False, repr=False)
class Thermal(State):
    r"""The thermal (Gibbs) state $\sigma = e^{-\beta H} / Z$, $Z = \mathrm{Tr}\, e^{-\beta H}$.

    Its logarithm −βH − ln Z is exact however small the eigenvalues: none underflows. Where H can be
    diagonalised, entropies are sums over −βE − ln Z without cancellation. For large H the cross
    entropy is β⟨H⟩ + ln Z, for which ln Z has to be given.

    Args:
        hamiltonian: H, one of: a Hermitian array `(d, d)`; a SciPy sparse array; an operator with
            `matrix()` or `sparse_matrix()` and `wires`, such as PennyLane's, on its sorted wires;
            an `IsingChain`, or any object with its methods.
        beta: Inverse temperature, in one over the unit of H; of any sign.
        log_partition: ln Z in nats, if H is too large to be diagonalised and you know it.

    Raises:
        ValueError: If H is not Hermitian within √ε, or β or ln Z not finite.

    Example:
        >>> from qce import quantum
        >>> z = np.diag([1.0, -1.0])
        >>> quantum.cross_entropy(Thermal(z, 1.0), Thermal(z, 0.5)).round(12)
        np.float64(0.43246460954)
    """

    hamiltonian: Any
    beta: float = 1.0
    log_partition: float | None = None

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        put(
            "beta",
            number("beta", self.beta, "an inverse temperature; Pure(ground_state) for β = ∞"),
        )
        if self.log_partition is not None:
            known = number("log_partition", self.log_partition, "ln Z in nats, or None")
            put("log_partition", known)
        operator = self.hamiltonian if self.free else _operator(self.hamiltonian)
        put("hamiltonian", operator)

    @property
    def free(self) -> bool:
        """Whether H describes free fermions, and gives their modes."""
        return hasattr(self.hamiltonian, "modes")

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return self.hamiltonian.dimension if self.free else self.hamiltonian.shape[0]

    @property
    def small(self) -> bool:
        """Whether H is diagonalised where its spectrum is needed."""
        return isinstance(self.hamiltonian, np.ndarray)

    def modes(self) -> Known:
        """The one-particle correlation matrix of free fermions."""
        return self.hamiltonian.modes(self.beta)

    def surprise(self, data: View) -> float:
        """β⟨H⟩ + ln Z, for data in any form; absolutely but not relatively accurate."""
        operator = self.hamiltonian.sparse_matrix() if self.free else self.hamiltonian
        return self.beta * data.expectation(operator) + self._log_partition()

    def known(self) -> Known:
        """−βE − ln Z, and the eigenvectors of H."""
        return self._known

    @cached_property
    def _known(self) -> Known:
        energies, basis = _diagonalise(self._matrix())
        with np.errstate(over="ignore", invalid="ignore"):
            x = -self.beta * energies
            best = np.argmax(x)
            x = x - x[best]
        if not np.isfinite(x).all():
            but = "its product with their differences overflows"
            raise error("beta", "suit the energies", but, "both in one unit of energy")
        # ln Z from its largest term: 1 + rest, where the rest may be far below ε.
        return Known(x - np.log1p(np.exp(np.delete(x, best)).sum()), basis)

    def _matrix(self) -> np.ndarray:
        writable(self.dimension)
        if self.small:
            return self.hamiltonian
        return (self.hamiltonian.sparse_matrix() if self.free else self.hamiltonian).toarray()

    def _log_partition(self) -> float:
        if self.log_partition is not None:
            return self.log_partition
        if self.free:
            return self.hamiltonian.log_partition(self.beta)
        must, but = "be known for a Hamiltonian this large", f"its dimension is {self.dimension}"
        raise error("log_partition", must, but, "ln Z as `Thermal(h, beta, log_partition=…)`")

    def __repr__(self) -> str:
        what = repr(self.hamiltonian) if self.free else f"d={self.dimension}"
        return f"Thermal({what}, beta={self.beta:g})"


def _diagonalise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    diagonal = np.diagonal(matrix)
    if np.count_nonzero(matrix) == np.count_nonzero(diagonal):
        return diagonal.real, None
    return sectors.eigh(matrix)


def _operator(h: Any) -> Any:
    """A Hermitian array; a sparse one where H is large and has one."""
    if is_operator(h):
        h = _on_wires(h)
    if hasattr(h, "toarray"):
        h = h.toarray() if h.shape[0] <= SMALL else h.tocsr(copy=True)
    array = h if hasattr(h, "toarray") else own(_checks.numbers("hamiltonian", h))
    if len(array.shape) != 2 or array.shape[0] != array.shape[1] or array.shape[0] == 0:
        but = f"its shape is {array.shape}"
        raise error("hamiltonian", "have shape (d, d) with d >= 1", but, "a Hermitian matrix")
    skew = abs(array - array.conj().T).max()
    slack = _checks.tolerance(np.result_type(array.dtype, np.float32))
    # √ε of its size, as for states; `not <=` refuses NaN as well.
    if not skew <= slack * abs(array).max():
        but = f"it differs from its adjoint by {skew:.3g}"
        remedy = "`(h + h.conj().T) / 2` if that is rounding"
        raise error("hamiltonian", "be Hermitian", but, remedy)
    return array


def _on_wires(h: Any) -> Any:
    wires = sorted(h.wires)
    # The entries of a sparse one, a few on each row, while they are added up.
    _checks.wires_fit("hamiltonian", len(wires), numbers=4 * (1 + len(wires)))
    if 2 ** len(wires) > SMALL and hasattr(h, "sparse_matrix"):
        return h.sparse_matrix(wire_order=wires)
    return h.matrix(wire_order=wires)
