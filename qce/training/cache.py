"""JAX's compilation cache on disk, so that a second run does not compile again."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from qce import _checks
from qce._checks import error


def enable_compilation_cache(directory: str | os.PathLike[str] | None = None) -> Path:
    """Keep compiled programs on disk for the next process.

    Process-wide, like all of JAX's settings. Programs are found by a digest of what they compute,
    and run without further checks: whoever can write there decides what this process computes. So
    only the owner may access the folder (mode 0700), and nobody else may replace it.

    Args:
        directory: of the cache; `None` for `qce/jax` in `$XDG_CACHE_HOME`, or in `~/.cache` where
            that is not set.

    Returns:
        The directory, made where it was missing.

    Raises:
        OSError: It cannot be made or written, or others can write there; nothing was changed.
    """
    import jax

    path = _own() if directory is None else folder_or_file("directory", directory)
    try:
        _make(path)
        problem = _problem(path.resolve(strict=True))
    except OSError as why:
        problem = f"{path} cannot be made ({why.strerror})"
    if problem:
        must = "be a folder that its owner alone can write"
        raise error("directory", must, problem, "another, such as by XDG_CACHE_HOME", OSError)
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return path


def folder_or_file(name: str, x: str | os.PathLike[str]) -> Path:
    """The path that a text names."""
    return _checks.path(name, x)


def _own() -> Path:
    """A folder of its own below the user's caches."""
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # The XDG specification says that a relative path is to be ignored.
        return (home if home.is_absolute() else Path.home() / ".cache") / "qce" / "jax"
    except RuntimeError:
        must, remedy = "be given where there is no home", "a folder, or set HOME"
        but = "neither HOME nor the list of users names one"
        raise error("directory", must, but, remedy, OSError) from None


def _make(path: Path) -> None:
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process has just made it
            place.mkdir(mode=stat.S_IRWXU)


def _problem(path: Path) -> str:
    """Say why a folder cannot hold compiled code, or cannot be trusted with it; "" if it can.

    Args:
        path: The folder, without links on the way.
    """
    about = path.stat()
    if not stat.S_ISDIR(about.st_mode):
        return f"{path} is no folder"
    if not os.access(path, os.W_OK | os.X_OK):
        return f"{path} cannot be written"
    if not hasattr(os, "getuid"):  # without POSIX's owners and modes
        return ""
    if about.st_uid != os.getuid():
        return f"{path} is another user's"
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"other users can write in {path}"
    for place in path.parents:
        above = place.stat()
        if above.st_uid not in (0, os.getuid()):
            return f"{place}, which it is in, is another user's"
        if above.st_mode & stat.S_IWOTH and not above.st_mode & stat.S_ISVTX:
            return f"all users can write in {place}, which it is in"
    path.chmod(stat.S_IRWXU)  # it may have been made by hand, for others to read
    return ""
