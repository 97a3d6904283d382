"""The interface between an objective and a source of outcomes.

An objective does not depend on whether outcomes are drawn by a compiled simulation or a device: it
requests the outcomes of mixtures of circuits, and gets their frequencies and pull-back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce._wires import bits_of
from qce.circuits import Circuit
from qce.objectives.objective import Measurement
from qce.typing import Array, Scalar

Prepare: TypeAlias = Callable[[Any], Any]


class Starts(Protocol):
    """States in which circuits start."""

    @property
    def prepare(self) -> Sequence[Prepare]:
        """Functions that prepare each of them from |0…0⟩."""

    def kets(self, which: Array) -> Array:
        """Return some of them, shape `(k, 2^n)`; traceable by JAX."""


@dataclass(frozen=True)
class BasisStarts:
    """States of the computational basis.

    Args:
        wires: number of wires n.
        count: how many of them, from 0 on.
    """

    wires: int
    count: int

    @cached_property
    def prepare(self) -> list[Prepare]:
        """Functions that flip the wires that are 1."""
        return [_flips(x, self.wires) for x in range(self.count)]

    def kets(self, which: Array) -> Array:
        """Return some of them, shape `(k, 2^n)`."""
        numbers = jnp.arange(2**self.wires)
        return (which[:, None] == numbers).astype(complex)


@dataclass(frozen=True, eq=False)
class PreparedStarts:
    """States that quantum functions prepare.

    Args:
        wires: number of wires n.
        prepare: the functions.
        vectors: their kets, shape `(K, 2^n)`, where they are known.
    """

    wires: int
    prepare: Sequence[Prepare]
    vectors: np.ndarray | None = field(default=None, repr=False)

    def kets(self, which: Array) -> Array:
        """Return some of them, shape `(k, 2^n)`."""
        return jnp.asarray(self.known)[which]

    @cached_property
    def known(self) -> np.ndarray:
        """Their kets, shape `(K, 2^n)`."""
        if self.vectors is not None:
            return np.asarray(self.vectors, dtype=complex)
        return np.stack([_simulated(prepare, self.wires) for prepare in self.prepare])


@dataclass(frozen=True, eq=False)
class Mixture:
    """Circuits that differ in their initial state, which is drawn by its weight.

    Args:
        starts: the K initial states.
        weights: their probabilities, shape `(K,)`.
        circuit: U(φ), which follows.
        params: φ.
        shots: outcomes of all of them together; `None` for exact probabilities.
        adjoint: whether U(φ)† follows in place of U(φ).
        turn: last gates, without parameters.
    """

    starts: Starts
    weights: Array
    circuit: Circuit
    params: Array
    shots: int | None
    adjoint: bool = False
    turn: Circuit | None = None

    def queue(self, start: int) -> Callable[[Array], None]:
        """Return a function that queues the circuit from one of the initial states."""
        prepare, wires = self.starts.prepare[start], range(self.circuit.wires)

        def queue(params: Array) -> None:
            prepare(wires)
            (qml.adjoint(self.circuit.queue) if self.adjoint else self.circuit.queue)(params)
            if self.turn is not None:
                self.turn.queue(np.zeros(0))

        return queue


@dataclass(frozen=True, eq=False)
class Seen:
    """The outcomes of a mixture.

    Args:
        starts: which initial states occurred, shape `(k,)`.
        shares: of the outcomes, for each of these; sum 1.
        table: frequencies of the outcomes with their start, shape `(k, 2^n)`; sum 1.
        pull: `cost (2^n,) →` derivative of the mean cost by φ, of outcomes of its own.
    """

    starts: Array
    shares: Array
    table: Array
    pull: Callable[[Array], Array]

    @property
    def distribution(self) -> Array:
        """Frequencies of the outcomes, shape `(2^n,)`."""
        return self.table.sum(axis=0)

    def spread(self, xp: Any, values: Array, count: int) -> Array:
        """Return values `(k, ...)` of the states that occurred, in their places among `count`."""
        shape = (count, *values.shape[1:])
        if xp is jnp:
            return jnp.zeros(shape).at[self.starts].add(values)
        found = np.zeros(shape)
        np.add.at(found, self.starts, values)
        return found


class Found(Protocol):
    """The answer: the outcomes of each mixture, and the standard error of sums of means."""

    @property
    def seen(self) -> Sequence[Seen]:
        """The outcomes of each mixture."""

    @property
    def plain(self) -> bool:
        """Whether frequencies are those of the outcomes drawn, without corrections."""

    def error(self, *costs: Array) -> Scalar:
        """Return the standard error of Σ (mean cost), over the mixtures.

        Args:
            *costs: of each mixture, `(2^n,)`, or `(k, 2^n)` where it depends on the start.
        """


Steps: TypeAlias = Generator[list[Mixture], Found, Measurement]
Evaluation: TypeAlias = Callable[[Any, Array, bool], Steps]
"""`array module, params, gradient wanted →` a generator that yields the mixtures of one evaluation,
is sent what was found, and returns the measurement; JAX traces it where the module is its own."""


def _flips(x: int, wires: int) -> Prepare:
    ones = np.flatnonzero(bits_of(x, wires)).tolist()

    def prepare(on: Any) -> None:
        for wire in ones:
            qml.X(on[wire])

    return prepare


def _simulated(prepare: Prepare, wires: int) -> np.ndarray:
    """The ket that a quantum function prepares."""

    def circuit() -> Any:
        prepare(range(wires))
        return qml.state()

    node = qml.QNode(circuit, qml.device("default.qubit", wires=wires), interface=None)
    return np.asarray(node(), dtype=complex)
