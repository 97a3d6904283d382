"""Evaluations on a device: the circuits of several points are collected into one job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pennylane as qml

from qce._wires import bits_of
from qce.devices import Part, Reading, mixture_error
from qce.objectives.machine import Call, Machine, Pullback
from qce.objectives.mixture import Evaluation, Mixture, Seen, Steps
from qce.objectives.objective import Measurement, Overlaps
from qce.objectives.preparing import Share, shares
from qce.typing import Array

Answers = Iterator[tuple[Reading, Pullback]]


@dataclass(frozen=True, eq=False)
class Batched:
    """The measurement of an objective on a device: a `Measure`.

    Args:
        machine: runs the circuits.
        evaluation: which mixtures are measured at a point, and how the loss follows from them.
        rng: draws which circuits of a mixture are run.
    """

    machine: Machine
    evaluation: Evaluation
    rng: np.random.Generator

    def __call__(self, points: Sequence[np.ndarray], with_gradient: bool) -> list[Measurement]:
        """Return the measurement at each point, all their circuits sent together.

        A point that is not finite is NaN, and nothing is sent for it.
        """
        return self._sent(points, with_gradient)[0]

    def with_overlaps(
        self, points: Sequence[np.ndarray], asked: Overlaps
    ) -> tuple[list[Measurement], np.ndarray]:
        """Return the measurement at each point, and overlaps, all their circuits sent together."""
        found, distributions = self._sent(points, False, _circuits(asked))
        return found, np.array([distribution[asked.x] for distribution in distributions])

    def _sent(
        self, points: Sequence[np.ndarray], with_gradient: bool, beside: Sequence[Call] = ()
    ) -> tuple[list[Measurement], list[np.ndarray]]:
        """The measurements, and the frequencies of circuits that go out beside theirs."""
        begun = [self._begin(point, with_gradient) for point in points]
        asked = [[_drawn(mixture, self.rng) for mixture in next(steps)] for steps in begun]
        calls = [*(call for each in asked for one in each for call in one.calls), *beside]
        answers = iter(self.machine.readings(calls, with_gradient) if calls else ())
        pairs = zip(begun, asked, strict=True)
        found = [_end(steps, self._read(each, answers)) for steps, each in pairs]
        return found, [reading.distribution for reading, _ in answers]

    def _begin(self, point: np.ndarray, with_gradient: bool) -> Steps:
        if not np.isfinite(point).all():
            return _nowhere(point, with_gradient)
        return self.evaluation(np, point, with_gradient)

    def _read(self, asked: list[_Drawn], answers: Answers) -> Read:
        parts = [_Read(one, [next(answers) for _ in one.calls]) for one in asked]
        return Read(parts, bool(self.machine.remedies))


class _Drawn(NamedTuple):
    """The circuits of a mixture that occur."""

    mixture: Mixture
    chosen: list[Share]
    calls: list[Call]


def _drawn(mixture: Mixture, rng: np.random.Generator) -> _Drawn:
    chosen = shares(np.asarray(mixture.weights), mixture.shots, rng)
    calls = [Call(mixture.queue(one.start), mixture.params, one.shots) for one in chosen]
    return _Drawn(mixture, chosen, calls)


class _Read(NamedTuple):
    """Their results."""

    drawn: _Drawn
    results: list[tuple[Reading, Pullback]]

    @property
    def seen(self) -> Seen:
        share = np.array([one.share for one in self.drawn.chosen])
        distributions = np.stack([reading.distribution for reading, _ in self.results])
        starts = np.array([one.start for one in self.drawn.chosen])
        return Seen(starts, share, share[:, None] * distributions, self._pull)

    def _pull(self, cost: Array) -> np.ndarray:
        pairs = zip(self.drawn.chosen, self.results, strict=True)
        return np.sum([one.share * pull(np.asarray(cost)) for one, (_, pull) in pairs], axis=0)

    def parts(self, cost: Array) -> list[Part]:
        """The circuits with the costs of their outcomes."""
        costs = np.broadcast_to(np.asarray(cost), (len(self.results), np.shape(cost)[-1]))
        each = zip(self.drawn.chosen, self.results, costs, strict=True)
        return [Part(one.share, reading, row) for one, (reading, _), row in each]


class Read:
    """The results of mixtures on a device: a `Found`.

    Args:
        parts: of each mixture, its circuits with their results.
        remedied: whether results were corrected for noise.
    """

    def __init__(self, parts: list[_Read], remedied: bool):
        self._parts, self.plain = parts, not remedied
        self.seen: Sequence[Seen] = [part.seen for part in parts]

    def error(self, *costs: Array) -> float:
        """Return the standard error of Σ (mean cost); 0 without shots."""
        shots = self._parts[0].drawn.mixture.shots
        if shots is None:
            return 0.0
        pairs = zip(self._parts, costs, strict=True)
        return mixture_error(*(part.parts(cost) for part, cost in pairs), shots=shots)


def _circuits(asked: Overlaps) -> list[Call]:
    """Prepare |x⟩, apply U(φ'), then U(φ)†."""
    circuit, back = asked.circuit, np.asarray(asked.params)
    bits = bits_of(asked.x, circuit.wires)

    def queue(there: Array) -> None:
        qml.BasisState(bits, wires=range(circuit.wires))
        circuit.queue(there)
        qml.adjoint(circuit.queue)(back)

    return [Call(queue, there, asked.shots) for there in np.asarray(asked.others)]


def _nowhere(point: np.ndarray, with_gradient: bool) -> Steps:
    yield []
    return Measurement(np.nan, np.nan, np.full(np.shape(point), np.nan) if with_gradient else None)


def _end(steps: Steps, found: Read) -> Measurement:
    try:
        steps.send(found)
    except StopIteration as end:
        return end.value.settled()
    raise RuntimeError("an evaluation asked for circuits twice")
