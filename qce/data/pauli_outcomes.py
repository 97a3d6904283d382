"""Outcomes in product Pauli bases, on any number of wires, with their bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks, classical
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce._wires import bits_of
from qce.data.bases import PauliBases
from qce.data.rows import OPEN, seen_bits
from qce.data.samples import Counts
from qce.data.shadows import Shadow

_LETTERS = "XYZ"


@dataclass(frozen=True, eq=False, repr=False)
class PauliOutcomes(Shown):
    """A list of outcomes, each in its own product basis.

    `Counts` and `Shadow` list all 2^n outcomes of a basis; here each outcome is a row, so that
    there may be many wires, and bases may differ from shot to shot.

    Args:
        settings: how each wire was measured: strings of letters X, Y, Z, wire 0 first, or numbers
            0, 1, 2 for them, shape `(N, n)`; one string, or shape `(n,)`, for all rows.
        bits: outcomes, 0 for the eigenvalue +1, shape `(N, n)`; a wire that was not seen is −1, or
            NaN among floats.

    Raises:
        ValueError: A letter or a bit is not one of these, or the shapes do not fit.

    Example:
        >>> outcomes = PauliOutcomes(["XZ", "ZZ"], [[0, 1], [1, -1]])
        >>> outcomes.total, outcomes.wires, outcomes.effects.tolist()
        (2, 2, [[0, 5], [5, -1]])
    """

    settings: Any
    bits: Any

    def __post_init__(self) -> None:
        bits = seen_bits("bits", self.bits)
        if bits.ndim != 2 or bits.size == 0:
            but = f"its shape is {bits.shape}"
            raise error("bits", "have shape (N, n), N, n >= 1", but, "one row an outcome")
        settings = read_settings("settings", self.settings, bits.shape)
        object.__setattr__(self, "bits", bits)
        object.__setattr__(self, "settings", settings)

    @classmethod
    def from_counts(cls, counts: Counts | Mapping[str, Any]) -> PauliOutcomes:
        """Take counts in Pauli bases, each outcome as often as it was seen.

        Args:
            counts: `Counts`, or a dictionary of the counts of each basis.

        Example:
            >>> PauliOutcomes.from_counts({"XZ": {"01": 2}}).bits.tolist()
            [[0, 1], [0, 1]]
        """
        _checks.instance("counts", counts, (Counts, Mapping), '{"XZ": {"00": 3, "11": 1}}')
        if not isinstance(counts, Counts):
            nested = any(isinstance(x, Mapping) for x in counts.values())
            with called(by_basis="counts"):
                counts = Counts.from_counts(counts) if nested else Counts(counts)
        n, settings, bits = counts.wires, [], []
        for basis, table in counts.by_basis.items():
            numbers = np.asarray(table).astype(np.int64)
            bits.append(np.repeat(bits_of(np.arange(2**n), n), numbers, axis=0))
            settings.append(np.tile(_numbers([basis]), (int(numbers.sum()), 1)))
        return cls(np.concatenate(settings), np.concatenate(bits))

    @property
    def wires(self) -> int:
        """Number of wires."""
        return int(self.bits.shape[1])

    @property
    def total(self) -> int:
        """Number of outcomes."""
        return len(self.bits)

    @property
    def effects(self) -> np.ndarray:
        """The effect on each wire, X+, X−, Y+, Y−, Z+, Z− as 0 … 5, or −1, int8 `(N, n)`."""
        found = 2 * self.settings + self.bits
        return np.where(self.bits == OPEN, OPEN, found).astype(np.int8)

    def counts(self) -> Counts:
        """Count all outcomes of each basis, for few wires; every bit has to be seen.

        Example:
            >>> PauliOutcomes("Z", [[0], [1], [1]]).counts().by_basis
            {'Z': array([1, 2])}
        """
        if (self.bits == OPEN).any():
            raise error("bits", "be complete to be counted", "one was not seen", "rows without −1")
        bases, which = np.unique(self.settings, axis=0, return_inverse=True)
        names = ["".join(_LETTERS[x] for x in basis) for basis in bases]
        samples = {name: self.bits[which.ravel() == k] for k, name in enumerate(names)}
        return Counts.from_samples(samples)

    @property
    def choice(self) -> float:
        """Entropy of how often each basis was used (nats)."""
        _, seen = np.unique(self.settings, axis=0, return_counts=True)
        return float(classical.entropy(seen / self.total))

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, rows: Any) -> PauliOutcomes:
        """Some of the outcomes: a slice, or an array of their numbers."""
        with called(settings="rows", bits="rows"):
            return PauliOutcomes(self.settings[rows], self.bits[rows])

    def split(self, share: float, seed: int) -> tuple[PauliOutcomes, PauliOutcomes]:
        """Divide the outcomes into two random parts.

        Args:
            share: Of the second part, above 0 and below 1.
            seed: Of the draw.

        Returns:
            The rest, and the part of this share.

        Raises:
            ValueError: One part would be empty.

        Example:
            >>> rest, apart = PauliOutcomes("X", [[0], [1], [1], [0], [1]]).split(0.2, seed=0)
            >>> rest.total, apart.total
            (4, 1)
        """
        share = _checks.share("share", share, "0.1, for example")
        order = _checks.rng("seed", seed).permutation(self.total)
        apart = round(share * self.total)
        if not 0 < apart < self.total:
            but = f"of {self.total} outcomes {share:g} are {apart}"
            raise error("share", "leave outcomes on both sides", but, "another share")
        return self[order[apart:]], self[order[:apart]]


def as_pauli_outcomes(name: str, data: Any) -> PauliOutcomes | None:
    """Read outcomes in several Pauli bases; `None` for those of the computational basis alone.

    `qml.classical_shadow` returns bits and recipes.
    """
    if isinstance(data, PauliOutcomes):
        return data
    if isinstance(data, Shadow):
        bases = data.bases
        _checks.instance(name, bases, PauliBases, "outcomes in Pauli bases")
        assert isinstance(bases, PauliBases)
        seen = np.flatnonzero(data.counts.sum(axis=1)).tolist()
        return PauliOutcomes.from_counts(Counts({bases.label(k): data.counts[k] for k in seen}))
    if isinstance(data, Counts) or _is_by_basis(data):
        with called(counts=name):
            return PauliOutcomes.from_counts(data)
    pair = (data.bits, data.recipes) if hasattr(data, "recipes") else data
    if isinstance(pair, np.ndarray) and pair.ndim == 3:
        pair = tuple(pair)
    if isinstance(pair, tuple) and len(pair) == 2 and _dimensions(pair[0]) == 2:
        with called(bits=name, settings=name):
            return PauliOutcomes(np.asarray(pair[1]), pair[0])
    return None


def _is_by_basis(data: Any) -> bool:
    """Whether something is a dictionary of bases, with counts or a dictionary of each."""
    values = data.values() if isinstance(data, Mapping) else ()
    return any(isinstance(x, Mapping) or _dimensions(x) for x in values)


def _dimensions(x: Any) -> int:
    """Number of axes; 0 if it is no array."""
    try:
        return int(np.ndim(x))
    except ValueError:  # rows of different lengths
        return 0


def random_settings(wires: int, shots: int, seed: int) -> np.ndarray:
    """Draw measurement settings: a letter X, Y or Z for each wire and shot.

    Args:
        wires: Number of wires n.
        shots: How many settings.
        seed: Of the letters.

    Returns:
        0, 1, 2 for X, Y, Z, int8, shape `(shots, n)`.

    Raises:
        ValueError: A number is below 1, or the settings do not fit into memory.

    Example:
        >>> random_settings(3, shots=2, seed=0).tolist()
        [[2, 2, 0], [0, 2, 2]]
    """
    wires = _checks.integer("wires", wires, "wires=64, for example", least=1)
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    needed = 16.0 * shots * wires  # for drawing them, and for their outcomes
    _checks.memory("shots", f"{shots} settings", needed, None, "fewer at a time")
    # A separate stream: a model may draw outcomes by the same seed, which must be independent.
    return _checks.rng("seed", seed).spawn(1)[0].integers(0, 3, (shots, wires)).astype(np.int8)


def read_settings(name: str, settings: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Letters or their numbers as int8, brought to the shape of the bits."""
    if isinstance(settings, np.ndarray) and settings.dtype.kind == "U":
        settings = settings.tolist()
    listed = [settings] if isinstance(settings, str) else settings
    if isinstance(listed, Sequence) and listed and all(isinstance(x, str) for x in listed):
        found = _numbers([_letters(name, x, shape[-1]) for x in listed])
        found = found[0] if isinstance(settings, str) else found
    else:
        remedy = "letters X, Y, Z, or 0, 1, 2"
        if _checks.concrete(name, settings).dtype.kind == "b":
            must = "be letters X, Y, Z, or 0, 1, 2"
            raise error(name, must, "it holds truth values", remedy)
        found = _checks.whole(name, settings, remedy)
        if found.size and (found.min() < 0 or found.max() > 2):
            worst = found.min() if found.min() < 0 else found.max()
            raise error(name, "be letters X, Y, Z, or 0, 1, 2", f"one is {worst}", remedy)
    try:
        return np.broadcast_to(found.astype(np.int8), shape)
    except ValueError:
        but = f"its shape is {found.shape}"
        remedy = "a row of letters for each outcome, or one for all"
        raise error(name, f"fit bits of shape {shape}", but, remedy) from None


def _letters(name: str, text: str, wires: int) -> str:
    if len(text) != wires or set(text) - set(_LETTERS):
        must, but = f"be {wires} letters X, Y, Z", f"one is {_checks.shown(text)}"
        raise error(name, must, but, f"{'XYZ' * 2!r} for six wires, for example")
    return text


def _numbers(texts: Sequence[str]) -> np.ndarray:
    """Texts of one length as numbers of letters, shape `(k, n)`."""
    codes = np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(texts), -1)
    return (codes - ord("X")).astype(np.int8)
