"""A file of lines to which one process at a time appends, with a checksum for each line."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from qce import _files
from qce._checks import error
from qce.errors import ArgumentError

Entry = dict[str, Any]

_LINE = re.compile(rb'(\{.*), "sum": "([0-9a-f]{16})"\}', re.DOTALL)


class Lines:
    r"""Lines of JSON, each with a checksum, and synced to disk when `append` returns.

    A process that is killed while it writes leaves an incomplete last line, which is skipped, and
    removed by the next `append`. Any other damaged line is an error.

    Args:
        path: The file; `hold` creates a missing one.

    Example:
        >>> import tempfile
        >>> lines = Lines(Path(tempfile.mkdtemp()) / "jobs.jsonl")
        >>> lines.hold()
        []
        >>> lines.append({"job": "a"})
        >>> lines.path.read_text(encoding="utf-8")
        '{"job": "a", "sum": "65e5a804ea49b92e"}\n'
        >>> Lines(lines.path).read()
        [{'job': 'a'}]
    """

    _holders: dict[Path, Lines] = {}  # noqa: RUF012 - of this process, by path

    def __init__(self, path: str | Path):
        self.path = Path(path).absolute()
        self._descriptor: int | None = None
        self._owner = 0  # the process that holds the file
        self._given_up = False
        self._whole = 0  # bytes up to the end of the last whole line
        self._break = b""  # that the last whole line lacks

    def read(self) -> list[Entry]:
        """Return the entries of all complete lines.

        Raises:
            ValueError: A line is damaged.
        """
        try:
            with open(self.path, "rb", opener=_files.no_link) as file:
                lines = file.readlines()
        except FileNotFoundError:
            lines = []
        except OSError as problem:
            raise _unusable(self.path, problem) from None
        entries: list[Entry] = []
        self._whole, self._break = 0, b""
        for line in lines:
            if (entry := _entry(line)) is None:
                if _is_cut_short(line):
                    break
                raise self.damaged(len(entries) + 1, line)
            entries.append(entry)
            self._whole += len(line)
        if lines and self._whole and not lines[len(entries) - 1].endswith(b"\n"):
            # The last one is whole but for its end, where a byte too many may stand.
            self._whole -= len(lines[-1]) - lines[-1].rindex(b"}") - 1
            self._break = b"\n"
        return entries

    @property
    def held(self) -> bool:
        """Whether this process holds the file already.

        Raises:
            ValueError: It did, and the file was taken from it.
        """
        if self._given_up:
            raise self._lost("it was opened once more in this process")
        if self._descriptor is None or self._owner != os.getpid():
            return False
        try:
            if os.path.samestat(os.stat(self.path), os.fstat(self._descriptor)):
                return True
        except FileNotFoundError:
            pass
        raise self._lost("it was removed or replaced while jobs were noted in it")

    def hold(self) -> list[Entry]:
        """Lock the file against other processes, and return its entries.

        Raises:
            ValueError: Another process holds it, or a line is damaged.
        """
        if (other := self._holders.get(self.path)) is not None:
            other._give_up()
        self._descriptor, self._owner = _locked(self.path), os.getpid()
        self._holders[self.path] = self
        return self.read()

    def append(self, entry: Entry) -> None:
        """Write a line, and return when it is on the disk."""
        assert self._descriptor is not None
        body = json.dumps(entry).encode()
        line = body[:-1] + b', "sum": "' + _digest(body) + b'"}\n'
        try:
            os.ftruncate(self._descriptor, self._whole)  # what was cut short
            os.lseek(self._descriptor, self._whole, os.SEEK_SET)
            with os.fdopen(os.dup(self._descriptor), "wb") as file:
                file.write(self._break + line)
                _files.sync(file)
        except OSError as problem:
            raise _unusable(self.path, problem) from None
        self._whole += len(self._break + line)
        self._break = b""

    def damaged(self, number: int, line: bytes = b"") -> ArgumentError:
        """Return the error about a line, with its readable part and a remedy."""
        readable = line.decode("ascii", "backslashreplace").strip()
        shown = f", which reads {readable[:200]!r}" if readable else ""
        must = "be as it was written, for jobs that it forgets would be sent and paid for again"
        but = f"line {number} of {self.path} is damaged or of another version of qce{shown}"
        remedy = (
            "a copy that is whole; or this one without that line, after a look at the provider's "
            "list of jobs: what the line was about may be sent again"
        )
        return error("journal", must, but, remedy)

    def _give_up(self) -> None:
        """Release the file to a later opening in this process."""
        self._given_up = self._owner == os.getpid()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def _lost(self, why: str) -> ArgumentError:
        remedy = "the device that was opened last, or a journal of its own to each"
        return error("journal", f"be {self.path} as this device left it", f"{why}", remedy)

    def __reduce__(self) -> tuple[type[Lines], tuple[Path]]:
        return type(self), (self.path,)


def _locked(path: Path) -> int:
    """Open a file, made where it is missing, for this process alone."""
    try:
        import fcntl
    except ImportError:
        but = "this system has no POSIX locks"
        raise error("journal", "be None here", but, "no journal, or run under WSL") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        descriptor = _files.no_link(str(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    except OSError as problem:
        raise _unusable(path, problem) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        if problem.errno not in (errno.EACCES, errno.EAGAIN):
            raise _unusable(path, problem) from None
        but = f"{path} is in use by another process"
        remedy = "a file of its own to each run, or wait until the other one has ended"
        raise error("journal", "be in use by one process", but, remedy) from None
    if is_new:
        _files.sync(path.parent)
    return descriptor


def _unusable(path: Path, problem: OSError) -> ArgumentError:
    but = f"{path}: {problem.strerror or problem}"
    return error("journal", "be a file that can be read and written", but, "another path", OSError)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()


def _entry(line: bytes) -> Entry | None:
    """The entry of a complete line; the last one may lack its end, or have another byte there."""
    found = _LINE.match(line)
    if found is None or len(line) - found.end() > 1 or _digest(found[1] + b"}") != found[2]:
        return None
    entry: Entry = json.loads(found[1] + b"}")
    return entry


def _is_cut_short(line: bytes) -> bool:
    """Whether the last line is the beginning of one, as a killed process leaves it."""
    return not line.endswith(b"\n") and _LINE.match(line) is None
