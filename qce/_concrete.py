"""Arrays of any library as NumPy arrays, or the reason why that is impossible.

The values of an array if it has some; only its shape under `jax.jit` and other transformations; and
for other objects that hold numbers, an error that names the conversion.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from qce import _foreign
from qce.errors import ArgumentError, argument_error
from qce.typing import Array


def error(
    name: str | tuple[str, ...],
    must: str,
    but: str,
    remedy: str,
    kind: type[Exception] = ValueError,
) -> ArgumentError:
    """An exception in the common form, which `except kind` catches too."""
    return argument_error(kind)(name, must, but, remedy)


@contextmanager
def called(**names: str) -> Iterator[None]:
    """Let errors raised inside the block have the user's names: the name inside = the user's."""
    try:
        yield
    except ArgumentError as problem:
        theirs = tuple(dict.fromkeys(names.get(name, name) for name in problem.arguments))
        if theirs == problem.arguments:
            raise
        raise type(problem)(theirs, problem.rule, problem.found, problem.remedy) from None


def classical(name: str, x: Any) -> None:
    """Refuse a state of `qce.states` as the argument of a classical quantity."""
    if _foreign.is_state(x):
        but, remedy = f"it is {shown(x)}", "`x.dense()` for a matrix, or a function of qce.quantum"
        raise error(name, "be an array, not a quantum state", but, remedy, TypeError)


def quantum_function(name: str, x: Any, arguments: str) -> None:
    """Refuse an object that is no function; for circuits of other libraries say the conversion."""
    why = _foreign.circuit(x, arguments) or (f"it is {shown(x)}", f"`lambda {arguments}: qml.X(0)`")
    if not callable(x) or type(x).__module__.startswith(("qiskit", "qutip")):
        raise error(name, "be a function that queues PennyLane operations", *why, TypeError)


class Abstract:
    """An array under tracing: a shape and no values."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self.ndim = len(shape)


def concrete(name: str, x: Any) -> Any:
    """The values of an array of any library, or its shape where there are none."""
    a = x if type(x) is np.ndarray else _converted(name, x)
    if isinstance(a, Abstract):
        return a
    if a.dtype.kind not in "biufc":
        but, remedy = _foreign.reading(x, a)
        raise error(name, "be numeric", but or f"it is {shown(x)}", remedy, TypeError)
    if a.nbytes > machine_memory() * 2**30:  # as a broadcast view may claim
        but = f"its shape {a.shape} takes {a.nbytes / 2**30:.3g} GiB"
        remedy = "fewer at a time"
        raise error(name, f"fit into {machine_memory():.3g} GiB", but, remedy)
    return a


def _converted(name: str, x: Array) -> np.ndarray | Abstract:
    if hasattr(x, "aval") and not hasattr(x, "__array_interface__") and _is_tracer(x):
        return Abstract(tuple(x.shape))
    while hasattr(x, "_value") and hasattr(x, "_node"):  # autograd's boxes
        x = x._value
    if hasattr(x, "detach"):  # PyTorch
        try:
            x = x.detach().cpu().resolve_conj().resolve_neg().numpy()
        except RuntimeError:  # inside a transformation of `torch.func`
            return Abstract(tuple(x.shape))
        except TypeError as refused:  # half precision, sparse
            sparse = "layout" in str(refused)
            but = "it is sparse" if sparse else f"its dtype is {x.dtype}"
            remedy = "`x.to_dense()`" if sparse else "`x.float()`"
            raise error(name, "be a dense tensor NumPy knows", but, remedy, TypeError) from None
    _convertible(name, x)
    try:
        return np.asarray(x)
    except ArgumentError as problem:  # of a state that is too large to be written out
        raise type(problem)(name, problem.rule, problem.found, problem.remedy) from None
    except ValueError as ragged:
        but = "its rows differ in length" if "inhomogeneous" in str(ragged) else str(ragged)
        raise error(name, "be an array", but, "rows of equal length", TypeError) from None
    except (TypeError, RuntimeError, NotImplementedError) as refused:
        if isinstance(x, (list, tuple)):  # of traced numbers, of tensors that carry derivatives
            but, remedy = "it is a list of them", "`jnp.stack(x)`, or that of your array library"
        else:
            but, remedy = f"it cannot be read ({str(refused)[:100]})", "`np.asarray` of it"
        raise error(name, "be one array", but, remedy, TypeError) from None


@cache
def machine_memory() -> float:
    """GiB of memory of the machine; infinite where the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return math.inf


def _convertible(name: str, x: Any) -> None:
    """Refuse other objects that hold numbers, with the name of the conversion."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        but = f"{int(np.ma.getmaskarray(x).sum())} of its entries are masked"
        raise error(name, "hold no masked entries", but, "`x.filled(0)` or `x.compressed()`")
    if (why := _foreign.refusal(x)) is not None:
        raise error(name, "be a dense array", *why, TypeError)


def _is_tracer(x: Array) -> bool:
    from jax.core import Tracer

    return isinstance(x, Tracer)


def portable(x: Any) -> Any:
    """A NumPy array without features that other libraries lack; anything else as it is.

    These are a mask (with no masked entry), another byte order, more than double precision.
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "biufc":
        return x
    native = x.dtype.newbyteorder("=")
    return np.asarray(x).astype({"g": float, "G": complex}.get(native.char, native), copy=False)


def namespace(x: Any) -> Any:
    """The functions of an array's library, for arrays of NumPy and JAX: `numpy`, `jax.numpy`."""
    return x.__array_namespace__()


def constant(x: Array) -> np.ndarray:
    """The same numbers as another object, for a constant of a function that JAX traces.

    JAX caches a NumPy array by its identity, with the precision of its mode at that time: the same
    array would break compiled functions after a change of the mode.
    """
    return np.asarray(x).view()


def shape_of(x: Any) -> tuple[int, ...]:
    """A shape in a message: PyTorch would write `torch.Size([2, 3])`."""
    return tuple(np.shape(x))


def shown(x: Any) -> str:
    """An object in a message: short, whatever it is."""
    text = type(x).__name__ if hasattr(x, "shape") and np.ndim(x) else " ".join(repr(x).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
