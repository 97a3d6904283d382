"""Errors as types: what a caller can catch, and what each says about itself.

Every mistake in an argument is an `ArgumentError`. It is the built-in exception of its kind as
well (TypeError, FileNotFoundError …), so that `except ValueError` and its like go on to work.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = [
    "ArgumentError",
    "ArgumentFileError",
    "ArgumentFileExistsError",
    "ArgumentFileNotFoundError",
    "ArgumentModuleError",
    "ArgumentTypeError",
    "NotInstalledError",
]


class ArgumentError(ValueError):
    """An argument that breaks its rule: "Argument `x` must …, but …. Pass …".

    Attributes:
        arguments: All names the rule binds.
        rule: What must hold.
        found: What was found instead.
        remedy: What to pass.

    Example:
        >>> from qce import ArgumentError, quantum
        >>> try:
        ...     quantum.entropy([[0.5, 0.0], [0.0, 0.7]])
        ... except ArgumentError as problem:
        ...     print(problem.argument, "must", problem.rule)
        x must have trace 1
    """

    def __init__(self, arguments: str | tuple[str, ...], rule: str, found: str, remedy: str):
        self.arguments = (arguments,) if isinstance(arguments, str) else tuple(arguments)
        self.rule, self.found, self.remedy = rule, found, remedy
        super().__init__(str(self))

    @property
    def argument(self) -> str:
        """Name of the argument; of the first where a rule binds two."""
        return self.arguments[0]

    def __str__(self) -> str:
        names = " and ".join(f"`{name}`" for name in self.arguments)
        plural = "s" if len(self.arguments) > 1 else ""
        return f"Argument{plural} {names} must {self.rule}, but {self.found}. Pass {self.remedy}."

    def __reduce__(self) -> tuple[Any, ...]:
        words = (self.arguments, self.rule, self.found, self.remedy)
        return type(self), words, self.__dict__  # the notes too


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a type that is not taken."""


class ArgumentFileError(ArgumentError, OSError):
    """A file or folder that cannot be read or written as asked for."""


class ArgumentFileNotFoundError(ArgumentFileError, FileNotFoundError):
    """A file or folder that is not there."""


class ArgumentFileExistsError(ArgumentFileError, FileExistsError):
    """A file or folder that is there already, and is never overwritten."""


class ArgumentModuleError(ArgumentError, ModuleNotFoundError):
    """Something that needs a package which is not installed."""


# What `pyproject.toml` lists, by the names of the modules.
_NEEDED = {
    "autograd", "jax", "jaxlib", "matplotlib", "numpy", "optax", "pennylane", "rich", "scipy",
    "shtab", "sklearn", "threadpoolctl", "tqdm",
}  # fmt: skip


class NotInstalledError(ModuleNotFoundError):
    """A package that qce cannot do without is missing, as in a checkout nobody has installed."""


def not_installed(what: str, problem: Exception) -> Exception:
    """What to do about a missing package; an error of another kind as it is."""
    name = problem.name if isinstance(problem, ModuleNotFoundError) else None
    package = (name or "").partition(".")[0]
    if package not in _NEEDED or isinstance(problem, NotInstalledError):
        return problem
    told = (
        f"`{what}` needs {package}, which is not installed here: run `pip install .` where qce is"
    )
    return NotInstalledError(told, name=package)


def keep(problem: BaseException, folder: Path) -> None:
    """Let an exception carry the folder in which a run has left what it had."""
    problem.kept_in = folder  # type: ignore[attr-defined]
    problem.add_note(f"What the run left is kept in {folder}.")


def kept_in(problem: BaseException) -> Path | None:
    """The folder that an exception, or the one that it came from, carries."""
    told = (problem, problem.__cause__)
    return next((folder for one in told if (folder := getattr(one, "kept_in", None))), None)


_OF: dict[type[Exception], type[ArgumentError]] = {
    ValueError: ArgumentError,
    TypeError: ArgumentTypeError,
    OSError: ArgumentFileError,
    FileNotFoundError: ArgumentFileNotFoundError,
    FileExistsError: ArgumentFileExistsError,
    ModuleNotFoundError: ArgumentModuleError,
}


def argument_error(kind: type[Exception]) -> type[ArgumentError]:
    """The `ArgumentError` that is a built-in exception of this kind as well."""
    return _OF[kind]
