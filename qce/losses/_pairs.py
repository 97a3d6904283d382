"""Losses of a data and a model, two distributions or two states: what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from qce import _checks, classical, quantum
from qce.losses import _arguments, _masks
from qce.losses._arrays import together
from qce.losses._reduce import Options, reduce, reduction_of, told
from qce.losses.region import focal_power
from qce.typing import Array, Scalar


class Side(NamedTuple):
    """What data and model are."""

    part: Callable[[Array], _masks.Part]
    check: Callable[[Array, Array], None]
    distance: Callable[..., Array]  # that of Bures
    members: str  # what the data of each class are


CLASSICAL = Side(
    _masks.probabilities,
    _arguments.distributions,
    classical.bures_distance,
    "the probabilities of each class",
)
QUANTUM = Side(_masks.states, _arguments.states, quantum.bures_distance, "the states of each class")


def taken(
    side: Side,
    data: Array,
    model: Array,
    options: Options,
    settings: tuple[Scalar, ...] = (),
) -> tuple[Any, ...]:
    """The namespace, data and model, harmless where they do not count, weights, and settings."""
    weights, where, _, check = told(options, data=data, model=model)
    pair = {"data": side.part(data), "model": side.part(model)}
    weights, data, model = _masks.of_batch(weights, where, check, **pair)
    if check:
        side.check(data, model)
    return together(data, model, weights, numbers=settings)


def mixed(
    side: Side,
    data: Sequence[Array],
    model: Array,
    class_weights: Sequence[float],
    options: Options,
) -> tuple[Any, ...]:
    """The namespace, Σ_c w_c x_c / Σ_c w_c of the data x_c of classes c, the model, and weights."""
    weights, where, _, check = told(options, model=model)
    data = _checks.sequence("data", data, side.members)
    _arguments.one_a_class(class_weights, len(data))
    parts = {f"data[{k}]": side.part(x) for k, x in enumerate(data)}
    weights, model, *data = _masks.of_batch(weights, where, check, model=side.part(model), **parts)
    if check:
        for x in data:
            side.check(x, model)
    array: Any = class_weights if hasattr(class_weights, "shape") else None
    xp, model, weights, each, *members = together(model, weights, array, *data)
    each = class_weights if array is None else each
    total = sum(each)
    whole = sum(w / total * x for w, x in zip(each, members, strict=True))
    return xp, whole, model, weights


def overlap_loss(
    side: Side,
    data: Array,
    model: Array,
    prices: tuple[Scalar, Scalar],
    gamma: Scalar,
    options: Options,
) -> Array:
    """(1 − F/(F + (α + β)(1 − F)))^{1/γ}; 1 − F = b²(1 − b²/4) cancels nothing for close pairs."""
    settings = *_arguments.prices(*prices), _arguments.above_zero("gamma", gamma)
    xp, x, y, weights, alpha, beta, gamma = taken(side, data, model, options, settings)
    squared = side.distance(x, y, check=False) ** 2
    apart = squared * (1 - squared / 4)
    wrong = (alpha + beta) * apart
    losses = focal_power(xp, wrong / (1 - apart + wrong), gamma)
    return reduce(xp, losses, weights, reduction_of(options))
