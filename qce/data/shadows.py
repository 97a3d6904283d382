"""Classical shadows: outcomes in bases drawn at random, and states estimated from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.data.bases import Bases, PauliBases, random_bases
from qce.data.samples import Counts, outcome_index


@dataclass(frozen=True, eq=False, repr=False)
class Shadow(Shown):
    """How often each outcome was seen in each of a set of bases, drawn uniformly at random.

    Args:
        bases: from `qce.data.random_bases`.
        counts: integers, shape `(bases.count, 2^n)`.

    Source: H.-Y. Huang, R. Kueng, J. Preskill, Nature Physics 16, 1050 (2020).

    Example:
        >>> counts = Counts({"X": np.array([3, 2]), "Y": np.array([2, 3]), "Z": np.array([5, 0])})
        >>> shadow = Shadow.from_counts(counts)
        >>> shadow.total
        15
        >>> shadow.density_matrix().real.round(2).tolist()
        [[1.0, 0.1], [0.1, 0.0]]
    """

    bases: Bases
    counts: np.ndarray

    def __post_init__(self) -> None:
        _checks.instance("bases", self.bases, Bases, "qce.data.random_bases(…)")
        shape = (self.bases.count, 2**self.bases.wires)
        if (found := np.shape(self.counts)) != shape:
            raise error("counts", f"have shape {shape}", f"its shape is {found}", "a table")
        counts = _checks.counts("counts", self.counts, least=2)
        object.__setattr__(self, "counts", counts)

    @classmethod
    def from_counts(cls, counts: Counts) -> Shadow:
        """Take counts in Pauli bases that were drawn at random, or all used equally often.

        Outcomes in bases chosen otherwise give biased estimates, which cannot be detected.
        """
        _checks.instance("counts", counts, Counts, "qce.data.Counts.from_counts(…)")
        bases = random_bases("pauli", counts.wires)
        assert isinstance(bases, PauliBases)
        table = np.zeros((bases.count, 2**counts.wires), dtype=int)
        for label, row in counts.by_basis.items():
            table[bases.index(label)] = row
        return cls(bases, table)

    @classmethod
    def from_pennylane(cls, bits: Any, recipes: Any) -> Shadow:
        """Take what `qml.classical_shadow` returns.

        Args:
            bits: outcomes 0 or 1, shape `(T, n)`, T ≥ 2.
            recipes: 0, 1, 2 for X, Y, Z on each wire, of the same shape.

        Raises:
            ValueError: the shapes differ, or hold other numbers.

        Example:
            >>> shadow = Shadow.from_pennylane([[0], [1], [0]], [[2], [0], [2]])
            >>> shadow.counts.tolist()
            [[0, 1], [0, 0], [2, 0]]
        """
        seen = _checks.bits("bits", bits)
        letters = _checks.whole("recipes", recipes, "0, 1, 2 for X, Y, Z")
        if seen.ndim != 2 or seen.shape[0] < 2 or seen.shape[1] == 0:
            but = f"its shape is {seen.shape}"
            raise error("bits", "have shape (T, n) with T >= 2", but, "one row an outcome")
        if letters.shape != seen.shape or not np.isin(letters, (0, 1, 2)).all():
            but = f"its shape is {letters.shape}, its entries {np.unique(letters)[:4]}"
            must = f"have shape {seen.shape} and hold 0, 1 or 2"
            raise error("recipes", must, but, "the recipes of the same shadow")
        bases = random_bases("pauli", seen.shape[1])
        rows = letters @ 3 ** np.arange(bases.wires)[::-1]
        table = np.zeros((bases.count, 2**bases.wires), dtype=np.int64)
        np.add.at(table, (rows, outcome_index(seen)), 1)
        return cls(bases, table)

    @property
    def wires(self) -> int:
        """Number of wires."""
        return self.bases.wires

    @property
    def total(self) -> int:
        """Number of outcomes over all bases."""
        return int(self.counts.sum())

    @property
    def frequencies(self) -> np.ndarray:
        """Share of each outcome in all outcomes, shape `(bases.count, 2^n)`."""
        return self.counts / self.total

    def density_matrix(self) -> np.ndarray:
        """Return the mean snapshot, shape `(d, d)`: unbiased, of trace 1, but rarely positive."""
        return self.bases.inverted(self.frequencies)

    def empirical_state(self) -> np.ndarray:
        """Return the mean projector on the outcomes, shape `(d, d)`: a state, but biased."""
        return self.bases.empirical(self.frequencies)


def as_shadow(data: Any) -> Any:
    """Data as they are; a `Shadow` where they are bits and recipes of PennyLane."""
    if hasattr(data, "bits") and hasattr(data, "recipes"):
        return Shadow.from_pennylane(data.bits, data.recipes)
    pair = np.shape(data) if isinstance(data, np.ndarray) else ()
    if isinstance(data, tuple) and len(data) == 2:
        pair = (2, *np.shape(data[0])) if np.shape(data[0]) == np.shape(data[1]) else ()
    if len(pair) == 3 and pair[0] == 2:
        return Shadow.from_pennylane(data[0], data[1])
    return data


def measured_state(rho: np.ndarray, bases: Bases) -> np.ndarray:
    r"""Return the limit of the empirical state for infinitely many outcomes.

    It is (ρ + 1)/(d + 1) in mutually unbiased bases, and the same on every wire in Pauli bases. Its
    entropy, the least cross entropy of a model with the empirical state, is above S(ρ) unless
    ρ = 1/d.

    Args:
        rho: density matrix, shape `(d, d)`.
        bases: in which outcomes are drawn.

    Returns:
        Density matrix, shape `(d, d)`.

    Example:
        >>> state = measured_state(np.diag([1.0, 0.0]), random_bases("mub", 1))
        >>> state.diagonal().real.round(4).tolist()
        [0.6667, 0.3333]
    """
    _checks.instance("bases", bases, Bases, "qce.data.random_bases(…)")
    _checks.states("rho", rho)
    state, d = np.asarray(rho), 2**bases.wires
    if state.shape != (d, d):
        raise error("rho", f"have shape ({d}, {d})", f"its shape is {state.shape}", "one state")
    return bases.empirical(bases.overlaps(state) / bases.count)
