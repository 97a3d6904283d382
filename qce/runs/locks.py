"""Locks on files, which end with the process that holds them in any case.

Only POSIX has such locks: elsewhere runs can be read but not made.
"""

from __future__ import annotations

import contextlib
import importlib
import time
from pathlib import Path
from typing import IO, Any

from qce import _files
from qce._checks import error

# A process that tests whether a file is locked holds a lock on it for a moment.
_LOOKS, _A_LOOK = 5, 0.02

_fcntl: Any = None  # as on Windows, and for Python in a browser
with contextlib.suppress(ImportError):
    _fcntl = importlib.import_module("fcntl")


def require() -> None:
    """Raise OSError where files cannot be locked."""
    if _fcntl is None:
        must = "be on a system whose locks end with a process, as those of POSIX do"
        but = "this Python has none (no module `fcntl`, as on Windows)"
        remedy = "it on Linux, macOS or WSL; run folders can be read everywhere"
        raise error("out", must, but, remedy, OSError)


def lock(file: IO[Any]) -> None:
    """Lock an open file; wait for processes that only test the lock.

    Raises:
        BlockingIOError: Another process holds a lock.
    """
    require()
    for _ in range(_LOOKS):
        with contextlib.suppress(BlockingIOError):
            return _lock_at_once(file)
        time.sleep(_A_LOOK)
    _lock_at_once(file)


def _lock_at_once(file: IO[Any]) -> None:
    _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)


def is_locked(path: Path) -> bool | None:
    """Whether a living process holds the lock on a file; None where this is not known."""
    if _fcntl is None:
        return None
    try:
        with open(path, "rb", opener=_files.no_link) as file:
            _fcntl.flock(file, _fcntl.LOCK_SH | _fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # moved on between two looks
        return False
    return False
