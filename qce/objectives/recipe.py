"""How an objective was built: to build it again in another process, and to compare two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from qce.objectives.objective import Objective

Arguments = ParamSpec("Arguments")


@dataclass(frozen=True, eq=False)
class Recipe:
    """A builder of objectives with its arguments.

    Args:
        build: The builder.
        arguments: Its arguments by name, defaults included.
    """

    build: Callable[..., Objective]
    arguments: dict[str, Any]

    def __call__(self) -> Objective:
        """Make the objective anew: nothing is spent yet, and random numbers begin again."""
        return self.build(**self.arguments)


def remembered(build: Callable[Arguments, Objective]) -> Callable[Arguments, Objective]:
    """Let a builder store its arguments in its objectives, so that they can be pickled."""
    takes = signature(build)

    @wraps(build)
    def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Objective:
        given = takes.bind(*args, **kwargs)
        given.apply_defaults()
        return replace(build(*args, **kwargs), recipe=Recipe(made, given.arguments))

    return made
