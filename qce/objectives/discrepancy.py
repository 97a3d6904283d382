"""Losses of Born machines that need samples only: mean discrepancy and optimal transport.

A likelihood needs the probability of each outcome seen; these losses need only outcomes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce.data import empirical
from qce.data.samples import OutcomeData, frequencies
from qce.losses import transport
from qce.losses.discrepancy import Bandwidths, widths
from qce.models.checking import require
from qce.models.thermal import born
from qce.objectives._two_samples import Kernel, Sample, discrepancy, on_cube, on_points
from qce.objectives.machine import check_plain, check_shots
from qce.objectives.mixture import BasisStarts, Evaluation, Mixture, Steps
from qce.objectives.objective import Measurement, Objective
from qce.objectives.recipe import remembered
from qce.objectives.sampling import measuring, open_sampler
from qce.results import Estimate
from qce.typing import Array, CircuitModel, DeviceLike, StateModel

# The most outcomes for which a kernel is made: its matrix then takes 2 GiB.
_MOST = 2**14


@remembered
def measured_discrepancy(
    model: StateModel,
    data: OutcomeData,
    *,
    bandwidths: Bandwidths = None,
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
) -> Objective:
    r"""Squared maximum mean discrepancy of data and the outcomes of a model.

    `losses.maximum_mean_discrepancy` of the data's distribution and the Born probabilities,
    estimated without bias wherever one of them is a sample; such an estimate may be negative. The
    gradient on a device is unbiased too: twice the witness function K(q̂ − p̂) of the outcomes,
    pulled back by parameter shifts with `shots` outcomes a circuit. Values have no unit.

    Args:
        model: `BornMachine`; `ThermalModel` where it is simulated.
        data: probabilities `(2^n,)`, bit strings `(N, n)`, N ≥ 2, counts of all outcomes,
            integers `(2^n,)`, or a dictionary of counts.
        bandwidths: one σ or several of the kernel $e^{-h/2σ}$; n/4 if None.
        device: PennyLane device or its name; `None` for a simulation.
        shots: outcomes a circuit; `None` for exact probabilities.
        seed: of the outcomes, for devices opened by name.

    Returns:
        Objective; its floor is 0 for a known distribution, `None` for bit strings. Its standard
        error holds the noise of both samples, to leading order in their numbers.

    Raises:
        ValueError: the data do not fit the model's wires, a bandwidth is not positive, or there is
            no such device.

    Source: J.-G. Liu and L. Wang, arXiv:1804.04168, Eqs. 1, 2.

    Example:
        >>> from qce import circuits, models
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = measured_discrepancy(machine, np.array([0.25, 0.75]), bandwidths=0.5)
        >>> round(objective(np.array([np.pi])).value, 12)  # the outcome is always 1
        0.079015069854
    """
    require(model, "mixture")
    distribution = _distribution(data, model.wires)
    shots, seed = check_shots(shots), _checks.seed("seed", seed)
    chosen = _widths(bandwidths, model.wires)
    name, floor = "measured discrepancy", 0.0 if distribution.count is None else None
    if device is None and shots is None:
        kernel = on_cube(jnp, model.wires, chosen)

        def evaluate(params: Array) -> tuple[Array, Array]:
            seen = Sample(_probabilities(model, params), None)
            known = replace(distribution, frequencies=constant(distribution.frequencies))
            value, variance = discrepancy(jnp, kernel, known, seen)
            return value, jnp.sqrt(jax.lax.stop_gradient(variance))

        return Objective(name, model, floor, distribution.count, evaluate=evaluate, unit="")
    on_device = _pure(model)

    def compare(xp: Any, seen: Sample) -> tuple[Array, Array, Array]:
        kernel = on_cube(xp, model.wires, chosen)
        value, variance = discrepancy(xp, kernel, distribution, seen)
        slope = 2 * kernel.smooth(seen.frequencies - distribution.frequencies)
        return value, xp.sqrt(variance), slope

    machine = open_sampler(device, model.wires, seed, shots)
    check_plain(machine, name)
    measure = measuring(machine, _evaluation(on_device, compare, shots))
    return Objective(
        name,
        model,
        floor,
        shots or distribution.count,
        measure=measure,
        machine=machine,
        seed=seed,
        unit="",
    )


@remembered
def measured_transport(
    model: StateModel,
    data: OutcomeData,
    *,
    epsilon: float = 0.5,
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
) -> Objective:
    r"""Sinkhorn divergence of data and the outcomes of a model, in bits flipped.

    `losses.sinkhorn_divergence` of the data's frequencies and the Born probabilities. It is convex
    in the distributions, so that frequencies in place of probabilities make it larger on average:
    estimates from outcomes are biased, and say so. The gradient is that of the optimal potentials,
    pulled back by parameter shifts on a device.

    Args:
        model: `BornMachine`; `ThermalModel` where it is simulated.
        data: probabilities `(2^n,)`, bit strings `(N, n)`, N ≥ 2, counts of all outcomes,
            integers `(2^n,)`, or a dictionary of counts.
        epsilon: of the regularisation, in bits flipped.
        device: PennyLane device or its name; `None` for a simulation.
        shots: outcomes a circuit; `None` for exact probabilities.
        seed: of the outcomes, for devices opened by name.

    Returns:
        Objective; its floor is 0. Its standard error is of first order in the noise: it is 0 where
        data and model agree, although the value is not exact there.

    Raises:
        ValueError: the data do not fit the model's wires, `epsilon` is not positive, or there is no
            such device.

    Source: B. Coyle, D. Mills, V. Danos and E. Kashefi, arXiv:1904.02214.

    Example:
        >>> from qce import circuits, models
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = measured_transport(machine, np.array([0.25, 0.75]), epsilon=1e6)
        >>> round(objective(np.array([np.pi])).value, 5)  # (1 − ¾)²: marginals only
        0.0625
    """
    require(model, "mixture")
    distribution = _distribution(data, model.wires)
    shots, seed = check_shots(shots), _checks.seed("seed", seed)
    epsilon = _checks.number("epsilon", epsilon, "epsilon=0.5, in bits flipped", above=0)
    name = "measured transport"
    bias = (
        ""
        if distribution.count is None and shots is None
        else "frequencies in place of a distribution"
    )
    if device is None and shots is None:

        def evaluate(params: Array) -> tuple[Array, Array]:
            q = _probabilities(model, params)
            # Potentials are stationary: held fixed, they leave the right gradient.
            p = constant(distribution.frequencies)
            a, b = transport.potentials(jnp, p, jax.lax.stop_gradient(q), epsilon)
            spread = 0.0 if distribution.count is None else _variance(p, a) / distribution.count
            return p @ a + q @ b, jnp.sqrt(spread)

        return Objective(
            name, model, 0.0, distribution.count, bias, evaluate=evaluate, unit="bits flipped"
        )
    on_device = _pure(model)

    def compare(xp: Any, seen: Sample) -> tuple[Array, Array, Array]:
        a, b = transport.potentials(xp, distribution.frequencies, seen.frequencies, epsilon)
        value = distribution.frequencies @ a + seen.frequencies @ b
        sides = ((distribution, a), (seen, b))
        spreads = [_variance(s.frequencies, x) / s.count for s, x in sides if s.count is not None]
        return value, xp.sqrt(sum(spreads, xp.zeros(()))), b

    machine = open_sampler(device, model.wires, seed, shots)
    check_plain(machine, name)
    measure = measuring(machine, _evaluation(on_device, compare, shots))
    return Objective(
        name,
        model,
        0.0,
        shots or distribution.count,
        bias,
        measure=measure,
        machine=machine,
        seed=seed,
        unit="bits flipped",
    )


def sampled_discrepancy(
    data: np.ndarray, model: np.ndarray, *, bandwidths: Bandwidths = None
) -> Estimate:
    r"""Squared maximum mean discrepancy of two sets of bit strings, of any number of wires.

    The unbiased estimate; it may be negative. Both sets are independent draws.

    Args:
        data: bit strings `(N, n)`, N ≥ 2.
        model: bit strings `(M, n)`, M ≥ 2.
        bandwidths: one σ or several of the kernel $e^{-h/2σ}$; n/4 if None.

    Returns:
        Estimate with its standard error, without unit; `shots` is N + M. Where the distributions
        agree the error is stated too large, by up to a third.

    Raises:
        ValueError: a set holds fewer than two strings or other values than bits, their lengths
            differ, a bandwidth is not positive, or there are more than 16384 different strings of
            more than 14 wires, whose kernel takes 2 GiB.

    Source: A. Gretton et al., J. Mach. Learn. Res. 13, 723 (2012), Lemma 6.

    Example:
        >>> found = sampled_discrepancy(np.eye(4, dtype=int), 1 - np.eye(4, dtype=int))
        >>> round(found.value, 6), found.shots  # (e⁻¹ − e⁻²) / 2
        (0.116272, 8)
    """
    x, y = _strings("data", data), _strings("model", model)
    if x.shape[1] != y.shape[1]:
        but = f"they have {x.shape[1]} and {y.shape[1]}"
        raise _checks.pair_error("data", "model", "have equally many wires", but, "(N, n), (M, n)")
    value, variance = discrepancy(np, *_compared(x, y, _widths(bandwidths, x.shape[1])))
    return Estimate(float(value), float(variance) ** 0.5, len(x) + len(y), unit="")


def _compared(
    x: np.ndarray, y: np.ndarray, chosen: tuple[float, ...]
) -> tuple[Kernel, Sample, Sample]:
    """All strings of few wires; of many wires those that occur, with their kernel matrix."""
    wires = x.shape[1]
    if 2**wires <= _MOST:
        distributions = [Sample(empirical(bits), len(bits)) for bits in (x, y)]
        return on_cube(np, wires, chosen), distributions[0], distributions[1]
    points, where = np.unique(np.concatenate([x, y]), axis=0, return_inverse=True)
    if len(points) > _MOST:
        but = f"there are {len(points)}: {8 * len(points) ** 2 / 2**30:.1f} GiB of kernel"
        must = f"hold at most {_MOST} different strings of {wires} wires"
        raise _checks.pair_error("data", "model", must, but, "fewer of them")
    a, b = (
        Sample(np.bincount(part, minlength=len(points)) / len(part), len(part))
        for part in np.split(where.reshape(-1), [len(x)])
    )
    return on_points(points, chosen), a, b


Compare = Callable[[Any, Sample], tuple[Array, Array, Array]]


def _evaluation(model: CircuitModel, compare: Compare, shots: int | None) -> Evaluation:
    """`compare`: array module, outcomes → value, stderr, and derivative by each frequency."""

    def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
        starts, once = BasisStarts(model.wires, 1), np.ones(1)
        found = yield [Mixture(starts, once, model.circuit, params, shots)]
        (seen,) = found.seen
        value, stderr, slope = compare(xp, Sample(seen.distribution, shots))
        return Measurement(value, stderr, seen.pull(slope) if with_gradient else None)

    return evaluation


def _probabilities(model: Any, params: Array) -> Array:
    weights, kets = model.mixture(params)
    return weights @ born(kets)


def _variance(distribution: Array, x: Array) -> Array:
    return distribution @ (x - distribution @ x) ** 2


def _distribution(data: Any, wires: int) -> Sample:
    distribution, total = frequencies("data", data, wires)
    if total is not None and total < 2:
        raise error("data", "hold two outcomes or more", "there is one", "more of them")
    if distribution.shape != (2**wires,):
        must = f"have shape ({2**wires},) or (N, {wires}), for the model's {wires} wires"
        but = f"they are over {distribution.shape[-1]} outcomes"
        raise error("data", must, but, "probabilities, counts or bit strings")
    return Sample(distribution, total)


def _strings(name: str, samples: Any) -> np.ndarray:
    bits = _checks.bits(name, samples)
    if bits.ndim != 2 or len(bits) < 2 or bits.shape[1] == 0:
        raise error(name, "have shape (N, n), N >= 2", f"its shape is {bits.shape}", "bit strings")
    return bits


def _widths(bandwidths: Any, wires: int) -> tuple[Any, ...]:
    if bandwidths is None:
        return widths(None, wires)
    known = _checks.reals("bandwidths", bandwidths, "one σ or several")
    return widths(known.ravel().tolist(), wires)


def _pure(model: StateModel) -> CircuitModel:
    """The model, whose state a circuit prepares by itself."""
    if not (isinstance(model, CircuitModel) and model.is_pure):
        but = "a mixed state is not prepared by a circuit on its wires"
        remedy = "a `BornMachine`, or leave out `device` and `shots`"
        raise error("model", "be a Born machine to run on a device", but, remedy)
    return model
