"""Circuits as repeated blocks: traced once and scanned on simulators, unrolled on devices."""

from qce.circuits.circuit import Block, Circuit
from qce.circuits.matchgate import matchgate, matchgate_angles
from qce.circuits.ready import (
    basis_change,
    fixed,
    heisenberg,
    ising,
    orthogonal,
    rotations_xx,
    rx,
    strongly_entangling,
)
from qce.circuits.reversible import reversible
from qce.circuits.tensor import from_tree

__all__ = [
    "Block",
    "Circuit",
    "basis_change",
    "fixed",
    "from_tree",
    "heisenberg",
    "ising",
    "matchgate",
    "matchgate_angles",
    "orthogonal",
    "reversible",
    "rotations_xx",
    "rx",
    "strongly_entangling",
]
