"""Outcomes of measurements: bit strings, their frequencies, and counts in several bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called, classical
from qce._showing import Shown
from qce.data.dictionaries import from_counts, without_settings
from qce.typing import Array

OutcomeData: TypeAlias = Array | Mapping[Any, int]
"""Outcomes in one basis: bit strings `(N, n)`, counts of all, probabilities, or a dictionary."""

# Bits of an index of NumPy.
_MOST_WIRES = 62


def outcome_index(samples: Array) -> np.ndarray:
    """Return the index of each bit string; wire 0 is the most significant bit.

    Args:
        samples: bits 0 or 1 of any type, shape `(..., n)`, n at most 62.

    Returns:
        Indices in 0 … 2^n − 1, shape `(...)`.

    Raises:
        ValueError: other values than bits, or too many of them.

    Example:
        >>> outcome_index(np.array([[0, 1], [1, 1]])).tolist()
        [1, 3]
    """
    bits = _checks.bits("samples", samples)
    if not (bits.ndim and 1 <= bits.shape[-1] <= _MOST_WIRES):
        must = f"have shape (..., n) with n from 1 to {_MOST_WIRES}"
        raise error("samples", must, f"its shape is {bits.shape}", "one row for each outcome")
    return bits @ (1 << np.arange(bits.shape[-1])[::-1])


def empirical(samples: Array) -> np.ndarray:
    """Return the relative frequencies of bit strings.

    Args:
        samples: bits 0 or 1 of any type, shape `(N, n)`, N ≥ 1.

    Returns:
        Probabilities p̂(x) = count(x) / N, shape `(2^n,)`.

    Raises:
        ValueError: other values than bits, none, or 2^n probabilities that do not fit into memory.

    Example:
        >>> empirical(np.array([[0, 0], [1, 0], [1, 0], [1, 1]])).tolist()
        [0.25, 0.0, 0.5, 0.25]
    """
    bits = _checks.bits("samples", samples)
    if bits.ndim != 2 or bits.size == 0:
        but = f"its shape is {bits.shape}"
        raise error("samples", "have shape (N, n) with N >= 1", but, "one row for each outcome")
    return _count("samples", bits) / len(bits)


def frequencies(name: str, data: Any, wires: int | None = None) -> tuple[np.ndarray, int | None]:
    """Frequencies `(2^n,)` of outcomes in one basis, and how many there are.

    Args:
        name: what the user calls the data.
        data: bit strings `(N, n)`; counts of all outcomes, integers `(2^n,)`; a dictionary of
            counts; or probabilities `(2^n,)`, whose number of outcomes is None.
        wires: number of wires n, for dictionaries; None for the length of their bit strings.
    """
    if isinstance(data, Mapping):
        with without_settings(name):
            counts = from_counts(data, wires=wires)
        return counts / counts.sum(), int(counts.sum())
    classical(name, data)
    array = _checks.concrete(name, data)
    if array.ndim == 2:
        with called(samples=name):
            return empirical(_checks.bits(name, array)), len(array)
    if array.ndim == 1 and array.dtype.kind in "iu" and array.size and array.sum(dtype=float) > 1:
        counts = _checks.counts(name, array)
        return counts / counts.sum(), int(counts.sum())
    _checks.probabilities(name, array)
    distribution = array.astype(float)
    # A sum of 1 to single precision is normalised in double precision.
    return distribution if array.dtype == float else distribution / distribution.sum(
        axis=-1, keepdims=True
    ), None


@dataclass(frozen=True, eq=False, repr=False)
class Counts(Shown):
    """How often each bit string was seen in each measurement basis.

    Args:
        by_basis: for each basis the counts of all outcomes, whole numbers of any type, shape
            `(2^n,)`. A basis is a string with one letter of X, Y, Z for each wire, wire 0 first;
            outcome 0 is eigenvalue +1.

    Raises:
        ValueError: a name is no basis, its counts have another shape, or all are 0.

    Example:
        >>> counts = Counts.from_samples({"ZZ": [[0, 0], [1, 1]], "XX": [[0, 0]]})
        >>> counts
        Counts(3 outcomes on 2 wires in 2 bases: ZZ, XX)
        >>> counts.by_basis["ZZ"].tolist()
        [1, 0, 0, 1]
    """

    by_basis: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        bases = _bases("by_basis", self.by_basis)
        if len({len(basis) for basis in bases}) > 1:
            but = f"its bases are {_checks.shown(bases)}"
            raise error("by_basis", "name bases of one length", but, '{"ZZ": …}')
        tables = {basis: _table(basis, counts) for basis, counts in self.by_basis.items()}
        object.__setattr__(self, "by_basis", tables)

    @classmethod
    def from_samples(cls, samples: Mapping[str, Array]) -> Counts:
        """Count bit strings: basis → bits 0 or 1 of shape `(N, n)`."""
        tables = {}
        for basis in _bases("samples", samples):
            bits = _checks.bits("samples", samples[basis])
            if bits.ndim != 2 or bits.shape[1] != len(basis) or len(bits) == 0:
                must = f"have shape (N, {len(basis)}) with N >= 1 in {basis}"
                raise error("samples", must, f"its shape is {bits.shape}", "one row an outcome")
            tables[basis] = _count("samples", bits)
        return cls(tables)

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, Mapping[Any, int]], *, order: str | None = None
    ) -> Counts:
        """Read dictionaries of counts: basis → bit string → count.

        Args:
            counts: a dictionary for each basis, as `qce.data.from_counts` reads it. The letters of
                a basis say how wire 0, wire 1, … were measured, whatever the order of the bits.
            order: of the bits, as there.

        Raises:
            ValueError: a name is no basis, or a dictionary does not fit it.

        Example:
            >>> Counts.from_counts({"XZ": {"00": 3, "01": 1}}, order="qiskit").by_basis
            {'XZ': array([3, 0, 1, 0])}
        """
        bases = _bases("counts", counts)
        read = {b: from_counts(counts[b], wires=len(b), order=order) for b in bases}
        return cls(read)

    def __repr__(self) -> str:
        bases = ", ".join([*self.by_basis][:4]) + (", …" if len(self.by_basis) > 4 else "")
        few = f"{len(self.by_basis)} {'basis' if len(self.by_basis) == 1 else 'bases'}"
        return f"Counts({self.total} outcomes on {self.wires} wires in {few}: {bases})"

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(next(iter(self.by_basis)))

    @property
    def total(self) -> int:
        """Number of outcomes over all bases."""
        return int(sum(np.sum(counts) for counts in self.by_basis.values()))


def _count(name: str, bits: np.ndarray) -> np.ndarray:
    _checks.wires_fit(name, bits.shape[-1])
    return np.bincount(outcome_index(bits), minlength=2 ** bits.shape[-1])


def _bases(name: str, by_basis: Any) -> list[str]:
    """The bases of a mapping, each of the letters X, Y, Z."""
    if not isinstance(by_basis, Mapping):
        but = f"it is {_checks.shown(by_basis)}"
        raise error(name, "be a dictionary of bases", but, '{"ZZ": …}', TypeError)
    if not by_basis:
        raise error(name, "name at least one basis", "it is empty", '{"ZZ": …}')
    for basis in by_basis:
        if not isinstance(basis, str) or not basis or set(basis) - set("XYZ"):
            but = f"one is {_checks.shown(basis)}"
            remedy = '"ZXZ", for example; qce.data.from_counts for one basis'
            raise error(name, "name bases by the letters X, Y, Z", but, remedy)
    return list(by_basis)


def _table(basis: str, counts: Array) -> np.ndarray:
    table = _checks.counts("by_basis", counts)
    if table.shape != (2 ** len(basis),):
        but = f"{basis} has shape {table.shape}"
        raise error("by_basis", "hold 2^n counts a basis", but, f"2^{len(basis)} counts of it")
    return table
