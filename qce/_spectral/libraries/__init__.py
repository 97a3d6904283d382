"""What is particular to an array library: conversion, and how it learns a derivative rule.

Each module has the same four names: `xp`, the namespace in which gradients are written;
`convert(arrays)`; `apply(functional, arguments)`; `frechet(f, matrix, q, v, *directions)`. Those
whose arrays constants may be have `svd(matrix)`, by QR iteration, which is right for graded ones.
A library is imported when an array of it arrives.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

_MODULES = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "autograd": "autograd"}


def library(*arrays: Any) -> Any:
    """The module for the library that these arrays belong to; NumPy gives way to any other."""
    found = {_MODULES.get(type(x).__module__.partition(".")[0], "numpy") for x in arrays}
    found.discard("numpy")
    if len(found) > 1:
        raise TypeError(
            "Arguments must belong to one array library, but these mix "
            f"{' and '.join(sorted(found))}. Pass all of them as arrays of one library."
        )
    return _load(found.pop() if found else "numpy")


@functools.cache
def _load(name: str) -> Any:
    return importlib.import_module(f"{__name__}._{name}")
