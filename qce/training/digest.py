"""Digests of an objective: of its circuit, its data, and each setting."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import types
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np
import pennylane as qml

from qce.objectives import Objective

# Left out: where work runs, and how much memory it may take, do not change results.
_APART = ("executor", "memory")


def digests(objective: Objective) -> dict[str, str]:
    """Return a digest of each argument from which an objective was built.

    Two objectives with equal digests are the same function of the parameters. Arrays count by type,
    shape and every bit; circuits by their gates, wires and angles (ten digits) at fixed parameters,
    however they are written; functions by their compiled code, their closures and the numbers,
    arrays and functions of their module that they name; devices by their name. So the same function
    has another digest under another version of Python.

    Args:
        objective: From `qce.objectives`, or any other.

    Returns:
        Hexadecimal SHA-256 by name: `objective`, `model`, `circuit` where the model has one, and
            each argument of its builder, such as `data`, `device`, `shots` and `seed`.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> one = digests(objectives.measured_likelihood(machine, [0.25, 0.75]))
        >>> other = digests(objectives.measured_likelihood(machine, [0.75, 0.25]))
        >>> [name for name in one if one[name] != other[name]]
        ['data']
    """
    model = objective.model
    found = {"objective": (objective.name, objective.unit), "model": _without_circuit(model)}
    if hasattr(model, "circuit"):
        found["circuit"] = model.circuit
    if objective.recipe is None:
        found["loss"] = (objective.evaluate, objective.measure, objective.shots, objective.seed)
    else:
        given = objective.recipe.arguments
        found |= {name: x for name, x in given.items() if name not in ("model", *_APART)}
    return {name: digest(x) for name, x in found.items()}


def digest(x: Any) -> str:
    """Return the hexadecimal SHA-256 of an object, as `digests` counts its parts.

    >>> digest(np.int64(10)) == digest(10), digest(10) == digest(10.0)
    (True, False)
    """
    state = hashlib.sha256()
    for piece in _pieces(x, ()):
        state.update(len(piece).to_bytes(8, "little"))
        state.update(piece)
    return state.hexdigest()


Seen = tuple[int, ...]  # objects being read, so that cycles end


def _pieces(x: Any, seen: Seen) -> Iterator[bytes]:
    """The bytes that identify an object."""
    if id(x) in seen:
        yield b"again"
        return
    seen = (*seen, id(x))
    if (plain := _plain(x)) is not None:
        yield plain
    elif isinstance(x, qml.operation.Operator):
        yield from _gate(x, seen)
    elif isinstance(x, (list, tuple)) and (array := _as_array(x)) is not None:
        yield from _array(array)
    elif isinstance(x, Mapping):
        yield b"mapping"
        for key in sorted(x, key=repr):
            yield from _all((key, x[key]), seen)
    elif isinstance(x, (set, frozenset)):
        yield from _all(["set", *sorted(map(digest, x))], seen)
    elif isinstance(x, Sequence):
        yield from _all(x, seen)
    elif hasattr(x, "queue") and hasattr(x, "wires"):
        yield from _circuit(x, seen)
    elif callable(x) and not isinstance(x, type) and (parts := _function(x)) is not None:
        yield from _all(parts, seen)
    elif hasattr(x, "__array__") and not dataclasses.is_dataclass(x):
        yield from _array(np.asarray(x))
    else:
        yield from _object(x, seen)


def _all(parts: Sequence[Any], seen: Seen) -> Iterator[bytes]:
    yield f"{len(parts)} parts".encode()
    for part in parts:
        yield from _pieces(part, seen)


def _plain(x: Any) -> bytes | None:
    """The bytes of an object without parts."""
    if isinstance(x, Enum):
        return f"{type(x).__qualname__}.{x.name}".encode()
    if x is None or isinstance(x, (bool, str, np.bool_)):
        return repr(x.item() if isinstance(x, np.bool_) else x).encode()
    if isinstance(x, (int, np.integer)):
        return str(int(x)).encode()
    if isinstance(x, (float, np.floating)):
        return float(x).hex().encode()
    if isinstance(x, (bytes, bytearray)):
        return bytes(x)
    if isinstance(x, (type, types.ModuleType)):
        return f"{getattr(x, '__module__', '')}.{getattr(x, '__qualname__', x.__name__)}".encode()
    return None


def _as_array(x: Any) -> np.ndarray | None:
    """Numbers in lists as an array; others as they are."""
    try:
        array = np.asarray(x)
    except (ValueError, TypeError, RuntimeError):
        return None
    return array if array.size and array.dtype.kind in "biufc" else None


def _array(x: np.ndarray) -> Iterator[bytes]:
    if x.dtype.kind == "O":
        yield from _all(x.ravel().tolist(), ())
        return
    yield f"{x.dtype.str}{x.shape}".encode()
    yield np.ascontiguousarray(x).tobytes()


def _circuit(circuit: Any, seen: Seen) -> Iterator[bytes]:
    """Its gates, at fixed irregular parameters."""
    yield f"{type(circuit).__qualname__} on {circuit.wires}".encode()
    angles = np.sqrt(np.arange(2.0, 2.0 + getattr(circuit, "size", 0))) % 3
    for gate in qml.tape.make_qscript(circuit.queue)(angles).operations:
        yield from _gate(gate, seen)


def _gate(gate: Any, seen: Seen) -> Iterator[bytes]:
    yield f"{gate.name} on {gate.wires.tolist()}".encode()
    for number in gate.data:
        # Ten digits: processors differ in the last digits of angles computed from the parameters.
        for part in np.ravel(qml.math.toarray(number)):
            yield f"{complex(part):.9e}".encode()
    yield from _pieces(gate.hyperparameters, seen)


def _function(x: Any) -> list[Any] | None:
    """The content of a function: code, closure, and what it names of its own module."""
    if isinstance(x, functools.partial):
        return [x.func, x.args, x.keywords]
    if isinstance(x, types.MethodType):
        return [x.__func__, x.__self__]
    x = getattr(x, "__wrapped__", x)
    if not isinstance(x, types.FunctionType):
        return None
    cells = [_content(cell) for cell in x.__closure__ or ()]
    return [*_code(x.__code__), x.__defaults__, x.__kwdefaults__, cells, _named(x)]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _code(code: types.CodeType) -> list[Any]:
    constants = [_code(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return [code.co_code, code.co_names, constants]


def _named(function: types.FunctionType) -> list[Any]:
    """The globals that a function names; those of libraries by name alone."""
    named = {name: function.__globals__[name] for name in _names(function.__code__)
             if name in function.__globals__}  # fmt: skip
    own = function.__module__
    return [
        (name, x if getattr(x, "__module__", own) == own else _name(x)) for name, x in named.items()
    ]


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _name(x: Any) -> str:
    return f"{getattr(x, '__module__', '')}.{getattr(x, '__qualname__', type(x).__qualname__)}"


def _object(x: Any, seen: Seen) -> Iterator[bytes]:
    """Any other object: its type, and its attributes unless it holds a running resource."""
    yield _name(type(x)).encode()
    if hasattr(x, "short_name") or isinstance(x, qml.devices.Device):
        yield str(getattr(x, "short_name", None) or x.name).encode()
    elif not isinstance(x, np.random.Generator):
        yield from _all([*_fields(x), *_methods(type(x))], seen)


def _fields(x: Any) -> list[Any]:
    if dataclasses.is_dataclass(x):
        return [(one.name, getattr(x, one.name)) for one in dataclasses.fields(x) if one.init]
    return [vars(x)] if hasattr(x, "__dict__") else []


_LIBRARIES = ("qce", "numpy", "scipy", "jax", "jaxlib", "optax", "pennylane", "torch", "builtins")


def _methods(kind: type) -> list[Any]:
    """The methods of a user's own type; types of libraries count by name."""
    if kind.__module__.partition(".")[0] in _LIBRARIES:
        return []
    return [x for x in vars(kind).values() if isinstance(x, types.FunctionType)]


def _without_circuit(model: Any) -> Any:
    """A model without its circuit, which has its own digest."""
    if not (dataclasses.is_dataclass(model) and hasattr(model, "circuit")):
        return model
    names = [one.name for one in dataclasses.fields(model) if one.name != "circuit"]
    parts = [(name, getattr(model, name)) for name in names]
    return [_name(type(model)), *parts, *_methods(type(model))]
