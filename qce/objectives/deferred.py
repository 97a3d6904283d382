"""Quantum cross entropy by deferred measurement: rotate the data by U†, then measure."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from qce import _checks
from qce.data import Preparations
from qce.data.states import StateData, as_kets
from qce.objectives._wilson import Mean
from qce.objectives.exact import check_dimension, entropy, loss, refuse_pure
from qce.objectives.machine import check_shots
from qce.objectives.mixture import Evaluation, Mixture, PreparedStarts, Steps
from qce.objectives.objective import Measurement, Objective, own_generator
from qce.objectives.preparing import preparations
from qce.objectives.recipe import remembered
from qce.objectives.sample import sample_mean
from qce.objectives.sampling import measuring, open_sampler
from qce.states import Ensemble
from qce.typing import Array, DeviceLike, MixedModel


@remembered
def deferred_cross_entropy(
    model: MixedModel,
    data: StateData | Preparations,
    *,
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
) -> Objective:
    r"""Quantum cross entropy from outcomes measured in the model's own eigenbasis.

    Data are not measured before the model's U† has acted on them; then the mean of −ln p_θ(x)
    over outcomes x has expectation $S(\rho, \sigma)$: the likelihood *is* the quantum cross
    entropy. Each estimate draws `shots` outcomes, of kets drawn by their weights; its standard
    error is the sample deviation of −ln p_θ(x) over √shots; with error mitigation, that of the
    corrected values, with the error of the calibration.
    The gradient is unbiased too: in θ from the same outcomes, in φ by the parameter-shift rule with
    `shots` outcomes a circuit.

    Args:
        model: `ThermalModel`.
        data: density matrix `(d, d)`, one ket `(d,)`, a state of `qce.states`, or, for devices
            that prepare no given ket, `qce.data.Preparations`.
        device: PennyLane device or its name; `None` for `default.qubit`.
        shots: outcomes an estimate; `None` for expectation values without sampling error.
        seed: of the outcomes, for devices opened by name.

    Returns:
        Objective; its floor is the entropy of the data (`None` for `Preparations`). With neither
        device nor shots it equals `exact_cross_entropy`, and is compiled by JAX.

    Raises:
        ValueError: the model is pure, the dimensions differ, or there is no such device.

    Example:
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> plus = np.array([1.0, 1.0]) / np.sqrt(2)
        >>> objective = deferred_cross_entropy(model, plus, shots=100, seed=1)
        >>> print(objective(np.zeros(2)))
        0.69315 nats (100 shots)
    """
    refuse_pure(model)
    shots, seed = check_shots(shots), _checks.seed("seed", seed)
    name = "deferred cross entropy"
    floor, source = None, data if isinstance(data, Preparations) else as_kets(data)
    if isinstance(source, Ensemble):
        check_dimension(source.dimension, model)
        floor = entropy(source)
        if device is None and shots is None:
            return Objective(name, model, floor, evaluate=loss(model, source))
    machine = open_sampler(device, model.wires, seed, shots)
    rng, mixture = own_generator(seed), preparations(source, model.wires)
    starts = PreparedStarts(model.wires, mixture.circuits)
    measure = measuring(machine, _evaluation(model, starts, mixture.weights, shots), rng)
    return Objective(
        name,
        model,
        floor,
        shots,
        measure=measure,
        machine=machine,
        seed=seed,
        rng=rng,
    )


def _evaluation(
    model: MixedModel, starts: PreparedStarts, weights: np.ndarray, shots: int | None
) -> Evaluation:
    # Compiled once: what changes from call to call are numbers.
    energies = jax.jit(lambda params: -model.log_probabilities(params))
    pull_energies = jax.jit(lambda params, seen: jax.vjp(energies, params)[1](seen)[0])

    def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
        cost = xp.asarray(energies(params), dtype=float)
        phi = model.angles(params)
        found = yield [Mixture(starts, weights, model.circuit, phi, shots, adjoint=True)]
        (seen,) = found.seen
        distribution, sample, gradient = seen.distribution, None, None
        value, stderr = distribution @ cost, found.error(cost)
        if shots is not None and found.plain:
            value, stderr = sample_mean(distribution, cost, shots)
            sample = Mean(xp.rint(distribution * shots), cost)
        if with_gradient:
            of_spectrum = xp.asarray(pull_energies(params, distribution), dtype=float)
            start = len(params) - len(phi)
            parts = [of_spectrum[:start], of_spectrum[start:] + seen.pull(cost)]
            gradient = xp.concatenate(parts)
        return Measurement(value, stderr, gradient, sample=sample)

    return evaluation
