"""Maximum likelihood for chains of any number of wires, from outcomes in product Pauli bases."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._warned import warn
from qce.data import PauliOutcomes
from qce.data.pauli_outcomes import as_pauli_outcomes
from qce.models import PurifiedChain
from qce.results import FitResult
from qce.tomography.chain_learning import (
    FAR,
    NEAR,
    Given,
    Learning,
    Mixed,
    Pieces,
    Settings,
    are_less,
    divided,
    surprises,
)
from qce.tomography.chain_result import ChainReconstruction
from qce.typing import Array


def reconstruct_chain(
    outcomes: Any,
    *,
    bond: int | None = None,
    purification: int | None = None,
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
    by mini-batches of outcomes, and keeps the parameters of largest likelihood of held-out ones.
    The loss has several minima, so that two starts are tried, and the likelier chain is kept:

    - near a pure product state, of bond 2 and purification 1, from which coherence over all wires
      can be found, as in GHZ states; the pure chain may then be trained further as a mixed one;
    - a chain joined from the states of three neighbours each, or four, by Petz's recovery map, of
      bond 4 and purification 2: close to any state whose distant wires are correlated only through
      those in between, such as thermal states of short-range Hamiltonians.

    A chain of more purification, or from wider windows, is kept only if it raises the likelihood of
    held-out outcomes by more than one standard error of the mean difference over outcomes.

    In states whose parts look mixed, such as GHZ, coherence appears only in outcomes of X and Y on
    *all* wires, and random bases of many wires include none of these. If it may matter, measure
    some shots in X…X, Y…Y and Z…Z, but most in random bases: three neighbours have 27 bases, all of
    which are informative.

    Args:
        outcomes: `qce.data.PauliOutcomes`; or `qce.data.Counts`, dictionaries of counts for each
            basis, or bits beside recipes, as `qml.classical_shadow` returns.
        bond: D, of the chain; `None` for those above, and 2 with "lbfgs" or `params`. Windows have
            log₂ D + 1 neighbours, or one more, five at most.
        purification: Number of purifying values of each wire, 1 for pure states; `None` for those
            above, and 2 with "lbfgs" or `params`.
        optimizer: "adam" by mini-batches; "lbfgs" for few wires, with all outcomes at once and to
            the last digits, without held-out ones and from the second start only; it takes no
            `apart`, `epochs`, `batch` and `learning_rate`.
        params: Starting point in place of the two.
        apart: Share of outcomes that are held out, 0.1 unless given; 0 for none.
        epochs: How often to go through the outcomes; `None` for 20 times, less often from 50 000
            outcomes on, and a quarter of that for the second start.
        batch: Outcomes a step; `None` for 1000, or a fiftieth of the outcomes if that is less.
        learning_rate: Of Adam's first step, which falls to 0 as a cosine; `None` for 0.02, and
            0.003 for the second start.
        dtype: "float32" or "float64"; `None` for the first with "adam", the second with "lbfgs".
        seed: Of held-out outcomes, the start, and the order of the outcomes.
        progress: Show a bar.

    Returns:
        Model, parameters and likelihood; with methods for error bars and, for few wires, a
        certificate.

    Raises:
        ValueError: Outcomes are not in Pauli bases, or a setting is out of range.

    Example:
        >>> from qce import data
        >>> from qce.models import PurifiedChain
        >>> truth, there = PurifiedChain.cluster(12, beta=1.0)
        >>> settings = data.random_settings(12, shots=5000, seed=0)
        >>> bits = truth.sample(there, 5000, 0, settings)
        >>> outcomes = data.PauliOutcomes(settings, bits)
        >>> found = reconstruct_chain(outcomes, epochs=1, progress=False)
        >>> bool(found.model.similarity(found.params, truth, there) > 0.9)
        True

    Source: D. Petz, Commun. Math. Phys. 105, 123 (1986), for the recovery map; T. Baumgratz et al.,
    Phys. Rev. Lett. 111, 020401 (2013), for chains from local data; J. Wang et al., Phys. Rev. A
    101, 032321 (2020), for likelihood by gradients.
    """
    seen = as_pauli_outcomes("outcomes", outcomes)
    if seen is None:
        but = f"they are {_checks.shown(outcomes)}"
        raise error("outcomes", "be in Pauli bases", but, "qce.data.PauliOutcomes(settings, bits)")
    _checks.one_of("optimizer", optimizer, ("adam", "lbfgs"))
    _checks.one_of("dtype", dtype, (None, "float32", "float64"))
    precision = dtype or ("float32" if optimizer == "adam" else "float64")
    _by_batches_alone(optimizer, apart, epochs, batch, learning_rate)
    share = 0.1 if apart is None else _checks.share("apart", apart, "0.1, or 0 for none")
    settings = Settings(optimizer, share, epochs, batch, learning_rate, seed, progress)
    single = optimizer == "lbfgs" or params is not None
    ways = (
        [_from(params, seen.wires, bond, purification, precision, settings)]
        if single
        else _ways(seen.wires, bond, purification, precision, settings)
    )
    learn, result = _likeliest(seen, ways, grows=purification is None and not single)
    exact = replace(learn.model, dtype="float64")  # results of single precision, in double
    return ChainReconstruction(exact, result.params, result.estimate, result, seen, learn)


def _from(
    params: Array | None,
    wires: int,
    bond: int | None,
    purification: int | None,
    dtype: str,
    settings: Settings,
) -> Learning:
    """The training from given parameters, or from a product state."""
    model = PurifiedChain(
        wires, 2 if bond is None else bond, dtype=dtype,
        purification=2 if purification is None else purification,
    )  # fmt: skip
    return Learning(model, Given(params), FAR, settings)


def _ways(
    wires: int, bond: int | None, purification: int | None, dtype: str, settings: Settings
) -> list[Learning]:
    """The trainings from a product state and, for mixed states, from windows of neighbours."""
    pure = 1 if purification is None else purification
    found = [_from(None, wires, bond, pure, dtype, settings)]
    if purification is None or found[0].model.purification > 1:
        model = PurifiedChain(
            wires, 4 if bond is None else bond, dtype=dtype,
            purification=2 if purification is None else purification,
        )  # fmt: skip
        found.append(Learning(model, Pieces(model, settings.seed), NEAR, settings))
    return found


def _likeliest(
    seen: PauliOutcomes, ways: list[Learning], grows: bool
) -> tuple[Learning, FitResult]:
    """Run all trainings, and return that with the likeliest outcomes.

    A later one, of more purification, has to be likelier by more than a standard error.

    Args:
        seen: all outcomes.
        ways: the trainings.
        grows: whether a pure chain is trained further as a mixed one.
    """
    learned, judges = divided(seen, ways[0].settings)
    best = _tried(ways[0], learned, judges)
    for way in ways[1:]:
        best = min(best, _tried(way, learned, judges))
    if grows and best.way.model.purification == 1:
        model = replace(best.way.model, purification=2)
        begin = Mixed(best.way, model, best.way.settings.seed)
        mixed = Learning(model, begin, NEAR, best.way.settings)
        best = min(best, _tried(mixed, learned, judges, begin.of(best.result.params)))
    for warning in best.warned:
        warn(str(warning.message), warning.category)
    return best.way, best.result


@dataclass(frozen=True, eq=False)
class _Tried:
    """A finished training, and −ln p of held-out outcomes, or of all, at its result."""

    way: Learning
    result: FitResult
    surprises: np.ndarray
    warned: list[warnings.WarningMessage]

    def __lt__(self, before: _Tried) -> bool:
        """Whether outcomes are likelier than at the result of an earlier training."""
        return are_less(self.surprises, before.surprises)


def _tried(
    way: Learning, learned: PauliOutcomes, judges: PauliOutcomes | None, start: Array | None = None
) -> _Tried:
    """Run a training; its warnings count only if it is kept."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        result = way.on(learned, judges, start)
    rows = surprises(way.model, result.params, learned if judges is None else judges)
    return _Tried(way, result, rows, warned)


def _by_batches_alone(optimizer: str, *given: float | None) -> None:
    """Refuse settings of mini-batches with "lbfgs"."""
    for name, value in zip(("apart", "epochs", "batch", "learning_rate"), given, strict=True):
        if optimizer == "lbfgs" and value is not None:
            but = f"it is {_checks.shown(value)}"
            raise error(name, 'be None with "lbfgs"', but, 'optimizer="adam", or leave it out')
