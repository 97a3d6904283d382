"""Objects that hold numbers but are no arrays, and the name of the conversion of each.

Objects are recognised by their attributes or by the name of their package: none of these packages
is imported, and most need not be installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

# The fault of an object, and what to pass instead of `x`.
Refusal = tuple[str, str]


def refusal(x: Any) -> Refusal | None:
    """Why an object is no array although it holds numbers; None if it is not recognised."""
    first = x
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    found = _refusal(first)
    if found is None or first is x:
        return found
    but, remedy = found
    return f"of its first entry x {but}", f"a list of {remedy}"


def _refusal(x: Any) -> Refusal | None:
    if isinstance(x, (np.ndarray, np.generic, int, float, complex)):
        return None
    kind = type(x).__name__
    if isinstance(x, Mapping):
        remedy = "qce.data.from_counts(x) for counts, or list(x.values()) in the order you mean"
        return "it is a dictionary", remedy
    package = type(x).__module__.partition(".")[0]
    if package == "qiskit":
        return _of_qiskit(x, kind)
    if package == "pennylane":
        return _of_pennylane(x, kind)
    if _has(x, "full") and not hasattr(x, "__array_namespace__"):
        ket = getattr(x, "isket", False) or getattr(x, "isbra", False)
        return f"it is a QuTiP object ({kind})", "`x.full().ravel()`" if ket else "`x.full()`"
    for method in ("toarray", "todense"):
        if _has(x, method):
            return f"it is a sparse matrix ({kind})", f"`x.{method}()`"
    return None


def _of_qiskit(x: Any, kind: str) -> Refusal:
    if _has(x, "reverse_qargs"):
        remedy = "`x.reverse_qargs().data`"
    elif _has(x, "to_matrix"):
        remedy = "`qiskit.quantum_info.Operator(x).reverse_qargs().data`"
    elif hasattr(x, "num_qubits"):
        remedy = "`qiskit.quantum_info.Statevector(x).reverse_qargs().data`"
    else:
        remedy = "its counts to `qce.data.from_counts`"
    return f"it is Qiskit's {kind}, where qubit 0 stands last", remedy


def _of_pennylane(x: Any, kind: str) -> Refusal | None:
    if _has(x, "construct") or callable(x) and hasattr(x, "device"):
        return f"it is PennyLane's {kind}", "`x(…)`, what it returns"
    if hasattr(x, "measurements") and hasattr(x, "operations"):
        remedy = '`qml.execute([x], qml.device("default.qubit"))[0]`, what it measures'
        return f"it is PennyLane's {kind}", remedy
    if hasattr(x, "wires") and hasattr(x, "queue"):
        return f"it is PennyLane's {kind}", "`qml.matrix(x)`"
    if _has(x, "list_attributes"):
        held = x.list_attributes()
        remedy = f"one of them, as `x.{held[0]}`" if held else "one that holds something"
        return f"it is PennyLane's {kind} of {', '.join(held) or 'nothing'}", remedy
    return None


def circuit(x: Any, arguments: str) -> Refusal | None:
    """Why an object is no quantum function of these arguments, although it describes a circuit.

    Args:
        x: The object.
        arguments: "wires", or "" for a function without arguments.
    """
    package, kind = type(x).__module__.partition(".")[0], type(x).__name__
    if package == "qiskit" and hasattr(x, "num_qubits"):
        call = f"qml.from_qiskit(x)({'wires=wires' if arguments else ''})"
        return f"it is Qiskit's {kind}", f"`lambda {arguments}: {call}`"
    if package == "pennylane" and hasattr(x, "measurements") and hasattr(x, "operations"):
        return f"it is PennyLane's {kind}", f"`lambda {arguments}: x.operations`"
    if package == "pennylane" and hasattr(x, "wires") and not callable(x):
        return f"it is PennyLane's {kind}", f"`lambda {arguments}: x`"
    return None


_OF_TEXT = (
    "`np.array(x, dtype=float)` if they are numerals, or for names of classes "
    "`np.unique(x, return_inverse=True)[1]`"
)


def reading(x: Any, a: np.ndarray) -> Refusal:
    """The fault of an object that NumPy did not read as numbers, and a remedy."""
    of_numbers = "numbers; for a state object see qce.states"
    if type(x).__module__.startswith("qce.states.") and not is_state(x):
        thermal = "`qce.states.GaussianFermions.thermal(x, beta)`, its thermal state"
        return f"it is a Hamiltonian, {type(x).__name__}", thermal
    if a.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        return f"its dtype is {a.dtype}", '`x.astype("float32")`'
    if _has(x, "select_dtypes"):
        return "it is a table with columns that are none", '`x.select_dtypes("number").to_numpy()`'
    if a.dtype.kind in "US" and a.ndim and a.size:
        words = {str(word) for word in a.ravel()[:100].astype(str)}
        if not set("".join(words)) - set("01"):
            return "its entries are bit strings", "`[[int(b) for b in word] for word in x]`"
        return "its entries are text", _OF_TEXT
    if a.dtype.names:
        return "its entries are records", "`numpy.lib.recfunctions.structured_to_unstructured(x)`"
    if a.ndim:
        return f"its dtype is {a.dtype}", "`np.array(x, dtype=float)` if its entries are numbers"
    if callable(x) and not isinstance(x, type):
        return "it is a function", "what it returns"
    if isinstance(x, Iterator) or isinstance(x, Iterable) and not isinstance(x, (str, bytes)):
        ordered = "a list, which has an order" if isinstance(x, (set, frozenset)) else "`list(x)`"
        return f"it is a {type(x).__name__}", ordered
    return "", of_numbers


def is_state(x: Any) -> bool:
    """Whether an object is one of `qce.states`, which NumPy reads as its density matrix."""
    return _has(x, "dense") and _has(x, "known")


def is_operator(x: Any) -> bool:
    """Whether an object is an operator on wires like PennyLane's, and no device or tape."""
    return hasattr(x, "wires") and _has(x, "matrix")


def _has(x: Any, method: str) -> bool:
    return callable(getattr(x, method, None))
