"""Branches that are computed only where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qce._arrays.libraries import of_namespace
from qce.typing import Array


def certain(condition: Array) -> bool:
    """Whether a condition is known to hold everywhere; False under tracing.

    For shortcuts in the common case, such as that everything is in the support.
    """
    try:
        return bool(condition.all())
    except (RuntimeError, TypeError):  # what PyTorch's and JAX's transformations raise
        return False


def where_needed(xp: Any, condition: Array, exact: Callable[[], Array], value: Array) -> Array:
    """`exact()` where a condition holds, else `value`; not computed where it holds nowhere."""
    if certain(~condition):
        return value
    return of_namespace(xp).where_needed(condition, exact, value)
