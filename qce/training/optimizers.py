"""Optimisers as pure steps: `init(params) → state`, `update(…) → params, state`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import optax

from qce._checks import error, one_of

Array = Any
Loss = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An optimiser the loop can drive.

    Args:
        settings: name and settings, for the record.
        init: `params → state`.
        update: `params, state, value, gradient, loss → params, state`; `loss` is JAX-traceable and
            for line searches.
        searches: whether `update` calls `loss`.
    """

    settings: dict[str, Any]
    init: Callable[[Array], Any]
    update: Callable[[Array, Any, Array, Array, Loss | None], tuple[Array, Any]]
    searches: bool = False


@cache
def adam(learning_rate: float) -> Optimizer:
    """Adam with β = (0.9, 0.999): for noisy gradients and rough landscapes."""
    method = optax.adam(learning_rate)

    def update(
        params: Array, state: Any, value: Array, gradient: Array, loss: Loss | None
    ) -> tuple[Array, Any]:
        del value, loss
        change, state = method.update(gradient, state, params)
        return optax.apply_updates(params, change), state

    settings = {"name": "adam", "learning_rate": learning_rate}
    return Optimizer(settings, method.init, update)


@cache
def lbfgs() -> Optimizer:
    """L-BFGS with a zoom line search: the choice for exact gradients and many digits."""
    method = optax.lbfgs()

    def update(
        params: Array, state: Any, value: Array, gradient: Array, loss: Loss | None
    ) -> tuple[Array, Any]:
        extra = {"value": value, "grad": gradient, "value_fn": loss}
        change, state = method.update(gradient, state, params, **extra)
        return optax.apply_updates(params, change), state

    return Optimizer({"name": "lbfgs"}, method.init, update, searches=True)


def choose(name: str, learning_rate: float | None) -> Optimizer:
    """Return the optimiser of that name."""
    one_of("optimizer", name, ("adam", "lbfgs"))
    if name == "adam":
        return adam(0.05 if learning_rate is None else learning_rate)
    if learning_rate is not None:
        but = "L-BFGS finds its step by a line search"
        raise error("learning_rate", "be left out for optimizer='lbfgs'", but, "learning_rate=None")
    return lbfgs()
