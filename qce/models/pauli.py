"""Sums of Pauli strings, applied by index permutation and phase.

A Pauli string maps each basis ket to one other: P|c⟩ = phase(c) |c ⊕ x⟩, where x has a bit 1 for
each X or Y. So a sum of J strings needs J·d phases and no matrix a string; strings with equal x
share one stripe of the matrix, the entries in row c ⊕ x and column c. Methods that are linear in
coefficients or states take NumPy and JAX arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pennylane as qml

from qce import _checks
from qce._checks import error
from qce._concrete import called, constant
from qce._showing import Shown
from qce.circuits.circuit import real_array
from qce.errors import ArgumentError
from qce.typing import Array

# Kets of a block that is diagonalised: a complex matrix of so many takes 1 GiB.
_LARGEST = 2**13
_LETTERS = 10**8  # of all strings together


@dataclass(frozen=True, repr=False)
class PauliTerms(Shown):
    r"""Pauli strings $P_1 … P_J$ on n wires, the terms of Hamiltonians $H = \sum_i c_i P_i$.

    Args:
        strings: one letter of `I`, `X`, `Y`, `Z` for each wire, wire 0 first.

    Raises:
        ValueError: there is no string, they differ in length, are not of these letters, are the
            identity, or occur twice.

    Example:
        >>> terms = PauliTerms.chain(3, fields="X", couplings=["ZZ"])
        >>> terms.strings
        ('XII', 'IXI', 'IIX', 'ZZI', 'IZZ')
        >>> terms.expectations(np.eye(8) / 8).tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0]
    """

    strings: tuple[str, ...]

    def __post_init__(self) -> None:
        strings = _checks.sequence("strings", self.strings, '["XI", "ZZ"]')
        for s in strings:
            _checks.instance("strings", s, str, 'Pauli strings, such as "XZ"')
        object.__setattr__(self, "strings", strings)
        if not strings or not strings[0] or {len(s) for s in strings} != {len(strings[0])}:
            but = f"they are {_short(strings)}"
            raise error("strings", "be words of one length", but, 'for example ["XI", "ZZ"]')
        if any(set(s) - set("IXYZ") or not set(s) - {"I"} for s in strings):
            must = "be of the letters I, X, Y, Z, and not of I alone"
            but = f"they are {_short(strings)}"
            raise error("strings", must, but, "Pauli strings; the identity changes no Gibbs state")
        if len(set(strings)) < len(strings):
            twice = next(s for s in strings if strings.count(s) > 1)
            raise error("strings", "differ", f"{twice!r} occurs twice", "each string once")

    @classmethod
    def chain(
        cls,
        wires: int,
        fields: str = "",
        couplings: Iterable[str] = (),
        *,
        periodic: bool = False,
    ) -> PauliTerms:
        """Return fields on every wire, then couplings of neighbours.

        Args:
            wires: number of wires.
            fields: letters, as "XZ".
            couplings: pairs of letters, as `["XX", "YY", "ZZ"]`.
            periodic: couple the last wire to wire 0.
        """
        wires = _checks.integer("wires", wires, "for example wires=2", least=1)
        single_letters = _letters("fields", fields, 1)
        couplings = _letters("couplings", couplings, 2)
        periodic = _checks.truth("periodic", periodic)
        _few_letters(("wires",), wires, (len(single_letters) + len(couplings)) * wires)
        ends = wires if periodic and wires > 2 else wires - 1
        single = [_string(wires, {i: a}) for a in single_letters for i in range(wires)]
        pairs = [
            _string(wires, {i: pair[0], (i + 1) % wires: pair[1]})
            for pair in couplings
            for i in range(ends)
        ]
        if couplings and not pairs and not single:
            raise error("wires", "be 2 or more for couplings", f"it is {wires}", "wires=2")
        if not single and not pairs:
            but = "there are no terms"
            raise error(("fields", "couplings"), "not both be empty", but, 'for example fields="X"')
        return cls((*single, *pairs))

    @classmethod
    def local(cls, wires: int, body: int = 2, letters: str = "XYZ") -> PauliTerms:
        """Return all strings with 1 to `body` letters other than I, short ones first.

        With `letters="Z"` these are the terms of the classical pairwise Boltzmann machine, in the
        order of `PairwiseSpectrum`.
        """
        wires = _checks.integer("wires", wires, "for example wires=2", least=1)
        body = _checks.integer("body", body, "for example body=2", least=1, most=wires)
        letters = _alphabet(letters)
        # Beyond 64 letters the number of strings is far above the limit already.
        lengths = range(1, min(body, 64) + 1)
        strings = sum(math.comb(wires, k) * len(letters) ** k for k in lengths)
        _few_letters(("wires", "body"), wires, strings)
        return cls(
            tuple(
                _string(wires, dict(zip(sites, word, strict=True)))
                for k in range(1, body + 1)
                for sites in combinations(range(wires), k)
                for word in product(letters, repeat=k)
            )
        )

    @classmethod
    def restricted(cls, visible: int, hidden: int, letters: str = "XZ") -> PauliTerms:
        """Return the terms of a restricted Boltzmann machine, visible wires first.

        Z fields on visible wires, fields of the given letters on hidden ones, and products of one
        of each; `letters="Z"` is the classical machine.
        """
        visible = _checks.integer("visible", visible, "for example 2", least=1)
        hidden = _checks.integer("hidden", hidden, "for example 1", least=0)
        letters = _alphabet(letters)
        wires = visible + hidden
        strings = visible + hidden * len(letters) * (visible + 1)
        _few_letters(("visible", "hidden"), wires, strings)
        units = [(j, a) for j in range(visible, wires) for a in letters]
        fields = [_string(wires, {i: "Z"}) for i in range(visible)]
        fields += [_string(wires, {j: a}) for j, a in units]
        pairs = [_string(wires, {i: "Z", j: a}) for i in range(visible) for j, a in units]
        return cls((*fields, *pairs))

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(self.strings[0])

    @property
    def dimension(self) -> int:
        """Dimension d = 2^n."""
        return 2**self.wires

    @property
    def diagonal(self) -> bool:
        """Whether all strings are of I and Z, so that they commute and are classical."""
        return not any(self.flips)

    @property
    def real(self) -> bool:
        """Whether every string has an even number of Y, so that H is a real matrix."""
        return all(s.count("Y") % 2 == 0 for s in self.strings)

    @cached_property
    def flips(self) -> np.ndarray:
        """The bits x that each string flips, `(J,)`."""
        return np.array([_bits(s, "XY") for s in self.strings])

    @cached_property
    def phases(self) -> np.ndarray:
        """The phase(c) = i^#Y (−1)^|c ∧ z| of each string and basis ket, `(J, d)`."""
        _checks.wires_fit("strings", self.wires, numbers=2 * len(self.strings))
        index = np.arange(self.dimension)
        signs = np.array([_bits(s, "YZ") for s in self.strings])
        odd = np.bitwise_count(signs[:, None] & index) & 1
        powers = np.array([1j ** (s.count("Y") % 4) for s in self.strings])
        return (powers.real if self.real else powers)[:, None] * (1.0 - 2.0 * odd)

    def stripes(self, coefficients: Array) -> tuple[np.ndarray, Array]:
        """Return the different flips `(G,)`, and the phases of their strings summed, `(G, d)`.

        H|c⟩ is the sum over g of stripe[g, c] |c ⊕ flips[g]⟩.
        """
        found = _checks.vector("coefficients", coefficients, len(self.strings))
        coefficients = real_array("coefficients", found)
        flips, group = np.unique(self.flips, return_inverse=True)
        members = (group == np.arange(len(flips))[:, None]).astype(float)
        return flips, members @ (coefficients[:, None] * constant(self.phases))

    def matrix(self, coefficients: Array) -> Array:
        r"""Return $H = \sum_i c_i P_i$, shape `(d, d)`; real where it can be."""
        _checks.wires_fit("strings", self.wires, numbers=4, power=2)
        flips, stripes = self.stripes(coefficients)
        index = np.arange(self.dimension)
        slot = np.full(self.dimension, -1)
        slot[flips] = np.arange(len(flips))
        which = slot[index[:, None] ^ index]
        return np.where(which >= 0, 1.0, 0.0) * stripes[which, index]

    def energies(self, coefficients: np.ndarray) -> np.ndarray:
        """Return all eigenvalues of H, shape `(d,)`, block by block of kets that H connects.

        What conserves Σ Z, as Heisenberg and XXZ chains do, has blocks of C(n, k) kets: 924 where
        d = 4096.

        Args:
            coefficients: shape `(J,)`.

        Raises:
            ValueError: a block has more than 8192 kets: a complex matrix of 1 GiB.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        flips, stripes = self.stripes(coefficients)
        index = np.arange(self.dimension)
        entries = (stripes.ravel(), ((index ^ flips[:, None]).ravel(), np.tile(index, len(flips))))
        h = csr_array(entries, shape=(self.dimension, self.dimension))
        h.eliminate_zeros()  # of XX and YY, which leave 00 and 11 alone together
        block = connected_components(abs(h), directed=False)[1]
        largest = int(np.bincount(block).max())
        if largest > _LARGEST:
            but = f"a block of kets that they connect has {largest}"
            raise error("strings", f"connect at most {_LARGEST} kets", but, "fewer wires")
        order = np.argsort(block, kind="stable")
        blocks = np.split(order, np.cumsum(np.bincount(block))[:-1])
        return np.concatenate([np.linalg.eigvalsh(h[b][:, b].toarray()) for b in blocks])

    def apply(self, coefficients: Array, kets: Array) -> Array:
        """Return H|ψ⟩ for kets `(..., d)`."""
        kets = _checks.array("kets", kets)
        flips, stripes = self.stripes(coefficients)
        index = np.arange(self.dimension)
        pairs = zip(flips, stripes, strict=True)
        return sum((stripe * kets)[..., index ^ flip] for flip, stripe in pairs)

    def expectations(self, state: Array) -> Array:
        r"""Return $\mathrm{Tr}\, ρ P_i$ of all strings, shape `(J,)`.

        Args:
            state: ρ, shape `(d, d)`, or its diagonal `(d,)` where nothing stands beside it.
        """
        state, d = _checks.array("state", state), self.dimension
        if state.shape not in ((d,), (d, d)):
            must, but = f"have shape ({d}, {d}) or ({d},)", f"its shape is {state.shape}"
            raise error("state", must, but, "one state on the wires of the strings")
        index = np.arange(d)
        if state.ndim == 1:
            still = (self.flips == 0)[:, None]
            return ((still * constant(self.phases)) @ state).real
        return (constant(self.phases) * state[index, index ^ self.flips[:, None]]).sum(axis=-1).real


Hamiltonian: TypeAlias = "Mapping[str, float] | qml.operation.Operator"
"""A sum of Pauli words: a PennyLane operator, or a dictionary of strings and coefficients."""


def pauli_sum(hamiltonian: Hamiltonian) -> tuple[PauliTerms, np.ndarray, float]:
    """Return strings, coefficients and the identity's share of a Hamiltonian.

    Args:
        hamiltonian: a PennyLane operator that is a sum of Pauli words on wires 0…n−1, or a
            dictionary of strings and coefficients.

    Returns:
        `PauliTerms`, their coefficients `(J,)`, and the coefficient of the identity.

    Raises:
        ValueError: it is no sum of Pauli words, its wires are others, a coefficient is not real.

    Example:
        >>> terms, coefficients, shift = pauli_sum({"ZZ": -1.0, "XI": 0.5, "II": 2.0})
        >>> terms.strings, coefficients.tolist(), shift
        (('ZZ', 'XI'), [-1.0, 0.5], 2.0)
    """
    named = dict(hamiltonian) if isinstance(hamiltonian, Mapping) else _words(hamiltonian)
    for word, c in named.items():
        _checks.instance("hamiltonian", word, str, "a dictionary of Pauli strings")
        _coefficient(c)
    if any(abs(complex(c).imag) > 0 or not np.isfinite(c) for c in named.values()):
        raise error("hamiltonian", "have real coefficients", "one is not", "a Hermitian operator")
    shift = sum(float(np.real(c)) for s, c in named.items() if not set(s) - {"I"})
    kept = {s: float(np.real(c)) for s, c in named.items() if set(s) - {"I"}}
    with called(strings="hamiltonian"):
        return PauliTerms(tuple(kept)), np.array(list(kept.values())), shift


def _alphabet(letters: Any) -> str:
    """One letter X, Y, Z or more."""
    if not (found := "".join(_letters("letters", letters, 1))):
        raise error("letters", "hold one letter at least", "there is none", '"XYZ"')
    return found


def _few_letters(names: tuple[str, ...], wires: int, strings: int) -> None:
    """Refuse what takes minutes to write down."""
    if wires * strings > _LETTERS:
        but = f"there are {_checks.shown(strings)} of {_checks.shown(wires)} letters"
        raise ArgumentError(names, "make Pauli strings of 1e8 letters at most", but, "fewer")


def _letters(name: str, words: Any, length: int) -> tuple[str, ...]:
    """Words of so many letters X, Y, Z."""
    listed = tuple(words) if isinstance(words, Iterable) else (words,)
    if not all(isinstance(w, str) and len(w) == length and not set(w) - set("XYZ") for w in listed):
        must = "be letters X, Y, Z" if length == 1 else "be pairs of letters X, Y, Z"
        remedy = '"XZ"' if length == 1 else '["XX", "ZZ"]'
        raise error(name, must, f"it is {_checks.shown(words)}", remedy)
    return listed


def _words(operator: Any) -> dict[str, complex]:
    sentence = getattr(operator, "pauli_rep", None)
    if sentence is None:
        but, remedy = f"it is {_checks.shown(operator)}", "for example qml.sum(qml.Z(0))"
        if hasattr(operator, "to_list") and hasattr(operator, "num_qubits"):  # Qiskit's
            but = f"it is {type(operator).__name__}, where qubit 0 stands last"
            remedy = "`{word[::-1]: c.real for word, c in x.to_list()}`"
        raise error("hamiltonian", "be a sum of Pauli words", but, remedy)
    wires = sorted(operator.wires)
    if wires != list(range(len(wires))):
        raise error("hamiltonian", "be on wires 0…n−1", f"they are {wires}", "`qml.map_wires`")
    return {_string(len(wires), word): c for word, c in sentence.items()}


def _coefficient(c: Any) -> None:
    a = _checks.concrete("hamiltonian", c)
    if a.ndim:
        must, but = "have one number a string", f"one has shape {a.shape}"
        raise error("hamiltonian", must, but, "real coefficients")


def _string(wires: int, letters: Mapping[int, str]) -> str:
    return "".join(letters.get(i, "I") for i in range(wires))


def _bits(string: str, letters: str) -> int:
    return int("".join("1" if a in letters else "0" for a in string), 2)


def _short(strings: tuple[str, ...]) -> str:
    return repr(strings if len(strings) < 5 else (*strings[:4], "…"))
