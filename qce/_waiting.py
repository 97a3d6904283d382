"""A message at a terminal while one call of a library takes long.

Such a call does not report its progress. So the message is only what it does, and for how long, on
standard error, where progress bars are, and only if that is a terminal.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

PATIENCE = 5.0
"""Seconds before the message is shown."""


@contextlib.contextmanager
def telling(what: str, patience: float = PATIENCE) -> Iterator[None]:
    """Show what the block does if it takes long, and clear the line at its end.

    Args:
        what: What it does, in the present participle.
        patience: Seconds before that is shown.

    Example:
        >>> with telling("diagonalising 4096 × 4096"):  # silent here, and wherever it is quick
        ...     pass
    """
    stream = sys.stderr
    if not _is_terminal(stream):
        yield
        return
    began, done = time.monotonic(), threading.Event()

    def watch() -> None:
        said = 0
        wait = patience
        while not done.wait(wait):
            line = f"{what}, {time.monotonic() - began:.0f} s"
            _write(stream, f"\r{line.ljust(said)}")
            said, wait = len(line), 1.0
        if said:
            _write(stream, f"\r{' ' * said}\r")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; it may be closed, or None."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError, OSError):
        return False


def _write(stream: object, text: str) -> None:
    """Print to the stream, and ignore errors."""
    with contextlib.suppress(OSError, ValueError):
        print(text, end="", file=stream, flush=True)  # type: ignore[call-overload]
