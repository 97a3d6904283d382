"""Checks of the memory that a computation will need, before it starts."""

from __future__ import annotations

from qce import _checks

# Arrays of the size of the outcomes that are alive at once, and of the size of the state: L-BFGS
# keeps 2 × 20 complex ones, and works on as many again.
_OUTCOME_ARRAYS, _STATE_ARRAYS = 8, 90
# Of a batch of kets, one a basis, that a simulator holds while it applies a gate.
_KETS = 4


def check_reconstruction(outcomes: float, d: int, memory: float) -> None:
    """Refuse counts whose reconstruction would not fit into `memory` GiB."""
    needed = 8 * _OUTCOME_ARRAYS * outcomes + 16 * _STATE_ARRAYS * d**2
    what = f"{float(outcomes):.3g} outcomes in {d} dimensions"
    _checks.memory("counts", what, needed, memory, "fewer wires")


def check_pauli(names: tuple[str, ...], wires: int, shots: int, memory: float) -> None:
    """Refuse to measure or to simulate 3^n bases that would not fit into `memory` GiB."""
    power = _checks.power
    needed = power(6, wires) * 16 * _KETS + power(3, wires) * 8.0 * wires * shots
    what = f"3^{wires} bases with {shots} shots"
    _checks.memory(names, what, needed, memory, "fewer wires")
