"""Outcomes measured in rounds, each in the eigenbasis of the model at that time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce._checks import error
from qce.circuits import Circuit
from qce.data import PairBases, PauliBases, Preparations, UnbiasedBases
from qce.models.thermal import born
from qce.objectives.drawing import Draw, joint, sent
from qce.objectives.mixture import Prepare, PreparedStarts
from qce.objectives.objective import Evaluate, Measurement, Objective
from qce.objectives.preparing import preparations
from qce.objectives.sampling import Sampler
from qce.objectives.simulator import Simulator
from qce.results import Cost
from qce.states import Ensemble
from qce.typing import Array, MixedModel

Frames: TypeAlias = PauliBases | UnbiasedBases | PairBases
"""Bases that are measured once the model's circuit has run backwards."""


class Seen(NamedTuple):
    """Outcomes as a likelihood takes them; unused rows have the count 0.

    Args:
        kets: U(φ)|b⟩ of each outcome, with the φ of its round, shape `(R, d)`.
        counts: how often each was seen, `(R,)`.
        rounds: the round of each, `(R,)`.
    """

    kets: Array
    counts: Array
    rounds: Array


class Round(NamedTuple):
    """The outcomes of one round.

    Args:
        params: of the model in whose eigenbasis it was measured, shape `(size,)`.
        outcomes: numbers b · 2^n + x of the outcomes that were seen, basis b and bits x, `(k,)`.
        counts: how often, `(k,)`.
    """

    params: np.ndarray
    outcomes: np.ndarray
    counts: np.ndarray


@dataclass(eq=False)
class Rounds:
    """Copies of a state, and the outcomes of those already measured.

    Args:
        model: in whose eigenbasis they are measured.
        data: the state.
        bases: one of which is measured after U(φ)†, at random.
        sampler: the source of outcomes.
        sizes: copies of each round.
        every: steps from one round to the next.
        seed: of outcomes.
        rng: draws what a device does not.
    """

    model: MixedModel
    data: Ensemble | Preparations
    bases: Frames
    sampler: Sampler
    sizes: Sequence[int]
    every: int
    seed: int | None
    rng: np.random.Generator
    measured: tuple[Round, ...] = ()
    _seen: Seen | None = field(default=None, repr=False)

    # --- when ------------------------------------------------------------------------------------

    def is_due(self, step: int) -> bool:
        """Whether a training measures a new round at this step."""
        done = len(self.measured)
        return done < len(self.sizes) and step >= done * self.every

    def steps_to_go(self, step: int) -> int | None:
        """Steps from here to the next round; `None` after the last."""
        done = len(self.measured)
        return max(done * self.every - step, 0) if done < len(self.sizes) else None

    def within(self, steps: int) -> int:
        """How many rounds a training of so many steps measures."""
        return min(steps // self.every + 1, len(self.sizes))

    # --- measuring -------------------------------------------------------------------------------

    @property
    def outcomes(self) -> int:
        """How many there are."""
        return sum(int(one.counts.sum()) for one in self.measured)

    def measure(self, params: np.ndarray) -> None:
        """Measure the next round, in the eigenbasis of the model with these parameters."""
        table = self._drawn(np.asarray(self.model.angles(params)), self.sizes[len(self.measured)])
        found = np.flatnonzero(table)
        self.measured += (Round(np.asarray(params, dtype=float), found, table.ravel()[found]),)
        self._seen = None

    def _drawn(self, phi: np.ndarray, shots: int) -> np.ndarray:
        """Counts of all outcomes in all bases, `(bases, 2^n)`."""
        circuit = self.model.circuit
        if isinstance(self.sampler, Simulator):
            kets = self._kets
            vectors = circuit.evolve(kets.kets, phi, adjoint=True)
            law = joint(Ensemble(np.asarray(vectors), kets.weights), self.bases)
            table = self.rng.multinomial(shots, law.ravel()).reshape(law.shape)
            self.sampler.spend(Cost(int(table.any(axis=1).sum()), 1, shots))
            return table
        prepared = preparations(self.data, self.model.wires)
        turned = [_turned_back(prepare, circuit, phi) for prepare in prepared.circuits]
        mixture = sent(Preparations(turned, prepared.weights), self.bases, shots)
        return Draw(mixture, self.bases, self.sampler, self.seed, self.rng).once(shots)

    @property
    def _kets(self) -> Ensemble:
        """The state as kets, computed where functions prepare it."""
        if isinstance(self.data, Preparations):
            prepared = preparations(self.data, self.model.wires)
            known = PreparedStarts(self.model.wires, prepared.circuits).known
            self.data = Ensemble(known, self.data.weights)
        return self.data

    # --- what was seen ---------------------------------------------------------------------------

    @property
    def seen(self) -> Seen:
        """All outcomes so far, in arrays whose shapes no further round changes."""
        if self._seen is None:
            rooms = [min(size, self.bases.count * 2**self.bases.wires) for size in self.sizes]
            parts = [
                self._filled(k, room, self.measured[k] if k < len(self.measured) else None)
                for k, room in enumerate(rooms)
            ]
            self._seen = Seen(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        return self._seen

    def _filled(self, k: int, room: int, found: Round | None) -> Seen:
        """Outcomes of a round, in `room` rows."""
        rounds, counts = np.full(room, k), np.zeros(room)
        if found is None:
            return Seen(np.zeros((room, 2**self.model.wires), complex), counts, rounds)
        numbers = np.zeros(room, dtype=int)
        numbers[: len(found.outcomes)], counts[: len(found.counts)] = found.outcomes, found.counts
        # A row that is not used is the first outcome, and counts 0.
        kets = self.bases.outcome_kets(numbers)
        turned = self.model.circuit.evolve(kets, self.model.angles(found.params))
        return Seen(np.asarray(turned, dtype=complex), counts, rounds)

    def forget(self) -> None:
        """Discard all outcomes, as at the start of a training."""
        self.back_to(())

    def back_to(self, measured: tuple[Round, ...]) -> None:
        """Set the rounds measured so far to these."""
        self.measured, self._seen = measured, None

    # --- the likelihood --------------------------------------------------------------------------

    @property
    def likelihood(self) -> Callable[[Array, Seen], tuple[Array, Array]]:
        """`params, outcomes → (likelihood, standard error)`, traceable by JAX."""
        return partial(_likelihood, self.model, len(self.sizes))

    def bound(self, seen: Seen) -> Evaluate:
        """Return the likelihood of outcomes that are given, `params → (value, stderr)`."""
        likelihood = self.likelihood
        return lambda params: likelihood(params, seen)

    # --- what a file keeps -----------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all outcomes as arrays, by name."""
        size, found = self.model.size, self.measured
        return {
            "round_params": np.array([one.params for one in found]).reshape(-1, size),
            "round_lengths": np.array([len(one.outcomes) for one in found], dtype=int),
            "round_outcomes": np.concatenate([np.zeros(0, int), *(one.outcomes for one in found)]),
            "round_counts": np.concatenate([np.zeros(0, int), *(one.counts for one in found)]),
        }

    def restore(self, stored: dict[str, np.ndarray]) -> None:
        """Continue from the arrays of a file."""
        params, lengths = stored["round_params"], stored["round_lengths"]
        if params.shape != (len(lengths), self.model.size) or len(lengths) > len(self.sizes):
            raise ValueError(f"round_params has shape {params.shape}")
        ends = np.cumsum(lengths)
        outcomes, counts = (np.split(stored[x], ends) for x in ("round_outcomes", "round_counts"))
        # What follows the last end is a part of its own, and empty.
        rows = [Round(*row) for row in zip(params, outcomes, counts, strict=False)]
        if any(one.counts.sum() != size for one, size in zip(rows, self.sizes, strict=False)):
            raise ValueError("round_counts are of other numbers of copies")
        self.back_to(tuple(rows))


def _likelihood(model: MixedModel, rounds: int, params: Array, seen: Seen) -> tuple[Array, Array]:
    """−Σ n ln p / N, and its standard error given the bases: variances within rounds, by share."""
    weights, kets = model.mixture(params)
    # A sum of terms that are not negative: small probabilities are relatively accurate.
    p = born(seen.kets.conj() @ kets.T) @ weights
    found = seen.counts > 0
    surprise = jnp.where(found, -jnp.log(jnp.where(found, p, 1.0)), 0.0)
    total = jnp.sum(seen.counts)
    add = partial(jax.ops.segment_sum, segment_ids=seen.rounds, num_segments=rounds)
    sizes, sums = add(seen.counts), add(seen.counts * surprise)
    deviations = surprise - (sums / jnp.maximum(sizes, 1.0))[seen.rounds]
    freedom = total - jnp.count_nonzero(sizes)
    variance = jnp.sum(seen.counts * deviations**2) / freedom
    return jnp.sum(sums) / total, jnp.sqrt(variance / total)


def _turned_back(prepare: Prepare, circuit: Circuit, phi: np.ndarray) -> Prepare:
    """Prepare, then run the model's circuit backwards."""

    def turned(on: Any) -> None:
        prepare(on)
        qml.adjoint(circuit.queue)(phi)

    return turned


@dataclass(frozen=True, eq=False)
class AtPoints:
    """A likelihood of rounds at single points: a `Measure`. It measures first without outcomes."""

    rounds: Rounds
    _compiled: dict[bool, Callable[..., Any]] = field(default_factory=dict, repr=False)

    def __call__(self, points: Sequence[np.ndarray], with_gradient: bool) -> list[Measurement]:
        """Return the measurement at each point."""
        for point in points:
            if not self.rounds.measured and np.isfinite(point).all():
                self.rounds.measure(point)
        return [self._at(point, with_gradient) for point in points]

    def _at(self, point: np.ndarray, with_gradient: bool) -> Measurement:
        if not np.isfinite(point).all():
            nowhere = np.full(np.shape(point), np.nan) if with_gradient else None
            return Measurement(np.nan, np.nan, nowhere)
        if with_gradient not in self._compiled:
            loss = self.rounds.likelihood
            slope = jax.value_and_grad(loss, has_aux=True) if with_gradient else loss
            self._compiled[with_gradient] = jax.jit(slope)
        found = self._compiled[with_gradient](jnp.asarray(point), self.rounds.seen)
        if not with_gradient:
            return Measurement(*found).settled()
        (value, stderr), gradient = found
        return Measurement(value, stderr, gradient).settled()


def kept(objective: Objective) -> Objective:
    """The likelihood of the outcomes that an objective has now, to which no more are added."""
    rounds = objective.rounds
    if rounds is None:
        return objective
    if not rounds.measured:
        remedy = "it to `fit` first"
        raise error("objective", "hold outcomes", "none has been measured yet", remedy)
    return replace(
        objective,
        evaluate=rounds.bound(rounds.seen),
        measure=None,
        machine=None,
        rounds=None,
        recipe=None,
        shots=rounds.outcomes,
    )
