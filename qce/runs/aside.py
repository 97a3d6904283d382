"""Files that are there as a whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def aside(path: str | Path) -> Iterator[Path]:
    """Yield a file to write, which takes the place of `path` when the block ends well.

    Args:
        path: What it will be called. Its ending stays, which figures tell their format by.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "note.txt"
        >>> with aside(path) as written:
        ...     _ = written.write_text("whole")
        ...     path.exists()
        False
        >>> path.read_text()
        'whole'
    """
    path = Path(path)
    written = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield written
        os.replace(written, path)
    finally:
        written.unlink(missing_ok=True)
