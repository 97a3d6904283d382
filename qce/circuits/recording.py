"""The operations of a quantum function that prepares a state."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pennylane as qml

from qce import _checks
from qce._checks import error
from qce._concrete import quantum_function


def recorded(name: str, function: Any, wires: int, *arguments: Any) -> list[Any]:
    """The operations of a quantum function, on wires 0 … n − 1.

    Of a QNode the quantum function is used. Operations that are returned and not queued count as
    well; a function without operations is refused, since it would silently prepare |0…0⟩.

    Args:
        name: of the argument for which the function was passed.
        function: queues or returns PennyLane operations.
        wires: number of wires n.
        *arguments: its arguments.
    """
    quantum_function(name, function, "wires" if arguments else "")
    if isinstance(function, qml.QNode):
        function = _of_node(name, function)
    _check_call(name, function, arguments)
    returned = []

    def circuit() -> None:
        returned.append(function(*arguments))

    operations = list(qml.tape.make_qscript(circuit)().operations) or _operations(returned[0])
    if not operations:
        remedy = "a function that queues operations; `qml.Identity(0)` for |0…0⟩ itself"
        but = "it queues none"
        if returned[0] is not None:
            but += f", and returns {_checks.shown(returned[0])}"
        raise error(name, "queue PennyLane operations", but, remedy)
    used = qml.wires.Wires.all_wires([op.wires for op in operations])
    if not set(used) <= set(range(wires)):
        but = f"it uses {used.tolist()}"
        raise error(name, f"be on wires 0 … {wires - 1}", but, "as many wires as it uses")
    return operations


def requeue(operations: Iterable[Any]) -> None:
    """Queue operations that were recorded."""
    for operation in operations:
        qml.apply(operation)


def _of_node(name: str, node: Any) -> Any:
    """The quantum function of a QNode."""
    if len(node.compile_pipeline):
        but = "it is a QNode with transforms"
        raise error(name, "be a quantum function", but, "the function it was made of")
    return node.func


def _check_call(name: str, function: Any, arguments: tuple[Any, ...]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of what is not written in Python
        return
    try:
        signature.bind(*arguments)
    except TypeError as problem:
        takes = "the wires" if arguments else "no arguments"
        remedy = "`lambda wires: …`" if arguments else "`lambda: …`"
        but = f"it takes others ({problem})"
        raise error(name, f"be a function of {takes}", but, remedy, TypeError) from None


def _operations(returned: Any) -> list[Any]:
    """Operations among what a function returned."""
    if isinstance(returned, qml.tape.QuantumScript):
        return list(returned.operations)
    listed = returned if isinstance(returned, (list, tuple)) else [returned]
    known = [x for x in listed if isinstance(x, qml.operation.Operator)]
    return known if len(known) == len(listed) else []
