"""Data of a Boltzmann machine: expectation values of its terms, or a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks, classical, quantum
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.boltzmann.measured import mean_and_covariance
from qce.data import Counts, PauliOutcomes
from qce.data.pauli_outcomes import as_pauli_outcomes
from qce.models import BoltzmannMachine, PauliTerms
from qce.states import Diagonal, State
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class Moments(Shown):
    """Expectation values of a machine's terms, where no more is known of the data.

    Args:
        values: Tr ρ P_i, in the order of the terms, shape `(J,)`.
        entropy: S(ρ) in nats, the floor of the cross entropy; `None` where unknown.
        covariance: of the values, where they were measured, `(J, J)`; `None` where unknown.

    Raises:
        ValueError: A value is not between −1 and 1, or the covariance is of another shape.
    """

    values: Array
    entropy: float | None = None
    covariance: Array | None = None

    def __post_init__(self) -> None:
        remedy = "one expectation value a Pauli string"
        values = _checks.reals("values", self.values, remedy)
        if values.ndim != 1 or np.abs(values).max() > 1 + _checks.tolerance(np.float64):
            but = f"their shape is {values.shape}, the largest size {np.abs(values).max():.6g}"
            raise error("values", "have shape (J,) and lie between −1 and 1", but, remedy)
        object.__setattr__(self, "values", values)
        if self.entropy is not None:
            entropy = _checks.number("entropy", self.entropy, "S(ρ) in nats, or None", least=0)
            object.__setattr__(self, "entropy", entropy)
        if self.covariance is not None:
            covariance = _checks.reals("covariance", self.covariance, "that of the values, or None")
            if covariance.shape != values.shape * 2:
                but = f"its shape is {covariance.shape}"
                remedy = "that of the values, or None"
                raise error("covariance", f"have shape {values.shape * 2}", but, remedy)
            object.__setattr__(self, "covariance", covariance)

    @classmethod
    def from_outcomes(cls, strings: PauliTerms | tuple[str, ...], outcomes: Any) -> Moments:
        """Average Pauli strings over outcomes in product bases.

        An outcome in the basis XXZ counts for each string whose letters agree with it, such as
        XIZ. `coupling_errors` uses the covariance.

        Args:
            strings: `PauliTerms`, or strings of I, X, Y, Z, wire 0 first.
            outcomes: `qce.data.PauliOutcomes`, `Counts`, or a dictionary of the counts of each
                basis.

        Raises:
            ValueError: No outcome shows one of the strings, or wires differ.

        Example:
            >>> counts = {"XX": {"00": 40, "11": 60}, "ZZ": {"00": 75, "01": 25}}
            >>> Moments.from_outcomes(("XX", "XI", "ZZ"), counts).values.tolist()
            [1.0, -0.2, 0.5]
        """
        terms = strings if isinstance(strings, PauliTerms) else PauliTerms(strings)
        found = as_pauli_outcomes("outcomes", outcomes)
        if found is None:
            but = f"they are {_checks.shown(outcomes)}"
            remedy = "qce.data.PauliOutcomes, or counts by basis"
            raise error("outcomes", "be outcomes in Pauli bases", but, remedy, TypeError)
        values, covariance = mean_and_covariance(terms.strings, found)
        return cls(values, covariance=covariance)


@dataclass(frozen=True, eq=False)
class Target:
    """Data in the form that a machine needs.

    Attributes:
        moments: Tr ρ P_i, `(J,)`; `None` for a machine with hidden wires.
        state: ρ, `(d, d)`, or its diagonal `(d,)`; `None` where only moments are known.
        floor: S(ρ) in nats, or `None`.
    """

    moments: np.ndarray | None
    state: np.ndarray | None
    floor: float | None


def target(machine: BoltzmannMachine, data: Any) -> Target:
    """Resolve data: `Moments`, Pauli outcomes, a density matrix, a state of `qce.states`."""
    if isinstance(data, Counts | PauliOutcomes):
        with called(outcomes="data"):
            data = Moments.from_outcomes(machine.terms, data)
    if isinstance(data, Moments):
        return _told(machine, data)
    if not isinstance(data, State):
        data = _checks.concrete("data", data)
        _checks.states("data", data)
    shape = (data.dimension,) * 2 if isinstance(data, State) else data.shape
    if shape != (2**machine.wires,) * 2:
        must = f"be one state of dimension {2**machine.wires}, that of the visible wires"
        raise error("data", must, f"its shape is {shape}", "a state on the machine's wires")
    state, floor = _seen(machine, data), float(quantum.entropy(data))
    if machine.hidden:
        return Target(None, state, floor)
    return Target(np.asarray(machine.terms.expectations(state)), state, floor)


def cross_entropy(state: Array, model: Array) -> Array:
    """Cross entropy of two diagonals or of two matrices, without checks."""
    twin = classical if state.ndim == 1 else quantum
    return twin.cross_entropy(state, model, check=False)


def _told(machine: BoltzmannMachine, data: Moments) -> Target:
    if machine.hidden:
        but = f"the machine has {machine.hidden} hidden wires, and only moments are known"
        raise error("data", "be a state where wires are hidden", but, "the density matrix")
    if data.values.shape != (machine.size,):
        must, but = f"have {machine.size} values, one a term", f"it has {len(data.values)}"
        raise error("data", must, but, "expectation values in the order of the terms")
    return Target(np.asarray(data.values), None, data.entropy)


def _seen(machine: BoltzmannMachine, data: Any) -> np.ndarray:
    """The part of the data that the machine depends on: the diagonal, or the real part."""
    if isinstance(data, Diagonal) and (machine.classical or not machine.hidden):
        return np.asarray(data.probabilities, dtype=float)
    matrix = np.asarray(data)
    if machine.classical:
        return matrix.diagonal().real.copy()
    return matrix.real if machine.terms.real else matrix
