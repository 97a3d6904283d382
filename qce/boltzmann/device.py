"""The gradient with hidden wires from outcomes of circuits, unbiased, with its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pennylane as qml
from scipy.linalg import eigh

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.boltzmann.moments import target
from qce.boltzmann.point import Point, at
from qce.data.states import StateData
from qce.models import BoltzmannMachine, ThermalModel
from qce.objectives.machine import Call, Machine, open_machine
from qce.results import Cost
from qce.typing import Array, DeviceLike


@dataclass(frozen=True, eq=False, repr=False)
class SampledGradient(Shown):
    """A gradient that was measured.

    Args:
        value: of each term, in nats, `(J,)`.
        stderr: standard error of each, from the spread over draws; independent between terms.
        cost: circuits, jobs and shots that were sent.
    """

    value: np.ndarray
    stderr: np.ndarray
    cost: Cost


class Prepared(NamedTuple):
    """A mixture of kets that a circuit prepares: their weights, and `queue(number of a ket)`."""

    weights: np.ndarray
    queue: Callable[[int], None]


def sampled_gradient(
    model: BoltzmannMachine,
    data: StateData,
    params: Array,
    *,
    state: tuple[ThermalModel, Array] | None = None,
    trotter: int | None = None,
    device: DeviceLike = None,
    draws: int = 100,
    shots: int = 10,
    seed: int | None = None,
) -> SampledGradient:
    r"""Measure the gradient of $D(\rho \| \operatorname{Tr}_h \sigma)$, hidden wires included.

    With $A_0 = \sigma_v^{-1/2} \rho\, \sigma_v^{-1/2}$ on the visible wires and
    $P_j(t) = e^{-iHt} P_j e^{iHt}$,

    $$\partial_j D = \mathbb E_{t, s} \operatorname{Re} \operatorname{Tr}\bigl[
    \sigma_v^{-is/2} (A_0 - 1)\, \sigma_v^{is/2}\, P_j(t)\, \sigma\bigr],$$

    with t from $(2/\pi) \ln\coth(\pi|t|/2)$ and s from $\pi/(2\cosh \pi s + 2)$. For each term and
    draw of t, s and a ket of σ this is a Hadamard test: an ancilla controls P_j, then H and ln σ_v
    evolve the wires, and the visible ones are measured in the eigenbasis of A_0. At the optimum A_0
    is 1, and the error 0.

    The cost is J · `draws` circuits on n + h + 1 wires. The visible state has to be known, as a
    matrix of 4^n numbers; the state of all wires is only prepared and evolved. The error falls as
    one over the root of `draws`, with a factor of up to λ_max(A_0).

    Args:
        model: `BoltzmannMachine`.
        data: density matrix `(d, d)`, or a state of `qce.states`.
        params: θ, shape `(size,)`.
        state: `None` to prepare eigenvectors of H; or a `ThermalModel` of all wires with its
            parameters, as `objectives.thermalisation` learns it: the result is biased as far as its
            state differs from σ.
        trotter: steps of second order for e^{−iHt}, with a bias of order t (t/steps)²; `None` for
            its matrix.
        device: PennyLane device or its name, with one wire more than the machine; `None` for
            `default.qubit`.
        draws: of t, s and a ket, for each term; 2 or more.
        shots: outcomes of each circuit.
        seed: of draws and outcomes.

    Returns:
        Means, standard errors and cost.

    Raises:
        ValueError: the data do not fit the machine, or its visible state has no full rank.

    Source: M. M. Wilde, arXiv:2512.19819, for the gradient by rotations of modular flow.

    Example:
        >>> from qce.models import PauliTerms
        >>> machine = BoltzmannMachine(PauliTerms(("XI", "ZZ", "IX")), hidden=1)
        >>> rho = np.array([[0.7, 0.2], [0.2, 0.3]])
        >>> found = sampled_gradient(machine, rho, np.array([0.3, 0.5, -0.4]), draws=20, seed=0)
        >>> found.value.shape, found.cost
        ((3,), Cost(circuits=60, jobs=1, shots=600))
    """
    _checks.instance("model", model, BoltzmannMachine, "terms to learn")
    _checks.wires_fit("model", model.terms.wires, numbers=8, power=2)
    draws = _checks.outcomes("draws", draws, least=2)
    shots = _checks.outcomes("shots", shots)
    if trotter is not None:
        trotter = _checks.integer("trotter", trotter, "steps, or None for the matrix", least=1)
    theta = np.asarray(_checks.concrete("params", _checks.vector("params", params, model.size)))
    if not np.isfinite(theta).all():
        raise error("params", "be finite", "one is infinite or NaN", "finite numbers")
    seen = target(model, data).state
    if seen is None:
        raise error("data", "be a state", "only moments are known", "the density matrix")
    rng = _checks.rng("seed", seed)
    wires = model.terms.wires + 1
    what = f"outcomes of {draws * model.size} circuits"
    _checks.memory("draws", what, 16.0 * draws * model.size * 2**wires, None, "fewer")
    _checks.memory("shots", f"{shots} bit strings", 16.0 * shots * wires, None, "fewer at a time")
    machine = open_machine(device, wires, None if seed is None else int(rng.integers(2**31)))
    theta = theta.astype(float)
    test = HadamardTest.of(at(model, theta), theta, seen, state, trotter)
    calls = [
        Call(partial(test.queue, term, *drawn), np.zeros(0), shots)
        for term in range(model.size)
        for drawn in test.draw(rng, draws)
    ]
    return _mean(test, machine, calls, (model.size, draws))


def _mean(
    test: HadamardTest, machine: Machine, calls: list[Call], shape: tuple[int, int]
) -> SampledGradient:
    before = machine.spent
    frequencies = np.stack(machine.all_frequencies(calls))
    each = (frequencies @ test.outcomes).reshape(shape)
    stderr = each.std(axis=1, ddof=1) / np.sqrt(shape[1])
    return SampledGradient(each.mean(axis=1), stderr, machine.spent - before)


@dataclass(frozen=True, eq=False)
class HadamardTest:
    """Circuits whose mean is one entry of the gradient.

    Attributes:
        point: the machine at θ.
        theta: its parameters.
        prepared: the state of all wires.
        flow: eigenvalues of σ_v, `(d,)`, and its eigenvectors.
        observable: eigenvalues of A_0 − 1, and its eigenvectors.
        trotter: steps of an evolution, or `None`.
    """

    point: Point
    theta: np.ndarray
    prepared: Prepared
    flow: tuple[np.ndarray, np.ndarray]
    observable: tuple[np.ndarray, np.ndarray]
    trotter: int | None

    @classmethod
    def of(
        cls,
        point: Point,
        theta: np.ndarray,
        data: np.ndarray,
        state: tuple[ThermalModel, Array] | None,
        trotter: int | None,
    ) -> HadamardTest:
        """For a machine at θ and the data of its visible wires."""
        matrix = [np.diag(x) if x.ndim == 1 else x for x in (point.visible, data)]
        if not np.isfinite(matrix[0]).all():
            but = "energies leave floating point"
            raise error("params", "leave a visible state", but, "smaller ones")
        q, u = eigh(matrix[0])
        if q[0] <= len(q) * np.finfo(float).eps * q[-1]:
            must, but = "leave the visible state its full rank", f"one of its weights is {q[0]:.1e}"
            raise error("params", must, but, "smaller ones")
        root = (u / np.sqrt(q)) @ u.conj().T
        excess = root @ matrix[1] @ root - np.eye(len(q))
        prepared = _eigenvectors(point) if state is None else _thermal(state, point)
        return cls(point, theta, prepared, (q, u), eigh(excess), trotter)

    @property
    def wires(self) -> int:
        """Number of wires of the machine; the ancilla comes after them."""
        return self.point.machine.terms.wires

    @property
    def outcomes(self) -> np.ndarray:
        """The value of each outcome of all wires, `(2^{n+h+1},)`."""
        hidden = np.ones(2**self.point.machine.hidden)
        return np.kron(self.observable[0], np.kron(hidden, [1.0, -1.0]))

    def draw(self, rng: np.random.Generator, draws: int) -> list[tuple[float, float, int]]:
        """Draw times t and s, and kets of the state."""
        kets = rng.choice(len(self.prepared.weights), draws, p=self.prepared.weights)
        flows = rng.logistic(0.0, 1 / np.pi, draws)
        return list(zip(_times(rng, draws), flows, kets, strict=True))

    def queue(self, term: int, t: float, s: float, ket: int, params: Array) -> None:
        """Queue the test of one term for one draw."""
        self.prepared.queue(int(ket))
        ancilla, system = self.wires, range(self.wires)
        string = self.point.machine.terms.strings[term]
        qml.Hadamard(ancilla)
        qml.ctrl(qml.pauli.string_to_pauli_word(string), control=ancilla)
        self._evolve(t)
        (q, u), (_, basis) = self.flow, self.observable
        turn = basis.conj().T @ (u * q ** (0.5j * s)) @ u.conj().T
        qml.QubitUnitary(turn, wires=system[: self.point.machine.wires])
        qml.Hadamard(ancilla)

    def _evolve(self, t: float) -> None:
        """e^{−iHt} of all wires of the machine."""
        if self.trotter is not None:
            terms = self.point.machine.terms
            words = [qml.pauli.string_to_pauli_word(string) for string in terms.strings]
            qml.adjoint(qml.TrotterProduct)(qml.dot(self.theta, words), t, self.trotter, order=2)
            return
        v = np.eye(len(self.point.logs)) if self.point.basis is None else self.point.basis
        phases = np.exp(1j * t * (self.point.logs - self.point.logs.max()))
        qml.QubitUnitary((v * phases) @ v.conj().T, wires=range(self.wires))


def _times(rng: np.random.Generator, draws: int) -> np.ndarray:
    """Times from (2/π) ln coth(π|t|/2): ln coth y = 2 Σ e^{−2ky}/k over odd k.

    So k is odd with weight 8/(πk)², and t two-sided exponential of rate πk.
    """
    k = np.empty(0)
    while len(k) < draws:
        found = rng.zipf(2.0, 2 * draws)
        k = np.concatenate([k, found[found % 2 == 1]])
    return rng.laplace(0.0, 1 / (np.pi * k[:draws]))


# --- the state of all wires ----------------------------------------------------------------------


def _eigenvectors(point: Point) -> Prepared:
    """Eigenvectors of H, drawn by their weights."""
    wires = range(point.machine.terms.wires)
    weights = np.exp(point.logs)

    def queue(ket: int) -> None:
        if point.basis is None:
            qml.BasisState(_bits(ket, len(wires)), wires=wires)
        else:
            qml.StatePrep(point.basis[:, ket], wires=wires)

    return Prepared(weights / weights.sum(), queue)


def _thermal(state: tuple[ThermalModel, Array], point: Point) -> Prepared:
    """Basis states drawn from the spectrum, transformed by the circuit."""
    remedy = "`(thermal_model, params)`, or None"
    pair = _checks.sequence("state", state, remedy)
    if len(pair) != 2 or not isinstance(pair[0], ThermalModel):
        raise error("state", "be a ThermalModel and its parameters", "it is not", remedy)
    model, params = pair
    wires = point.machine.terms.wires
    if model.wires != wires:
        must, but = f"be of all {wires} wires, hidden ones too", f"it is of {model.wires}"
        raise error("state", must, but, remedy)
    with called(params="state"):
        weights = np.exp(np.asarray(model.log_probabilities(params), dtype=float))

    def queue(ket: int) -> None:
        qml.BasisState(_bits(ket, wires), wires=range(wires))
        model.circuit.queue(np.asarray(model.angles(params)))

    return Prepared(weights / weights.sum(), queue)


def _bits(ket: int, wires: int) -> np.ndarray:
    return (ket >> np.arange(wires)[::-1]) & 1
