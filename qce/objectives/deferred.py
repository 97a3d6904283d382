"""Quantum cross entropy by deferred measurement: rotate the data by U†, then measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pennylane as qml

from qce import _checks, devices
from qce.data import Kets, Preparations
from qce.data.states import StateData, as_kets
from qce.objectives._wilson import Mean
from qce.objectives.batched import Batched, Steps
from qce.objectives.exact import check_dimension, entropy, loss, refuse_pure
from qce.objectives.machine import Call, Machine, check_shots, open_machine
from qce.objectives.objective import Measure, Measurement, Objective
from qce.objectives.preparing import Prepare, preparations, shares
from qce.objectives.recipe import remembered
from qce.objectives.sample import sample_mean
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
    error is the sample deviation of −ln p_θ(x) over √shots; with remedies against noise, that of
    what outcomes are worth after them, and the error of the calibration.
    The gradient is unbiased too: in θ from the same outcomes, in φ by the parameter-shift rule with
    `shots` outcomes a circuit.

    Args:
        model: `ThermalModel`.
        data: density matrix `(d, d)`, one ket `(d,)`, `qce.data.Kets`, or, for devices that
            prepare no given ket, `qce.data.Preparations`.
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
    shots = check_shots(shots)
    name = "deferred cross entropy"
    floor, source = None, data if isinstance(data, Preparations) else as_kets(data)
    if isinstance(source, Kets):
        check_dimension(source.dimension, model)
        floor = entropy(source)
        if device is None and shots is None:
            return Objective(name, model, floor, evaluate=loss(model, source))
    machine, rng = open_machine(device, model.wires, seed), _checks.rng("seed", seed)
    mixture = preparations(source, model.wires)
    measure = _measure(model, mixture, machine, shots, rng)
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


def _measure(
    model: Any,
    mixture: Preparations,
    machine: Machine,
    shots: int | None,
    rng: np.random.Generator,
) -> Measure:
    # Compiled once: what changes from call to call are numbers.
    energies = jax.jit(lambda params: -model.log_probabilities(params))
    pull_energies = jax.jit(lambda params, seen: jax.vjp(energies, params)[1](seen)[0])
    queues = [_rotated(prepare, model.circuit) for prepare in mixture.circuits]

    def evaluation(params: np.ndarray, with_gradient: bool) -> Steps:
        cost = np.asarray(energies(params), dtype=float)
        phi = model.angles(params)
        seen, slope = np.zeros(len(cost)), np.zeros(len(phi))
        chosen = shares(mixture.weights, shots, rng)
        found = yield [Call(queues[i], phi, drawn) for i, _, drawn in chosen]
        for (_, share, _), (reading, pullback) in zip(chosen, found, strict=True):
            seen += share * reading.law
            if with_gradient:
                slope += share * pullback(cost)
        value, stderr, sample = float(seen @ cost), 0.0, None
        if shots is not None and machine.remedies:
            pairs = zip(chosen, found, strict=True)
            parts = [devices.Part(share, reading, cost) for (_, share, _), (reading, _) in pairs]
            stderr = devices.mixture_error(parts, shots=shots)
        elif shots is not None:
            value, stderr = map(float, sample_mean(seen, cost, shots))
            sample = Mean(np.rint(seen * shots), cost)
        gradient = None
        if with_gradient:
            gradient = np.array(pull_energies(params, seen), dtype=float)
            gradient[len(gradient) - len(phi) :] += slope
        return Measurement(value, stderr, gradient, sample=sample)

    return Batched(machine, evaluation)


def _rotated(prepare: Prepare, circuit: Any) -> Callable[[Array], None]:
    """Prepare, then U(φ)†."""

    def queue(phi: Array) -> None:
        prepare(range(circuit.wires))
        qml.adjoint(circuit.queue)(phi)

    return queue
