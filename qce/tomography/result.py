"""The result of a reconstruction, with its certificate and error bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, minres

from qce import classical
from qce._concrete import called
from qce._observables import hermitian
from qce._showing import Shown
from qce.results import Estimate, digits
from qce.tomography.bootstrap import ErrorBar, Function, bootstrap
from qce.tomography.povm import Povm
from qce.typing import Array

_SOLVED = 1e-9  # residual in units of |I||x| + |b|, far more accurate than an error bar needs
_UNSEEN = 1e-4  # relative residual that shows an observable outside the range of I
_TURNS = 2000


Learn = Callable[[np.ndarray], np.ndarray]


class Expectation(NamedTuple):
    """An expectation value with its standard error, in the unit of the observable."""

    value: float
    stderr: float

    def __str__(self) -> str:
        return digits(self.value, self.stderr)


@dataclass(frozen=True, eq=False, repr=False)
class Reconstruction(Shown):
    """The result of `qce.tomography.reconstruct`.

    Args:
        state: density matrix `(d, d)`.
        nll: cross entropy of the frequencies with the state's probabilities (nats an outcome),
            without penalties; its error is that of the sample.
        certificate: upper bound on the distance of the loss to its least value (nats).
        tolerance: the certificate at which to stop.
        steps: number of steps.
        method: the algorithm, in words.
        history: arrays `step`, `loss` and `certificate` over the points with a certificate.
        povm: the measurement.
        counts: the data, of shape `povm.outcomes`.
        choice: for counts in Pauli bases the entropy of the choice of the basis (nats), n ln 3 if
            all are used equally; else 0. `nll` is that of basis and outcome together: less this
            entropy it is the value of `qce.objectives.measured_likelihood`, which is that of the
            outcome given its basis.
        learn: a function from counts of this shape to a state, with the same settings.
    """

    state: np.ndarray = field(repr=False)
    nll: Estimate
    certificate: float
    tolerance: float
    steps: int
    method: str
    history: dict[str, np.ndarray] = field(repr=False)
    povm: Povm = field(repr=False)
    counts: np.ndarray = field(repr=False)
    choice: float = 0.0
    learn: Learn | None = field(default=None, repr=False)

    @property
    def nll_of_outcomes(self) -> float:
        """Cross entropy of the outcomes given their bases, `nll` − `choice` (nats)."""
        return self.nll.value - self.choice

    @property
    def converged(self) -> bool:
        """Whether the certificate is at most `tolerance`."""
        return self.certificate <= self.tolerance

    @property
    def shots(self) -> int:
        """Number of outcomes."""
        return int(self.counts.sum())

    @property
    def entropy(self) -> float:
        """Entropy H(f) of the frequencies, the least possible `nll` (nats)."""
        return float(classical.entropy(self.counts.reshape(-1) / self.shots, check=False))

    @property
    def divergence(self) -> float:
        """Relative entropy KL(f‖p) = `nll` − H(f) (nats)."""
        f, p = self.counts.reshape(-1) / self.shots, self._probabilities().reshape(-1)
        return float(classical.relative_entropy(f, p / p.sum(), check=False))

    def expectation(self, observable: Array) -> Expectation:
        r"""Return $\mathrm{Tr}\,ρO$ and its standard error, $\sqrt{o^T I^{-1} o / N}$.

        I is the Fisher information of the outcomes on the Hermitian matrices of trace 0. This is
        the error without the constraint ρ ≥ 0, which can only reduce it: right for states of full
        rank, and conservative on the boundary. Half a count is added to each outcome, so that those
        never seen do not count as impossible.

        Args:
            observable: Hermitian matrix `(d, d)`, or a PennyLane operator on wires 0 … n − 1.

        Returns:
            Value and standard error; +∞ where the measurement does not determine the observable.

        Raises:
            ValueError: If `observable` is not Hermitian or of another size.

        Example:
            >>> from qce.tomography import Povm, reconstruct
            >>> found = reconstruct([441, 195, 311, 53], Povm.tetrahedron(1))
            >>> print(found.expectation([[1, 0], [0, -1]]))
            0.471 ± 0.053

        Source:
            Cramér-Rao bound; B.-G. Englert's group on errors of tomography, e.g. Shang et al., New
            J. Phys. 15, 123026 (2013).
        """
        o = hermitian("observable", observable, len(self.state))
        value = float(np.vdot(o, self.state).real)
        with called(weights="observable"):
            return Expectation(value, float(np.sqrt(self._variance(o))))

    def error_bars(
        self,
        functions: Mapping[str, Function],
        *,
        samples: int = 50,
        seed: int = 0,
        progress: bool = False,
    ) -> dict[str, ErrorBar]:
        """Return error bars of functions of the state, by parametric bootstrap.

        For each of `samples` sets, as many outcomes as in the data (with Pauli counts, as many in
        each basis) are drawn from the state found, and a state is found from them in the same way.
        This is for nonlinear quantities, such as an entropy; for linear ones `expectation` needs no
        draws. The error has a relative error of 1/√(2 samples).

        Args:
            functions: By name: functions of a density matrix that return a number.
            samples: Number of data sets, each as much work as the reconstruction.
            seed: Of these.
            progress: Show a bar.

        Returns:
            Value, error and bias by name. A function that is infinite for some of the sets, such
            as a relative entropy to a state of less than full rank, has no finite error.

        Raises:
            ValueError: If `functions` is no dictionary of functions, or a number is out of range.

        Example:
            >>> from qce import quantum
            >>> from qce.tomography import Povm, reconstruct
            >>> found = reconstruct([340, 255, 230, 175], Povm.tetrahedron(1))
            >>> bars = found.error_bars({"purity": quantum.purity}, samples=20)
            >>> low, high = bars["purity"].interval()
            >>> 0.4 < low < high < 0.8
            True

        Source: B. Efron, Ann. Stat. 7, 1 (1979).
        """
        return bootstrap(self, functions, samples, seed, progress)

    def _variance(self, observable: np.ndarray) -> float:
        """o^T I^{-1} o / N by MINRES: two contractions a turn, never d² × d²."""
        d = len(self.state)
        p = self._probabilities()
        smooth = (self.shots * p + 0.5) / (self.shots + p.size / 2)

        def information(flat: np.ndarray) -> np.ndarray:
            x = _traceless(flat.view(complex).reshape(d, d))
            image = self.povm.operator(self.povm.probabilities(x) / smooth)
            return np.ascontiguousarray(_traceless(image)).reshape(-1).view(float)

        right = np.ascontiguousarray(_traceless(observable)).reshape(-1).view(float)
        map_ = LinearOperator((right.size, right.size), matvec=information, dtype=float)
        solution, _ = minres(map_, right, rtol=_SOLVED, maxiter=_TURNS)
        # An observable that is not measured is outside the range of I, and leaves a residual.
        left = np.linalg.norm(right - information(solution))
        if left > _UNSEEN * np.linalg.norm(right):
            return np.inf
        return float(right @ solution) / self.shots

    def _probabilities(self) -> np.ndarray:
        return self.povm.probabilities(self.state)

    def __str__(self) -> str:
        verdict = "" if self.converged else f" (asked for {self.tolerance:.1e})"
        return (
            f"{self.nll}, at most {self.certificate:.1e} above the least{verdict}\n"
            f"= {self.entropy:.6f} of the data + {self.divergence:.6f} of the state"
            f" ({self.method}, {self.steps} steps)"
        )


def _traceless(x: np.ndarray) -> np.ndarray:
    """The Hermitian part without its trace."""
    x = (x + x.conj().T) / 2
    return x - np.trace(x) / len(x) * np.eye(len(x))
