"""Any transformation of optax as an optimiser of the loop."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qce._checks import error
from qce.errors import ArgumentError
from qce.objectives import Objective
from qce.training.free import first_line
from qce.training.interface import Optimizer, Reading
from qce.typing import Array


@lru_cache(maxsize=8)
def transformed(method: Any, size: int) -> Optimizer:
    """Return an optimiser that follows a transformation of optax.

    It is also passed value, gradient and loss, as line searches need them.

    Args:
        method: `optax.GradientTransformation`.
        size: Number of parameters, to test whether it takes a flat vector and searches.
    """
    from qce.training.digest import digest

    rule = optax.with_extra_args_support(method)

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        extra = {"value": reading.value, "grad": reading.gradient, "value_fn": objective.loss}
        change, memory = rule.update(reading.gradient, memory, params, **extra)
        return optax.apply_updates(params, change), memory

    searches = _searches(rule, size)
    # Its settings are inside its functions; their digest tells two from each other.
    return Optimizer({"name": "optax", "digest": digest(tuple(method))}, method.init, update,
                     searches=searches)  # fmt: skip


def _searches(rule: Any, size: int) -> bool:
    """Whether it evaluates the loss elsewhere, found by tracing without computing."""
    asked = []

    def loss(params: Array) -> Array:
        asked.append(1)
        return jnp.sum(params)

    def once(params: Array) -> Any:
        extra = {"value": jnp.zeros(()), "grad": params, "value_fn": loss}
        change, memory = rule.update(params, rule.init(params), params, **extra)
        return optax.apply_updates(params, change), memory

    try:
        after, _ = jax.eval_shape(once, jax.ShapeDtypeStruct((size,), float))
    except ArgumentError:
        raise
    except Exception as problem:
        but = f"it does not take one of shape ({size},) ({first_line(problem)})"
        remedy = "a transformation of one flat vector, such as optax.adamw(1e-2)"
        raise error("optimizer", "take a vector of parameters", but, remedy, TypeError) from problem
    del after
    return bool(asked)
