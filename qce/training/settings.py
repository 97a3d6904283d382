"""Settings of optimisers: each checked by its kind, each optimiser made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec

from qce._checks import error, integer, number, one_of, shown, whole
from qce.training.interface import Optimizer

Settings = ParamSpec("Settings")


def checked(build: Callable[Settings, Optimizer]) -> Callable[Settings, Optimizer]:
    """Let a builder of optimisers check its arguments, and return one object for equal settings.

    So trainings of one objective with equal settings are compiled once.
    """
    takes, kept = signature(build), cache(build)

    @wraps(build)
    def made(*args: Settings.args, **kwargs: Settings.kwargs) -> Optimizer:
        given = takes.bind(*args, **kwargs)
        given.apply_defaults()
        settings: dict[str, Any] = {n: _KINDS[n](n, x) for n, x in given.arguments.items()}
        return kept(**settings)

    return made


def _positive(name: str, x: Any) -> float:
    return number(name, x, f"{name}=0.1, for example", above=0)


def _not_negative(name: str, x: Any) -> float:
    return number(name, x, f"{name}=0.1, for example", least=0)


def _tensors(name: str, x: Any) -> tuple[int, ...]:
    remedy = "`model.tensor_shape`"
    found = tuple(whole(name, x, remedy).ravel().tolist())
    if len(found) < 5 or min(found) < 1 or found[-1] != found[-2]:
        raise error(name, "be (..., nodes, k, x, D, D)", f"it is {shown(x)}", remedy)
    return found


def _precision(name: str, x: Any) -> str:
    one_of(name, x, ("float32", "float64"))
    return str(x)


_KINDS: dict[str, Callable[[str, Any], Any]] = {
    "shape": _tensors,
    "dtype": _precision,
    "learning_rate": _positive,
    "perturbation": _positive,
    "stability": _not_negative,
    "damping": _not_negative,
    "memory": lambda name, x: number(name, x, "memory=0.99, for example", least=0, below=1),
    "most": lambda name, x: integer(name, x, "most=64, for example", least=2),
    "decay": lambda name, x: None if x is None else integer(name, x, "decay=1000", least=1),
    "clip": lambda name, x: None if x is None else _positive(name, x),
    "lipschitz": lambda name, x: None if x is None else _positive(name, x),
}
