"""Circuits as repeated blocks: traced once and scanned on simulators, unrolled on devices."""

from qce.circuits.circuit import Block, Circuit
from qce.circuits.ready import (
    basis_change,
    fixed,
    ising,
    rotations_xx,
    rx,
    strongly_entangling,
)

__all__ = [
    "Block",
    "Circuit",
    "basis_change",
    "fixed",
    "ising",
    "rotations_xx",
    "rx",
    "strongly_entangling",
]
