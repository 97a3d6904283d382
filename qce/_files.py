"""Files that are written as a whole or not at all, also at a power cut and in a shared folder.

The only way in which this package replaces a file. The content is first written to a new file with
an unpredictable name, which replaces the old one by a rename when all of it is on the disk. Nothing
is ever written through a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

_ASIDE = ".aside"  # ending of what is not yet in its place
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK | getattr(os, "O_BINARY", 0)

# File systems that cannot sync a folder, and folders that may be written but not read.
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


def write(
    path: str | Path,
    content: str | bytes | Callable[[BinaryIO], object],
    *,
    durable: bool = True,
) -> None:
    """Replace the content of a file atomically: after a power cut it has the old or the new.

    Args:
        path: The file; an existing one is replaced, and of a link never its target.
        content: Text (stored as UTF-8), bytes, or a function that writes to the open file.
        durable: Whether to sync to disk; otherwise it is safe against kills only.

    Raises:
        OSError: It cannot be written. The old file is unchanged.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "note.txt"
        >>> write(path, "σ")
        >>> write(path, lambda file: file.write(path.read_bytes() + b" after rho"))
        >>> path.read_text(encoding="utf-8")
        'σ after rho'
    """
    if isinstance(content, str):
        content = content.encode()
    with replacing(path, durable=durable) as file:
        if callable(content):
            content(file)
        else:
            file.write(content)


@contextlib.contextmanager
def replacing(path: str | Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Yield an open file that replaces `path` when the block ends without an error.

    Args:
        path: The file.
        durable: Whether to wait for the disk.

    Raises:
        OSError: It cannot be written, or there is a folder, a device or a pipe.
    """
    path = Path(path)
    _refuse_special(path)
    aside = path.with_name(f".{secrets.token_hex(8)}{_ASIDE}")
    descriptor = os.open(aside, _NEW, 0o666)
    try:
        with open(descriptor, "wb") as file:
            yield file
            if durable:
                sync(file)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def sync(what: BinaryIO | str | Path) -> None:
    """Return when an open file, a file or a folder (the names in it) is on the disk itself."""
    if not isinstance(what, (str, Path)):
        what.flush()
        os.fsync(what.fileno())
    elif not os.path.isdir(what):
        with open(what, "rb+", opener=no_link) as file:
            os.fsync(file.fileno())
    elif os.name == "posix":  # elsewhere a folder cannot be opened
        try:
            folder = os.open(what, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as problem:
            if problem.errno not in _NO_SYNC:
                raise


def sync_tree(folder: str | Path) -> None:
    """Return when all files in a folder, and the names of all, are on the disk itself."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = os.path.join(place, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                sync(path)
        sync(place)


def no_link(path: str, flags: int) -> int:
    """Open a plain file only, as `opener` of the built-in `open`: no link, pipe or device.

    Raises:
        OSError: It is none, or cannot be opened.
    """
    # Without blocking: a pipe that somebody has put there would block without end.
    descriptor = os.open(path, flags | _NO_LINK | getattr(os, "O_NONBLOCK", 0), 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return descriptor


def forget_asides(folder: str | Path) -> None:
    """Remove temporary files of killed processes; no other process may write in the folder."""
    for path in Path(folder).glob(f".*{_ASIDE}"):
        with contextlib.suppress(OSError):
            path.unlink()


def _refuse_special(path: Path) -> None:
    """Refuse a device such as /dev/null, which a rename would remove."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OSError(errno.EINVAL, "is there and no plain file", str(path))
