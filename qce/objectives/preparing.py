"""Quantum data as circuits that prepare them, and how many outcomes each circuit gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pennylane as qml

from qce.circuits.recording import recorded, requeue
from qce.data import Preparations
from qce.data.states import compact
from qce.states import Ensemble

Prepare = Callable[[Any], Any]


def preparations(data: Ensemble | Preparations, wires: int) -> Preparations:
    """Return the data as circuits; if there are more kets than dimensions, for eigenvectors."""
    if isinstance(data, Preparations):
        return Preparations([_recorded(c, wires) for c in data.circuits], data.weights)
    data = compact(data)

    def preparation(ket: np.ndarray) -> Prepare:
        return lambda wires: qml.StatePrep(ket, wires=wires)

    return Preparations([preparation(ket) for ket in data.kets], data.weights)


def _recorded(circuit: Prepare, wires: int) -> Prepare:
    """A circuit that queues what a function prepares on these wires, as it was written down."""
    operations = recorded("circuits", circuit, wires, range(wires))
    return lambda on: requeue(operations)


class Share(NamedTuple):
    """A circuit of a mixture that occurs: which one, its share of the outcomes, and how many."""

    start: int
    share: float
    shots: int | None


def shares(weights: np.ndarray, shots: int | None, rng: np.random.Generator) -> list[Share]:
    """Return the circuits of a mixture that occur.

    Every outcome is of a state drawn by its weight, so that outcomes are independent.
    """
    if shots is None:
        return [Share(i, float(weight), None) for i, weight in enumerate(weights) if weight]
    if len(weights) == 1:
        return [Share(0, 1.0, shots)]
    drawn = rng.multinomial(shots, weights)
    return [Share(int(i), float(drawn[i] / shots), int(drawn[i])) for i in np.flatnonzero(drawn)]
