"""Bit strings of any number of wires: distinct rows with frequencies, and bits not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import classical
from qce._warned import warn
from qce._wires import bits_of
from qce.data.dictionaries import rows_of_counts
from qce.data.samples import frequencies
from qce.typing import Array

OPEN = -1
"""Stands for a bit that was not seen."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Distinct bit strings with their frequencies.

    Args:
        bits: 0, 1, or −1 where a wire was not seen, shape `(K, n)`, in increasing order.
        frequencies: of each row, sum 1, shape `(K,)`.
        total: number of outcomes behind them; `None` for probabilities.
    """

    bits: np.ndarray
    frequencies: np.ndarray
    total: int | None

    @property
    def wires(self) -> int:
        """Number of wires."""
        return int(self.bits.shape[1])

    @property
    def complete(self) -> bool:
        """Whether every wire of every row was seen."""
        return bool((self.bits != OPEN).all())


def as_rows(name: str, data: Any, weights: Array | None = None, wires: int | None = None) -> Rows:
    """Read outcomes of one basis, as `frequencies` reads them, without a list of all 2^n.

    Args:
        name: what the user calls the data.
        data: bit strings `(N, n)`, in which −1, or NaN among floats, is a bit that was not seen; a
            dictionary of counts; counts of all outcomes, integers `(2^n,)`; probabilities `(2^n,)`.
        weights: how often each of the bit strings was seen, shape `(N,)`; `None` for once.
        wires: n, for dictionaries with other keys; `None` for the length of bit strings.

    Warns:
        UserWarning: bit strings hold −1 and 1, and no 0, as signs do.
    """
    if isinstance(data, Rows):
        return data
    if isinstance(data, Mapping):
        _no_weights(name, weights)
        bits, seen = rows_of_counts(name, data, wires)
        return as_distinct(bits, seen.astype(float), int(seen.sum()))
    classical(name, data)
    found = _checks.concrete(name, data)
    if found.ndim == 2:
        bits = seen_bits(name, data)
        if bits.size == 0:
            but = f"its shape is {bits.shape}"
            raise error(name, "have shape (N, n), N, n >= 1", but, "one row for each outcome")
        _warn_of_signs(name, found)
        if weights is None:
            return as_distinct(bits, np.ones(len(bits)), len(bits))
        given = _checks.reals("weights", weights, "one number >= 0 a row")
        if given.shape != (len(bits),) or given.min() < 0 or given.sum() <= 0:
            must, but = (
                f"be numbers >= 0, shape ({len(bits)},)",
                f"they are {_checks.shown(weights)}",
            )
            raise error("weights", must, but, "how often each row was seen")
        whole = bool((given == np.rint(given)).all())
        return as_distinct(bits, given, int(given.sum()) if whole else None)
    _no_weights(name, weights)
    return _of_all(name, *frequencies(name, data))


def seen_bits(name: str, x: Any) -> np.ndarray:
    """Bits as int8, shape `(..., n)`; −1 for what was not seen: −1, or NaN among floats."""
    classical(name, x)
    found = _checks.concrete(name, x)
    if isinstance(found, np.ndarray) and found.dtype.kind == "f":
        found = np.where(np.isnan(found), OPEN, found)
        x = found
    must, remedy = "be bits 0 or 1, −1 or NaN where not seen", "bits, not ±1 or probabilities"
    bits = _checks.whole(name, x, remedy, must)
    if bits.size and (bits.min() < OPEN or bits.max() > 1):
        raise error(name, must, f"one is {bits.min() if bits.min() < OPEN else bits.max()}", remedy)
    return bits.astype(np.int8)


def _warn_of_signs(name: str, found: np.ndarray) -> None:
    """Warn of signs ±1, which would be read as ones and unseen bits."""
    if (found == OPEN).any() and (found == 1).any() and not (found == 0).any():
        said = f"`{name}` holds -1 and 1 and no 0: a bit of -1 counts as not seen"
        warn(f"{said}. If these are signs, pass `(x + 1) // 2`.")


def wires_of(name: str, bits: Array, wires: int) -> None:
    """Refuse bits whose last axis does not have length `wires`."""
    if bits.ndim == 0 or bits.shape[-1] != wires:
        must, but = f"have shape (..., {wires})", f"its shape is {tuple(bits.shape)}"
        raise error(name, must, but, f"one bit for each of the {wires} wires")


def _no_weights(name: str, weights: Array | None) -> None:
    if weights is not None:
        but = f"`{name}` is no list of bit strings, and has weights of its own"
        raise error("weights", "be None here", but, "them with bit strings of shape (N, n)")


def as_distinct(bits: np.ndarray, weights: np.ndarray, total: int | None) -> Rows:
    """Distinct rows, with the weights of equal ones added."""
    rows, where = np.unique(bits, axis=0, return_inverse=True)
    added = np.bincount(where.reshape(-1), weights=weights, minlength=len(rows))
    kept = added > 0
    return Rows(rows[kept], added[kept] / weights.sum(), total)


def _of_all(name: str, p: np.ndarray, total: int | None) -> Rows:
    """The rows with positive probability, from probabilities of all outcomes."""
    wires = p.size.bit_length() - 1
    if p.shape != (2**wires,) or wires == 0:
        must, but = "have shape (N, n) or (2^n,) with n >= 1", f"its shape is {p.shape}"
        raise error(name, must, but, "samples or probabilities")
    seen = np.flatnonzero(p > 0)  # below 0 is rounding
    bits = bits_of(seen, wires)
    kept = p[seen]
    return Rows(bits.astype(np.int8), kept / kept.sum(), total)
