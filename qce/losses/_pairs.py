"""Losses of a data and a model, two distributions or two states: what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from qce import classical, quantum
from qce.losses import _arguments, _masks
from qce.losses._arrays import together
from qce.losses._reduce import Samples, reduce
from qce.losses.region import focal_power
from qce.typing import Array, Scalar


class Side(NamedTuple):
    """What data and model are."""

    part: Callable[[Array], _masks.Part]
    check: Callable[[Array, Array], None]
    distance: Callable[..., Array]  # that of Bures


CLASSICAL = Side(_masks.probabilities, _arguments.distributions, classical.bures_distance)
QUANTUM = Side(_masks.states, _arguments.states, quantum.bures_distance)


def taken(
    side: Side,
    data: Array,
    model: Array,
    samples: Samples,
    settings: tuple[Scalar, ...] = (),
) -> tuple[Any, ...]:
    """The namespace, data and model, harmless where they do not count, weights, and settings."""
    weights, where, _, check = samples.checked(data=data, model=model)
    pair = {"data": side.part(data), "model": side.part(model)}
    weights, data, model = _masks.of_batch(weights, where, check, **pair)
    if check:
        side.check(data, model)
    return together(data, model, weights, numbers=settings)


def overlap_loss(
    side: Side,
    data: Array,
    model: Array,
    prices: tuple[Scalar, Scalar],
    gamma: Scalar,
    samples: Samples,
) -> Array:
    """(1 − F/(F + (α + β)(1 − F)))^{1/γ}; 1 − F = b²(1 − b²/4) cancels nothing for close pairs."""
    settings = *_arguments.prices(*prices), _arguments.above_zero("gamma", gamma)
    xp, x, y, weights, alpha, beta, gamma = taken(side, data, model, samples, settings)
    squared = side.distance(x, y, check=False) ** 2
    apart = squared * (1 - squared / 4)
    wrong = (alpha + beta) * apart
    losses = focal_power(xp, wrong / (1 - apart + wrong), gamma)
    return reduce(xp, losses, weights, samples.reduction)
