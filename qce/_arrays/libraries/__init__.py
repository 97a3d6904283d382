"""The parts that differ between array libraries: conversion, and derivative rules.

Each module has the same names: `xp`, the namespace in which gradients are written;
`convert(arrays)`; `apply(functional, arguments)`; `frechet(f, matrix, q, v, *directions)`, for an f
with a `derivative`; `product`, `together` and `where_needed`, which differ in compiled programs;
`constant`, `beside`, `like`, `take_along`, `log_factorial` and `repeat`, for losses. Modules in
whose arrays constants are computed have `eigh`, `eigvalsh`, and `svd(matrix)`, by QR iteration,
which is accurate for graded matrices. A library is imported when one of its arrays is passed.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from types import FrameType
from typing import Any

from qce._concrete import error

_MODULES = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "autograd": "autograd"}


def library(*arrays: Any) -> Any:
    """The module for the library of these arrays; NumPy arrays may be mixed with any other."""
    found = {_family(type(x).__module__) for x in arrays}
    found.discard("numpy")
    if len(found) > 1:
        must, but = "belong to one array library", f"these mix {' and '.join(sorted(found))}"
        remedy = "all of them as arrays of one library"
        raise error(_names(arrays), must, but, remedy, TypeError)
    return _load(found.pop() if found else "numpy")


def _names(arrays: tuple[Any, ...]) -> tuple[str, ...]:
    """The names of these arrays in the function of this package that the user has called."""
    frame: FrameType | None = sys._getframe(1)
    names: tuple[str, ...] = ("arrays",)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "qce":
        named = [name for name, value in _variables(frame).items() if _holds(value, arrays)]
        names = tuple(named) or names
        frame = frame.f_back
    return names


def _variables(frame: FrameType) -> dict[str, Any]:
    """Local variables; in place of `**options` each of them."""
    found, code = dict(frame.f_locals), frame.f_code
    if code.co_flags & inspect.CO_VARKEYWORDS:
        before = code.co_argcount + code.co_kwonlyargcount
        last = code.co_varnames[before + bool(code.co_flags & inspect.CO_VARARGS)]
        found |= found.pop(last, {})
    return found


def _holds(value: Any, arrays: tuple[Any, ...]) -> bool:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return any(part is x for part in parts for x in arrays if x is not None)


@functools.lru_cache(maxsize=256)
def _family(module: str) -> str:
    return _MODULES.get(module.partition(".")[0], "numpy")


def of_namespace(xp: Any) -> Any:
    """The module for a namespace: NumPy, `jax.numpy`, PyTorch or autograd's NumPy."""
    return _load(_family(xp.__name__))


@functools.cache
def _load(name: str) -> Any:
    return importlib.import_module(f"{__name__}._{name}")
