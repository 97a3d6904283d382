"""Names that have gone: what they stood for, or what to write in their place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper

from qce._renamed import old_name
from qce.typing import Array

Loss = Callable[..., Array]

_MARGINS = (
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "logistic_loss",
    "exponential_loss",
)


def names_before(module: str, *fidelity_losses: Loss) -> Callable[[str], Loss]:
    """The `__getattr__` of losses of states or of distributions.

    Overlap losses have had names without "fidelity_", and then the reduction "none"; margin losses
    are those of an expectation value now.
    """
    old = {
        f.__name__.removeprefix("fidelity_"): update_wrapper(partial(f, reduction="none"), f)
        for f in fidelity_losses
    }

    def named(name: str) -> Loss:
        if name in _MARGINS:
            side = module.rpartition(".")[2]
            now = f"losses.{name}(labels, {side}.expectation(states, observable))"
            raise AttributeError(f"`losses.{side}.{name}` is `{now}` since version 0.2")
        return old_name(module, name, old)

    return named
