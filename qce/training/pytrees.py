"""Parameters in a dict, a list or any other pytree of JAX, as one vector and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import numpy as np

from qce._checks import concrete, error
from qce.typing import Array

Params: TypeAlias = Array | Mapping[str, Any] | Sequence[Any]

_REMEDY = "a vector, or a dict of real arrays"


@dataclass(frozen=True)
class Tree:
    """The place of each number of a vector in a pytree.

    Args:
        structure: JAX's description of the dicts and lists.
        names: Of the arrays, in the order of the vector.
        shapes: Of the arrays.
    """

    structure: Any
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(map(_count, self.shapes))

    def flat(self, argument: str, params: Any) -> np.ndarray:
        """Return all numbers of such arrays, shape `(size,)`."""
        leaves, structure = jax.tree.flatten(params)
        shapes = tuple(np.shape(leaf) for leaf in leaves)
        if structure != self.structure or shapes != self.shapes:
            but = f"they are {structure} with shapes {shapes}"
            must = f"be {self.structure} with shapes {self.shapes}"
            raise error(argument, must, but, "what the training began with")
        pairs = zip(self.names, leaves, strict=True)
        return np.concatenate([_real(argument, *pair).ravel() for pair in pairs])

    def arrays(self, flat: Any) -> Any:
        """Return the arrays that a vector holds, of NumPy or JAX as the vector is."""
        ends = np.cumsum([0, *map(_count, self.shapes)])
        places = zip(ends[:-1], ends[1:], self.shapes, strict=True)
        return self.structure.unflatten([flat[a:b].reshape(s) for a, b, s in places])


def tree_of(argument: str, params: Any) -> Tree | None:
    """Return the structure of parameters; `None` for one array, or numbers in a list.

    Args:
        argument: Name of the argument.
        params: What was given for it.

    Raises:
        ValueError: There is no array in it.
    """
    found, structure = jax.tree_util.tree_flatten_with_path(params)
    numbers = type(params) in (list, tuple) and all(np.ndim(leaf) == 0 for _, leaf in found)
    if numbers or structure == jax.tree.structure(0):
        return None
    if not found:
        raise error(argument, "hold numbers", f"it is {params!r}", _REMEDY)
    names = tuple(jax.tree_util.keystr(path) for path, _ in found)
    return Tree(structure, names, tuple(np.shape(leaf) for _, leaf in found))


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _real(argument: str, name: str, leaf: Any) -> np.ndarray:
    """One array of real numbers."""
    array = np.asarray(concrete(argument, leaf))
    if array.dtype.kind not in "buif":
        but = f"{argument}{name} has dtype {array.dtype}"
        raise error(argument, "hold real numbers", but, _REMEDY, TypeError)
    return array.astype(float)
