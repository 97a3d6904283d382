"""Likelihood of outcomes that were measured before the model was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks, classical
from qce._checks import error
from qce._concrete import called, constant
from qce._forks import computes
from qce.circuits import Circuit, basis_change
from qce.data import Counts, PauliOutcomes, Shadow
from qce.data.pauli_outcomes import as_pauli_outcomes
from qce.data.rows import OPEN, Rows, as_rows
from qce.data.samples import OutcomeData, frequencies
from qce.data.shadows import as_shadow
from qce.models.checking import before_training, kinds_of, require
from qce.models.thermal import born
from qce.objectives.machine import check_plain, check_shots
from qce.objectives.mixture import BasisStarts, Evaluation, Mixture, Steps
from qce.objectives.objective import Evaluate, Measurement, Objective
from qce.objectives.pauli import in_pauli_bases
from qce.objectives.recipe import remembered
from qce.objectives.rows import RowLikelihood
from qce.objectives.sample import sample_mean
from qce.objectives.sampling import measuring, open_sampler
from qce.objectives.smoothing import Smoothing
from qce.typing import Array, CircuitModel, DeviceLike, OutcomeModel, PauliModel, StateModel


class _Observed(NamedTuple):
    """Frequencies of all outcomes in one basis, their share of the data, and how many there are."""

    turn: Circuit
    frequencies: np.ndarray
    share: float = 1.0


@remembered
def measured_likelihood(
    model: OutcomeModel | StateModel,
    data: OutcomeData | Counts | Shadow | PauliOutcomes,
    *,
    device: DeviceLike = None,
    shots: int | None = None,
    smoothing: str = "add-half",
    seed: int | None = None,
    shards: int = 1,
) -> Objective:
    r"""Negative log-likelihood a data point of measured outcomes, $-\sum_x \hat p(x) \ln p(x)$.

    The cross entropy of the observed frequencies with the model's Born probabilities, averaged
    over the measurement bases by their share of the data. It is a lower bound on the quantum cross
    entropy of the empirical state (`empirical_cross_entropy`).

    The standard error, for data that are outcomes (bit strings, `Counts`), is that of the *data
    sample*, the deviation of −ln p(x) over √N, and `shots` in the estimate is N; for data that are
    probabilities it is 0. With `shots` the model's probabilities are estimated too, from that many
    outcomes a basis, and their error is added in quadrature. The logarithm makes such an estimate
    biased; it states that, and how many outcomes of the data the model's circuit never gave: for
    these the smoothing decides the value.

    Args:
        model: `BornMachine`, `ThermalModel`, or any other with `wires`, `size`, `initial(seed)` and
            `log_prob(params, bits)`, on any number of wires; with `log_prob_of_effects` too, as
            `PurifiedChain`, in several bases as well.
        data: probabilities `(2^n,)`; bit strings `(N, n)`, in which −1, or NaN among floats, is a
            bit that was not seen; counts of all outcomes, integers `(2^n,)`; `qce.data.Counts`,
            `Shadow` or `PauliOutcomes` in several bases; what `qml.classical_shadow` returns; or
            dictionaries of counts, as `qce.data.from_counts` and `tomography.read_counts` read them
            without `order` (Qiskit's need it: pass what those functions return). The value is the
            likelihood of outcomes given their bases; `reconstruct().nll` includes the choice of
            bases, and is larger by its `choice`.
        device: PennyLane device or its name, for a Born machine and complete rows; `None` for a
            simulation.
        shots: outcomes a basis and circuit; `None` for exact probabilities.
        smoothing: of probabilities from `shots`: `"add-half"`, (count + ½)/(N + d/2); `"hedged"`,
            √N/d in place of ½; or `"none"`, with value `+inf` where an outcome was not drawn.
        seed: of the outcomes, for devices opened by name.
        shards: devices of JAX that rows are split over, for models that give only probabilities of
            single rows; each holds all the parameters.

    Returns:
        Objective; its floor is the Shannon entropy of the frequencies (`None` where bits were not
        seen: such a row counts with the marginal probability of the other bits). A value is `+inf`
        where the model excludes an outcome that was seen.

    Raises:
        ValueError: the data do not fit the model's wires, or there is no such device.

    Example:
        >>> from qce import circuits, models
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = measured_likelihood(machine, np.array([[0], [1], [1], [1]]))
        >>> print(objective(np.array([np.pi / 3])))
        1.11 ± 0.27 nats (4 shots)
    """
    kinds_of(model)
    shots, seed = check_shots(shots), _checks.seed("seed", seed)
    shards = check_shards(shards)
    if isinstance(model, PauliModel) and (outcomes := as_pauli_outcomes("data", data)) is not None:
        _refuse_device(device, shots)
        return in_pauli_bases(model, outcomes, shards)
    data = data.counts() if isinstance(data, PauliOutcomes) else as_shadow(data)
    if isinstance(model, OutcomeModel) and (rows := _rows(model, data)) is not None:
        _refuse_device(device, shots)
        return _by_rows(model, rows, shards)
    require(model, "mixture")
    rule = Smoothing(smoothing, 2**model.wires, shots)
    seen, total = observed(data, model.wires)
    floor = sum(o.share * float(classical.entropy(o.frequencies)) for o in seen)
    name = "measured likelihood"
    if device is None and shots is None:
        many = _of_shadow(model, data) if isinstance(data, Shadow) else None
        evaluate = many or _loss(model, seen, total)
        by_row = _row_likelihood(model, data)
        return Objective(name, model, floor, total, evaluate=evaluate, rows=by_row)
    if not (isinstance(model, CircuitModel) and model.is_pure):
        but = "a mixed state is not prepared by a circuit on its wires"
        remedy = "it to `deferred_cross_entropy`, or leave out `device` and `shots`"
        raise error("model", "be a Born machine to run on a device", but, remedy)
    machine = open_sampler(device, model.wires, seed, shots)
    check_plain(machine, name)
    measure = measuring(machine, _evaluation(model, seen, total, rule))
    return Objective(
        name,
        model,
        floor,
        shots or total,
        rule.bias,
        measure=measure,
        machine=machine,
        seed=seed,
    )


# --- row by row ------------------------------------------------------------------------------


def _rows(model: Any, data: Any) -> Rows | None:
    """The data as rows, if the model gives only probabilities of rows, or bits were not seen."""
    if not _in_one_basis(data):
        return None
    if isinstance(model, StateModel) and isinstance(data, Mapping):
        return None
    if isinstance(model, StateModel):
        found = _checks.concrete("data", data)
        if found.ndim != 2 or not _open(found):
            return None
    return as_rows("data", data, wires=model.wires)


def _in_one_basis(data: Any) -> bool:
    """Whether outcomes are of the computational basis alone."""
    if isinstance(data, (Counts, Shadow)):
        return False
    return not (isinstance(data, Mapping) and any(isinstance(x, _TABLES) for x in data.values()))


def _open(bits: np.ndarray) -> bool:
    """Whether some bits were not seen."""
    return bool(bits.size and (np.isnan(bits).any() or bits.min() == OPEN))


def check_shards(shards: int) -> int:
    """Check the number of devices of JAX over which rows are split."""
    shards = _checks.integer("shards", shards, "1, or jax.device_count()", least=1)
    if shards == 1:  # Counting devices would start JAX, which is not needed here.
        return shards
    computes()
    found = jax.device_count()
    if shards > found:
        but = f"it is {shards}"
        raise error("shards", f"be at most {found}, the devices that JAX has", but, f"{found}")
    return shards


def _by_rows(model: OutcomeModel, rows: Rows, shards: int) -> Objective:
    if rows.wires != model.wires:
        but, remedy = f"they are of {rows.wires}", "bit strings of shape (N, n)"
        raise error("data", f"be of the model's {model.wires} wires", but, remedy)
    before_training(model, rows.bits)
    loss = RowLikelihood(model, rows, shards)
    return Objective("measured likelihood", model, loss.floor, rows.total, evaluate=loss, rows=loss)


def _row_likelihood(model: Any, data: Any) -> RowLikelihood | None:
    """The same likelihood row by row, of outcomes in the computational basis."""
    if not isinstance(model, OutcomeModel) or not _in_one_basis(data):
        return None
    return RowLikelihood(model, as_rows("data", data, wires=model.wires))


def _refuse_device(device: Any, shots: int | None) -> None:
    if device is not None or shots is not None:
        name = "device" if device is not None else "shots"
        but = "the model says its probabilities, or bits of the data were not seen"
        raise error(name, "be None here", but, "a `BornMachine` and complete rows, or leave it out")


# --- simulated -------------------------------------------------------------------------------


def _loss(model: Any, observed: list[_Observed], total: int | None) -> Evaluate:
    """JAX-traceable `params → (likelihood, standard error of the data sample)`."""

    def evaluate(params: Array) -> tuple[Array, Array]:
        weights, kets = model.mixture(params)
        distributions = [weights @ born(o.turn.evolve(kets, jnp.zeros(0))) for o in observed]
        now = [o._replace(frequencies=constant(o.frequencies)) for o in observed]
        return _likelihood(now, distributions), _sample_error(jnp, now, distributions, total)

    return evaluate


def _of_shadow(model: Any, shadow: Shadow) -> Evaluate:
    """The same for bases drawn at random: all of them at once, and one sample in all."""
    seen, frequencies = shadow.counts > 0, shadow.frequencies.ravel()

    def evaluate(params: Array) -> tuple[Array, Array]:
        weights, kets = model.mixture(params)
        table = shadow.bases.overlaps(jnp.einsum("x,xi,xj->ij", weights, kets, kets.conj()))
        # A probability of 0 may be negative by rounding; unseen outcomes have no logarithm taken.
        surprise = -jnp.log(jnp.where(constant(seen), jnp.maximum(table, 0.0), 1.0))
        return sample_mean(constant(frequencies), surprise.ravel(), shadow.total)

    return evaluate


def _likelihood(observed: list[_Observed], distributions: Sequence[Array]) -> Array:
    terms = zip(observed, distributions, strict=True)
    return sum(o.share * classical.cross_entropy(o.frequencies, p, check=False) for o, p in terms)


def _sample_error(
    xp: Any, observed: list[_Observed], distributions: Sequence[Array], total: int | None
) -> Array:
    """Standard error for bases chosen beforehand: variances within each basis, by share."""
    if total is None:
        return xp.zeros(())
    variance = 0.0
    for o, distribution in zip(observed, distributions, strict=True):
        seen = o.frequencies > 0
        surprise = xp.where(seen, -xp.log(xp.where(seen, distribution, 1.0)), 0.0)
        mean = o.frequencies @ surprise
        variance = variance + o.share * (o.frequencies @ (surprise - mean) ** 2)
    return xp.sqrt(variance / max(total - len(observed), 1))


# --- on a device -----------------------------------------------------------------------------


def _evaluation(
    model: CircuitModel, observed: list[_Observed], total: int | None, rule: Smoothing
) -> Evaluation:
    def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
        starts, once = BasisStarts(model.wires, 1), np.ones(1)
        found = yield [
            Mixture(starts, once, model.circuit, params, rule.shots, turn=o.turn) for o in observed
        ]
        raw = [seen.distribution for seen in found.seen]
        distributions = [rule.distribution(frequencies) for frequencies in raw]
        gradient = xp.zeros(model.size) if with_gradient else None
        if gradient is not None:
            for o, distribution, seen in zip(observed, distributions, found.seen, strict=True):
                cost = _ratio(xp, o.frequencies, distribution)
                gradient = gradient - o.share * rule.slope * seen.pull(cost)
        value = _likelihood(observed, distributions)
        squares = _sample_error(xp, observed, distributions, total) ** 2
        squares = squares + _shot_variance(xp, observed, distributions, rule.shots)
        stderr = xp.where(xp.isfinite(value), xp.sqrt(squares), 0.0)
        return Measurement(value, stderr, gradient, _bias(observed, raw, rule))

    return evaluation


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class _Missing:
    """A remark on outcomes of the data that were never drawn.

    Args:
        missing: how many there are.
        wanted: outcomes in the data.
        rule: the remark on the smoothing.
    """

    missing: Array
    wanted: int = field(metadata={"static": True})
    rule: str = field(metadata={"static": True})

    def __str__(self) -> str:
        if not int(self.missing):
            return self.rule
        said = f"{int(self.missing)} of {self.wanted} outcomes in the data never drawn"
        return f"{self.rule}; {said}"


def _bias(observed: list[_Observed], raw: list[Array], rule: Smoothing) -> _Missing | None:
    """The bias of an estimate: that of the smoothing, and outcomes of the data never drawn."""
    if rule.shots is None:
        return None
    pairs = list(zip(observed, raw, strict=True))
    wanted = sum(int((o.frequencies > 0).sum()) for o, _ in pairs)
    missing = sum(((o.frequencies > 0) & (found == 0)).sum() for o, found in pairs)
    return _Missing(missing, wanted, rule.bias)


def _ratio(xp: Any, frequencies: np.ndarray, distribution: Array) -> Array:
    """Frequencies over probabilities, 0 where these are."""
    return xp.where(
        distribution > 0, frequencies / xp.where(distribution > 0, distribution, 1.0), 0.0
    )


def _shot_variance(
    xp: Any, observed: list[_Observed], distributions: list[Array], shots: int | None
) -> Array:
    """Variance of Σ p̂ ln p to first order in the multinomial noise of p."""
    variance = xp.zeros(())
    if shots is None:
        return variance
    for o, distribution in zip(observed, distributions, strict=True):
        ratio = _ratio(xp, o.frequencies, distribution)
        variance = (
            variance + o.share**2 * (distribution @ (ratio - distribution @ ratio) ** 2) / shots
        )
    return variance


# --- data ------------------------------------------------------------------------------------


_TABLES = (Mapping, np.ndarray, list)  # counts of a basis


def observed(data: Any, wires: int) -> tuple[list[_Observed], int | None]:
    """Frequencies a basis, and the number of outcomes (`None` for probabilities)."""
    if isinstance(data, Counts):
        _fits(2**data.wires, wires)
        return _from_counts(data), data.total
    if isinstance(data, Shadow):
        _fits(2**data.wires, wires)
        return [_row(data, basis) for basis in _bases_seen(data)], data.total
    if isinstance(data, Mapping) and any(isinstance(x, _TABLES) for x in data.values()):
        nested = any(isinstance(x, Mapping) for x in data.values())
        with called(counts="data", by_basis="data"):
            return observed(Counts.from_counts(data) if nested else Counts(data), wires)
    distribution, total = frequencies("data", data, wires)
    if distribution.ndim != 1:
        but = f"its shape is {distribution.shape}"
        raise error("data", "be probabilities or outcomes", but, "shape (2^n,) or (N, n)")
    _fits(len(distribution), wires)
    return [_Observed(basis_change("Z" * wires), distribution)], total


def _from_counts(data: Counts) -> list[_Observed]:
    observed = []
    for basis, counts in data.by_basis.items():
        number = np.sum(counts)
        frequencies = np.asarray(counts) / number
        observed.append(_Observed(basis_change(basis), frequencies, number / data.total))
    return observed


def _bases_seen(data: Shadow) -> np.ndarray:
    return np.flatnonzero(data.counts.sum(axis=1))


def _row(data: Shadow, basis: int) -> _Observed:
    counts = data.counts[basis]
    share = float(counts.sum() / data.total)
    return _Observed(data.bases.circuit(int(basis)), counts / counts.sum(), share)


def _fits(outcomes: int, wires: int) -> None:
    if outcomes != 2**wires:
        but = f"they are over {outcomes}"
        must = f"be over the {2**wires} outcomes of the model's {wires} wires"
        raise error("data", must, but, "data on the wires of the model")
