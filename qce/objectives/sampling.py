"""Sources of outcomes for objectives: a compiled simulation, or a device of PennyLane."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from qce import _checks
from qce.objectives.batched import Batched
from qce.objectives.machine import Machine, open_machine
from qce.objectives.mixture import Evaluation
from qce.objectives.simulator import Compiled, Simulator
from qce.typing import DeviceLike

Sampler: TypeAlias = Machine | Simulator


def open_sampler(device: DeviceLike, wires: int, seed: int | None, shots: int | None) -> Sampler:
    """Return a source of outcomes.

    `None` and `"default.qubit"` with a number of shots are simulated inside compiled programs.
    All else is run by PennyLane: other devices, open devices, exact values, and `"default.qubit"`
    with options, such as `"default.qubit gradient=shifts"`.
    """
    seed = _checks.seed("seed", seed)  # even where exact values need none
    if simulates(device, shots):
        return Simulator(wires, seed)
    return open_machine(device, wires, seed)


def simulates(device: DeviceLike, shots: int | None) -> bool:
    """Whether outcomes are simulated inside compiled programs."""
    named = isinstance(device, str) and device == "default.qubit"
    return shots is not None and (device is None or named)


def measuring(
    sampler: Sampler, evaluation: Evaluation, rng: np.random.Generator | None = None
) -> Batched | Compiled:
    """Return the measurement of an objective.

    Args:
        sampler: the source of outcomes.
        evaluation: which mixtures are measured at a point, and how the loss follows from them.
        rng: draws which circuits of a mixture a device runs.
    """
    if isinstance(sampler, Simulator):
        return Compiled(sampler, evaluation)
    return Batched(sampler, evaluation, np.random.default_rng(0) if rng is None else rng)
