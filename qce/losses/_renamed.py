"""Names that have gone: what they stood for, or what to write in their place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from qce.typing import Array

_MARGINS = (
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "logistic_loss",
    "exponential_loss",
)


def each(function: Callable[..., Array]) -> Callable[..., Array]:
    """A loss with the reduction "none" that it had before it got its name."""
    return update_wrapper(partial(function, reduction="none"), function)


def refuse_margins(module: str, name: str) -> None:
    """Say what the margin losses of states and distributions are now."""
    if name in _MARGINS:
        side = module.rpartition(".")[2]
        now = f"losses.{name}(labels, {side}.expectation(states, observable))"
        raise AttributeError(f"`losses.{side}.{name}` is `{now}` since version 0.2")


def by_old_names(*fidelity_losses: Callable[..., Array]) -> dict[str, Callable[..., Any]]:
    """Overlap losses by the names they had without "fidelity_"."""
    return {f.__name__.removeprefix("fidelity_"): each(f) for f in fidelity_losses}
