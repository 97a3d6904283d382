"""Quantum cross entropy by deferred measurement: rotate the data by U†, then measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pennylane as qml

from qce.data import Kets, Preparations
from qce.data.states import as_kets
from qce.objectives.exact import check_dimension, entropy, loss, refuse_pure
from qce.objectives.machine import Machine, check_shots, open_machine
from qce.objectives.objective import Measure, Objective

Array = Any


def deferred_cross_entropy(
    model: Any, data: Any, *, device: Any = None, shots: int | None = None, seed: int | None = None
) -> Objective:
    r"""Quantum cross entropy from outcomes measured in the model's own eigenbasis.

    Data are not measured before the model's U† has acted on them; then the mean of −ln p_θ(x)
    over outcomes x has expectation $S(\rho, \sigma)$: the likelihood *is* the quantum cross
    entropy. Each estimate draws `shots` outcomes, of kets drawn by their weights; its standard
    error is the sample deviation of −ln p_θ(x) over √shots. The gradient is unbiased too: in θ
    from the same outcomes, in φ by the parameter-shift rule with `shots` outcomes a circuit.

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
    check_shots(shots)
    name = "deferred cross entropy"
    kets = None if isinstance(data, Preparations) else as_kets(data)
    if kets is not None:
        check_dimension(kets.dimension, model)
        if device is None and shots is None:
            return Objective(name, model, entropy(kets), evaluate=loss(model, kets))
    mixture = data if kets is None else _prepared(kets)
    machine = open_machine(device, model.wires, seed)
    floor = None if kets is None else entropy(kets)
    measure = _measure(model, mixture, machine, shots, np.random.default_rng(seed))
    return Objective(name, model, floor, shots, measure=measure)


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

    def measure(params: np.ndarray, with_gradient: bool) -> tuple[float, float, np.ndarray | None]:
        cost = np.asarray(energies(params), dtype=float)
        phi = model.split(params)[1]
        seen, slope = np.zeros(len(cost)), np.zeros(len(phi))
        for prepare, share, drawn in _draws(mixture, shots, rng):
            queue = _rotated(prepare, model.circuit)
            if with_gradient and len(phi):
                law, pullback = machine.vjp(queue, phi, drawn)
                slope += share * np.asarray(pullback(cost))
            else:
                law = machine.frequencies(queue, phi, drawn)
            seen += share * law
        value, stderr = _mean(seen, cost, shots)
        if not with_gradient:
            return value, stderr, None
        gradient = np.array(pull_energies(params, seen), dtype=float)
        gradient[len(gradient) - len(phi) :] += slope
        return value, stderr, gradient

    return measure


def _draws(
    mixture: Preparations, shots: int | None, rng: np.random.Generator
) -> Iterator[tuple[Callable[..., Any], float, int | None]]:
    """Preparations that occur, each with its share of the outcomes and the outcomes to draw."""
    if shots is None:
        for prepare, weight in zip(mixture.circuits, mixture.weights, strict=True):
            yield prepare, weight, None
        return
    drawn = rng.multinomial(shots, mixture.weights)
    for prepare, count in zip(mixture.circuits, drawn, strict=True):
        if count:
            yield prepare, count / shots, int(count)


def _rotated(prepare: Callable[..., Any], circuit: Any) -> Callable[[Array], None]:
    """Prepare, then U(φ)†."""

    def queue(phi: Array) -> None:
        prepare(range(circuit.wires))
        qml.adjoint(circuit.queue)(phi)

    return queue


def _prepared(kets: Kets) -> Preparations:
    def preparation(ket: np.ndarray) -> Callable[..., Any]:
        return lambda wires: qml.StatePrep(ket, wires=wires)

    return Preparations([preparation(ket) for ket in kets.vectors], kets.weights)


def _mean(seen: np.ndarray, cost: np.ndarray, shots: int | None) -> tuple[float, float]:
    """Mean of `cost` over the outcomes seen, and its standard error."""
    mean = float(seen @ cost)
    if shots is None:
        return mean, 0.0
    return mean, float(seen @ (cost - mean) ** 2 / (shots - 1)) ** 0.5
