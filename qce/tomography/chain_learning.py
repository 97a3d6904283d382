"""Training of chains from outcomes: their start, and their steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from qce._concrete import called
from qce.data import PauliOutcomes
from qce.models import PurifiedChain
from qce.objectives import measured_likelihood
from qce.results import FitResult
from qce.tomography.chain_pieces import MOST_SHARED, put_together, shared_wires
from qce.training import fit
from qce.typing import Array

Begin = Callable[[PauliOutcomes, PauliOutcomes | None], Array | None]
"""`(training outcomes, held-out outcomes) →` first parameters; `None` for the model's own."""

_BATCH, _BATCHES = 1000, 50
_EPOCHS, _LOOKED_AT = 20, 1_000_000  # the most passes, and the outcomes used in all of them
_AT_ONCE = 10_000  # outcomes whose probabilities are computed together
_MIXED = 0.03  # size of the new amplitudes where a pure chain becomes mixed


@dataclass(frozen=True)
class Pace:
    """Rate and length of a training.

    Args:
        rate: of Adam's first step.
        passes: share of the usual number of passes through the outcomes.
        patience: passes without a better held-out likelihood after which the training ends.
    """

    rate: float
    passes: float
    patience: int


FAR = Pace(0.02, 1.0, 10)  # from a product state
NEAR = Pace(0.003, 0.25, 2)  # from a state that is already close to the data


@dataclass(frozen=True)
class Settings:
    """The user's settings of a training; `None` for those of the pace."""

    optimizer: str
    apart: float
    epochs: int | None
    batch: int | None
    learning_rate: float | None
    seed: int
    progress: bool


@dataclass(frozen=True)
class Learning:
    """A model, its start and its training, which can be repeated for other outcomes."""

    model: PurifiedChain
    begin: Begin
    pace: Pace
    settings: Settings

    def __call__(self, outcomes: PauliOutcomes) -> FitResult:
        """Return the training on these outcomes."""
        return self.on(*divided(outcomes, self.settings))

    def on(
        self, learned: PauliOutcomes, judges: PauliOutcomes | None, start: Array | None = None
    ) -> FitResult:
        """Return the training on some outcomes, validated by others.

        Args:
            learned: those trained on.
            judges: those held out.
            start: the first parameters, where they are known.
        """
        how = self.settings
        begin = self.begin(learned, judges) if start is None else start
        likelihood = measured_likelihood(self.model, learned)
        common: dict[str, Any] = {"seed": how.seed, "progress": how.progress}
        if how.optimizer == "lbfgs":
            return fit(likelihood, begin, optimizer="lbfgs", **common)
        few = max(1, min(_BATCH, learned.total // _BATCHES))
        return fit(
            likelihood, begin, optimizer="adam", validation=judges, patience=self.pace.patience,
            epochs=self._passes(learned.total) if how.epochs is None else how.epochs,
            batch=few if how.batch is None else how.batch,
            learning_rate=self.pace.rate if how.learning_rate is None else how.learning_rate,
            **common,
        )  # fmt: skip

    def _passes(self, total: int) -> int:
        most = min(_EPOCHS, max(2.0, _LOOKED_AT / total))
        return math.ceil(self.pace.passes * most)


def divided(
    outcomes: PauliOutcomes, settings: Settings
) -> tuple[PauliOutcomes, PauliOutcomes | None]:
    """Return training outcomes and held-out outcomes."""
    if settings.optimizer == "lbfgs" or not settings.apart:
        return outcomes, None
    with called(share="apart"):
        return outcomes.split(settings.apart, settings.seed)


def surprises(model: PurifiedChain, params: Array, outcomes: PauliOutcomes) -> np.ndarray:
    """Return −ln p of each outcome (nats), in double precision."""
    exact, effects = replace(model, dtype="float64"), outcomes.effects
    with jax.enable_x64(True):
        found = [
            np.asarray(exact.log_prob_of_effects(params, effects[k : k + _AT_ONCE]))
            for k in range(0, len(effects), _AT_ONCE)
        ]
    return -np.concatenate(found)


def are_less(some: np.ndarray, others: np.ndarray) -> bool:
    """Whether surprises are less than others of the same outcomes, by more than a standard error.

    The error is that of the mean difference over outcomes, in which common fluctuations cancel. NaN
    counts as more than any number.
    """
    mean, than = np.mean(some), np.mean(others)
    if not (np.isfinite(mean) and np.isfinite(than)):
        return bool(np.isfinite(mean))
    gain = others - some
    return bool(gain.mean() > gain.std() / len(gain) ** 0.5)


@dataclass(frozen=True)
class Given:
    """A start at given parameters; `None` for those of the model, near a pure product state."""

    params: Array | None

    def __call__(self, outcomes: PauliOutcomes, judges: PauliOutcomes | None) -> Array | None:
        """Return them, whatever the outcomes."""
        return self.params


@dataclass(frozen=True)
class Pieces:
    """A start from windows of neighbours."""

    model: PurifiedChain
    seed: int

    def __call__(self, outcomes: PauliOutcomes, judges: PauliOutcomes | None) -> Array:
        """Return its parameters.

        Windows of one wire more include longer correlations, but have fewer outcomes for each mean:
        they are used where they make held-out outcomes likelier.
        """
        narrow = shared_wires(self.model.bond)
        best = put_together(outcomes, self.model, self.seed, narrow)
        if judges is None or not narrow < min(MOST_SHARED, self.model.wires - 1):
            return best
        wide = put_together(outcomes, self.model, self.seed, narrow + 1)
        rows = [surprises(self.model, params, judges) for params in (wide, best)]
        return wide if are_less(*rows) else best


@dataclass(frozen=True)
class Mixed:
    """A start from a pure chain of the same bond, which is learned first."""

    pure: Learning
    model: PurifiedChain
    seed: int

    def __call__(self, outcomes: PauliOutcomes, judges: PauliOutcomes | None) -> Array:
        """Learn the pure chain from these outcomes, some of them held out, and make it mixed."""
        return self.of(self.pure(outcomes).params)

    def of(self, params: np.ndarray) -> np.ndarray:
        """Return parameters of the chain of more purifying values: the first is the pure chain."""
        tensors = np.asarray(self.pure.model.tensors(params))
        more = self.model.purification - 1
        rng = np.random.default_rng(self.seed)
        shape = (len(tensors), more, *tensors.shape[2:])
        noise = rng.normal(0, _MIXED, shape) + 1j * rng.normal(0, _MIXED, shape)
        size = np.abs(tensors).max(axis=(1, 2, 3, 4), keepdims=True)
        grown = np.concatenate([tensors, size * noise], axis=1)
        return np.concatenate([grown.real.ravel(), grown.imag.ravel()])
