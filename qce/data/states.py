"""Quantum data: states for simulators, weighted preparation circuits for devices."""

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


StateData: TypeAlias = Array | State
"""A density matrix `(d, d)`, one ket `(d,)`, or one of `qce.states`, such as an `Ensemble`."""


def as_kets(data: StateData) -> Ensemble:
    """Return data as weighted kets, in double precision.

    Args:
        data: `states.Ensemble` or `states.Pure`, whose kets they are; one ket `(d,)`; or a density
            matrix `(d, d)` or another of `qce.states`, which is resolved into its eigenvectors;
            eigenvalues that rounding may have made are dropped.

    Returns:
        The mixture.
    """
    if isinstance(data, Ensemble):
        return _in_double(data)
    if isinstance(data, Pure):
        return _in_double(Ensemble(data.ket[None]))
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
    return _in_double(Ensemble(vectors.T[kept], weights[kept] / weights[kept].sum()))


def _one_ket(array: np.ndarray) -> Ensemble:
    try:
        return _in_double(Ensemble(array[None]))
    except ArgumentError as problem:  # the argument that was passed is another one
        raise error("data", problem.rule, problem.found, "one ket `(d,)` of norm 1") from None


def _in_double(data: Ensemble) -> Ensemble:
    """The same kets in double precision, normalised to that precision."""
    if data.kets.dtype.char in "dD":
        return data
    kets = data.kets.astype(np.result_type(data.kets, np.float64))
    return Ensemble(kets / np.linalg.norm(kets, axis=1, keepdims=True), data.weights)


def compact(data: Ensemble) -> Ensemble:
    """Return the same state as a mixture of at most d kets: eigenvectors, where it has more."""
    return as_kets(data.dense()) if len(data.kets) > data.dimension else data


def _weights(weights: Any, count: int) -> np.ndarray:
    """Weights as an array, equal ones for `None`."""
    if weights is None:
        return np.full(count, 1 / count)
    w = _checks.numbers("weights", weights)
    if w.shape != (count,):
        raise error("weights", f"have shape ({count},)", f"its shape is {w.shape}", "one a state")
    _checks.probabilities("weights", w)
    return w
