"""Arguments that go by another name now: the old one is taken for one more minor version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from qce._concrete import error

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def renamed(
    **names: str,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Let a function take arguments by their old names, with a warning: old="new".

    >>> @renamed(max_steps="steps")
    ... def count(steps: int = 3) -> int:
    ...     return steps
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     count(max_steps=5), str(told[0].message)
    (5, 'Argument `max_steps` of count is called `steps` now.')
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def called(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            for old, new in names.items():
                if old in kwargs:
                    if new in kwargs:
                        but = f"`{new}`, its new name, is given too"
                        raise error(old, "be left out", but, f"`{new}` alone", TypeError)
                    said = f"Argument `{old}` of {function.__name__} is called `{new}` now."
                    warnings.warn(said, DeprecationWarning, stacklevel=2)
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return called

    return decorate
