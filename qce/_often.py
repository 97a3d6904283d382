"""A file that is replaced after every step of a long computation."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from qce import _files

INTERVAL = 1.0  # seconds: waiting for a disk can take longer than a step


class Often:
    """A file that is replaced often, and synced to disk seldom.

    If the process is killed, the file has its last content. A power cut may lose the content since
    the last sync, `interval` seconds at most and a step; the synced content is kept under another
    name until there is a newer one, and `restore` brings it back.

    Args:
        path: The file.
        interval: Seconds between two syncs.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "state"
        >>> often = Often(path)
        >>> for step in range(3):
        ...     often.write(lambda file: file.write(b"step %d" % step))
        >>> path.read_text()
        'step 2'
    """

    def __init__(self, path: str | Path, interval: float = INTERVAL):
        self.path = Path(path)
        self._interval = interval
        self._synced = -float("inf")

    def write(self, content: Callable[[BinaryIO], object]) -> None:
        """Replace the file by the output of a function."""
        if time.monotonic() - self._synced < self._interval and self._is_kept():
            _files.write(self.path, content, durable=False)
            return
        _files.write(self.path, content)
        _spare(self.path).unlink(missing_ok=True)
        self._synced = time.monotonic()

    def _is_kept(self) -> bool:
        """Give the synced content a second name, before the first is used for newer content."""
        spare = _spare(self.path)
        if not spare.exists():
            try:
                os.link(self.path, spare)
            except OSError:  # a file system without such names
                return False
            _files.sync(spare.parent)
        return True


def restore(folder: Path, whole: Callable[[Path], bool]) -> None:
    """Restore the synced contents of such files in a folder after a power cut.

    Args:
        folder: Of the files.
        whole: Whether a file is complete.
    """
    for spare in folder.glob(f".*{_ENDING}"):
        path = spare.with_name(spare.name.removeprefix(".").removesuffix(_ENDING))
        if whole(path) or not whole(spare):
            spare.unlink()
        else:
            os.replace(spare, path)


def forget(folder: Path) -> None:
    """Remove the older contents, when the newer ones are synced as well."""
    for spare in folder.glob(f".*{_ENDING}"):
        spare.unlink(missing_ok=True)


def is_kept(path: Path) -> bool:
    """Whether a file has its second name from here, or is that name."""
    other = path.with_name(path.name[1:].removesuffix(_ENDING))
    pair = other if path.name.endswith(_ENDING) else _spare(path)
    return pair.exists() and pair.samefile(path) and path.lstat().st_nlink == 2


_ENDING = ".synced"


def _spare(path: Path) -> Path:
    return path.with_name(f".{path.name}{_ENDING}")
