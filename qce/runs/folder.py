"""A run's folder while it is made: claimed by one process, finished by one rename, never lost.

`NAME/` is finished. `NAME.partial/` is being made, by the process that holds the lock on its
`config.toml`; the lock goes with the process, however that ends. What a run left that did not
finish is kept: `NAME.failed-1/` with the traceback, `NAME.stopped-1/` where it was interrupted or
killed.
"""

import contextlib
import errno
import fcntl
import glob
import itertools
import os
import re
import shutil
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from qce._checks import error
from qce._process import holding_signals

CONFIG, TRACEBACK = "config.toml", "traceback.txt"
KEPT = "What the run left is kept in"  # begins the note on an exception that says where
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RunInProgress(OSError):
    """The run is being done by another living process."""


def refuse_existing(folder: Path) -> None:
    """Raise FileExistsError where the folder, or anything of its name, is there already."""
    if folder.exists() or folder.is_symlink():
        but = f"{folder} is there already and is never overwritten"
        remedy = "another `out`, or other settings, or delete the folder"
        raise error("out", "not hold this run yet", but, remedy, FileExistsError)


def state(folder: Path) -> str:
    """Return "finished", "partial", "failed" or "stopped", by the folder's name."""
    kept = re.search(r"\.(partial|failed|stopped)(-\d+)?$", folder.name)
    return kept[1] if kept else "finished"


@contextlib.contextmanager
def new_folder(folder: Path, *, resume: bool = False) -> Iterator[Path]:
    """Yield the partial folder, which becomes `folder` in one rename when the block ends well.

    When the block fails, or is interrupted, what it left is kept aside, and the exception says
    where. A folder that holds nothing, or nothing but the configuration of an interrupted run, is
    removed.

    Args:
        folder: What it will be called.
        resume: Go on in what the last run of that name left, where it left something.

    Raises:
        FileExistsError: The folder is there already; nothing was done.
        RunInProgress: Another process makes it; nothing was done.
        OSError: Its parent cannot be written, or the disk is full.
    """
    with _claimed(folder, resume) as partial:
        try:
            yield partial
            # A rename would silently replace an empty folder that has appeared meanwhile.
            refuse_existing(folder)
            os.rename(partial, folder)
        except BaseException as problem:
            told, kept = _undisturbed(_cleaned, partial, problem)
            if kept:
                told.add_note(f"{KEPT} {kept}.")
            if told is problem:
                raise
            raise told from problem


def _undisturbed(clean_up: Callable[..., Any], *arguments: Any) -> Any:
    """Clean up whatever further signals come: they mean the same as the first, stop."""
    done: list[Any] = []
    while not done:  # one may come just before it is held
        with contextlib.suppress(KeyboardInterrupt, SystemExit), holding_signals():
            done.append(clean_up(*arguments))
    return done[0]


def _cleaned(partial: Path, problem: BaseException) -> tuple[BaseException, Path | None]:
    return _clear(problem), _keep(partial, problem)


def _clear(problem: BaseException) -> BaseException:
    """Say of a full disk what to do; other exceptions speak for themselves."""
    if not (isinstance(problem, OSError) and problem.errno in _FULL):
        return problem
    but = f"{problem.filename or 'a file of it'} cannot be written ({problem.strerror})"
    return error("out", "have room for the run", but, "another `out`, or free space", OSError)


@contextlib.contextmanager
def _claimed(folder: Path, resume: bool) -> Iterator[Path]:
    """Yield a partial folder that is this process's alone, and fresh unless it goes on."""
    partial = folder.with_name(f"{folder.name}.partial")
    if resume:
        refuse_existing(folder)
        _take_back(partial)
    while True:
        refuse_existing(folder)
        with _config(partial) as config:
            _lock(config, folder)
            # Between opening and locking it, its owner may have moved the folder on.
            if not _is_at(config, partial / CONFIG):
                continue
            used = os.fstat(config.fileno()).st_size or len(list(partial.iterdir())) > 1
            if used and not resume:
                _set_aside(partial, "stopped")  # its process was killed
                continue
            if folder.exists():  # finished between the first look and the lock
                shutil.rmtree(partial)
                continue
            yield partial
            return


def _take_back(partial: Path) -> None:
    """Give what the last run set aside its name back, unless a killed one has it still."""
    kept = [aside for how in ("stopped", "failed") for aside in _aside(partial, how)]
    if partial.exists() or not kept:
        return
    last = max(kept, key=lambda aside: aside.stat().st_mtime)
    with contextlib.suppress(FileNotFoundError):  # somebody else has taken it back
        os.rename(last, partial)
        (partial / TRACEBACK).unlink(missing_ok=True)


def _aside(partial: Path, how: str) -> list[Path]:
    return list(partial.parent.glob(f"{glob.escape(partial.stem)}.{how}-*"))


def _config(partial: Path) -> IO[str]:
    try:
        while True:
            try:
                partial.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                if partial.exists() or partial.is_symlink():
                    raise
                continue  # it was there, and moved on before `mkdir` had a look at it
            # Somebody else may remove the folder in between.
            with contextlib.suppress(FileNotFoundError):
                return open(partial / CONFIG, "a", encoding="utf-8")
    except OSError as problem:
        but = f"{partial.parent} is not ({problem.strerror})"
        remedy = "another one"
        raise error("out", "be a folder that can be written", but, remedy, OSError) from problem


def _lock(config: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(config, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        but = f"another process is making {folder}"
        remedy = "another `out`, or other settings, or wait for that process to end"
        raise error("out", "not hold this run yet", but, remedy, RunInProgress) from None


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _keep(partial: Path, problem: BaseException) -> Path | None:
    """Set a run aside that did not end well, with its traceback where it failed."""
    if not partial.exists():  # interrupted just after the last rename: it is finished
        return None
    if not isinstance(problem, Exception):  # interrupted, by keyboard or scheduler
        return _set_aside(partial, "stopped")
    told: list[Any] = traceback.format_exception(problem)
    with contextlib.suppress(OSError):  # the full disk that is the problem
        (partial / TRACEBACK).write_text("".join(told), encoding="utf-8")
    return _set_aside(partial, "failed")


def _set_aside(partial: Path, how: str) -> Path | None:
    sizes = {path.name: path.stat().st_size for path in partial.iterdir()}
    nothing_found = how == "stopped" and set(sizes) <= {CONFIG}
    if nothing_found or not any(sizes.values()):  # as on a disk that was full from the start
        shutil.rmtree(partial, ignore_errors=True)
        return None
    for number in itertools.count(1):
        aside = partial.with_name(f"{partial.stem}.{how}-{number}")
        if not aside.exists():
            break
    os.rename(partial, aside)
    return aside
