"""NumPy, and everything it can convert: values without derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

xp = np


def convert(arrays: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    return tuple([_inexact(np.asarray(x)) for x in arrays])


def apply(functional: Any, arguments: tuple[np.ndarray, ...]) -> Any:
    return functional.plain(*arguments)


def on_host(function: Any, *arrays: np.ndarray) -> np.ndarray:
    return function(*arrays)


def _inexact(x: np.ndarray) -> np.ndarray:
    return x if x.dtype.kind in "fc" else x.astype(float)
