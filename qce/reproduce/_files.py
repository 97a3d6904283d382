"""Derived files: written aside and moved into place, and left alone where nothing has changed."""

import os
from pathlib import Path


def put(path: Path, content: bytes) -> Path:
    """Make a file have this content, at once; its time stamp stays where it has it already."""
    if path.is_file() and path.read_bytes() == content:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    os.replace(aside, path)
    return path
