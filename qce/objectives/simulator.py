"""Outcomes of simulated circuits, drawn inside one compiled program.

The same distributions, numbers of outcomes and shifted copies as those that PennyLane's
`default.qubit` draws circuit by circuit, but all of a step at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce.circuits import Circuit
from qce.circuits.shifted import Shifted, shifted
from qce.models.thermal import born
from qce.objectives.mixture import Evaluation, Mixture, Seen
from qce.objectives.objective import Measurement, Overlaps
from qce.objectives.outcomes import base_key, chosen, draw, folded
from qce.results import Cost
from qce.typing import Array

# Amplitudes, or outcomes, that shifted copies hold at once: beyond, they run in turn.
_TOGETHER = 2**20

Count = tuple[Array, Array, Array]  # circuits, jobs, shots
Trace = Callable[[Array, Array], tuple[Measurement, Array]]


class Simulator:
    """A source of simulated outcomes, which counts them and holds their key.

    Args:
        wires: number of wires.
        seed: of the outcomes; `None` for different ones each time.
    """

    def __init__(self, wires: int, seed: int | None):
        self.wires, self.seed = wires, seed
        self._counts = [Cost()]
        self._folds: tuple[int, ...] = ()
        self._asked = 0
        self._base: Array | None = None

    @property
    def spent(self) -> Cost:
        """What was drawn so far; inside a rehearsal, what would have been."""
        return self._counts[-1]

    def spend(self, cost: Cost) -> None:
        """Count what was drawn."""
        self._counts[-1] += cost

    @property
    def rehearsing(self) -> bool:
        """Whether circuits are only counted."""
        return len(self._counts) > 1

    @property
    def base(self) -> Array:
        """The key of the seed; made when it is first asked for, since that starts JAX."""
        if self._base is None:
            with jax.enable_x64(True):
                self._base = base_key(self.seed)
        return self._base

    def reseed(self, *key: int) -> None:
        """Let the outcomes drawn next depend on the seed and the key alone."""
        self._folds, self._asked = key[1:], 0  # the first is the seed itself

    def next_key(self) -> Array:
        """Return a key for what is drawn next."""
        self._asked += 1
        return folded(self.base, *self._folds, self._asked - 1)

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """Draw the same again after the block."""
        before = self._folds, self._asked
        try:
            yield
        finally:
            self._folds, self._asked = before

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Count circuits from 0 in the block and draw none; all outcomes are equally frequent."""
        self._counts.append(Cost())
        try:
            with self._undone():
                yield
        finally:
            self._counts.pop()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Draw inside the block without counting it or changing later draws."""
        spent = self.spent
        try:
            with self._undone():
                yield
        finally:
            self._counts[-1] = spent

    def begin(self, identity: Callable[[], Mapping[str, Any]], compare: Any) -> None:
        """Do nothing: no journal is needed, because draws can be repeated."""


@dataclass(frozen=True, eq=False)
class Traced(ABC):
    """An evaluation that JAX traces together with all that it draws: a `TracedMeasure`.

    Args:
        simulator: counts what is drawn, and holds its key.
    """

    simulator: Simulator

    @abstractmethod
    def drawn(
        self, params: Array, key: Array, with_gradient: bool, rehearse: bool
    ) -> tuple[Measurement, Array]:
        """Return the result of `traced` for parameters that are numbers."""

    def traced(
        self, params: Array, key: Array, with_gradient: bool, rehearse: bool = False
    ) -> tuple[Measurement, Array]:
        """Return the measurement at a point, and its cost; JAX traces it.

        Args:
            params: shape `(size,)`.
            key: of all that is drawn.
            with_gradient: whether it is wanted.
            rehearse: whether draws are only counted.

        Returns:
            The measurement, NaN where a parameter is NaN; and circuits, jobs and shots.
        """
        found, cost = self.drawn(params, key, with_gradient, rehearse)
        finite = jnp.isfinite(params).all()
        return found.where(finite), jnp.where(finite, cost, 0)

    def __call__(self, points: Sequence[np.ndarray], with_gradient: bool) -> list[Measurement]:
        """Return the measurement at each point; NaN, and nothing drawn, where it is not finite."""
        found, cost = self._at(points, with_gradient)
        self.simulator.spend(cost)
        return found

    def _at(
        self, points: Sequence[np.ndarray], with_gradient: bool
    ) -> tuple[list[Measurement], Cost]:
        """The measurement at each point, and the cost of all of them as one job."""
        run = self._compiled(with_gradient, self.simulator.rehearsing)
        found, total = [], np.zeros(3, dtype=int)
        for point in points:
            measured, cost = run(jnp.asarray(point), self.simulator.next_key())
            total += np.asarray(cost)
            found.append(measured.settled())
        circuits, jobs, shots = total.tolist()
        return found, Cost(circuits, min(jobs, 1), shots)

    def _compiled(self, with_gradient: bool, rehearse: bool) -> Trace:
        runs: dict[tuple[bool, bool], Trace] = self.__dict__.setdefault("_runs", {})
        kind = (with_gradient, rehearse)
        if kind not in runs:
            traced = partial(self.traced, with_gradient=with_gradient, rehearse=rehearse)
            runs[kind] = jax.jit(traced)
        return runs[kind]


@dataclass(frozen=True, eq=False)
class Compiled(Traced):
    """The measurement of an objective where outcomes of circuits are simulated.

    Args:
        simulator: counts what is drawn.
        evaluation: which mixtures are measured at a point, and how the loss follows from them.
    """

    evaluation: Evaluation

    def with_overlaps(
        self, points: Sequence[np.ndarray], asked: Overlaps
    ) -> tuple[list[Measurement], np.ndarray]:
        """Return the measurement at each point, and overlaps, counted as one job."""
        assert asked.shots is not None
        found, cost = self._at(points, False)
        number = len(asked.others)
        self.simulator.spend(Cost(cost.circuits + number, 1, cost.shots + number * asked.shots))
        if self.simulator.rehearsing:
            return found, np.full(number, 0.5**self.simulator.wires)
        return found, np.asarray(overlaps(*asked, key=self.simulator.next_key()))

    def drawn(
        self, params: Array, key: Array, with_gradient: bool, rehearse: bool
    ) -> tuple[Measurement, Array]:
        """Return the measurement at a point, and circuits, jobs and shots."""
        steps = self.evaluation(jnp, params, with_gradient)
        mixtures = next(steps)
        answers = [
            _Answer(mixture, folded(key, i), with_gradient, rehearse)
            for i, mixture in enumerate(mixtures)
        ]
        cost = jnp.sum(jnp.stack([answer.cost for answer in answers]), axis=0)
        try:
            steps.send(Drawn(answers))
        except StopIteration as end:
            found: Measurement = end.value
            return found, cost.at[1].set(1)
        raise RuntimeError("an evaluation asked for circuits twice")


class Drawn:
    """The outcomes of mixtures in a simulation: a `Found`."""

    plain = True

    def __init__(self, answers: Sequence[_Answer]):
        self._answers = answers
        self.seen = [answer.seen for answer in answers]

    def error(self, *costs: Array) -> Array:
        """Return the standard error of Σ (mean cost)."""
        variance = jnp.zeros(())
        for answer, cost in zip(self._answers, costs, strict=True):
            table = answer.seen.table
            mean = jnp.sum(table * cost)
            variance = variance + jnp.sum(table * (cost - mean) ** 2) / (answer.shots - 1)
        return jnp.sqrt(variance)


class _Answer:
    """The outcomes of one mixture."""

    def __init__(self, mixture: Mixture, key: Array, with_gradient: bool, rehearse: bool):
        assert mixture.shots is not None
        self.shots = mixture.shots
        self._mixture, self._rehearse = mixture, rehearse
        self._copies: Shifted = shifted(mixture.circuit)
        of_starts, of_value, self._of_slope = jax.random.split(key, 3)
        which, numbers, self._rows = chosen(jnp.asarray(mixture.weights), self.shots, of_starts)
        self._starts = which
        self._pull = with_gradient
        copies = len(self._copies.index) if with_gradient else 0
        circuits = jnp.count_nonzero(numbers) * (1 + copies)
        self.cost = jnp.stack([circuits, jnp.ones_like(circuits), self.shots * (1 + copies)])
        dimension = mixture.circuit.dimension
        if rehearse:
            table = jnp.repeat(numbers[:, None] / (self.shots * dimension), dimension, axis=1)
        else:
            params = jnp.asarray(mixture.params)
            self._angles, self._back = jax.vjp(self._copies.angles, params)
            drawn = draw(self._distributions(self._angles), self._rows, of_value)
            counts = jnp.bincount(self._rows * dimension + drawn, length=len(which) * dimension)
            table = counts.reshape(len(which), dimension) / self.shots
        self.seen = Seen(which, numbers / self.shots, table, self._pulled)

    def _distributions(self, angles: Array) -> Array:
        """Probabilities of all outcomes, for each state that occurs: `(k, 2^n)`."""
        mixture = self._mixture
        kets = mixture.starts.kets(self._starts)
        kets = self._copies.circuit.evolve(kets, angles, adjoint=mixture.adjoint)
        if mixture.turn is not None:
            kets = mixture.turn.evolve(kets, jnp.zeros(0))
        return born(kets)

    def _pulled(self, cost: Array) -> Array:
        """The derivative of the mean cost; each shifted copy has its own outcomes."""
        copies, size, cost = self._copies, len(self._copies.index), jnp.asarray(cost)
        if self._rehearse or size == 0:
            return jnp.zeros(np.shape(self._mixture.params))

        def mean(index: Array, shift: Array, key: Array) -> Array:
            distributions = self._distributions(self._angles.at[index].add(shift))
            return jnp.sum(cost[draw(distributions, self._rows, key)]) / self.shots

        held = max(len(self._starts) * self._mixture.circuit.dimension, self.shots)
        return self._back(slopes(copies, mean, self._of_slope, held))[0]


def slopes(
    copies: Shifted, mean: Callable[[Array, Array, Array], Array], key: Array, held: int
) -> Array:
    """Return derivatives of means by the angles of gates; each shifted copy is drawn separately.

    Args:
        copies: the circuit with its shifts.
        mean: `angle, shift, key →` the mean of a copy, of any shape.
        key: of all that is drawn.
        held: amplitudes, or outcomes, that one copy holds.

    Returns:
        One row an angle.
    """
    size = len(copies.index)
    keys = jax.random.split(key, size)
    together = max(1, min(size, _TOGETHER // held))
    each = (jnp.asarray(copies.index), jnp.asarray(copies.shift), keys)
    means = jax.lax.map(lambda copy: mean(*copy), each, batch_size=together)
    weights = copies.weight.reshape(-1, *(1,) * (means.ndim - 1))
    nothing = jnp.zeros((copies.circuit.size, *means.shape[1:]))
    return nothing.at[copies.index].add(weights * means)


def overlaps(
    circuit: Circuit, x: Array | int, params: Array, others: Array, shots: int | None, key: Array
) -> Array:
    """Draw the share of outcomes x of U(φ)†U(φ')|x⟩; JAX traces it."""
    assert shots is not None
    start = jnp.zeros(circuit.dimension).at[x].set(1.0)

    def distribution(other: Array) -> Array:
        return born(circuit.evolve(circuit.evolve(start, other), params, adjoint=True))

    def share(other_and_key: tuple[Array, Array]) -> Array:
        other, own = other_and_key
        rows = jnp.zeros(shots, dtype=int)
        return jnp.mean(draw(distribution(other)[None], rows, own) == x)

    keys = jax.random.split(key, len(others))
    return jax.vmap(lambda other, own: share((other, own)))(others, keys)
