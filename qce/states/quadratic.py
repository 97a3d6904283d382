"""Hamiltonians of free fermions: chains with any coupling on each bond, and a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.states import quadratic_terms
from qce.states.ising import IsingChain
from qce.states.known import own
from qce.states.majorana import AXES
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class QuadraticHamiltonian:
    r"""The Hamiltonian $H = \frac{i}{4} \sum_{jk} A_{jk} γ_j γ_k$ of Majorana operators γ.

    By Jordan and Wigner each wire k = 0, 1, … has two: $γ_{2k} = Z_0 … Z_{k-1} X_k$ and
    $γ_{2k+1} = Z_0 … Z_{k-1} Y_k$.

    Args:
        matrix: A `(2n, 2n)`, real and antisymmetric within √ε.
        axis: "Z" for the strings above, "X" where X and Z have changed places: Hadamard gates on
            every wire, as a chain of ZZ couplings and X fields needs.

    Raises:
        ValueError: If A is not real and antisymmetric, or of odd size.

    Example:
        >>> chain = QuadraticHamiltonian.ising([1.0, 0.5], [0.3, 0.2, 0.1])
        >>> chain.wires, chain.matrix[0, 1].item()
        (3, 0.6)

    Source:
        E. Lieb, T. Schultz, D. Mattis, Ann. Phys. 16, 407 (1961).
    """

    matrix: Array
    axis: str = "Z"

    def __post_init__(self) -> None:
        _checks.one_of("axis", self.axis, AXES)
        object.__setattr__(self, "matrix", own(antisymmetric("matrix", self.matrix)))

    @property
    def wires(self) -> int:
        """Number of wires n."""
        return len(self.matrix) // 2

    @classmethod
    def ising(cls, couplings: Array, fields: Array) -> QuadraticHamiltonian:
        r"""The open chain $-\sum_i J_i X_i X_{i+1} - \sum_i h_i Z_i$.

        Args:
            couplings: J `(n − 1,)`.
            fields: h `(n,)`.
        """
        return cls.xy(couplings, fields, anisotropy=1.0)

    @classmethod
    def xy(cls, couplings: Array, fields: Array, anisotropy: float = 0.0) -> QuadraticHamiltonian:
        r"""$-\sum_i \frac{J_i}{2} [(1+g) X_i X_{i+1} + (1-g) Y_i Y_{i+1}] - \sum_i h_i Z_i$.

        Args:
            couplings: J `(n − 1,)`.
            fields: h `(n,)`.
            anisotropy: g; 1 is the Ising chain, 0 the XX chain.
        """
        h = _row("fields", fields)
        j = np.zeros(0) if len(h) == 1 and np.size(couplings) == 0 else _row("couplings", couplings)
        g = _checks.number("anisotropy", anisotropy, "0 for the XX chain, 1 for the Ising chain")
        if len(j) != len(h) - 1:
            must, but = f"have shape ({len(h) - 1},), one a bond", f"its shape is {j.shape}"
            raise error("couplings", must, but, "one number fewer than fields")
        _fits("fields", len(h))
        a = np.zeros((2 * len(h), 2 * len(h)))
        site = 2 * np.arange(len(h))
        with np.errstate(over="ignore"):
            a[site, site + 1] = 2 * h
            a[site[:-1] + 1, site[:-1] + 2] = j * (1 + g)
            a[site[:-1], site[:-1] + 3] = -j * (1 - g)
        if not np.isfinite(a).all():
            but = "an entry of A, up to twice an energy, leaves it"
            raise error(("couplings", "fields"), "fit into floating point", but, "smaller ones")
        return cls(a - a.T)

    @classmethod
    def ssh(cls, cells: int, inside: float, between: float) -> QuadraticHamiltonian:
        r"""The chain of Su, Schrieffer and Heeger, $-\sum_i t_i (a_i^† a_{i+1} + h.c.)$.

        Args:
            cells: Number of cells of two sites.
            inside: Hopping t inside a cell.
            between: Hopping between neighbouring cells.
        """
        cells = _checks.integer("cells", cells, "the number of cells", least=1)
        _fits("cells", 2 * cells)
        hopping = np.full(2 * cells - 1, _checks.number("inside", inside, "an energy"))
        hopping[1::2] = _checks.number("between", between, "an energy")
        return cls.xy(hopping, np.zeros(2 * cells))

    @classmethod
    def random_bonds(cls, wires: int, seed: int, low: float = 0.5, high: float = 1.5) -> Any:
        """The Ising chain with couplings and fields uniform between two numbers.

        Args:
            wires: Number of wires n.
            seed: Seed of the couplings.
            low: Lower bound on couplings and fields.
            high: Upper bound on couplings and fields.
        """
        wires = _checks.integer("wires", wires, "the number of wires", least=1)
        low = _checks.number("low", low, "an energy")
        high = _checks.number("high", high, "an energy above `low`")
        if high < low:
            but = f"they are {low:g} and {high:g}"
            raise _checks.pair_error("low", "high", "be in this order", but, "both")
        if not np.isfinite(high - low):
            but = f"they are {low:g} and {high:g}"
            raise _checks.pair_error("low", "high", "have a finite difference", but, "less")
        rng = _checks.rng("seed", seed)
        _fits("wires", wires)
        with called(couplings="low", fields="high"):
            return cls.ising(rng.uniform(low, high, wires - 1), rng.uniform(low, high, wires))

    @classmethod
    def read(cls, hamiltonian: Any) -> QuadraticHamiltonian:
        """Recognise a Hamiltonian that is quadratic in fermions.

        Args:
            hamiltonian: A `QuadraticHamiltonian`; A itself `(2n, 2n)`; an `IsingChain`; Pauli
                strings with real coefficients, `{"XX": -1.0, "ZI": -0.5}`; an operator with a
                `pauli_rep`, such as PennyLane's, on its sorted wires; PennyLane's `FermiWord` or
                `FermiSentence`. Where strings are quadratic only after X and Z have changed places,
                the axis is "X". Multiples of the identity change no thermal state.

        Raises:
            ValueError: If it is not quadratic; the first term that is not is named.
        """
        if isinstance(hamiltonian, cls):
            return hamiltonian
        if isinstance(hamiltonian, IsingChain):
            chain = hamiltonian
            with called(couplings="hamiltonian", fields="hamiltonian"):
                twin = cls.ising(np.full(chain.sites - 1, chain.J), np.full(chain.sites, chain.h))
            return cls(twin.matrix, "X")
        with called(matrix="hamiltonian"):
            if quadratic_terms.is_fermionic(hamiltonian):
                return cls(quadratic_terms.of_ladder(hamiltonian))
            words = getattr(hamiltonian, "pauli_rep", None)
            if words is not None:
                wires = getattr(hamiltonian, "wires", ())
                return cls(*quadratic_terms.of_words(*quadratic_terms.by_wires(words, wires)))
            if isinstance(hamiltonian, Mapping):
                return cls(*quadratic_terms.of_words(*quadratic_terms.by_strings(hamiltonian)))
        if hasattr(hamiltonian, "wires"):
            but = f"it is {_checks.shown(hamiltonian)}, which PennyLane does not write in Paulis"
            raise error("hamiltonian", "be a sum of Pauli strings", but, "`qml.pauli_decompose(…)`")
        return cls(antisymmetric("hamiltonian", hamiltonian))

    def __repr__(self) -> str:
        return f"QuadraticHamiltonian(n={self.wires})"


def antisymmetric(name: str, x: Array) -> np.ndarray:
    """The antisymmetric part of a real matrix `(2n, 2n)` that is antisymmetric within √ε."""
    a = _checks.reals(name, x, "a real antisymmetric matrix")
    shape(name, a.shape)
    skew = np.abs(a + a.T).max()
    if not skew <= _checks.tolerance(np.float64) * max(np.abs(a).max(), 1.0):
        but = f"it differs from minus its transpose by {skew:.3g}"
        raise error(name, "be antisymmetric", but, "`(x - x.T) / 2` if that is rounding")
    return a if skew == 0 else a / 2 - a.T / 2


def shape(name: str, found: tuple[int, ...]) -> None:
    """Refuse a matrix without two Majorana operators a wire."""
    if len(found) != 2 or found[0] != found[1] or found[0] % 2 or found[0] == 0:
        remedy = "one row for each of the two Majorana operators of a wire"
        raise error(name, "have shape (2n, 2n) with n >= 1", f"its shape is {found}", remedy)


def _fits(name: str, wires: int) -> None:
    _checks.memory(name, f"matrices of {wires} wires", 3 * 8.0 * (2.0 * wires) ** 2)


def _row(name: str, x: Array) -> np.ndarray:
    row = _checks.reals(name, x, "one energy a site or bond")
    if row.ndim != 1:
        raise error(name, "have one axis", f"its shape is {row.shape}", "one number a site or bond")
    return row
