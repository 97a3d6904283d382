"""Classical shadows: outcomes in bases drawn at random, and the states made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qce._checks import error
from qce.data.bases import Bases, PauliBases, random_bases
from qce.data.samples import Counts


@dataclass(frozen=True, eq=False)
class Shadow:
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
        counts, shape = np.asarray(self.counts), (self.bases.count, 2**self.bases.wires)
        if counts.shape != shape:
            raise error("counts", f"have shape {shape}", f"its shape is {counts.shape}", "a table")
        if counts.dtype.kind not in "iu" or counts.min() < 0 or counts.sum() < 2:
            but = "they are not"
            raise error("counts", "be integers, none negative, at least 2 in all", but, "counts")
        object.__setattr__(self, "counts", counts)

    @classmethod
    def from_counts(cls, counts: Counts) -> Shadow:
        """Take counts in Pauli bases that were drawn at random, or all used equally often.

        Outcomes in bases chosen otherwise give no unbiased estimate; nothing in them shows it.
        """
        bases = random_bases("pauli", counts.wires)
        assert isinstance(bases, PauliBases)
        table = np.zeros((bases.count, 2**counts.wires), dtype=int)
        for label, row in counts.by_basis.items():
            table[bases.index(label)] = row
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
        """Return the mean projector on what was seen, shape `(d, d)`: a state, but a biased one."""
        return self.bases.empirical(self.frequencies)


def measured_state(rho: np.ndarray, bases: Bases) -> np.ndarray:
    r"""Return what the empirical state becomes after infinitely many outcomes.

    Measuring early leaves (ρ + 1)/(d + 1) of ρ in mutually unbiased bases, and the same of every
    wire in Pauli bases. Its entropy is the least cross entropy that a model of the empirical state
    can reach, which is above S(ρ).

    Args:
        rho: density matrix, shape `(d, d)`.
        bases: that outcomes are drawn in.

    Returns:
        Density matrix, shape `(d, d)`.

    Example:
        >>> state = measured_state(np.diag([1.0, 0.0]), random_bases("mub", 1))
        >>> state.diagonal().real.round(4).tolist()
        [0.6667, 0.3333]
    """
    return bases.empirical(bases.overlaps(rho) / bases.count)
