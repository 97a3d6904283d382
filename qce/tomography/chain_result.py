"""The result of the reconstruction of a chain, with its certificate and error bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.data import PauliOutcomes
from qce.data.rows import OPEN
from qce.models import PurifiedChain
from qce.objectives import measured_likelihood
from qce.objectives.likelihood import Likelihood
from qce.results import Estimate, FitResult
from qce.tomography._memory import check_reconstruction
from qce.tomography.bootstrap import ErrorBar, error_bar
from qce.tomography.counts import pauli_outcomes
from qce.tomography.likelihood import Likelihood as DenseLikelihood
from qce.tomography.likelihood import certificate

_CERTIFIED = 8  # the most wires for which all 6^n probabilities are computed
_LISTED = 4096  # the most outcomes, of all bases, that are counted in one program


class Learn(Protocol):
    """The training on outcomes, to be repeated on others."""

    def __call__(self, outcomes: PauliOutcomes) -> FitResult:
        """Return the training, from the same start."""


@dataclass(frozen=True, eq=False, repr=False)
class ChainReconstruction(Shown):
    """The result of `qce.tomography.reconstruct_chain`.

    Args:
        model: the chain.
        params: its parameters, shape `(size,)`.
        nll: mean −ln p of the training outcomes given their bases (nats an outcome); its error is
            that of the sample.
        result: of the training, with the likelihood of held-out outcomes.
        outcomes: the data, including held-out ones.
        learn: repeats the training on other outcomes.
    """

    model: PurifiedChain
    params: np.ndarray = field(repr=False)
    nll: Estimate
    result: FitResult = field(repr=False)
    outcomes: PauliOutcomes = field(repr=False)
    learn: Learn = field(repr=False)

    def expectation(self, paulis: str | Sequence[str]) -> np.ndarray:
        r"""Return $\mathrm{Tr}\, ρP$ of Pauli products, such as "ZXZII": one, or shape `(k,)`."""
        return np.asarray(self.model.expectation(self.params, paulis))

    def certificate(self) -> float:
        r"""Return an upper bound on how far `nll` is above that of any state (nats), to 8 wires.

        That is $λ_{\max}(R) - 1$ with $R = \sum_k (f_k/p_k) Π_k$, as for `reconstruct`, of all
        outcomes. It is small only where no state, of any bond and rank, explains the data much
        better.

        Raises:
            ValueError: There are more wires, or wires that were not seen.
        """
        n = self.model.wires
        if n > _CERTIFIED:
            but = f"there are {n}"
            remedy = "`result.validation`, the likelihood of outcomes set apart, beyond"
            raise error("wires", f"be at most {_CERTIFIED} for a certificate", but, remedy)
        check_reconstruction(6.0**n, 2**n, 4.0)
        numbers, povm = pauli_outcomes(self.outcomes.counts(), None)
        loss = DenseLikelihood(povm, numbers / numbers.sum(), 0.0, 0.0)
        point = loss.at(np.asarray(self.model.density_matrix(self.params), dtype=complex))
        return np.inf if np.isinf(point.value) else certificate(point.rho, loss.ascent(point))

    def error_bars(
        self,
        observables: Mapping[str, Any],
        *,
        samples: int = 50,
        seed: int = 0,
        progress: bool = False,
    ) -> dict[str, ErrorBar]:
        """Return error bars of functions of the state, by parametric bootstrap.

        For each of `samples` sets, as many outcomes in the same bases are drawn from the state
        found, and a chain is trained on them in the same way and from the same kind of start: a
        start at the state found, the true one of these outcomes, would make errors too small. This
        assumes that a chain of this bond and purification can be the true state. The error has a
        relative error of 1/√(2 samples).

        After "lbfgs", if there are at most 4096 outcomes of all bases and all wires were seen, the
        trainings are one compiled program; they run to the minimum, and may start near it.

        Args:
            observables: By name: letters I, X, Y, Z such as "ZXZII", or any function of the
                parameters that returns a number, such as a fidelity.
            samples: Number of data sets.
            seed: Of these.
            progress: Show a bar.

        Returns:
            Value, error and bias by name.

        Source: B. Efron, Ann. Stat. 7, 1 (1979).
        """
        remedy = '{"ZZ": "ZZ"}, for example'
        _checks.instance("observables", observables, Mapping, remedy)
        samples = _checks.integer("samples", samples, "samples=50, for example", least=2)
        seed = _checks.integer("seed", seed, "seed=0, for example", least=0)
        progress = _checks.truth("progress", progress)
        functions = {str(name): self._function(x) for name, x in observables.items()}
        points = self._drawn(samples, seed, progress)
        return {
            name: error_bar(function(self.params), np.array([function(x) for x in points]))
            for name, function in functions.items()
        }

    def _function(self, observable: Any) -> Callable[[np.ndarray], float]:
        if isinstance(observable, str):
            with called(paulis="observables"):
                self.model.expectation(self.params, observable)
            return lambda params: float(self.model.expectation(params, observable))
        if not callable(observable):
            but = f"one is {_checks.shown(observable)}"
            must = "be letters I, X, Y, Z or functions of the parameters"
            raise error("observables", must, but, '"ZZ", for example', TypeError)
        return lambda params: float(observable(params))

    def _drawn(self, samples: int, seed: int, progress: bool) -> np.ndarray:
        """Parameters found from each of `samples` sets of data."""
        from qce.training.resampling import resampled

        if self._is_listed:
            likelihood = Likelihood.of(measured_likelihood(self.model, self.outcomes))
            return resampled(likelihood, self.params, samples, seed, progress)[0]
        from tqdm import trange

        sets = trange(samples, disable=not progress, unit="set of data")
        return np.array([self.learn(self._redrawn((seed, k))).params for k in sets])

    def _redrawn(self, seed: tuple[int, int]) -> PauliOutcomes:
        """As many outcomes in the same bases, of the same wires, drawn from the state."""
        settings, seen = self.outcomes.settings, self.outcomes.bits != OPEN
        rng = np.random.default_rng(seed)
        bits = self.model.sample(self.params, self.outcomes.total, rng, settings)
        return PauliOutcomes(settings, np.where(seen, bits, OPEN))

    @property
    def _is_listed(self) -> bool:
        """Whether trainings end at minima, and there are few enough outcomes for one program."""
        if self.result.optimizer["name"] != "lbfgs":
            return False
        bases = len(np.unique(self.outcomes.settings, axis=0))
        complete = bool((self.outcomes.bits != OPEN).all())
        return complete and bases * 2.0**self.outcomes.wires <= _LISTED

    def __str__(self) -> str:
        size = f"bond {self.model.bond}, purification {self.model.purification}"
        return f"{self.nll} ({self.model.wires} wires, {size}; {self.result.message})"
