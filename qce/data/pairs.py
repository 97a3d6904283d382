"""Bases of superpositions of pairs of computational kets, for measurements after a circuit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qce import _checks
from qce._concrete import namespace
from qce._showing import Shown
from qce.data.unbiased import outcome_numbers
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class PairBases(Shown):
    r"""The computational basis, and superpositions of two of its kets each.

    For each m from 1 to d − 1 the kets are paired as x and y = x ⊕ m, and each pairing has two
    bases, $(|x\rangle \pm |y\rangle)/\sqrt2$ and $(|x\rangle \pm i|y\rangle)/\sqrt2$: 2d − 1 in
    all, which determine a state. After a circuit that maps the eigenvectors of a state to kets x,
    an outcome of a pair has probability (p_x + p_y)/2: small for two small eigenvalues, whose
    coherence it measures. In Pauli or mutually unbiased bases the large eigenvalues add noise to
    it. A basis is reached by CNOTs from one wire and a Hadamard.

    Args:
        wires: number of wires.

    Example:
        >>> PairBases(2).count
        7
        >>> PairBases(1).overlaps(np.diag([1.0, 0.0])).real.round(12).tolist()
        [[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]]
    """

    wires: int

    def __post_init__(self) -> None:
        remedy = "fewer wires; tables of more do not fit"
        wires = _checks.integer("wires", self.wires, remedy, least=1, most=7)
        object.__setattr__(self, "wires", wires)

    @property
    def count(self) -> int:
        """Number of bases, 2d − 1."""
        return 2 ** (self.wires + 1) - 1

    @property
    def kets(self) -> np.ndarray:
        """All basis kets, shape `(2d − 1, d, d)`: basis, outcome, component."""
        return _pair_kets(self.wires)

    def circuit(self, index: int) -> Any:
        """Return the circuit that turns basis `index` into the computational one."""
        from qce.circuits import Block, Circuit

        index = _checks.integer("index", index, "the row of a basis", least=0, most=self.count - 1)
        if index == 0:
            return Circuit(self.wires, ())
        block = Block(f"to the pairs of basis {index}", 0, _Turn(self.wires, index))
        return Circuit(self.wires, ((block, 1),))

    def outcome_kets(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the basis kets of outcomes b · 2^n + x, integers `(k,)` → `(k, 2^n)`."""
        numbers = outcome_numbers(outcomes, self.count * 2**self.wires)
        return self.kets.reshape(-1, 2**self.wires)[numbers]

    def overlaps(self, operator: Array) -> Array:
        """Return ⟨φ|O|φ⟩ for all basis kets, shape `(2d − 1, d)`."""
        xp = namespace(operator)
        x, y, sign = _pairs(self.wires)
        levels = (operator[x, x] + operator[y, y]) / 2
        return (levels + xp.asarray(sign) * operator[x, y]).real

    def empirical(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t |φ⟩⟨φ|, shape `(d, d)`, for a table t."""
        d, table = 2**self.wires, np.asarray(table)
        x, y, sign = _pairs(self.wires)
        place, signed = (d * y + x).ravel(), (table * sign).ravel()
        real, imaginary = (np.bincount(place, t, d * d) for t in (signed.real, signed.imag))
        found = (real + 1j * imaginary).reshape(d, d)
        levels = sum(np.bincount(k.ravel(), table.ravel(), d) for k in (x, y))
        return (found + found.conj().T + np.diag(levels)) / 2


@dataclass(frozen=True)
class _Turn:
    """The gates that turn one basis into the computational one, as the `apply` of a block."""

    wires: int
    index: int

    def __call__(self, params: Array, on: Any) -> None:
        import pennylane as qml

        del params
        pivot, others, imaginary = _pairing(self.wires, self.index)
        for wire in others:
            qml.CNOT([on[pivot], on[wire]])
        if imaginary:
            qml.adjoint(qml.S(on[pivot]))
        qml.H(on[pivot])


def _pairing(wires: int, index: int) -> tuple[int, list[int], bool]:
    """The first wire on which the kets of a pair differ, the others, and whether the phase is i.

    Bases 2m − 1 and 2m are of the pairs x and x ⊕ m.
    """
    m, imaginary = (index + 1) // 2, index % 2 == 0
    differ = [k for k in range(wires) if m >> (wires - 1 - k) & 1]
    return differ[0], differ[1:], imaginary


@cache
def _pairs(wires: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and s of each outcome (|x⟩ + s|y⟩)/√2 of each basis, `(2d − 1, d)`; s = 0 for |x⟩.

    The outcome's bit of the first wire on which x and y differ gives the sign of s.
    """
    d = 2**wires
    outcomes = np.arange(d)
    x = np.tile(outcomes, (2 * d - 1, 1))
    y, sign = x.copy(), np.zeros(x.shape, dtype=complex)
    for index in range(1, 2 * d - 1):
        pivot, _, imaginary = _pairing(wires, index)
        bit = 1 << (wires - 1 - pivot)
        sign[index] = np.where(outcomes & bit, -1.0, 1.0) * (1j if imaginary else 1.0)
        x[index] = outcomes & ~bit  # of the pair the one whose first differing bit is 0
        y[index] = x[index] ^ (index + 1) // 2
    return x, y, sign


@cache
def _pair_kets(wires: int) -> np.ndarray:
    """All kets, `(2d − 1, d, d)`."""
    d = 2**wires
    x, y, sign = _pairs(wires)
    kets = np.zeros((2 * d - 1, d, d), dtype=complex)
    basis, outcome = np.indices(x.shape)
    kets[basis, outcome, y] = sign / np.sqrt(2)
    kets[basis, outcome, x] = np.where(sign == 0, 1.0, 1 / np.sqrt(2))
    return kets
