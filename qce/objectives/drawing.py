"""Outcomes in bases drawn at random, of states that are simulated or on a device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce.circuits import Circuit
from qce.data import Bases, Preparations, Shadow, random_bases
from qce.data.bases import Measured
from qce.data.states import StateData, as_kets
from qce.objectives.machine import check_plain
from qce.objectives.mixture import Mixture, Prepare, PreparedStarts, Seen, Steps
from qce.objectives.objective import Measurement, own_generator
from qce.objectives.preparing import preparations
from qce.objectives.sampling import Sampler, measuring, open_sampler
from qce.objectives.simulator import Simulator
from qce.states import Ensemble
from qce.typing import Array, DeviceLike


@dataclass(frozen=True)
class Draw:
    """A source of outcomes in bases drawn at random.

    Args:
        mixture: the circuits: a state that is prepared, in every basis; or every basis alone.
        bases: the bases.
        sampler: what draws the outcomes, and counts them.
        seed: of what is drawn.
        rng: draws the circuits that a device runs.
    """

    mixture: Mixture
    bases: Measured
    sampler: Sampler
    seed: int | None
    rng: np.random.Generator

    def table(self, xp: Any, seen: Seen) -> Array:
        """Return frequencies, with the remedies; shape `(bases.count, 2^n)`, sum 1."""
        count = len(self.mixture.weights)
        rows = seen.spread(xp, seen.table, count)
        return rows.reshape(-1, self.bases.count, 2**self.bases.wires).sum(axis=0)

    def costs(self, table: Array, seen: Seen) -> Array:
        """Return the costs of a table `(bases.count, 2^n)` for each circuit that was seen."""
        return table[seen.starts % self.bases.count]

    def once(self, shots: int) -> np.ndarray:
        """Draw one table of counts by itself."""
        starts = self.mixture.starts
        if isinstance(starts, _Outcomes):  # one table does not pay for a program to be compiled
            return self.rng.multinomial(shots, starts.joint.ravel()).reshape(starts.joint.shape)

        def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
            del params, with_gradient
            (seen,) = (yield [self.mixture]).seen
            return Measurement(0.0, 0.0, self.table(xp, seen))

        (drawn,) = measuring(self.sampler, evaluation, self.rng)([np.zeros(0)], False)
        return np.rint(np.asarray(drawn.gradient) * shots).astype(int)


def measure_shadow(
    data: StateData | Preparations,
    *,
    shots: int,
    ensemble: str = "pauli",
    wires: int | None = None,
    device: DeviceLike = None,
    seed: int | None = None,
) -> Shadow:
    """Measure a state in bases drawn at random, once and for all models.

    Args:
        data: density matrix `(d, d)`, one ket `(d,)`, a state of `qce.states`, or
            `qce.data.Preparations`.
        shots: how many outcomes, each in a basis of its own; 2 or more.
        ensemble: `"pauli"` or `"mub"` (see `qce.data.random_bases`).
        wires: number of wires; needed for `Preparations` only.
        device: PennyLane device or its name; `None` for a simulation.
        seed: of the bases, and of the outcomes for devices opened by name.

    Returns:
        Counts of every outcome in every basis.

    Raises:
        ValueError: there are no shots, too many wires, or there is no such device.

    Example:
        >>> shadow = measure_shadow(np.array([1.0, 0.0]), shots=300, seed=1)
        >>> shadow.counts.tolist()
        [[43, 54], [59, 43], [101, 0]]
    """
    shots = _checks.outcomes("shots", shots, least=2)
    if wires is not None:
        wires = _checks.integer("wires", wires, "the number of wires, or None", least=1)
    if isinstance(data, Preparations):
        if wires is None:
            raise error("wires", "be given for circuits", "it is None", "their number of wires")
        source: Ensemble | Preparations = data
    else:
        source, given = as_kets(data), wires
        wires = _wires(source.dimension)
        if given not in (None, wires):
            but = f"the state is on {wires}"
            raise error("wires", "be those of the state", but, "None, or a state on so many")
    bases = random_bases(ensemble, wires)
    draw = drawing(source, bases, device, shots, seed)
    check_plain(draw.sampler, "table of counts")
    return Shadow(bases, draw.once(shots))


def drawing(
    data: Ensemble | Preparations, bases: Bases, device: Any, shots: int | None, seed: int | None
) -> Draw:
    """Return what draws tables of frequencies: simulated where the state is known, or sent."""
    sampler = open_sampler(device, bases.wires, seed, shots)
    compiled = isinstance(sampler, Simulator)
    mixture = (_simulated if compiled else sent)(preparations(data, bases.wires), bases, shots)
    rng = _checks.rng("seed", seed) if compiled else own_generator(seed)
    return Draw(mixture, bases, sampler, seed, rng)


def _simulated(data: Preparations, bases: Bases, shots: int | None) -> Mixture:
    """Every basis with its outcomes: a ket with these probabilities stands for them."""
    starts = _Outcomes(data, bases)
    weights = np.full(bases.count, 1 / bases.count)
    return Mixture(starts, weights, Circuit(bases.wires, ()), np.zeros(0), shots)


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """Kets with the probabilities of the outcomes in each basis."""

    data: Preparations
    bases: Bases
    prepare: tuple[Prepare, ...] = ()

    def kets(self, which: Array) -> Array:
        return jnp.asarray(self._vectors)[which]

    @cached_property
    def _vectors(self) -> np.ndarray:
        return np.sqrt(self.joint * self.bases.count).astype(complex)

    @cached_property
    def joint(self) -> np.ndarray:
        """Probabilities of a basis with an outcome, shape `(bases.count, 2^n)`; sum 1."""
        kets = PreparedStarts(self.bases.wires, self.data.circuits).known
        return joint(Ensemble(kets, self.data.weights), self.bases)


def joint(data: Ensemble, bases: Measured) -> np.ndarray:
    """Probabilities of a basis, drawn uniformly, with an outcome: `(bases.count, 2^n)`, sum 1."""
    # Rounding leaves probabilities of −1e-17, which generators refuse.
    distribution = np.maximum(np.asarray(bases.overlaps(data.dense())), 0.0)
    return distribution / distribution.sum()


def sent(data: Preparations, bases: Measured, shots: int | None) -> Mixture:
    """Every preparation in every basis."""
    circuits = [
        _turned(prepare, basis, bases) for prepare in data.circuits for basis in range(bases.count)
    ]
    weights = np.repeat(data.weights / bases.count, bases.count)
    starts = PreparedStarts(bases.wires, circuits)
    return Mixture(starts, weights, Circuit(bases.wires, ()), np.zeros(0), shots)


def _turned(prepare: Prepare, basis: int, bases: Measured) -> Prepare:
    """Prepare, then turn the basis into the computational one."""

    def circuit(on: Any) -> None:
        prepare(on)
        bases.circuit(basis).queue(np.zeros(0))

    return circuit


def _wires(dimension: int) -> int:
    wires = dimension.bit_length() - 1
    if dimension != 2**wires or wires < 1:
        raise error("data", "be of qubits", f"the dimension is {dimension}", "dimension 2^n")
    return wires
