"""Where the outcomes of an objective come from: a compiled simulation, or a device of PennyLane."""

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
    """Return what gives outcomes.

    `None` and `"default.qubit"` with a number of shots are simulated inside compiled programs.
    Everything else goes through PennyLane: other devices, devices that are open, exact values, and
    `"default.qubit"` with options, such as `"default.qubit gradient=shifts"`.
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
    """Return what an objective is measured by.

    Args:
        sampler: where outcomes come from.
        evaluation: what is asked at a point, and what is made of the answers.
        rng: draws which circuits of a mixture a device runs.
    """
    if isinstance(sampler, Simulator):
        return Compiled(sampler, evaluation)
    return Batched(sampler, evaluation, np.random.default_rng(0) if rng is None else rng)
