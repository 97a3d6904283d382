"""Relative entropy to a known state from copies of an unknown one, measured one at a time.

Three estimators, all from outcomes in given bases: two stages, in which the first chooses the basis
of the second; and fixed Pauli bases, with the likeliest state or the inverted counts put in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from qce import _checks, quantum
from qce._checks import error
from qce._concrete import called
from qce.data import Counts, Shadow, outcome_index
from qce.results import Estimate
from qce.states import State
from qce.tomography.counts import draw_pauli, measure_pauli
from qce.tomography.result import Reconstruction
from qce.tomography.second_stage import (
    SecondStage,
    full_rank,
    hedged,
    logarithm,
    mean_of_outcomes,
    one_state,
)
from qce.typing import Array, Device

Copies: TypeAlias = Callable[[], Any] | State | Array
"""A quantum function that prepares a state on a device, or a state to simulate."""

ESTIMATORS = ("adaptive", "likelihood", "inversion")
# The largest shares of all copies that are spent on the pilot, and on its first part.
_MOST, _LOOK = 0.75, 0.25
_CHOICES = 200  # sizes of a pilot that are compared
_PLUGGED = "biased by a multiple of 1/shots: a state was put in that outcomes gave"


@dataclass(frozen=True)
class FromCopies(Estimate):
    """An estimate of a relative entropy, with its outcomes.

    Args:
        value: As of any `Estimate`, like what follows up to `sample`.
        stderr: Standard error.
        shots: How many copies were measured.
        bias: A remark on the bias that remains.
        unit: Nats.
        sample: None.
        counts: Outcomes in Pauli bases.
        state: The state ρ̂ that these gave `(d, d)`.
        stage: The second measurement; None for fixed bases.
        outcomes: Its counts of each eigenvector, `(d,)`.

    Example:
        >>> found = relative_entropy(np.eye(2) / 2, np.diag([0.2, 0.8]), copies=1000, seed=0)
        >>> print(found)
        0.236 ± 0.023 nats (1000 shots; corrected for the size of the pilot)
        >>> bool(found.counts.total + found.outcomes.sum() == found.shots)
        True
    """

    counts: Counts | None = field(default=None, repr=False, compare=False)
    state: np.ndarray | None = field(default=None, repr=False, compare=False)
    stage: SecondStage | None = field(default=None, repr=False, compare=False)
    outcomes: np.ndarray | None = field(default=None, repr=False, compare=False)


def relative_entropy(
    data: Copies,
    model: State | Array,
    *,
    copies: int,
    estimator: str = "adaptive",
    pilot: int | None = None,
    device: str | Device | None = None,
    seed: int | None = None,
) -> FromCopies:
    r"""Estimate $D(ρ\|σ)$ of copies of ρ to a known σ; the error tends to $\sqrt{V(ρ\|σ)/N}$.

    `"adaptive"` measures a pilot in Pauli bases for a rough ρ̂ (hedged likelihood), and all other
    copies in the eigenbasis of $K = \log \hat ρ - \log σ$. As $D(ρ\|σ) = \mathrm{Tr}\, ρK +
    D(ρ\|\hat ρ)$, their mean differs from D only to second order in ρ̂ − ρ, and the mean difference
    is added (`SecondStage`). A pilot of order $N^{2/3}$ gives $N\,\mathrm{Var} \to V(ρ\|σ)$, the
    least that any measurement reaches, for ρ and σ of full rank; its size is chosen from its first
    part. `"likelihood"` and `"inversion"` measure only Pauli bases and put in ρ̂, the likeliest
    state or the inverted counts without their negative eigenvalues. Both are biased.

    Args:
        data: Density matrix ρ `(2^n, 2^n)`, ket or state of `qce.states`, whose outcomes
            are drawn by Born's rule; or a function that queues the PennyLane operations that
            prepare ρ on wires 0 … n − 1 of `device`. n is at most 4.
        model: Density matrix σ `(2^n, 2^n)` of full rank.
        copies: Number N of copies; 4 · 3^n at least. Fixed bases do not use the remainder of N/3^n.
        estimator: `"adaptive"`, `"likelihood"` or `"inversion"`.
        pilot: Outcomes of the pilot in each Pauli basis; None for an automatic choice.
        device: PennyLane device or its name, for `data` that are a function; None for
            "default.qubit". Bases are changed by gates on single wires in the pilot, and by one
            unitary of all wires after it.
        seed: Of simulated outcomes, and of a device that is opened by name.

    Returns:
        `FromCopies`, an `Estimate` with the outcomes. The standard error includes the fluctuation
            of the correction; 95 % intervals hold the true value 93 to 97 times in 100
            (`tests/test_tomography_copies.py`), unless `bias` says that an eigenvalue is not
            distinguished from 0.

    Raises:
        ValueError: If `model` has no full rank (the value would be infinite for data outside its
            support), there are too few copies, or `data` are no state of as many wires.

    Example:
        >>> rho, sigma = np.diag([0.9, 0.1]), np.array([[0.5, 0.25], [0.25, 0.5]])
        >>> print(relative_entropy(rho, sigma, copies=10_000, seed=1))
        0.505 ± 0.010 nats (10000 shots; corrected for the size of the pilot)
        >>> float(quantum.relative_entropy(rho, sigma).round(3))
        0.512

    Source:
        The bound V(ρ‖σ): arXiv:2406.17299, and M. Tsang, F. Albarelli and A. Datta, Phys. Rev. X
        10, 031023 (2020), for functionals of states; hedged likelihood: R. Blume-Kohout, Phys. Rev.
        Lett. 105, 200504 (2010).
    """
    _checks.one_of("estimator", estimator, ESTIMATORS)
    sigma = full_rank("model", model)
    wires = len(sigma).bit_length() - 1
    copies = _checks.outcomes("copies", copies, least=4 * 3**wires)
    seed = _checks.seed("seed", seed)
    source = _source(data, wires, device, seed)
    if estimator != "adaptive":
        _refuse_pilot(pilot)
        counts = source.pauli(copies // 3**wires)
        return _ESTIMATES[estimator](counts, sigma)
    return _in_two_stages(source, sigma, copies, pilot)


# --- two stages -----------------------------------------------------------------------------------


def _in_two_stages(
    source: _Source, sigma: np.ndarray, copies: int, pilot: int | None
) -> FromCopies:
    bases = 3 ** (len(sigma).bit_length() - 1)
    most = (copies - 2) // bases
    if pilot is None:
        first = min(int(np.ceil(copies ** (2 / 3) / 2)), int(_LOOK * copies / bases))
        counts = source.pauli(first)
        wanted = _pilot(SecondStage.after(counts, sigma), copies, bases)
        if wanted > first:
            counts = _together(counts, source.pauli(wanted - first))
    else:
        remedy = "so many in each of the Pauli bases that copies are left"
        counts = source.pauli(_checks.integer("pilot", pilot, remedy, least=1, most=most))
    stage = SecondStage.after(counts, sigma)
    outcomes = source.in_basis(stage.basis, copies - counts.total)
    found = stage.estimate(outcomes)
    return _with(found, counts, stage.pilot.state, stage=stage, outcomes=outcomes)


def _pilot(look: SecondStage, copies: int, bases: int) -> int:
    """Outcomes a basis of the pilot of M copies with the least V/(N − M) + (correction's spread)².

    The spread falls as 1/M, so that M grows as N^{2/3}.
    """
    seen = look.pilot.shots
    most = max(int(_MOST * copies), seen)
    sizes = np.geomspace(seen, most, _CHOICES)
    spread = look.correction[1] * seen / sizes
    best = sizes[np.argmin(look.variance / (copies - sizes) + spread**2)]
    return min(int(np.ceil(best / bases)), most // bases)


def _together(first: Counts, second: Counts) -> Counts:
    return Counts({basis: row + second.by_basis[basis] for basis, row in first.by_basis.items()})


# --- fixed bases ----------------------------------------------------------------------------------


def _by_likelihood(counts: Counts, sigma: np.ndarray) -> FromCopies:
    """D(ρ̂‖σ) of the state of hedged likelihood; its error is that of Tr ρ̂K."""
    found: Reconstruction = hedged(counts)
    influence = logarithm(found.state) - logarithm(sigma)
    stderr = found.expectation(influence).stderr
    return _plugged(counts, found.state, sigma, stderr)


def _by_inversion(counts: Counts, sigma: np.ndarray) -> FromCopies:
    """D(ρ̂‖σ) of the mean snapshot, without its negative eigenvalues and normalised."""
    shadow = Shadow.from_counts(counts)
    p, u = np.linalg.eigh(shadow.density_matrix())
    p = np.maximum(p, 0.0)
    rho = (u * (p / p.sum())) @ u.conj().T
    influence = logarithm(rho) - logarithm(sigma)
    values = np.ravel(shadow.bases.snapshots(influence))
    _, stderr = mean_of_outcomes(np.ravel(shadow.frequencies), values, shadow.total)
    return _plugged(counts, rho, sigma, stderr)


_ESTIMATES: dict[str, Callable[[Counts, np.ndarray], FromCopies]] = {
    "likelihood": _by_likelihood,
    "inversion": _by_inversion,
}


def _plugged(counts: Counts, rho: np.ndarray, sigma: np.ndarray, stderr: float) -> FromCopies:
    value = float(quantum.relative_entropy(rho, sigma, check=False))
    return _with(Estimate(value, stderr, counts.total, _PLUGGED), counts, rho)


def _with(
    found: Estimate,
    counts: Counts,
    state: np.ndarray,
    *,
    stage: SecondStage | None = None,
    outcomes: np.ndarray | None = None,
) -> FromCopies:
    return FromCopies(
        found.value,
        found.stderr,
        found.shots,
        found.bias,
        counts=counts,
        state=state,
        stage=stage,
        outcomes=outcomes,
    )


def _refuse_pilot(pilot: int | None) -> None:
    if pilot is not None:
        but = "fixed bases have no pilot"
        raise error("pilot", "be None", but, 'estimator="adaptive" for two stages')


# --- where copies come from -----------------------------------------------------------------------


class _Source(Protocol):
    """Copies of a state, measured in given bases."""

    def pauli(self, shots: int) -> Counts:
        """Counts in all Pauli bases, `shots` in each."""

    def in_basis(self, basis: np.ndarray, shots: int) -> np.ndarray:
        """Counts of the columns of an orthonormal basis."""


def _source(data: Copies, wires: int, device: str | Device | None, seed: int | None) -> _Source:
    if callable(data) and not isinstance(data, State):
        return _Prepared.on("default.qubit" if device is None else device, data, wires, seed)
    if device is not None:
        but, remedy = "the outcomes of a state are drawn by Born's rule", "a function that prepares"
        raise error(("device", "data"), "be None for a state", but, f"`data` as {remedy} it")
    with called(state="data"):
        rho = one_state("data", data)
    if len(rho) != 2**wires:
        must, but = "have the same dimension", f"they have {len(rho)} and {2**wires}"
        raise _checks.pair_error("data", "model", must, but, "two of one size")
    return _Simulated(rho, _checks.rng("seed", seed))


@dataclass(frozen=True)
class _Simulated:
    """Outcomes by Born's rule."""

    rho: np.ndarray
    rng: np.random.Generator

    def pauli(self, shots: int) -> Counts:
        return draw_pauli(self.rho, shots, self.rng)

    def in_basis(self, basis: np.ndarray, shots: int) -> np.ndarray:
        p = np.einsum("ij,ik,kj->j", basis.conj(), self.rho, basis).real
        p = np.maximum(p, 0.0)
        return self.rng.multinomial(shots, p / p.sum())


@dataclass(frozen=True)
class _Prepared:
    """Outcomes of circuits on a device."""

    operations: list[Any]
    wires: int
    device: Any

    @classmethod
    def on(
        cls, device: str | Device, prepare: Callable[[], Any], wires: int, seed: int | None
    ) -> _Prepared:
        from qce import devices
        from qce.circuits.recording import recorded
        from qce.devices import kinds

        operations = recorded("data", prepare, wires)
        if isinstance(device, str):
            with called(text="device", options="device"):
                device = devices.open(device, wires, **({} if seed is None else {"seed": seed}))
        kinds.check_open(device, wires)
        return cls(operations, wires, device)

    def prepare(self) -> None:
        from qce.circuits.recording import requeue

        requeue(self.operations)

    def pauli(self, shots: int) -> Counts:
        return measure_pauli(self.prepare, self.wires, shots=shots, device=self.device)

    def in_basis(self, basis: np.ndarray, shots: int) -> np.ndarray:
        import pennylane as qml

        @qml.qnode(self.device, diff_method=None)
        def node() -> Any:
            self.prepare()
            qml.QubitUnitary(basis.conj().T, wires=range(self.wires))
            return qml.sample(wires=range(self.wires))

        samples = np.asarray(qml.set_shots(node, shots)()).reshape(shots, self.wires)
        return np.bincount(outcome_index(samples.astype(int)), minlength=2**self.wires)
