"""What is particular to an array library: conversion, and how a derivative rule is made known to it.

Each module has the same four names: `xp`, the namespace in which gradients are written;
`convert(arrays)`; `apply(functional, arguments)`; `frechet(f, matrix, eigen, *directions)`.
A library is imported when an array of it arrives.
"""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "autograd": "autograd"}


def library(*arrays: Any) -> Any:
    """The module for the library that these arrays belong to; NumPy gives way to any other."""
    found = {_MODULES.get(type(x).__module__.partition(".")[0]) for x in arrays} - {None}
    if len(found) > 1:
        raise TypeError(
            f"Arguments must belong to one array library, but these mix {' and '.join(sorted(found))}. "
            "Pass all of them as arrays of one library."
        )
    return importlib.import_module(f"{__name__}._{found.pop() if found else 'numpy'}")
