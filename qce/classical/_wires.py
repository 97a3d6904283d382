"""Wires of a composite system: names and dimensions, for marginals and partial traces.

`dims` is None for qubits (bits) 0 … n−1, a sequence of dimensions for wires 0, 1, …, or a mapping
from names to dimensions, most significant first.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

from qce import _checks

Dims = Sequence[int] | Mapping[Hashable, int] | None
Wires = Sequence[Hashable] | Hashable


def layout(size: int, dims: Dims) -> dict[Hashable, int]:
    """Names and dimensions of the wires that make up a system of this size."""
    if dims is None:
        dims = [2] * (size.bit_length() - 1)
    names: dict[Hashable, int] = {}
    names.update(dims if isinstance(dims, Mapping) else enumerate(dims))
    if math.prod(names.values()) != size:
        but = f"they are {list(names.values())}"
        remedy = "one dimension a wire, as in dims=[2, 3] or dims={'A': 2, 'B': 3}"
        raise _checks.error("dims", f"multiply to the dimension {size}", but, remedy)
    return names


def select(name: str, given: Wires, names: dict[Hashable, int]) -> tuple[Hashable, ...]:
    """One wire or several as a tuple; known, and each once."""
    one = isinstance(given, str) or not isinstance(given, Sequence)
    found = (given,) if one else tuple(given)  # type: ignore[arg-type]
    if not found or len(set(found)) != len(found) or not set(found) <= set(names):
        must = f"name wires of {list(names)}, each once"
        raise _checks.error(name, must, f"it is {given!r}", f"{name}={[next(iter(names), 0)]!r}")
    return found


def disjoint(given: dict[str, Wires], names: dict[Hashable, int]) -> list[tuple[Hashable, ...]]:
    """Two parts of the wires, by the names of their arguments, without a wire in common."""
    parts = [select(name, part, names) for name, part in given.items()]
    shared = set(parts[0]) & set(parts[1])
    if shared:
        first, second = given
        raise ValueError(
            f"Arguments `{first}` and `{second}` must have no wire in common, but they share "
            f"{sorted(shared, key=str)}. Pass two disjoint sets of wires."
        )
    return parts


def letters(numbers: list[int]) -> str:
    """Numbers below 52 as the indices of an `einsum`."""
    return "".join(chr(ord("a") + k) if k < 26 else chr(ord("A") + k - 26) for k in numbers)
