"""Mutually unbiased bases of several wires, from the field of 2^n elements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import namespace
from qce._showing import Shown
from qce._wires import all_bits
from qce.typing import Array


def outcome_numbers(outcomes: Array, most: int) -> np.ndarray:
    """Outcomes b · 2^n + x of bases b as integers `(k,)`, all below `most`."""
    remedy = "numbers of outcomes, such as np.array([0, 1])"
    numbers = _checks.whole("outcomes", outcomes, remedy)
    if numbers.ndim != 1 or not numbers.size:
        raise error("outcomes", "have shape (k,), k >= 1", f"its shape is {numbers.shape}", remedy)
    if not (0 <= numbers.min() and numbers.max() < most):
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise error("outcomes", f"be at least 0 and below {most}", f"one is {wrong}", remedy)
    return numbers


# x^n + … as bits: one irreducible polynomial over two elements for each degree.
_IRREDUCIBLE = (0b11, 0b111, 0b1011, 0b10011, 0b100101, 0b1000011, 0b10000011)


@dataclass(frozen=True, repr=False)
class UnbiasedBases(Shown):
    r"""The d + 1 mutually unbiased bases of n wires, the least number that determines a state.

    Basis a < d holds the kets $i^{x^T A_a x} (-1)^{b \cdot x} / \sqrt d$, where the matrices
    $(A_a)_{ij} = \operatorname{tr}(a\, e_i e_j)$ come from the field of d elements, so that the
    difference of any two is invertible; the last basis is the computational one. All kets together
    are a 2-design: a snapshot is $\hat\rho = (d + 1) |\varphi\rangle\langle\varphi| - 1$. Only for
    one wire are they a 3-design, whose snapshots have variances in closed form. A basis is reached
    by phase gates, CZ and Hadamards.

    Args:
        wires: number of wires.

    Source: W. K. Wootters and B. D. Fields, Annals of Physics 191, 363 (1989); as shadows Y. Wang
    and W. Cui, arXiv:2310.09644.

    Example:
        >>> kets = UnbiasedBases(2).kets
        >>> overlaps = abs(kets[1] @ kets[3].conj().T) ** 2
        >>> overlaps.round(12).tolist() == np.full((4, 4), 0.25).tolist()
        True
    """

    wires: int

    def __post_init__(self) -> None:
        remedy = "data on fewer wires"
        wires = _checks.integer("wires", self.wires, remedy, least=1, most=len(_IRREDUCIBLE))
        object.__setattr__(self, "wires", wires)

    @property
    def count(self) -> int:
        """Number of bases, d + 1."""
        return 2**self.wires + 1

    @property
    def kets(self) -> np.ndarray:
        """All basis kets, shape `(d + 1, d, d)`: basis, outcome, component."""
        return _unbiased_kets(self.wires)

    def circuit(self, index: int) -> Any:
        """Return the circuit that turns basis `index` into the computational one."""
        from qce.circuits import Block, Circuit

        index = _checks.integer("index", index, "the row of a basis", least=0, most=2**self.wires)
        if index == 2**self.wires:
            return Circuit(self.wires, ())
        block = Block(f"to unbiased basis {index}", 0, _Turn(self.wires, index))
        return Circuit(self.wires, ((block, 1),))

    def outcome_kets(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the basis kets of outcomes b · 2^n + x, integers `(k,)` → `(k, 2^n)`."""
        numbers = outcome_numbers(outcomes, self.count * 2**self.wires)
        return self.kets.reshape(-1, 2**self.wires)[numbers]

    def overlaps(self, operator: Array) -> Array:
        """Return ⟨φ|O|φ⟩ for all basis kets, shape `(d + 1, d)`."""
        xp, d = namespace(operator), 2**self.wires
        x, z, phases, signs = _differences(self.wires)
        sums = (xp.asarray(phases) * operator[x, x ^ z]).sum(axis=1).real
        levels = operator[x[:, 0], x[:, 0]].real
        return xp.concat([sums @ xp.asarray(signs) / d, levels[None]])

    def snapshots(self, operator: Array) -> Array:
        """Return Tr ρ̂O for all snapshots, shape `(d + 1, d)`."""
        return self.count * self.overlaps(operator) - namespace(operator).trace(operator).real

    def empirical(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t |φ⟩⟨φ|, shape `(d, d)`, for a table t."""
        table, d = np.asarray(table), 2**self.wires
        x, z, phases, signs = _differences(self.wires)
        found = np.zeros((d, d), dtype=complex)
        weights = table[:-1] @ signs / d
        found[x, x ^ z] = np.einsum("axz,az->xz", phases, weights).conj()
        return found + np.diag(table[-1])

    def inverted(self, table: np.ndarray) -> np.ndarray:
        """Return Σ t ρ̂, shape `(d, d)`."""
        return self.count * self.empirical(table) - np.sum(table) * np.eye(2**self.wires)


@dataclass(frozen=True)
class _Turn:
    """The gates that turn one basis into the computational one, as the `apply` of a block."""

    wires: int
    index: int

    def __call__(self, params: Array, on: Any) -> None:
        import pennylane as qml

        del params
        form = _trace_forms(self.wires)[self.index]
        for i in range(self.wires):
            if form[i, i]:
                qml.adjoint(qml.S(on[i]))
            for j in range(i):
                if form[i, j]:
                    qml.CZ([on[j], on[i]])
        for wire in on:
            qml.H(wire)


@cache
def _unbiased_kets(wires: int) -> np.ndarray:
    phases, signs = _phases_and_signs(wires)
    turned = phases[:, None, :] * signs / 2 ** (wires / 2)
    return np.concatenate([turned, np.eye(2**wires)[None]])


@cache
def _phases_and_signs(wires: int) -> tuple[np.ndarray, np.ndarray]:
    """i^{xᵀAx} of bases and components, and (−1)^{b·x} of outcomes and components."""
    # Component x and outcome b as bits; the component's bit i belongs to wire i, as everywhere.
    bits = all_bits(wires)
    signs = 1 - 2 * ((bits @ bits.T) % 2)
    powers = np.einsum("xi,aij,xj->ax", bits, _trace_forms(wires), bits) % 4
    return np.array([1, 1j, -1, -1j])[powers], signs


@cache
def _differences(wires: int) -> tuple[np.ndarray, ...]:
    """Components x and differences z, `(d, d)` each; phases of ⟨x|O|x ⊕ z⟩ in all bases; signs.

    ⟨φ|O|φ⟩ d is the sum over z of (−1)^{b·z} times a number common to all outcomes b of a basis.
    """
    x, z = np.indices((2**wires,) * 2)
    phases, signs = _phases_and_signs(wires)
    return x, z, phases[:, :, None].conj() * phases[:, x ^ z], signs.astype(float)


@cache
def _trace_forms(wires: int) -> np.ndarray:
    """(A_a)_ij = tr(a e_i e_j) for all elements a of the field of 2^n, shape `(d, n, n)`."""
    forms = np.zeros((2**wires, wires, wires), dtype=int)
    for a in range(2**wires):
        for i, j in product(range(wires), repeat=2):
            element = _multiply(a, _multiply(1 << i, 1 << j, wires), wires)
            forms[a, i, j] = _trace(element, wires)
    return forms


def _multiply(a: int, b: int, degree: int) -> int:
    """Product in the field of 2^degree elements; bits are coefficients of a polynomial."""
    result = 0
    while b:
        result ^= a * (b & 1)
        b >>= 1
        a <<= 1
        if a >> degree:
            a ^= _IRREDUCIBLE[degree - 1]
    return result


def _trace(a: int, degree: int) -> int:
    """Field trace a + a² + a⁴ + …, which is 0 or 1."""
    total, power = 0, a
    for _ in range(degree):
        total ^= power
        power = _multiply(power, power, degree)
    return total
