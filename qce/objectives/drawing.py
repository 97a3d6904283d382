"""Outcomes in bases drawn at random, of states that are simulated or on a device."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from qce import _checks, devices
from qce._checks import error
from qce.data import Bases, Kets, Preparations, Shadow, random_bases
from qce.data.states import StateData, as_kets
from qce.objectives.machine import Call, Machine, Pullback, check_plain, open_machine
from qce.objectives.preparing import Prepare, preparations, shares
from qce.results import Cost
from qce.typing import Array, DeviceLike

Found = list[tuple[devices.Reading, Pullback]]
Drawing = Generator[list[Call], Found, "Drawn"]


class Drawn(NamedTuple):
    """Outcomes in bases drawn at random.

    Args:
        table: frequencies, with the remedies; shape `(bases.count, 2^n)`, sum 1.
        readings: of each circuit its share of the outcomes, its basis, and what was read; none of
            a state that is simulated.
    """

    table: np.ndarray
    readings: tuple[tuple[float, int, devices.Reading], ...] = ()

    def error(self, costs: np.ndarray, shots: int) -> float:
        """Return the standard error of the mean of costs of the shape of the table."""
        parts = [devices.Part(share, read, costs[basis]) for share, basis, read in self.readings]
        return devices.mixture_error(parts, shots=shots)


@dataclass(frozen=True)
class Draw:
    """Where outcomes come from.

    Args:
        outcomes: a generator that yields the circuits of one draw, is sent what was read of them,
            and returns the outcomes.
        machine: what counts the circuits.
        seed: of the generator.
        rng: the generator that bases are drawn with.
    """

    outcomes: Callable[[], Drawing]
    machine: Machine
    seed: int | None
    rng: np.random.Generator

    def once(self) -> Drawn:
        """Draw by itself."""
        drawing = self.outcomes()
        try:
            calls = next(drawing)
            drawing.send(self.machine.readings(calls) if calls else [])
        except StopIteration as end:
            return end.value
        raise RuntimeError("a draw asked for circuits twice")


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
        data: density matrix `(d, d)`, one ket `(d,)`, `qce.data.Kets`, or `qce.data.Preparations`.
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
        source: Kets | Preparations = data
    else:
        source, given = as_kets(data), wires
        wires = _wires(source.dimension)
        if given not in (None, wires):
            but = f"the state is on {wires}"
            raise error("wires", "be those of the state", but, "None, or a state on so many")
    bases = random_bases(ensemble, wires)
    draw = drawing(source, bases, device, shots, seed)
    check_plain(draw.machine, "table of counts")
    table = draw.once().table
    return Shadow(bases, np.rint(table * shots).astype(int))


def drawing(
    data: Kets | Preparations, bases: Bases, device: Any, shots: int | None, seed: int | None
) -> Draw:
    """Return what draws tables of frequencies: simulated where the state is known, or sent."""
    machine, rng = open_machine(device, bases.wires, seed), _checks.rng("seed", seed)
    if device is None and isinstance(data, Kets) and shots is not None:
        outcomes = _simulated(data.density_matrix(), bases, shots, machine, rng)
    else:
        outcomes = _sent(preparations(data, bases.wires), bases, shots, machine, rng)
    return Draw(outcomes, machine, seed, rng)


def _simulated(
    rho: np.ndarray, bases: Bases, shots: int, machine: Machine, rng: np.random.Generator
) -> Callable[[], Drawing]:
    # Rounding leaves probabilities of −1e-17, which no generator takes.
    law = np.maximum(bases.overlaps(rho), 0.0)
    law /= law.sum()

    def outcomes() -> Drawing:
        drawn = rng.multinomial(shots, law.ravel()).reshape(law.shape)
        machine.spend(Cost(int((drawn.sum(axis=1) > 0).sum()), 1, shots))
        yield []
        return Drawn(drawn / shots)

    return outcomes


def _sent(
    mixture: Preparations,
    bases: Bases,
    shots: int | None,
    machine: Machine,
    rng: np.random.Generator,
) -> Callable[[], Drawing]:
    settings = [(prepare, basis) for prepare in mixture.circuits for basis in range(bases.count)]
    weights = np.repeat(mixture.weights / bases.count, bases.count)

    def outcomes() -> Drawing:
        chosen = shares(weights, shots, rng)
        calls = [Call(_turned(*settings[i], bases), np.zeros(0), drawn) for i, _, drawn in chosen]
        found = yield calls
        table, readings = np.zeros((bases.count, 2**bases.wires)), []
        for (i, share, _), (read, _) in zip(chosen, found, strict=True):
            basis = settings[i][1]
            table[basis] += share * read.law
            readings.append((share, basis, read))
        return Drawn(table, tuple(readings))

    return outcomes


def _turned(prepare: Prepare, basis: int, bases: Bases) -> Callable[[Array], None]:
    """Prepare, then turn the basis into the computational one."""

    def queue(params: Array) -> None:
        prepare(range(bases.wires))
        bases.circuit(basis).queue(params)

    return queue


def _wires(dimension: int) -> int:
    wires = dimension.bit_length() - 1
    if dimension != 2**wires or wires < 1:
        raise error("data", "be of qubits", f"the dimension is {dimension}", "dimension 2^n")
    return wires
