"""Derived files: written aside and moved into place, and left alone where nothing has changed."""

from pathlib import Path

from qce import _files


def put(path: Path, content: bytes) -> Path:
    """Make a file have this content, at once; its time stamp stays where it has it already."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    _files.write(path, content)
    return path
