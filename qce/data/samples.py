"""Outcomes of measurements: bit strings, their frequencies, and counts in several bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qce._checks import error


def outcome_index(samples: np.ndarray) -> np.ndarray:
    """Return the index of each bit string; wire 0 is the most significant bit.

    Args:
        samples: integers 0 or 1, shape `(..., n)`.

    Returns:
        Indices in 0 … 2^n − 1, shape `(...)`.

    Example:
        >>> outcome_index(np.array([[0, 1], [1, 1]])).tolist()
        [1, 3]
    """
    bits = _binary(samples)
    return bits @ (1 << np.arange(bits.shape[-1])[::-1])


def empirical(samples: np.ndarray) -> np.ndarray:
    """Return the relative frequencies of bit strings.

    Args:
        samples: integers 0 or 1, shape `(N, n)`, N ≥ 1.

    Returns:
        Probabilities p̂(x) = count(x) / N, shape `(2^n,)`.

    Example:
        >>> empirical(np.array([[0, 0], [1, 0], [1, 0], [1, 1]])).tolist()
        [0.25, 0.0, 0.5, 0.25]
    """
    bits = _binary(samples)
    if bits.ndim != 2 or bits.size == 0:
        but = f"its shape is {bits.shape}"
        raise error("samples", "have shape (N, n) with N >= 1", but, "one row for each outcome")
    return np.bincount(outcome_index(bits), minlength=2 ** bits.shape[1]) / len(bits)


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each bit string was seen in each measurement basis.

    Args:
        by_basis: for each basis the counts of all outcomes, shape `(2^n,)`. A basis is a string
            with one letter of X, Y, Z for each wire, wire 0 first; outcome 0 is eigenvalue +1.

    Example:
        >>> counts = Counts.from_samples({"ZZ": [[0, 0], [1, 1]], "XX": [[0, 0]]})
        >>> counts.wires, counts.total
        (2, 3)
        >>> counts.by_basis["ZZ"].tolist()
        [1, 0, 0, 1]
    """

    by_basis: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        if not self.by_basis or len({len(basis) for basis in self.by_basis}) != 1:
            but = f"its bases are {list(self.by_basis)}"
            raise error("by_basis", "name at least one basis, all of one length", but, '{"ZZ": …}')
        for basis, counts in self.by_basis.items():
            _check_counts(basis, np.asarray(counts))

    @classmethod
    def from_samples(cls, samples: Mapping[str, np.ndarray]) -> Counts:
        """Count bit strings: basis → integers 0 or 1 of shape `(N, n)`."""
        return cls({basis: _count(np.asarray(bits)) for basis, bits in samples.items()})

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(next(iter(self.by_basis)))

    @property
    def total(self) -> int:
        """Number of outcomes over all bases."""
        return int(sum(np.sum(counts) for counts in self.by_basis.values()))


def _count(bits: np.ndarray) -> np.ndarray:
    return np.bincount(outcome_index(bits), minlength=2 ** bits.shape[-1])


def _check_counts(basis: str, counts: np.ndarray) -> None:
    if not basis or set(basis) - set("XYZ"):
        raise error("by_basis", "name bases by the letters X, Y, Z", f"one is {basis!r}", '"ZXZ"')
    if counts.shape != (2 ** len(basis),):
        but = f"{basis} has shape {counts.shape}"
        raise error("by_basis", "hold 2^n counts a basis", but, f"shape ({2 ** len(basis)},)")
    if counts.dtype.kind not in "iu" or counts.min() < 0 or counts.sum() == 0:
        but = f"those of {basis} are not"
        raise error("by_basis", "hold counts: integers, not negative, some positive", but, "counts")


def _binary(samples: np.ndarray) -> np.ndarray:
    bits = np.asarray(samples)
    if bits.dtype.kind not in "biu" or (bits.size and not np.isin(bits, (0, 1)).all()):
        but = f"it holds other values (dtype {bits.dtype})"
        raise error("samples", "be integers 0 or 1", but, "bits, not ±1 or probabilities")
    return bits.astype(int)
