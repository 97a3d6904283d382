"""Wires of a composite system: names and dimensions, for marginals and partial traces.

`dims` is None for qubits (bits) 0 … n−1, a sequence of dimensions for wires 0, 1, …, or a mapping
from names to dimensions, most significant first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from qce import _checks

Dims = Sequence[int] | Mapping[Hashable, int] | None
Wires = Sequence[Hashable] | Hashable


def layout(size: int, dims: Dims) -> dict[Hashable, int]:
    """Names and dimensions of the wires that make up a system of this size."""
    remedy = "one dimension a wire, as in dims=[2, 3] or dims={'A': 2, 'B': 3}"
    given: Any = [2] * (size.bit_length() - 1) or [1] if dims is None else dims
    if isinstance(given, str) or not isinstance(given, Iterable):
        but = f"it is {given!r}"
        raise _checks.error("dims", "be a sequence or a mapping", but, remedy, TypeError)
    names: dict[Hashable, Any] = dict(given if isinstance(given, Mapping) else enumerate(given))
    sizes = list(names.values())
    whole = all(isinstance(n, (int, np.integer)) and n >= 1 for n in sizes)
    if not whole or math.prod(sizes) != size:
        must = f"multiply to the dimension {size}, as whole numbers"
        raise _checks.error("dims", must, f"they are {sizes}", remedy)
    return {name: int(n) for name, n in names.items()}


def select(name: str, given: Wires, names: dict[Hashable, int]) -> tuple[Hashable, ...]:
    """One wire or several as a tuple; known, and each once."""
    wires: Any = given.tolist() if hasattr(given, "tolist") else given
    one = isinstance(wires, str) or not isinstance(wires, Sequence)
    found = (wires,) if one else tuple(wires)
    known = found and all(_names_a_wire(wire, names) for wire in found)
    if not known or len(set(found)) != len(found):
        must = f"name wires of {list(names)}, each once"
        raise _checks.error(name, must, f"it is {given!r}", f"{name}={[next(iter(names), 0)]!r}")
    return found


def _names_a_wire(wire: Any, names: dict[Hashable, int]) -> bool:
    """Whether there is such a wire; `True` equals 1 and is none."""
    return isinstance(wire, Hashable) and not isinstance(wire, bool) and wire in names


def disjoint(given: dict[str, Wires], names: dict[Hashable, int]) -> list[tuple[Hashable, ...]]:
    """Parts of the wires, by the names of their arguments, no two with a wire in common."""
    parts = {name: select(name, part, names) for name, part in given.items()}
    for first, second in itertools.combinations(parts, 2):
        if shared := set(parts[first]) & set(parts[second]):
            but = f"they share {sorted(shared, key=str)}"
            raise _checks.pair_error(
                first, second, "have no wire in common", but, "disjoint sets of wires"
            )
    return list(parts.values())


def bits_of(outcomes: Any, wires: int) -> np.ndarray:
    """Bits of outcomes given as whole numbers `(...)`, wire 0 most significant, `(..., wires)`."""
    return (np.asarray(outcomes)[..., None] >> np.arange(wires)[::-1]) & 1


def all_bits(wires: int) -> np.ndarray:
    """Bits of all 2^wires outcomes in their order, `(2^wires, wires)`."""
    return bits_of(np.arange(2**wires), wires)


def letters(numbers: list[int]) -> str:
    """Numbers below 52 as the indices of an `einsum`."""
    return "".join(chr(ord("a") + k) if k < 26 else chr(ord("A") + k - 26) for k in numbers)
