"""Modules in the folder of an experiment, which it imports as a script would."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(eq=False)
class _Opening:
    """A folder whose modules a thread can import, and the modules replaced meanwhile."""

    folder: Path
    thread: int
    others: dict[str, ModuleType]


_lock = threading.RLock()
_open: list[_Opening] = []  # of the experiments that are going on, the innermost last


class Neighbours:
    """The modules in the folder of an experiment: each experiment has its own.

    Two experiments may both have a `helpers.py`, a reloaded one may have edited it, and the caller
    may have another. Other modules that are imported already stay, such as `numpy` beside a file
    `numpy.py`.

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
        """Make them importable inside the block.

        Threads that run experiments of one folder at the same time share its modules; the last one
        restores the caller's.
        """
        opening = self._enter()
        try:
            yield
        finally:
            self._leave(opening)

    def _enter(self) -> _Opening:
        with _lock:
            opening = _Opening(self._folder, threading.get_ident(), {})
            if not _beside(opening):
                mine = [one.folder for one in _open if one.thread == opening.thread]
                opening.others = _taken_out([*mine, self._folder])
                sys.modules.update(self._modules)
                sys.path.insert(0, str(self._folder))
                importlib.invalidate_caches()
            if not _open:
                _keep_compiled(False)
            _open.append(opening)
            return opening

    def _leave(self, opening: _Opening) -> None:
        with _lock:
            _open.remove(opening)
            if not _open:
                _keep_compiled(True)
            if others := _beside(opening):
                self._modules = _lying_in([self._folder])
                others[0].others = opening.others | others[0].others
                return
            with contextlib.suppress(ValueError):  # an experiment may have removed it
                sys.path.remove(str(self._folder))
            self._modules = _taken_out([self._folder])
            sys.modules.update(opening.others)

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that finds them whenever it is called."""

        @functools.wraps(function)
        def with_neighbours(*arguments: Any, **named: Any) -> Any:
            with self.found():
                return function(*arguments, **named)

        return with_neighbours


def _beside(opening: _Opening) -> list[_Opening]:
    """The same folder, opened by other threads."""
    same = [one for one in _open if one.folder == opening.folder]
    return [one for one in same if one.thread != opening.thread]


_compiled = [False]  # what `sys.dont_write_bytecode` was before


def _keep_compiled(keep: bool) -> None:
    """Write no compiled code, which Python would also use for a file edited within a second."""
    if keep:
        sys.dont_write_bytecode = _compiled[0]
    else:
        _compiled[0], sys.dont_write_bytecode = sys.dont_write_bytecode, True


def _lying_in(folders: list[Path]) -> dict[str, ModuleType]:
    """The loaded modules whose files are directly in some folders."""
    loaded = list(sys.modules.items())  # other threads go on importing
    # Few of thousands of modules are top-level packages; the others are in the same places.
    tops = {name.partition(".")[0] for name, _ in loaded}
    lying = {top for top in tops if _lies_in(top, folders)}
    return {name: module for name, module in loaded if name.partition(".")[0] in lying}


def _taken_out(folders: list[Path]) -> dict[str, ModuleType]:
    """Remove the modules directly in some folders from the loaded ones, and return them."""
    taken = _lying_in(folders)
    for name in taken:
        del sys.modules[name]
    return taken


def _lies_in(top: str, folders: list[Path]) -> bool:
    """Whether a top-level package or module is directly in one of some folders."""
    # In a clone, qce itself is in the folder of the user's experiments.
    if top in ("qce", "__main__", "__mp_main__") or top.startswith("qce_experiment_"):
        return False
    about = getattr(sys.modules.get(top), "__dict__", {})
    places = [about.get("__file__"), *about.get("__path__", ())]
    return any(isinstance(place, str) and Path(place).parent in folders for place in places)
