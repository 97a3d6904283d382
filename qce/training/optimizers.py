"""The optimisers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optax

from qce._checks import error, one_of
from qce.training.gradient import adam, lbfgs, natural
from qce.training.interface import Optimizer
from qce.training.marquardt import marquardt
from qce.training.soap import soap
from qce.training.stochastic import cans, coordinate, qnspsa, spsa
from qce.training.transformations import transformed

__all__ = [
    "NAMES", "Optimizer", "adam", "cans", "choose", "coordinate", "lbfgs", "marquardt", "natural",
    "qnspsa", "soap", "spsa",
]  # fmt: skip

_METHODS: dict[str, Callable[..., Optimizer]] = {
    "adam": adam,
    "soap": soap,
    "lbfgs": lbfgs,
    "natural": natural,
    "marquardt": marquardt,
    "spsa": spsa,
    "qnspsa": qnspsa,
    "coordinate": coordinate,
    "cans": cans,
}
NAMES = tuple(_METHODS)


def choose(
    optimizer: str | Optimizer | optax.GradientTransformation,
    learning_rate: float | None,
    size: int,
    tensors: Mapping[str, Any] | None = None,
) -> Optimizer:
    """Return the optimiser of that name, or the given one with its settings.

    Args:
        optimizer: name, an optimiser, or a transformation of optax.
        learning_rate: of an optimiser given by name.
        size: number of parameters.
        tensors: shape and precision of the parameters as tensors, for a tree.
    """
    if isinstance(optimizer, (Optimizer, optax.GradientTransformation)):
        _no_rate(learning_rate, "an optimiser that has its settings")
        return optimizer if isinstance(optimizer, Optimizer) else transformed(optimizer, size)
    remedy = "optimizer='adam', or any transformation of optax, such as `optax.adamw(1e-2)`"
    one_of("optimizer", optimizer, NAMES, remedy)
    if optimizer in ("lbfgs", "marquardt"):
        _no_rate(learning_rate, f"optimizer={optimizer!r}")
    settings: dict[str, Any] = {} if learning_rate is None else {"learning_rate": learning_rate}
    if optimizer == "soap":
        if tensors is None:
            but = "it turns the bases of bonds, and this model has none"
            raise error("optimizer", 'be "adam" here', but, 'optimizer="adam"')
        settings |= tensors
    return _METHODS[optimizer](**settings)


def _no_rate(learning_rate: float | None, where: str) -> None:
    if learning_rate is not None:
        but = f"it is {learning_rate}, and this one finds its step itself"
        raise error("learning_rate", f"be left out for {where}", but, "learning_rate=None")
