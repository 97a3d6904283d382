"""A word to whoever waits at a terminal, where one call of a library takes long.

Such a call tells nobody how far it is. So what it does, and for how long already, is all that is
said; on standard error, where progress bars are, and only if that is a terminal.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

PATIENCE = 5.0
"""Seconds before a word is said."""


@contextlib.contextmanager
def telling(what: str, patience: float = PATIENCE) -> Iterator[None]:
    """Say what the block does once it has lasted a while, and wipe the line out at its end.

    Args:
        what: What it does, in the present participle.
        patience: Seconds before that is said.

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
    """Whether somebody looks at a stream; it may be closed, or none at all."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError, OSError):
        return False


def _write(stream: object, text: str) -> None:
    """What cannot be said is not: the work goes on."""
    with contextlib.suppress(OSError, ValueError):
        print(text, end="", file=stream, flush=True)  # type: ignore[call-overload]
