"""Renamed names: an old one works for one more minor version, with a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from qce._concrete import error
from qce._warned import warn

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def renamed(
    **names: str,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Let a function take arguments by their old names, with a warning: old="new".

    >>> @renamed(max_steps="steps")
    ... def count(steps: int = 3) -> int:
    ...     return steps
    >>> import warnings
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
                    warn(said, DeprecationWarning)
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return called

    return decorate


def old_member(owner: object, name: str, names: Mapping[str, str]) -> Any:
    """The member of an object with an old name, for its `__getattr__`.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     old_member(2.0, "whole", {"whole": "is_integer"})(), str(told[0].message)
    (True, '`whole` of float is called `is_integer` now.')
    """
    kind = type(owner).__name__
    if name not in names:
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")
    said = f"`{name}` of {kind} is called `{names[name]}` now."
    warn(said, DeprecationWarning)
    return getattr(owner, names[name])


def old_name(module: str, name: str, names: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """The function of a module with an old name, for its `__getattr__`.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     old_name("here", "size", {"size": len})("ab"), str(told[0].message)
    (2, 'here.size is called `len` now.')
    """
    if name not in names:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    said = f"{module}.{name} is called `{names[name].__name__}` now."
    warn(said, DeprecationWarning)
    return names[name]
