"""Modules that lie beside an experiment, and which it imports as a script would."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

_open: list[Path] = []  # folders of the experiments that are going on, the innermost last


class Neighbours:
    """The modules in the folder of an experiment: each experiment has its own.

    Two experiments may both have a `helpers.py`, one that is loaded again may have an edited one,
    and neither is the caller's. What else is imported already stays as it is, as `numpy` does
    where there is a `numpy.py`.

    Args:
        folder: Of the experiment.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "my_numbers.py").write_text("best = 42")
        >>> with Neighbours(folder).found():
        ...     import my_numbers
        >>> my_numbers.best, "my_numbers" in sys.modules
        (42, False)
    """

    def __init__(self, folder: Path):
        self._folder = folder.resolve()
        self._modules: dict[str, ModuleType] = {}

    @contextlib.contextmanager
    def found(self) -> Iterator[None]:
        """Let what runs inside the block import them."""
        _open.append(self._folder)
        others = _taken_out(_open)
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._folder))
        importlib.invalidate_caches()
        # Python would take compiled code for that of a file which was edited within a second.
        compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            yield
        finally:
            sys.dont_write_bytecode = compiled
            with contextlib.suppress(ValueError):  # an experiment may have removed it
                sys.path.remove(str(self._folder))
            self._modules = _taken_out([self._folder])
            sys.modules.update(others)
            _open.pop()

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that finds them whenever it is called."""

        @functools.wraps(function)
        def with_neighbours(*arguments: Any, **named: Any) -> Any:
            with self.found():
                return function(*arguments, **named)

        return with_neighbours


def _taken_out(folders: list[Path]) -> dict[str, ModuleType]:
    """Take the modules that lie directly in some folders out of those that are loaded."""
    taken = {name: module for name, module in sys.modules.items() if _lies_in(name, folders)}
    for name in taken:
        del sys.modules[name]
    return taken


def _lies_in(name: str, folders: list[Path]) -> bool:
    """Whether a module, or the package that it is in, lies directly in one of some folders."""
    top = name.partition(".")[0]
    # In a clone, qce itself lies beside one's experiments.
    if top in ("qce", "__main__", "__mp_main__") or top.startswith("qce_experiment_"):
        return False
    about = getattr(sys.modules.get(top), "__dict__", {})
    places = [about.get("__file__"), *about.get("__path__", ())]
    return any(isinstance(place, str) and Path(place).parent in folders for place in places)
