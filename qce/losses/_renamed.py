"""Names that have gone: what stands for them, or what to write in their place."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

_OVERLAPS = ("dice_loss", "jaccard_loss", "tversky_loss", "focal_tversky_loss")
_MARGINS = (
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "logistic_loss",
    "exponential_loss",
)


def twin(module: ModuleType, name: str) -> Any:
    """What a name of `qce.losses.classical` or `qce.losses.quantum` was; `reduction` was "none"."""
    side = module.__name__.rpartition(".")[2]
    if name in _MARGINS:
        now = f"losses.{name}(labels, {side}.expectation(states, observable))"
        raise AttributeError(f"`losses.{side}.{name}` is `{now}` since version 0.2")
    if name not in _OVERLAPS:
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    new = getattr(module, f"fidelity_{name}")
    return renamed(f"losses.{side}.{name}", f"losses.{side}.fidelity_{name}", new, "none")


def renamed(
    old: str, new: str, function: Callable[..., Any], reduction: str, depth: int = 4
) -> Any:
    """The function with the default that it had under its old name, and a warning to the caller."""
    message = f"`{old}` is `{new}` since version 0.2, and goes in 0.3"
    warnings.warn(message, DeprecationWarning, stacklevel=depth)
    return partial(function, reduction=reduction)
