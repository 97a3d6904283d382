"""Standard streams that never raise: when closed, full, or without a character in their encoding.

A run that is stored has succeeded, even if messages about it cannot be printed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO


class Patient:
    r"""A stream to which one can always write.

    A character that its encoding lacks is escaped (`\u03c3`). Text that cannot be written at all is
    lost, and the reason stored.

    Args:
        stream: The underlying stream.

    Attributes:
        problem: Why text could not be written, None if all was.

    Example:
        >>> import io
        >>> stream = Patient(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        >>> print("ρ and σ", file=stream, flush=True)
        >>> stream.buffer.getvalue()
        b'\\u03c1 and \\u03c3\n'
    """

    def __init__(self, stream: TextIO):
        self._stream = stream
        self.problem: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, with characters that the encoding lacks escaped."""
        self._try(lambda: self._stream.write(self._encodable(text)))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the underlying stream."""
        self._try(self._stream.flush)

    def close(self) -> None:
        """Do nothing: an experiment must not close the stream of the whole process."""
        self.flush()

    def _encodable(self, text: str) -> str:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            text.encode(encoding, getattr(self._stream, "errors", None) or "strict")
        except UnicodeEncodeError:
            return text.encode(encoding, "backslashreplace").decode(encoding)
        return text

    def _try(self, write: Callable[[], object]) -> None:
        if self.problem is not None:
            return
        try:
            write()
        except (OSError, ValueError) as problem:  # ValueError: somebody has closed it
            self.problem = problem
            # What is left in its buffer would fail once more when the process ends.
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


@contextlib.contextmanager
def patient() -> Iterator[Patient]:
    """Print to patient streams inside the block; yield standard output."""
    fill_closed()
    # Python leaves out the streams that were closed before it began.
    out, err = (Patient(stream or open(os.devnull, "w")) for stream in (sys.stdout, sys.stderr))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            yield out
        finally:
            out.flush()
            err.flush()


def make_patient() -> None:
    """Let a worker print to patient streams as long as it lives."""
    fill_closed()
    for name in ("stdout", "stderr"):
        setattr(sys, name, Patient(getattr(sys, name) or open(os.devnull, "w")))


def fill_closed() -> None:
    """Open closed standard streams to the null device.

    Otherwise the next file that is opened would get the number of one of them, and all output to
    it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            os.dup2(opened, number)  # also where they are the same: for processes that it starts
            if opened != number:
                os.close(opened)
            else:
                os.set_inheritable(number, True)
