"""Maximum likelihood for chains of any number of wires, from outcomes in product Pauli bases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.data import PauliOutcomes
from qce.data.pauli_outcomes import as_pauli_outcomes
from qce.models import PurifiedChain
from qce.objectives import measured_likelihood
from qce.results import FitResult
from qce.tomography.chain_result import ChainReconstruction
from qce.training import fit
from qce.typing import Array

# Enough for GHZ and cluster states of 8 to 64 wires; no others were tried beside them.
_RATE, _EPOCHS, _BATCH, _BATCHES = 0.02, 20, 1000, 50


def reconstruct_chain(
    outcomes: Any,
    *,
    bond: int = 2,
    purification: int = 2,
    optimizer: str = "adam",
    params: Array | None = None,
    apart: float | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    dtype: str | None = None,
    seed: int = 0,
    progress: bool = True,
) -> ChainReconstruction:
    r"""Find the chain of maximum likelihood: states of hundreds of wires from product-Pauli data.

    It minimises −Σ ln p(outcome | basis)/N over locally purified chains (`models.PurifiedChain`),
    by mini-batches of outcomes, and keeps the parameters at which outcomes set apart are likeliest.
    By them choose `bond` and `purification` too: `result.validation` is lower for the better one.

    What data of random bases say: of a state whose every part looks mixed, such as GHZ, coherence
    shows in outcomes of X and Y on *all* wires alone, and bases drawn at random hold none of
    many wires. Measure some shots in X…X, Y…Y and Z…Z too, where that may matter.

    Args:
        outcomes: `qce.data.PauliOutcomes`; or `qce.data.Counts`, dictionaries of counts for each
            basis, or bits beside recipes, as `qml.classical_shadow` returns.
        bond: D, of the chain.
        purification: Number of purifying values of each wire; 1 for pure states.
        optimizer: "adam" by mini-batches; "lbfgs" for few wires, all outcomes at once and to the
            last digits, with none set apart; it takes no `apart`, `epochs`, `batch`
            and `learning_rate`.
        params: Where to begin; `None` for `PurifiedChain.initial(seed)`, near a pure product state:
            what begins mixed, as the product of what each wire shows alone would for GHZ, has lost
            coherence by a factor for each wire, and no slope leads back to it.
        apart: Share of the outcomes that choose parameters, 0.1 unless given; 0 for none.
        epochs: How often to go through the outcomes, 20 times unless given.
        batch: Outcomes a step; `None` for 1000, and a fiftieth of them where they are few.
        learning_rate: Of Adam's first step, 0.02 unless given; it falls to 0 as a cosine does.
        dtype: "float32" or "float64"; `None` for the first with "adam", the second with "lbfgs".
        seed: Of what is set apart, the start, and the order of the outcomes.
        progress: Show a bar.

    Returns:
        Model, parameters and likelihood; error bars and, for few wires, a certificate on demand.

    Raises:
        ValueError: Outcomes are none in Pauli bases, or a setting is out of range.

    Example:
        >>> from qce import data
        >>> from qce.models import PurifiedChain
        >>> truth, there = PurifiedChain.ghz(8)
        >>> settings = ["X" * 8, "Z" * 8] * 200
        >>> outcomes = data.PauliOutcomes(settings, truth.sample(there, 400, 0, settings))
        >>> found = reconstruct_chain(outcomes, purification=1, progress=False)
        >>> bool(found.model.similarity(found.params, truth, there) > 0.9)
        True

    Source: T. Baumgratz et al., Phys. Rev. Lett. 111, 020401 (2013), for chains from local data;
    J. Wang et al., Phys. Rev. A 101, 032321 (2020), for likelihood by gradients.
    """
    seen = as_pauli_outcomes("outcomes", outcomes)
    if seen is None:
        but = f"they are {_checks.shown(outcomes)}"
        raise error("outcomes", "be in Pauli bases", but, "qce.data.PauliOutcomes(settings, bits)")
    _checks.one_of("optimizer", optimizer, ("adam", "lbfgs"))
    _checks.one_of("dtype", dtype, (None, "float32", "float64"))
    precision = dtype or ("float32" if optimizer == "adam" else "float64")
    model = PurifiedChain(seen.wires, bond, purification=purification, dtype=precision)
    _by_batches_alone(optimizer, apart, epochs, batch, learning_rate)
    share = 0.1 if apart is None else _checks.share("apart", apart, "0.1, or 0 for none")
    rate = _RATE if learning_rate is None else learning_rate
    times = _EPOCHS if epochs is None else epochs
    learn = _Learning(model, params, optimizer, share, times, batch, rate, seed, progress)
    result = learn(seen)
    exact = replace(model, dtype="float64")  # what is learned in single is read in double
    return ChainReconstruction(exact, result.params, result.estimate, result, seen, learn)


@dataclass(frozen=True)
class _Learning:
    """How outcomes are learned from: the settings of `reconstruct_chain`."""

    model: PurifiedChain
    start: Array | None
    optimizer: str
    apart: float
    epochs: int
    batch: int | None
    learning_rate: float
    seed: int
    progress: bool

    def __call__(self, outcomes: PauliOutcomes) -> FitResult:
        if self.optimizer == "lbfgs":
            return fit(
                measured_likelihood(self.model, outcomes), self.start, optimizer="lbfgs",
                seed=self.seed, progress=self.progress,
            )  # fmt: skip
        learned, judges = outcomes, None
        if self.apart:
            with called(share="apart"):
                learned, judges = outcomes.split(self.apart, self.seed)
        few = max(1, min(_BATCH, learned.total // _BATCHES))
        return fit(
            measured_likelihood(self.model, learned), self.start, epochs=self.epochs,
            batch=few if self.batch is None else self.batch,
            learning_rate=self.learning_rate, validation=judges, seed=self.seed,
            progress=self.progress,
        )  # fmt: skip


def _by_batches_alone(optimizer: str, *given: float | None) -> None:
    """Refuse settings of mini-batches where all outcomes are learned from at once."""
    for name, value in zip(("apart", "epochs", "batch", "learning_rate"), given, strict=True):
        if optimizer == "lbfgs" and value is not None:
            but = f"it is {_checks.shown(value)}"
            raise error(name, 'be None with "lbfgs"', but, 'optimizer="adam", or leave it out')
