"""Dictionaries of counts, as PennyLane and Qiskit return them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce.errors import ArgumentError

ORDERS = ("wires", "qiskit")

# More than any device has; a longer key is some other text.
_MOST_WIRES = 100_000


def from_counts(
    counts: Mapping[Any, int], *, wires: int | None = None, order: str | None = None
) -> np.ndarray:
    """Return counts of all outcomes from a dictionary: bit string → how often it was seen.

    Qiskit writes bit strings from right to left: its first classical bit is the last character. A
    `Counts` object of Qiskit, spaces between registers and hexadecimal keys identify a dictionary
    of Qiskit's; for plain bit strings pass `order`. `docs/how-to/counts.md` shows both.

    Args:
        counts: keys are bit strings ("011", "01 1"), hexadecimal ("0x3"), or integers, which need
            an `order`; values are whole numbers.
        wires: number of wires n; by default the length of the bit strings.
        order: "wires" if wire 0 is the first character, as in PennyLane; "qiskit" if it is the
            last. None for "qiskit" where the dictionary is recognised as such, and else "wires".

    Returns:
        Integers, shape `(2^n,)`; wire 0 is the most significant bit.

    Raises:
        ValueError: a key is no outcome of n wires, a count is negative or no whole number, or all
            are 0.

    Example:
        >>> from_counts({"00": 3, "01": 1}).tolist()
        [3, 1, 0, 0]
        >>> from_counts({"00": 3, "01": 1}, order="qiskit").tolist()
        [3, 0, 1, 0]
        >>> from_counts({"0x0": 3, "0x1": 1}, wires=2).tolist()
        [3, 0, 1, 0]
    """
    bits, seen = _rows(counts, wires, order, most=62)
    _checks.wires_fit("counts", bits.shape[1])
    table = np.zeros(2 ** bits.shape[1], dtype=np.int64)
    np.add.at(table, bits @ (1 << np.arange(bits.shape[1])[::-1]), seen)
    return table


def rows_of_counts(
    name: str, counts: Mapping[Any, int], wires: int | None = None, order: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Bits of the keys, shape `(K, n)` for any n, and how often each was seen, `(K,)`.

    Args:
        name: what the user calls the dictionary.
        counts: as `from_counts` reads it.
        wires: as there.
        order: as there.
    """
    with without_settings(name):
        return _rows(counts, wires, order, most=None)


@contextmanager
def without_settings(name: str) -> Iterator[None]:
    """Let errors about `wires` and `order`, which the caller does not take, name `from_counts`.

    Args:
        name: what the user calls the dictionary.
    """
    try:
        yield
    except ArgumentError as problem:
        untold = problem.argument in ("wires", "order")
        must = "have bit strings as keys" if untold else problem.rule
        remedy = "`qce.data.from_counts(x, wires=…, order=…)`" if untold else problem.remedy
        raise type(problem)(name, must, problem.found, remedy) from None


def _rows(
    counts: Mapping[Any, int], wires: int | None, order: str | None, most: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Bits of the keys, and how often each was seen."""
    if not isinstance(counts, Mapping) or not counts:
        but = "it is empty" if isinstance(counts, Mapping) else f"it is {_checks.shown(counts)}"
        raise error("counts", "be a dictionary of counts", but, '{"00": 12, "11": 8}', TypeError)
    if order is None:
        order = "qiskit" if _is_qiskit(counts) else None
    else:
        _checks.one_of("order", order, ORDERS)
    if wires is None:
        wires = _length(counts)
    remedy = "the number of bits of a key"
    wires = _checks.integer("wires", wires, remedy, least=1, most=most or _MOST_WIRES)
    seen = _checks.counts("counts", list(counts.values()))
    return np.array([_outcome(key, wires, order) for key in counts], dtype=np.int64), seen


def _is_qiskit(counts: Mapping[Any, int]) -> bool:
    """Whether a dictionary is recognised as Qiskit's, by its type or the form of its keys."""
    if any(kind.__module__.startswith("qiskit") for kind in type(counts).__mro__):
        return True
    return any(isinstance(k, str) and (" " in k or k.lower().startswith("0x")) for k in counts)


def _length(counts: Mapping[Any, int]) -> int:
    """The length of the bit strings that are the keys."""
    first = next(iter(counts))
    if isinstance(first, str) and not first.lower().startswith("0x"):
        return len(first.replace(" ", ""))
    but = f"a key is {first!r}, and does not tell"
    raise error("wires", "be given where keys are no bit strings", but, "wires=2, for example")


def _outcome(key: Any, wires: int, order: str | None) -> list[int]:
    """The bits of a key, wire 0 first."""
    bits = _bits(key, wires, order)
    if len(bits) != wires or set(bits) - set("01"):
        but = f"one is {_checks.shown(key)}"
        remedy = f"bit strings of {wires} bits, such as {'0' * min(wires, 40)!r}"
        raise error("counts", "have bit strings as keys, one bit a wire", but, remedy)
    return [int(bit) for bit in (bits[::-1] if order == "qiskit" else bits)]


def _bits(key: Any, wires: int, order: str | None) -> str:
    if isinstance(key, str):
        if not key.lower().startswith("0x"):
            return key.replace(" ", "")
        try:
            return f"{int(key, 16):0{wires}b}"
        except ValueError:
            return ""
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool) and key >= 0:
        if order is None:
            but = f"a key is the integer {key}, and does not say which wire its lowest bit is"
            remedy = 'order="qiskit" if it is wire 0, order="wires" if it is the last one'
            raise error("order", "be given for keys that are integers", but, remedy)
        return f"{int(key):0{wires}b}"
    return ""
