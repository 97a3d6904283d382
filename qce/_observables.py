"""Observables: matrices, or operators of PennyLane on some wires."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._foreign import is_operator
from qce.typing import Array


def hermitian(name: str, observable: Any, d: int) -> np.ndarray:
    """Return the matrix `(d, d)` of an observable; operators are extended to all wires."""
    o = np.asarray(_matrix(name, observable, d)).astype(complex)
    if o.shape != (d, d):
        raise error(name, f"have shape ({d}, {d})", f"its shape is {o.shape}", "a matrix")
    slack = _checks.tolerance(float) * (1 + np.abs(o).max())
    if not np.isfinite(o).all() or np.abs(o - o.conj().T).max() > slack:
        raise error(name, "be finite and Hermitian", "it is not", "O = O†")
    return o


def _matrix(name: str, observable: Any, d: int) -> Array:
    if not is_operator(observable):
        return _checks.concrete(name, observable)
    import pennylane as qml

    wires = list(range(d.bit_length() - 1))
    if 2 ** len(wires) != d or not set(observable.wires) <= set(wires):
        but = f"it is on {list(observable.wires)}"
        must = f"be on wires of 0 … {len(wires) - 1}"
        raise error(name, must, but, "an operator on the wires of the state")
    return np.asarray(qml.matrix(observable, wire_order=wires))
