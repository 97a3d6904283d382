"""A run's folder during the run: claimed by one process, finished by one rename, never lost.

`NAME/` is finished: all of it was on the disk itself before it got that name. `NAME.partial/` is in
progress, by the process that holds the lock on its `config.toml`; the lock ends with the process in
any case. The folder of a run that did not finish is kept: `NAME.failed-1/` with the traceback,
`NAME.stopped-1/` if it was interrupted or killed. `NAME.damaged-1/` was finished once, and a sweep
has found a file of it changed.

Other users may write where the runs are. So nothing in a folder is written through a link, and a
folder with links is not resumed.
"""

import contextlib
import errno
import glob
import itertools
import os
import re
import shutil
import stat
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from qce import _checks, _files, _npz, _often
from qce._checks import error
from qce._process import holding_signals
from qce.errors import ArgumentError, ArgumentFileError, keep
from qce.runs import locks

CONFIG, TRACEBACK = "config.toml", "traceback.txt"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RunInProgress(ArgumentFileError):
    """Another living process is doing the run."""


def refuse_existing(out: str | Path) -> None:
    """Raise FileExistsError where the folder of a run, or anything of its name, exists already.

    Args:
        out: Folder of the run, as `folder_of` returns it.
    """
    folder = _checks.path("out", out)
    if folder.exists() or folder.is_symlink():
        but = f"{folder} is there already and is never overwritten"
        remedy = "another `out`, or other settings, or delete the folder"
        raise error("out", "not hold this run yet", but, remedy, FileExistsError)


def state(folder: Path) -> str:
    """Return "finished", "partial", "failed", "stopped" or "damaged", by the folder's name."""
    kept = re.search(r"\.(partial|failed|stopped|damaged)(-\d+)?$", folder.name)
    return kept[1] if kept else "finished"


@contextlib.contextmanager
def new_folder(folder: Path, *, resume: bool = False) -> Iterator[Path]:
    """Yield the partial folder, which becomes `folder` in one rename when the block ends well.

    When the block fails, or is interrupted, its folder is kept under another name, and the
    exception says where. A folder that is empty, or holds only the configuration of an interrupted
    run, is removed.

    Args:
        folder: Its final name.
        resume: Continue in the folder that the last run of that name left, if there is one.

    Raises:
        FileExistsError: The folder exists already; nothing was done.
        RunInProgress: Another process makes it; nothing was done.
        OSError: Its parent cannot be written, or the disk is full.
    """
    with _claimed(folder, resume) as partial:
        try:
            yield partial
            _files.sync_tree(partial)
            # A rename would silently replace an empty folder that has appeared meanwhile.
            refuse_existing(folder)
            os.rename(partial, folder)
            _files.sync(folder.parent)
        except BaseException as problem:
            told, kept = _undisturbed(_cleaned, partial, problem)
            if kept:
                keep(told, kept)
            if told is problem:
                raise
            raise told from problem


def _undisturbed(clean_up: Callable[..., Any], *arguments: Any) -> Any:
    """Clean up without interruption by further signals, which only repeat the first."""
    done: list[Any] = []
    while not done:  # one may come just before it is held
        with contextlib.suppress(KeyboardInterrupt, SystemExit), holding_signals():
            done.append(clean_up(*arguments))
    return done[0]


def _cleaned(partial: Path, problem: BaseException) -> tuple[BaseException, Path | None]:
    return _clear(problem), _keep(partial, problem)


def _clear(problem: BaseException) -> BaseException:
    """Turn the exception of a full disk into one with a remedy; others stay as they are."""
    if not (isinstance(problem, OSError) and problem.errno in _FULL):
        return problem
    but = f"{problem.filename or 'a file of it'} cannot be written ({problem.strerror})"
    return error("out", "have room for the run", but, "another `out`, or free space", OSError)


@contextlib.contextmanager
def _claimed(folder: Path, resume: bool) -> Iterator[Path]:
    """Yield a partial folder that only this process uses, new unless the run is resumed."""
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
            if used:
                refuse_links(partial)
                _files.forget_asides(partial)
                _often.restore(partial, _is_whole)
            yield partial
            return


def _take_back(partial: Path) -> None:
    """Rename the folder set aside by the last run back, unless a killed run has the name."""
    kept = [aside for how in ("stopped", "failed") for aside in _aside(partial, how)]
    if os.path.lexists(partial) or not kept:
        return
    with contextlib.suppress(FileNotFoundError):  # somebody else has taken it back
        last = max(kept, key=lambda aside: aside.lstat().st_mtime)
        take_over(last, partial)


def take_over(left: Path, partial: Path) -> None:
    """Rename the folder that a run has left, to continue it as the partial one."""
    refuse_links(left)
    os.rename(left, partial)
    (partial / TRACEBACK).unlink(missing_ok=True)


def refuse_links(folder: Path) -> None:
    """Raise OSError where a folder is a link, or holds links: no run makes any.

    A file with several names counts as a link: text appended to it appears under the others too.
    """
    for path in (folder, *(place for place in folder.rglob("*"))):
        try:
            about = path.lstat()
        except FileNotFoundError:  # its run goes on
            continue
        plain = stat.S_ISREG(about.st_mode)
        several = plain and about.st_nlink > 1 and not _often.is_kept(path)
        if several or not (plain or stat.S_ISDIR(about.st_mode)):
            but = f"{path} is {'one of two names of a file' if several else 'a link or no file'}"
            remedy = "a folder that its own run alone has written, or begin anew, without `resume`"
            raise error("resume", "go on in a folder without links", but, remedy, OSError)


def _is_whole(path: Path) -> bool:
    try:
        _npz.load(path)
    except (_npz.DamagedArrays, OSError):
        return False
    return True


def _aside(partial: Path, how: str) -> list[Path]:
    return list(partial.parent.glob(f"{glob.escape(partial.stem)}.{how}-*"))


def _config(partial: Path) -> IO[str]:
    try:
        while True:
            try:
                _make(partial)
            except FileExistsError:
                if os.path.lexists(partial) or any(map(_in_the_way, partial.parents)):
                    raise
                continue  # it was there, and moved on before `mkdir` had a look at it
            # Somebody else may remove the folder in between.
            with contextlib.suppress(FileNotFoundError):
                return open(partial / CONFIG, "a", encoding="utf-8", opener=_files.no_link)
    except ArgumentError:
        raise
    except OSError as problem:
        but = f"{partial.parent} is not ({problem.strerror})"
        remedy = "another one"
        raise error("out", "be a folder that can be written", but, remedy, OSError) from problem


def _in_the_way(place: Path) -> bool:
    """Whether something is there that prevents a folder, such as a link to nothing."""
    return os.path.lexists(place) and not place.is_dir()


def _make(partial: Path) -> None:
    """Make the folder and its missing parents, so that their names survive a power cut."""
    missing = [place for place in partial.parents if not place.exists()]
    partial.mkdir(parents=True, exist_ok=True)
    for path in (partial, partial / CONFIG):
        if path.is_symlink():
            remedy = "another one, or remove the link"
            raise error("out", "hold no links in place of runs", f"{path} is one", remedy, OSError)
    for place in missing:
        _files.sync(place.parent)


def put_config(partial: Path, text: str) -> None:
    """Write the configuration durably into the locked file, unless it is there already."""
    with open(partial / CONFIG, "r+", encoding="utf-8", opener=_files.no_link) as file:
        if file.read() != text:
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    _files.sync(partial)
    _files.sync(partial.parent)


def settle(partial: Path) -> None:
    """Sync all files to disk, and remove those needed only during the run."""
    _files.forget_asides(partial)
    _files.sync_tree(partial)
    _often.forget(partial)


def refuse_running(partial: Path) -> None:
    """Raise RunInProgress where a living process uses a partial folder."""
    with contextlib.suppress(FileNotFoundError):
        with open(partial / CONFIG, encoding="utf-8", opener=_files.no_link) as config:
            _lock(config, partial)


def _lock(config: IO[str], folder: Path) -> None:
    try:
        locks.lock(config)
    except BlockingIOError:
        but = f"another process is making {folder}"
        remedy = "another `out`, or other settings, or wait for that process to end"
        raise RunInProgress("out", "not hold this run yet", but, remedy) from None


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _keep(partial: Path, problem: BaseException) -> Path | None:
    """Set aside a run that did not finish, with its traceback if it failed."""
    if not partial.exists():  # interrupted just after the last rename: it is finished
        return None
    if not isinstance(problem, Exception):  # interrupted, by keyboard or scheduler
        return _set_aside(partial, "stopped")
    told: list[Any] = traceback.format_exception(problem)
    with contextlib.suppress(OSError):  # the full disk that is the problem
        _files.write(partial / TRACEBACK, "".join(told).encode(errors="backslashreplace"))
    return _set_aside(partial, "failed")


def _set_aside(partial: Path, how: str) -> Path | None:
    _files.forget_asides(partial)
    _often.restore(partial, _is_whole)
    sizes = {path.name: path.lstat().st_size for path in partial.iterdir()}
    nothing_found = how == "stopped" and set(sizes) <= {CONFIG}
    if nothing_found or not any(sizes.values()):  # as on a disk that was full from the start
        shutil.rmtree(partial, ignore_errors=True)
        return None
    for number in itertools.count(1):
        aside = partial.with_name(f"{partial.stem}.{how}-{number}")
        if not os.path.lexists(aside):
            break
    with contextlib.suppress(OSError):  # what can be kept is, on a bad disk as well
        _files.sync_tree(partial)
    os.rename(partial, aside)
    _files.sync(aside.parent)
    return aside
