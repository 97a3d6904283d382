"""NumPy, and everything it can convert: values, and first derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

xp = np


def convert(arrays: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    return tuple([_inexact(np.asarray(x)) for x in arrays])


def apply(functional: Any, arguments: tuple[np.ndarray, ...]) -> Any:
    return functional.plain(*arguments)


def again(
    functional: Any, arguments: tuple[np.ndarray, ...], constants: tuple[np.ndarray, ...]
) -> Any:
    """A functional inside its own gradient, computed like its value and from the same constants."""
    return functional.value(np, *arguments, *constants)


def frechet(
    f: Any, matrix: Any, q: np.ndarray, v: np.ndarray, *directions: np.ndarray, image: Any = None
) -> np.ndarray:
    del matrix
    return f.derivative(np, q, v, *directions, image=image)


def product(a: Any, b: Any) -> Any:
    return a @ b


def together(function: Any, *matrices: Any) -> tuple[Any, ...]:
    return tuple(function(matrix) for matrix in matrices)


def where_needed(condition: Any, exact: Any, value: Any) -> Any:
    return np.where(condition, exact(), value)


def constant(x: Any) -> Any:
    """A value without its derivative."""
    return x


def beside(x: Any, other: Any) -> Any:
    """Numbers of any library as an array of this one, of their own type, where the other is."""
    del other
    return np.asarray(x)


def like(x: Any, other: Any) -> Any:
    """The same in the real precision of the other."""
    return np.asarray(x).astype(np.asarray(other).real.dtype)


def take_along(x: Any, order: Any) -> Any:
    """Entries along the last axis, in an order."""
    return np.take_along_axis(x, order, -1)


def log_factorial(n: Any) -> Any:
    from scipy.special import gammaln

    # SciPy has none of more digits than doubles.
    return gammaln(n.astype(float) + 1 if n.dtype.itemsize > 8 else n + 1)


def repeat(go_on: Any, turn: Any, state: Any) -> Any:
    """Apply `turn` to a state as long as `go_on` holds."""
    while go_on(state):
        state = turn(state)
    return state


eigh, eigvalsh = np.linalg.eigh, np.linalg.eigvalsh


def svd(matrix: np.ndarray) -> tuple[np.ndarray, ...]:
    from scipy.linalg import svd

    stack = matrix.reshape(-1, *matrix.shape[-2:])
    triples = [svd(x, lapack_driver="gesvd", check_finite=False) for x in stack]
    return tuple(
        np.array(part).reshape(*matrix.shape[:-2], *part[0].shape)
        for part in zip(*triples, strict=True)
    )


def on_host(function: Any, *arrays: np.ndarray) -> np.ndarray:
    return function(*arrays)


def _inexact(x: np.ndarray) -> np.ndarray:
    return x if x.dtype.kind in "fc" else x.astype(float)
