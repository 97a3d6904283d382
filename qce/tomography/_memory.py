"""What a computation will need, compared with what it may have, before it starts."""

from __future__ import annotations

from qce._checks import error

# Arrays of the size of the outcomes that are alive at once, and of the size of the state: L-BFGS
# keeps 2 × 20 complex ones, and works on as many again.
_OUTCOME_ARRAYS, _STATE_ARRAYS = 8, 90
# Of a batch of kets, one a basis, that a simulator holds while it applies a gate.
_KETS = 4


def check_reconstruction(outcomes: int, d: int, memory: float) -> None:
    """Refuse counts whose reconstruction would not fit into `memory` GiB."""
    needed = 8 * _OUTCOME_ARRAYS * outcomes + 16 * _STATE_ARRAYS * d**2
    _check("counts", f"{outcomes:.3g} outcomes in {d} dimensions", needed, memory)


def check_pauli(wires: int, shots: int, memory: float) -> None:
    """Refuse to measure or to simulate 3^n bases that would not fit into `memory` GiB."""
    needed = 3**wires * (16 * _KETS * 2**wires + 8 * wires * shots)
    _check("wires", f"3^{wires} bases with {shots} shots", needed, memory)


def _check(name: str, what: str, needed: int, memory: float) -> None:
    if needed > memory * 2**30:
        but = f"{what} need {needed / 2**30:.3g} GiB"
        remedy = "fewer wires, or memory= as much as the machine has"
        raise error(name, f"fit into {memory:g} GiB", but, remedy)
