"""Sets of bases to measure in at random, such that the outcomes determine the state.

There are two: the Pauli bases of each wire, 3-designs of one wire, and the mutually unbiased bases
of all wires together, a 2-design. For both, the mean projector on the outcomes is a known linear
function of the state, which classical shadows invert.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, runtime_checkable

import numpy as np

from qce import _checks
from qce._checks import error, one_of
from qce._concrete import constant, namespace
from qce._showing import Shown
from qce.data.unbiased import UnbiasedBases, outcome_numbers
from qce.typing import Array

_LETTERS = "XYZ"

# Tables hold 6^n numbers for Pauli bases and d²(d + 1) for unbiased ones: at most 34 MB here.
_MOST_WIRES = {"pauli": 8, "mub": 7}

ENSEMBLES = tuple(_MOST_WIRES)
"""Names of the sets of bases."""


class Measured(Protocol):
    """Bases in which outcomes are drawn."""

    @property
    def wires(self) -> int:
        """Number of wires n."""

    @property
    def count(self) -> int:
        """Number of bases."""

    def circuit(self, index: int) -> Any:
        """Return the circuit that turns basis `index` into the computational one."""

    def overlaps(self, operator: Array) -> Array:
        """Return the table ⟨φ|O|φ⟩ of a Hermitian operator `(d, d)` in all basis kets φ."""


@runtime_checkable
class Bases(Measured, Protocol):
    """A set of bases to choose from uniformly.

    Tables have a row for each basis and a column for each outcome, shape `(count, 2^n)`.
    """

    def snapshots(self, operator: Array) -> Array:
        """Return the table Tr ρ̂O of an operator `(d, d)` in the snapshots ρ̂ of all outcomes."""

    def empirical(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t |φ⟩⟨φ|, shape `(d, d)`, for a table t."""

    def inverted(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t ρ̂, shape `(d, d)`, for a table t."""


def random_bases(ensemble: str, wires: int) -> PauliBases | UnbiasedBases:
    """Return a set of bases by name.

    Args:
        ensemble: `"pauli"` for a random letter X, Y, Z on each wire, 3^n bases made without
            entangling gates; `"mub"` for the d + 1 mutually unbiased bases of all wires together.
        wires: number of wires, at most 8 (`"pauli"`) or 7 (`"mub"`).

    Returns:
        The bases.

    Raises:
        ValueError: there is no such set, or the wires are too many.

    Example:
        >>> random_bases("pauli", 2).count, random_bases("mub", 2).count
        (9, 5)
    """
    one_of("ensemble", ensemble, ENSEMBLES)
    most = _MOST_WIRES[ensemble]
    remedy = f"data on fewer wires; {ensemble!r} bases are tables up to there"
    wires = _checks.integer("wires", wires, remedy, least=1, most=most)
    return PauliBases(wires) if ensemble == "pauli" else UnbiasedBases(wires)


@dataclass(frozen=True, repr=False)
class PauliBases(Shown):
    r"""A letter X, Y or Z on each wire; bases in the order XX…X, XX…Y, …, ZZ…Z.

    A snapshot is $\hat\rho = \bigotimes_i (3 |b_i\rangle\langle b_i| - 1)$.

    Args:
        wires: number of wires.

    Source: H.-Y. Huang, R. Kueng, J. Preskill, Nature Physics 16, 1050 (2020).

    Example:
        >>> PauliBases(2).label(5)
        'YZ'
        >>> PauliBases(1).overlaps(np.diag([1.0, 0.0])).real.tolist()
        [[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]
    """

    wires: int

    def __post_init__(self) -> None:
        wires = _checks.integer("wires", self.wires, "wires=2, for example", least=1)
        object.__setattr__(self, "wires", wires)

    @property
    def count(self) -> int:
        """Number of bases, 3^n."""
        return 3**self.wires

    def label(self, index: int) -> str:
        """Return the letters of a basis, wire 0 first."""
        index = _checks.integer("index", index, "the row of a basis", least=0, most=self.count - 1)
        return "".join(_LETTERS[index // 3**k % 3] for k in reversed(range(self.wires)))

    def index(self, label: str) -> int:
        """Return the row of a basis from its letters."""
        if not isinstance(label, str) or len(label) != self.wires or set(label) - set(_LETTERS):
            must = f"be {self.wires} letters X, Y, Z"
            remedy = f"{'Z' * self.wires!r}, for example"
            raise error("label", must, f"it is {_checks.shown(label)}", remedy)
        return int("".join(str(_LETTERS.index(letter)) for letter in label), 3)

    def circuit(self, index: int) -> Any:
        """Return the circuit that turns basis `index` into the computational one."""
        from qce.circuits import basis_change

        return basis_change(self.label(index))

    def outcome_kets(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the basis kets of outcomes b · 2^n + x, integers `(k,)` → `(k, 2^n)`.

        Example:
            >>> PauliBases(1).outcome_kets(np.array([4, 5])).real.tolist()
            [[1.0, 0.0], [0.0, 1.0]]
        """
        outcomes = outcome_numbers(outcomes, self.count * 2**self.wires)
        basis, bits = np.divmod(outcomes, 2**self.wires)
        kets = np.ones((len(outcomes), 1), dtype=complex)
        for k in reversed(range(self.wires)):  # wire 0 is the most significant digit
            wire = _eigenkets()[basis // 3**k % 3, bits >> k & 1]
            kets = np.reshape(kets[:, :, None] * wire[:, None, :], (len(outcomes), -1))
        return kets

    def overlaps(self, operator: Array) -> Array:
        """Return ⟨φ|O|φ⟩ for all basis kets, shape `(3^n, 2^n)`."""
        return self._contract(operator, _projectors())

    def snapshots(self, operator: Array) -> Array:
        """Return Tr ρ̂O for all snapshots, shape `(3^n, 2^n)`."""
        return self._contract(operator, _inverted_projectors())

    def empirical(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t |φ⟩⟨φ|, shape `(d, d)`."""
        return self._assemble(table, _projectors())

    def inverted(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t ρ̂, shape `(d, d)`."""
        return self._assemble(table, _inverted_projectors())

    def _contract(self, operator: Array, effects: np.ndarray) -> Array:
        """Tr of the operator with a product of effects: one wire after the other."""
        n, xp = self.wires, namespace(operator)
        tensor = xp.reshape(operator, (2,) * (2 * n))
        for left in range(n, 0, -1):  # axis 0 is the row, axis `left` the column of the next wire
            tensor = xp.tensordot(tensor, constant(effects), axes=([0, left], [3, 2]))
        order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
        return xp.reshape(xp.permute_dims(tensor, order), (3**n, 2**n)).real

    def _assemble(self, table: np.ndarray, effects: np.ndarray) -> np.ndarray:
        n = self.wires
        tensor = np.asarray(table).reshape((3,) * n + (2,) * n)
        for left in range(n, 0, -1):  # axis 0 is the letter, axis `left` the bit of the next wire
            tensor = np.tensordot(tensor, effects, axes=([0, left], [0, 1]))
        order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
        return tensor.transpose(order).reshape(2**n, 2**n)


@cache
def _eigenkets() -> np.ndarray:
    """Kets of the outcomes of X, Y, Z: letter, bit, component."""
    kets = np.array([[[1, 1], [1, -1]], [[1, 1j], [1, -1j]], [[1, 0], [0, 1]]])
    return kets / np.linalg.norm(kets, axis=-1, keepdims=True)


@cache
def _projectors() -> np.ndarray:
    """Projectors on the outcomes of X, Y, Z: letter, bit, row, column."""
    paulis = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    signs = np.array([1, -1])[:, None, None]
    return (np.eye(2) + signs * paulis[:, None]) / 2


@cache
def _inverted_projectors() -> np.ndarray:
    return 3 * _projectors() - np.eye(2)
