"""The order α of a family of entropies or divergences: one number, or an array of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import library
from qce.typing import Array

Orders = float | Sequence[float] | np.ndarray


def order(alpha: Any, least: float = 0.0) -> float:
    """The order as a float; it selects formulas, so it is a number and carries no derivative."""
    try:
        if isinstance(alpha, (str, bytes, bool, np.bool_)):
            raise TypeError
        value = float(alpha)
    except (TypeError, ValueError):
        but = f"it is {type(alpha).__name__}"
        raise _checks.error("alpha", "be a number", but, "a float", TypeError) from None
    if not value >= least:
        remedy = f"an order >= {least:g}, or math.inf" if least > -math.inf else "a number"
        must = f"lie in [{least:g}, ∞]" if least > -math.inf else "be a number"
        raise _checks.error("alpha", must, f"it is {value:g}", remedy)
    return value


def each_order(alpha: Orders, of_one: Callable[[float], Array], least: float = 0.0) -> Array:
    """A quantity of one order, or for an array of orders an array with new last axes.

    Args:
        alpha: A number, or numbers in an array or in lists.
        of_one: The quantity `(...)` of one order.
        least: The least order there is.

    Returns:
        Array `(..., *shape of alpha)`.
    """
    orders = _numbers(alpha)
    if orders is None:
        return of_one(order(alpha, least))
    values = [of_one(order(a, least)) for a in orders.ravel()]
    xp = library(*values).xp
    stacked = xp.stack(values, -1)
    return xp.reshape(stacked, (*stacked.shape[:-1], *orders.shape))


def _numbers(alpha: Any) -> np.ndarray | None:
    """Several orders as an array; None for a single one."""
    if not isinstance(alpha, (list, tuple)) and getattr(alpha, "ndim", 0) == 0:
        return None
    orders = _checks.concrete("alpha", alpha)
    if not isinstance(orders, np.ndarray) or orders.dtype.kind not in "iuf":
        but = f"it is {type(alpha).__name__}"
        raise _checks.error("alpha", "hold numbers", but, "orders such as [0.5, 2]", TypeError)
    if orders.size == 0:
        but = f"its shape is {orders.shape}"
        raise _checks.error("alpha", "not be empty", but, "at least one order")
    return orders
