"""Quantum data: weighted kets for simulators, weighted preparation circuits for devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called, quantum_function
from qce._showing import Shown
from qce.errors import ArgumentError
from qce.states import Ensemble, Pure, State
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class Kets(Shown):
    r"""A mixture of pure states $\rho = \sum_k w_k |\psi_k\rangle\langle\psi_k|$.

    Args:
        vectors: normalised kets, shape `(N, d)`; they need not be orthogonal.
        weights: probabilities, shape `(N,)`; `None` for equal weights.

    Example:
        >>> data = Kets(np.eye(2), weights=[0.25, 0.75])
        >>> data.density_matrix().real.tolist()
        [[0.25, 0.0], [0.0, 0.75]]
    """

    vectors: np.ndarray
    weights: Any = None

    def __post_init__(self) -> None:
        vectors = _checks.numbers("vectors", self.vectors)
        if vectors.ndim != 2 or vectors.size == 0:
            but = f"its shape is {vectors.shape}"
            raise error("vectors", "have shape (N, d) with N >= 1", but, "one ket in each row")
        norms = np.linalg.norm(vectors, axis=1)
        deviation = np.abs(norms - 1).max()
        if not deviation < _checks.tolerance(vectors.dtype):
            but = f"a norm is off by {deviation:.3g}"
            raise error("vectors", "be normalised", but, "`v / np.linalg.norm(v, axis=1)[:, None]`")
        if vectors.dtype.char not in "dD":  # normalised as well as their precision allows
            vectors = vectors / norms[:, None].astype(float)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "weights", _weights(self.weights, len(vectors)))

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return self.vectors.shape[1]

    def density_matrix(self) -> np.ndarray:
        """The state ρ, shape `(d, d)`."""
        return np.einsum("k,ki,kj->ij", self.weights, self.vectors, self.vectors.conj())


@dataclass(frozen=True, eq=False, repr=False)
class Preparations(Shown):
    """A mixture of states that quantum functions prepare on a device.

    Args:
        circuits: functions `circuit(wires)` that queue PennyLane gates on wires in |0…0⟩.
        weights: probabilities, one for each circuit; `None` for equal weights.
    """

    circuits: Sequence[Callable[[Sequence[int]], Any]]
    weights: Any = None

    def __post_init__(self) -> None:
        circuits = _checks.sequence("circuits", self.circuits, "`[prepare]`")
        object.__setattr__(self, "circuits", circuits)
        if not circuits:
            raise error("circuits", "hold at least one function", "it is empty", "`[prepare]`")
        for circuit in circuits:
            quantum_function("circuits", circuit, "wires")
        object.__setattr__(self, "weights", _weights(self.weights, len(circuits)))


StateData: TypeAlias = Array | Kets | State
"""A density matrix `(d, d)`, one ket `(d,)`, weighted kets, or one of `qce.states`."""


def as_kets(data: StateData) -> Kets:
    """Return data as weighted kets.

    Args:
        data: `Kets`; `states.Ensemble` or `states.Pure`, whose kets they are; one ket `(d,)`; or a
            density matrix `(d, d)` or another of `qce.states`, which is resolved into its
            eigenvectors; eigenvalues that rounding may have made are dropped.

    Returns:
        The mixture.
    """
    if isinstance(data, Kets):
        return data
    if isinstance(data, Pure):
        return Kets(np.asarray(data.ket)[None])
    if isinstance(data, Ensemble):
        return Kets(np.asarray(data.kets), data.weights)
    if isinstance(data, State):
        with called(state="data"):
            return as_kets(data.dense())
    array = _checks.concrete("data", data)
    if array.ndim == 1:
        return _one_ket(array)
    _checks.states("data", array)
    if array.ndim != 2:
        raise error("data", "be one state", f"its shape is {array.shape}", "shape (d,) or (d, d)")
    weights, vectors = np.linalg.eigh(array)
    kept = weights > 4 * np.finfo(weights.dtype).eps * len(weights) * weights[-1]
    return Kets(vectors.T[kept], weights[kept] / weights[kept].sum())


def _one_ket(array: np.ndarray) -> Kets:
    try:
        return Kets(array[None])
    except ArgumentError as problem:  # the argument that was passed is another one
        raise error("data", problem.rule, problem.found, "one ket `(d,)` of norm 1") from None


def compact(kets: Kets) -> Kets:
    """Return the same state as a mixture of at most d kets: its eigenvectors, where it has more."""
    return as_kets(kets.density_matrix()) if len(kets.vectors) > kets.dimension else kets


def _weights(weights: Any, count: int) -> np.ndarray:
    """Weights as an array, equal ones for `None`."""
    if weights is None:
        return np.full(count, 1 / count)
    w = _checks.numbers("weights", weights)
    if w.shape != (count,):
        raise error("weights", f"have shape ({count},)", f"its shape is {w.shape}", "one a state")
    _checks.probabilities("weights", w)
    return w
