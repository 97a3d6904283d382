"""A check of the memory that learning will need, before it starts."""

from __future__ import annotations

from qce import _checks
from qce.models import BoltzmannMachine

# Matrices of all wires alive at once: H, its eigenvectors, the workspace of LAPACK, the state,
# a product; the indices of H.
_MATRICES, _INDICES = 7, 2
_BLOCK = 0.25  # share of the memory for a block of the metric


def check(machine: BoltzmannMachine, memory: float) -> int:
    """Refuse a machine that would not fit into `memory` GiB; return the numbers in a block."""
    _checks.instance("model", machine, BoltzmannMachine, "terms to learn")
    memory = _checks.memory_limit(memory)
    d, number = machine.terms.dimension, 8 if machine.terms.real else 16
    needed = number * machine.size * d + 8 * machine.size * d
    if not machine.classical:
        needed += (number * _MATRICES + 8 * _INDICES) * d**2
        # The smallest block has one eigenvector: its images under the terms, and a product.
        needed += 2 * number * machine.size * d
    if machine.hidden:
        needed += number * machine.size * 4**machine.wires
    what = f"{machine.size} terms on {machine.terms.wires} wires"
    _checks.memory("model", what, needed, memory, "fewer wires")
    return int(min(_BLOCK * memory * 2**30, 2.0**62)) // number
