"""Machines of free fermions: their terms as entries of Γ, their moments and metric at one θ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.boltzmann.moments import Moments
from qce.data import Counts, PauliOutcomes
from qce.states import GaussianFermions, State, majorana
from qce.states.quadratic_terms import majoranas, string_of
from qce.states.views import Matrices
from qce.typing import Array


@dataclass(frozen=True, eq=False)
class FermionMachine:
    r"""Thermal states of $H = \sum_i θ_i P_i$ with Pauli strings P_i quadratic in fermions.

    Args:
        strings: Pauli strings, each as long as there are wires: Z on one wire, or two of X and Y
            with Z on all wires between.
        axis: "X" where X and Z have changed places in the strings.

    Raises:
        ValueError: If a string is not quadratic, or occurs twice.

    Example:
        >>> from qce.boltzmann import learn
        >>> from qce.states import QuadraticHamiltonian
        >>> machine = FermionMachine.ising(3)
        >>> machine.strings
        ('ZII', 'IZI', 'IIZ', 'XXI', 'IXX')
        >>> chain = QuadraticHamiltonian.ising([1.0, 0.5], [0.3, 0.2, 0.1])
        >>> learn(machine, GaussianFermions.thermal(chain)).params.round(6).tolist()
        [-0.3, -0.2, -0.1, -1.0, -0.5]
    """

    strings: tuple[str, ...]
    axis: str = "Z"
    _places: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)
    _signs: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        strings = _checks.sequence("strings", self.strings, '["ZI", "XX"]')
        object.__setattr__(self, "strings", tuple(strings))
        _checks.one_of("axis", self.axis, majorana.AXES)
        for string in strings:
            _checks.instance("strings", string, str, 'Pauli strings, such as "XX"')
        lengths = {len(string) for string in strings}
        if len(lengths) != 1 or len(set(strings)) < len(strings):
            but = f"they are {_checks.shown(self.strings)}"
            raise error("strings", "be words of one length that differ", but, '["ZI", "XX"]')
        j, k, sign = np.array([majoranas(s, self.axis) for s in self.strings]).T
        object.__setattr__(self, "_places", (j, k))
        object.__setattr__(self, "_signs", sign.astype(float))

    @classmethod
    def ising(cls, wires: int) -> FermionMachine:
        """Fields Z on every wire, then couplings XX of neighbours: 2n − 1 terms."""
        wires = _wires(wires)
        fields = ["I" * k + "Z" + "I" * (wires - k - 1) for k in range(wires)]
        bonds = ["I" * k + "XX" + "I" * (wires - k - 2) for k in range(wires - 1)]
        return cls((*fields, *bonds))

    @classmethod
    def free(cls, wires: int) -> FermionMachine:
        """All n (2n − 1) products of two Majorana operators: any generator A."""
        wires = _wires(wires, products=True)
        rows = range(2 * wires)
        return cls(tuple(string_of(wires, j, k) for j in rows for k in rows[j + 1 :]))

    @property
    def wires(self) -> int:
        """Number of wires n."""
        return len(self.strings[0])

    @property
    def size(self) -> int:
        """Number of couplings."""
        return len(self.strings)

    def initial(self, seed: int) -> np.ndarray:
        """Return zeros: the loss is convex."""
        return np.zeros(self.size)

    def generator(self, params: Array) -> np.ndarray:
        """A `(2n, 2n)` of H."""
        params = _checks.reals("params", params, "one number a term")
        if params.shape != (self.size,):
            must, but = f"have shape ({self.size},)", f"its shape is {params.shape}"
            raise error("params", must, but, "one number a term")
        generator = self._matrix(params)
        if not np.isfinite(generator).all():
            but = f"one is {np.abs(params).max():.6g} in size"
            raise error("params", "be so small that 2θ is finite", but, "smaller couplings")
        return generator

    def state(self, params: Array) -> GaussianFermions:
        """The thermal state e^{−H}/Z."""
        return GaussianFermions(generator=self.generator(params), axis=self.axis)

    def moments(self, data: Any) -> np.ndarray:
        """⟨P_i⟩ `(J,)` of `Moments`, Pauli outcomes, a Gaussian or any other state of the wires."""
        if isinstance(data, Counts | PauliOutcomes):
            with called(outcomes="data"):
                data = Moments.from_outcomes(self.strings, data)
        if isinstance(data, Moments):
            if data.values.shape != (self.size,):
                must, but = f"have {self.size} values, one a term", f"it has {len(data.values)}"
                raise error("data", must, but, "expectation values in the order of the terms")
            return np.asarray(data.values)
        if isinstance(data, GaussianFermions):
            if data.axis != self.axis:
                but = f"its axis is {data.axis}"
                raise error("data", f"have the axis {self.axis} of the model", but, "one axis")
            found = np.asarray(data.covariance)
        else:
            if not isinstance(data, State):
                data = _checks.concrete("data", data)
                _checks.states("data", data)
            dimension = data.dimension if isinstance(data, State) else len(data)
            if dimension != 2**self.wires:
                must = f"be one state of dimension {2**self.wires}"
                raise error("data", must, f"its dimension is {dimension}", "a state on its wires")
            view = data.view() if isinstance(data, State) else Matrices(data)
            found = np.asarray(majorana.covariance(view, dimension, self.axis))
        if len(found) != 2 * self.wires:
            must, but = f"have {self.wires} wires", f"it has {len(found) // 2}"
            raise error("data", must, but, "a state on the model's wires")
        return self._entries(found)

    def _matrix(self, params: np.ndarray) -> np.ndarray:
        j, k = self._places
        a = np.zeros((2 * self.wires,) * 2)
        a[j, k] = 2 * self._signs * params
        return a - a.T

    def _entries(self, covariance: np.ndarray) -> np.ndarray:
        j, k = self._places
        return self._signs * covariance[j, k]

    def __repr__(self) -> str:
        return f"FermionMachine({self.size} terms on {self.wires} wires)"


@dataclass(frozen=True, eq=False)
class FermionPoint:
    """A machine at one θ, from one decomposition of A.

    Args:
        machine: The machine.
        params: θ, `(J,)`.
    """

    machine: FermionMachine
    params: np.ndarray

    def __post_init__(self) -> None:
        a = self.machine._matrix(self.params)
        j, k = self.machine._places
        chain = bool(np.all((j + k) % 2))  # even operators couple to odd ones alone
        if not np.isfinite(a).all():  # as where a step has left all numbers
            x = np.full(self.machine.wires * (1 if chain else 2), np.nan)
            basis = (np.full((len(x),) * 2, np.nan if chain else complex(np.nan, np.nan)),) * 2
        elif chain:
            left, x, rows = scipy.linalg.svd(a[::2, 1::2] / 2, lapack_driver="gesdd")
            basis = left, rows.T
        else:
            x, vectors = np.linalg.eigh(0.5j * a)
            basis = vectors, vectors
        object.__setattr__(self, "chain", chain)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "basis", basis)

    chain: bool = field(init=False)
    x: np.ndarray = field(init=False)
    basis: tuple[np.ndarray, np.ndarray] = field(init=False)

    @cached_property
    def log_partition(self) -> float:
        """Ln Z = Σ ln 2 cosh(ε/2)."""
        total = float(np.logaddexp(self.x, -self.x).sum())
        return total if self.chain else total / 2

    @cached_property
    def moments(self) -> np.ndarray:
        """⟨P_i⟩, `(J,)`."""
        left, right = self.basis
        return self._entries(-(left * np.tanh(self.x)) @ right.conj().T)

    @cached_property
    def _slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """Divided differences of tanh between ε/2, and between these and their negatives."""
        first = _tanh_slope(self.x[:, None], self.x)
        return first, _tanh_slope(self.x[:, None], -self.x) if self.chain else first

    def curvature(self, step: np.ndarray) -> np.ndarray:
        """The Kubo-Mori metric times a step of θ, `(J,)`: minus the change of the moments."""
        a = self.machine._matrix(step)
        left, right = self.basis
        if self.chain:
            turned = left.T @ (a[::2, 1::2] / 2) @ right
            even, odd = (turned + turned.T) / 2, (turned - turned.T) / 2
            even *= self._slopes[0]
            odd *= self._slopes[1]
            return self._entries(left @ (even + odd) @ right.T)
        turned = left.conj().T @ (0.5j * a) @ left
        return self._entries(left @ (turned * self._slopes[0]) @ left.conj().T)

    @cached_property
    def metric(self) -> np.ndarray:
        """The Kubo-Mori metric, Hessian of ln Z, `(J, J)`."""
        if self.chain and self.machine.size <= 4 * self.machine.wires:
            found = self._metric_of_few()
        else:
            found = np.stack([self.curvature(row) for row in np.eye(self.machine.size)])
        return (found + found.T) / 2

    def _metric_of_few(self) -> np.ndarray:
        """The metric of a chain of few terms, by some tens of products of n³ in place of J.

        A term is one entry (e, o) of the block, and the slopes are smooth functions of two
        numbers: a singular value decomposition writes them as a sum of few products u v.
        """
        left, right = self.basis
        j, k = self.machine._places
        even = np.where(j % 2, k, j) // 2
        odd = np.where(j % 2, j, k) // 2
        sign = np.where(j % 2, -1, 1) * self.machine._signs
        found = np.zeros((len(j), len(j)))
        for u, v in _products(self._slopes[0] + self._slopes[1]):
            found += ((left * u) @ left.T)[np.ix_(even, even)] * (
                ((right * v) @ right.T)[np.ix_(odd, odd)]
            )
        for u, v in _products(self._slopes[0] - self._slopes[1]):
            found += ((left * u) @ right.T)[np.ix_(even, odd)].T * (
                ((left * v) @ right.T)[np.ix_(even, odd)]
            )
        return sign[:, None] * sign * found / 2

    def _entries(self, found: np.ndarray) -> np.ndarray:
        """Moments of a change of iΓ, or of its block that couples even to odd operators."""
        n = self.machine.wires
        covariance = np.zeros((2 * n, 2 * n))
        if self.chain:
            covariance[::2, 1::2] = found
            covariance[1::2, ::2] = -found.T
        else:
            covariance[:] = found.imag
        return self.machine._entries(covariance)


def _wires(wires: int, products: bool = False) -> int:
    """A number of wires whose strings fit: 2n of them, or all products of two operators."""
    wires = _checks.integer("wires", wires, "the number of wires", least=1)
    strings = 2.0 * wires**2 if products else 2.0 * wires
    _checks.memory("wires", f"strings of {wires} wires", strings * (wires + 60.0), None, "fewer")
    return wires


def _products(table: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns u and v with Σ u vᵀ the table, up to rounding of its largest entry."""
    if not np.isfinite(table).all():
        yield np.full(len(table), np.nan), np.full(len(table), np.nan)
        return
    u, sizes, v = scipy.linalg.svd(table)
    for k in range(np.count_nonzero(sizes > np.finfo(float).eps * sizes[0])):
        yield u[:, k] * sizes[k], v[k]


def _tanh_slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(tanh x − tanh y)/(x − y) = tanh(d)/d (1 − tanh x tanh y), d = x − y."""
    gap = x - y
    near = np.abs(gap) < 1e-8  # where tanh(d)/d = 1 − d²/3
    ratio = np.where(near, 1.0, np.tanh(gap) / np.where(near, 1.0, gap))
    # 1 − tanh x tanh y without cancellation: cosh(x − y)/(cosh x cosh y), whose largest powers are
    # together |x − y| − |x| − |y|, in which large numbers of two signs cancel exactly.
    power = np.where(np.sign(x) == np.sign(y), -2 * np.minimum(abs(x), abs(y)), 0.0)
    rest = _rest(gap) / (_rest(x) * _rest(y))
    return ratio * (2 * np.exp(power) * rest)


def _rest(x: np.ndarray) -> np.ndarray:
    """2 cosh x over its larger power, e^|x|."""
    return 1 + np.exp(-2 * abs(x))
