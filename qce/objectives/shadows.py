"""Cross entropies of data measured in bases drawn at random, independent of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import one_of
from qce._concrete import constant
from qce.data import (
    Bases,
    Counts,
    Preparations,
    Shadow,
    UnbiasedBases,
    measured_state,
    random_bases,
)
from qce.data.bases import ENSEMBLES
from qce.data.shadows import as_shadow
from qce.data.states import StateData, as_kets
from qce.objectives._wilson import Mean
from qce.objectives.drawing import Draw, drawing
from qce.objectives.exact import check_dimension, entropy, loss, refuse_pure
from qce.objectives.machine import check_shots
from qce.objectives.mixture import Steps
from qce.objectives.objective import Evaluate, Measurement, Objective
from qce.objectives.recipe import remembered
from qce.objectives.sample import sample_mean
from qce.objectives.sampling import measuring
from qce.states import Ensemble
from qce.typing import Array, DeviceLike, MixedModel

Values = Callable[[Array], Array]


@remembered
def shadow_cross_entropy(
    model: MixedModel,
    data: StateData | Preparations | Shadow,
    *,
    ensemble: str = "pauli",
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
) -> Objective:
    r"""Quantum cross entropy from classical shadows, an unbiased estimate.

    Each outcome φ in a basis drawn at random gives a snapshot ρ̂, $(d + 1) |\varphi\rangle\langle
    \varphi| - 1$ in mutually unbiased bases and the product of $3 |b\rangle\langle b| - 1$ in Pauli
    bases, with mean ρ. So $-\mathrm{Tr}\, \hat ρ \log σ$ is unbiased, and the sample deviation over
    √shots is its standard error. For one qubit its variance is at least three times that of
    deferred measurement (4(d + 1)/(d + 2) times for any 3-design:
    `trainability.snapshot_cross_entropy`). On several wires neither set is a 3-design; in Pauli
    bases the factor may come close to 1. The circuits do not depend on the model: value and
    gradient come from the same outcomes.

    Each estimate draws `shots` new outcomes. A `Shadow` has fixed outcomes: the estimate is then
    unbiased at parameters chosen without them, but not where it has been minimised, and there may
    be no minimum, since the mean snapshot is rarely positive (the floor is then −inf).

    Args:
        model: `ThermalModel`.
        data: density matrix `(d, d)`, one ket `(d,)`, a state of `qce.states`,
            `qce.data.Preparations`, or outcomes already measured, as `qce.data.Shadow`.
        ensemble: `"pauli"` or `"mub"`, the bases to draw from (see `qce.data.random_bases`).
        device: PennyLane device or its name; `None` for a simulation.
        shots: outcomes an estimate; `None` for expectation values without sampling error.
        seed: of the bases, and of the outcomes for devices opened by name.

    Returns:
        Objective; its floor is the entropy of the data (`None` for `Preparations`).

    Raises:
        ValueError: the model is pure, the dimensions differ, there are too many wires, or there is
            no such device.

    Source: H.-Y. Huang, R. Kueng, J. Preskill, Nature Physics 16, 1050 (2020), for shadows.

    Example:
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> rho = np.diag([0.9, 0.1])
        >>> objective = shadow_cross_entropy(model, rho, shots=1000, seed=1)
        >>> print(objective(np.array([0.5, 0.3])))
        1.200 ± 0.026 nats (1000 shots)
        >>> print(shadow_cross_entropy(model, rho)(np.array([0.5, 0.3])))
        1.19540 nats (exact)
    """
    refuse_pure(model)
    shots = check_shots(shots)
    one_of("ensemble", ensemble, ENSEMBLES)
    seed = _checks.seed("seed", seed)
    data = as_shadow(data)
    name = "shadow cross entropy"
    if isinstance(data, Shadow):
        check_dimension(2**data.wires, model)
        least = _floor(data.density_matrix())
        evaluate = _of_outcomes(model, data, data.bases.snapshots)
        return Objective(name, model, least, data.total, evaluate=evaluate)
    source = _source(data, model)
    floor = entropy(source) if isinstance(source, Ensemble) else None
    if device is None and shots is None and isinstance(source, Ensemble):
        return Objective(name, model, floor, evaluate=loss(model, source))
    bases = random_bases(ensemble, model.wires)
    draw = drawing(source, bases, device, shots, seed)
    return _measured(name, model, floor, shots, "", draw, bases.snapshots)


@remembered
def empirical_cross_entropy(
    model: MixedModel,
    data: StateData | Preparations | Shadow,
    *,
    ensemble: str = "pauli",
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
) -> Objective:
    r"""Quantum cross entropy of the empirical state, the mean of the projectors on the outcomes.

    Outcomes in random bases without the inversion of shadows: the value is never below the
    likelihood of the same outcomes (`measured_likelihood`), and equals it only where every outcome
    is an eigenvector of the model. It is biased: on average it is the cross entropy not of ρ but of
    `qce.data.measured_state`, (ρ + 1)/(d + 1) for mutually unbiased bases, whose entropy is the
    floor. A single estimate may lie below it: for N outcomes drawn once the least value is the
    entropy of the empirical state, on average up to ln(1 + (d − 1)/N) below the floor.

    Args:
        model: `ThermalModel`.
        data: as for `shadow_cross_entropy`; also `qce.data.Counts`, in whatever Pauli bases.
        ensemble: `"pauli"` or `"mub"`, the bases to draw from.
        device: PennyLane device or its name; `None` for a simulation.
        shots: outcomes an estimate; `None` for expectation values without sampling error.
        seed: of the bases, and of the outcomes for devices opened by name.

    Returns:
        Objective; its estimates say that they are biased, and how.

    Raises:
        ValueError: the model is pure, the dimensions differ, there are too many wires, or there is
            no such device.

    Source: Zhou Shangnan and Yixu Wang, arXiv:2102.11887.

    Example:
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> objective = empirical_cross_entropy(model, np.diag([1.0, 0.0]))
        >>> round(objective.floor, 6)  # the state is pure, but the measured state is not
        0.636514
    """
    refuse_pure(model)
    shots = check_shots(shots)
    one_of("ensemble", ensemble, ENSEMBLES)
    seed = _checks.seed("seed", seed)
    data = as_shadow(data)
    name = "empirical cross entropy"
    if isinstance(data, (Shadow, Counts)):
        check_dimension(2**data.wires, model)
        shadow = data if isinstance(data, Shadow) else Shadow.from_counts(data)
        evaluate = _of_outcomes(model, shadow, shadow.bases.overlaps)
        least = _floor(shadow.empirical_state())
        bias = _DEPHASED if shadow is not data else _bias(shadow.bases)
        return Objective(name, model, least, shadow.total, bias, evaluate=evaluate)
    source, seen = _source(data, model), None
    bases = random_bases(ensemble, model.wires)
    if isinstance(source, Ensemble):
        seen = as_kets(measured_state(source.dense(), bases))
    floor = None if seen is None else entropy(seen)
    if device is None and shots is None and seen is not None:
        return Objective(name, model, floor, bias=_bias(bases), evaluate=loss(model, seen))
    draw = drawing(source, bases, device, shots, seed)
    return _measured(name, model, floor, shots, _bias(bases), draw, bases.overlaps)


_DEPHASED = "of the empirical state: of ρ dephased in the bases measured, not of ρ"


def _bias(bases: Bases) -> str:
    """The state whose cross entropy is the mean of an empirical one."""
    if isinstance(bases, UnbiasedBases):
        return "of the empirical state: of (ρ + 1)/(d + 1), not of ρ"
    return "of the empirical state: of ρ with (ρ + 1)/3 on every wire, not of ρ"


def _source(data: StateData | Preparations, model: MixedModel) -> Ensemble | Preparations:
    """The data from which outcomes are drawn: circuits as they are, a state as kets."""
    if isinstance(data, Preparations):
        return data
    source = as_kets(data)
    check_dimension(source.dimension, model)
    return source


def _floor(rho: np.ndarray) -> float:
    """Least value of −Tr ρ log σ over all σ: the entropy, or −inf for a ρ that is not positive."""
    least = np.linalg.eigvalsh(rho)[0]
    rounding = 4 * np.finfo(float).eps * len(rho)
    return entropy(as_kets(rho)) if least > -rounding else -np.inf


def _energy(model: Any, params: Array) -> Array:
    """−log σ, shape `(d, d)`."""
    _, kets = model.mixture(params)
    return jnp.einsum("x,xi,xj->ij", -model.log_probabilities(params), kets, kets.conj())


def _of_outcomes(model: Any, shadow: Shadow, values: Values) -> Evaluate:
    """JAX-traceable `params → (mean, standard error)` over given outcomes."""
    frequencies = shadow.frequencies.ravel()

    def evaluate(params: Array) -> tuple[Array, Array]:
        table = values(_energy(model, params)).ravel()
        return sample_mean(constant(frequencies), table, shadow.total)

    return evaluate


def _measured(
    name: str,
    model: Any,
    floor: float | None,
    shots: int | None,
    bias: str,
    draw: Draw,
    values: Values,
) -> Objective:
    """An objective that draws a table of frequencies for every estimate."""

    def mean(params: Array, frequencies: Array, total: float) -> tuple[Array, tuple[Array, Array]]:
        cost = values(_energy(model, params)).ravel()
        found, stderr = sample_mean(frequencies, cost, total)
        return found, (stderr, cost)

    # Compiled once: what changes from call to call are numbers.
    value, value_and_gradient = jax.jit(mean), jax.jit(jax.value_and_grad(mean, has_aux=True))
    total = np.inf if shots is None else float(shots)

    def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
        gradient, sample = None, None
        found = yield [draw.mixture]
        (seen,) = found.seen
        table = draw.table(xp, seen)
        frequencies = table.ravel()
        if with_gradient:
            (middle, (stderr, cost)), slope = value_and_gradient(params, frequencies, total)
            gradient = xp.asarray(slope, dtype=float)
        else:
            middle, (stderr, cost) = value(params, frequencies, total)
        if shots is not None and not found.plain:
            costs = np.reshape(cost, table.shape)
            stderr = found.error(draw.costs(costs, seen))
        elif shots is not None:
            sample = Mean(xp.rint(frequencies * shots), xp.asarray(cost))
        return Measurement(middle, stderr, gradient, sample=sample)

    return Objective(
        name,
        model,
        floor,
        shots,
        bias,
        measure=measuring(draw.sampler, evaluation, draw.rng),
        machine=draw.sampler,
        seed=draw.seed,
        rng=draw.rng,
    )
