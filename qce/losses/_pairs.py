"""Losses of a data and a model, two distributions or two states: what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qce import _checks
from qce.losses import _arguments, _masks
from qce.losses._arrays import together
from qce.losses._reduce import Options, Settings, reduce, told
from qce.losses._spaces import Space
from qce.losses.region import Prices, focal_power
from qce.typing import Array, Scalar

Loss = Callable[..., Array]


def each(
    space: Space, loss: Loss, data: Array, model: Array, options: Options, settings: Settings = ()
) -> Array:
    """Reduce loss(xp, data, model, *settings) over pairs, harmless where they do not count."""
    weights, where, reduction, check = told(options, data=data, model=model)
    pair = {"data": space.part(data), "model": space.part(model)}
    weights, data, model = _masks.of_batch(weights, where, check, **pair)
    if check:
        _arguments.pair(space.check, data, model)
    xp, x, y, weights, *found = together(data, model, weights, numbers=settings)
    return reduce(xp, loss(xp, x, y, *found), weights, reduction)


def mixed(
    space: Space,
    loss: Loss,
    data: Sequence[Array],
    model: Array,
    class_weights: Sequence[float],
    options: Options,
) -> Array:
    """Reduce loss(Σ_c w_c x_c / Σ_c w_c, model) of the data x_c of classes c, unchecked."""
    weights, where, reduction, check = told(options, model=model)
    data = _checks.sequence("data", data, f"the {space.called} of each class")
    _arguments.one_a_class(class_weights, len(data))
    parts = {f"data[{k}]": space.part(x) for k, x in enumerate(data)}
    weights, model, *data = _masks.of_batch(weights, where, check, model=space.part(model), **parts)
    if check:
        for x in data:
            _arguments.pair(space.check, x, model)
    array: Any = class_weights if hasattr(class_weights, "shape") else None
    xp, model, weights, each, *members = together(model, weights, array, *data)
    each = class_weights if array is None else each
    total = sum(each)
    whole = sum(w / total * x for w, x in zip(each, members, strict=True))
    return reduce(xp, loss(whole, model, check=False), weights, reduction)


def overlap_loss(
    space: Space, data: Array, model: Array, prices: Prices, gamma: Scalar, options: Options
) -> Array:
    """(1 − F/(F + (α + β)(1 − F)))^{1/γ}; 1 − F = b²(1 − b²/4) cancels nothing for close pairs."""
    settings = *_arguments.prices(*prices), _arguments.above_zero("gamma", gamma)

    def loss(xp: Any, x: Array, y: Array, alpha: Scalar, beta: Scalar, gamma: Scalar) -> Array:
        squared = space.distance(x, y) ** 2
        apart = squared * (1 - squared / 4)
        wrong = (alpha + beta) * apart
        return focal_power(xp, wrong / (1 - apart + wrong), gamma)

    return each(space, loss, data, model, options, settings)
