"""Files and folders to call functions with, made anew for each call, and what stands in for them.

A right argument is a `Fresh`: the call makes it in a temporary folder of its own, which is the
working directory while the call lasts. What may stand in its place depends on what it is for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

FILE, FOLDER, TARGET, PLACE = "file", "folder", "target", "place"
"""To be read; to be read; a file to be written; a folder to be written into."""


@dataclass(frozen=True)
class Fresh:
    """An argument that every call gets anew: `make` takes the folder of the call."""

    make: Callable[[Path], Any]
    kind: str = ""  # of a path; of none for anything else


@contextmanager
def made(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield arguments with what is fresh made, in a folder that goes with the call."""
    if not any(isinstance(value, Fresh) for value in given.values()):
        yield given
        return
    with TemporaryDirectory() as name, chdir(name):
        here = Path(name)
        yield {k: v.make(here) if isinstance(v, Fresh) else v for k, v in given.items()}


def file(name: str, content: bytes | str) -> Fresh:
    """A file of this content."""
    held = content.encode() if isinstance(content, str) else content

    def make(here: Path) -> Path:
        (here / name).write_bytes(held)
        return here / name

    return Fresh(make, FILE)


def copy(folder: Callable[[], Path], inside: bool = True) -> Fresh:
    """A copy of a folder, or the folder that holds the copy."""

    def make(here: Path) -> Path:
        home = here / "runs"
        shutil.copytree(folder(), home / folder().name)
        return home / folder().name if inside else home

    return Fresh(make, FOLDER)


def target(name: str) -> Fresh:
    """A file that is not there yet."""
    return Fresh(lambda here: here / name, TARGET)


def place(name: str) -> Fresh:
    """A folder that is not there yet, whose name is free."""
    return Fresh(lambda here: here / name, PLACE)


# --- what stands in --------------------------------------------------------------------------

Change = Callable[[Path, np.random.Generator], Any]


class Named:
    """What stands for a path, as `os.fspath` reads it."""

    def __init__(self, path: Path):
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


def _renamed(path: Path, rng: np.random.Generator) -> Path:
    """The same under a name of other alphabets, with its ending."""
    other = path.with_name(f"ρ σ 状态 é\N{COMBINING ACUTE ACCENT}-{path.name}")
    return path.rename(other) if path.exists() else other


def _emptied(path: Path, rng: np.random.Generator) -> Path:
    path.write_bytes(b"")
    return path


def _shortened(path: Path, rng: np.random.Generator) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(len(content))])
    return path


def _noise(path: Path, rng: np.random.Generator) -> Path:
    path.write_bytes(rng.bytes(1000))
    return path


def _flipped(path: Path, rng: np.random.Generator) -> Path:
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    path.write_bytes(content)
    return path


def _nested(path: Path, rng: np.random.Generator) -> Path:
    path.write_text("[" * 100_000)
    return path


def _gone(path: Path) -> Path:
    """The name of what was there."""
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    return path


def _folder(path: Path, rng: np.random.Generator) -> Path:
    _gone(path).mkdir()
    return path


def _plain(path: Path, rng: np.random.Generator) -> Path:
    _gone(path).write_text("text\n")
    return path


def _pipe(path: Path, rng: np.random.Generator) -> Path:
    os.mkfifo(_gone(path))
    return path


def _loop(path: Path, rng: np.random.Generator) -> Path:
    _gone(path).symlink_to(path)
    return path


def _dangling(path: Path, rng: np.random.Generator) -> Path:
    _gone(path).symlink_to(path.with_name("nothing"))
    return path


def _to_device(path: Path, rng: np.random.Generator) -> Path:
    _gone(path).symlink_to("/dev/null")
    return path


def _linked(path: Path, rng: np.random.Generator) -> Path:
    """The same by a link, whose name has the same ending."""
    link = path.with_name(f"link-{path.name}")
    link.symlink_to(path)
    return link


def _in_loop(path: Path, rng: np.random.Generator) -> Path:
    loop = path.with_name("loop")
    loop.symlink_to(loop)
    return loop / path.name


def _below_file(path: Path, rng: np.random.Generator) -> Path:
    upper = path.with_name("plain")
    upper.write_text("text\n")
    return upper / path.name


def _one_inside(change: Change) -> Change:
    """The same change of one of the files in a folder."""

    def changed(path: Path, rng: np.random.Generator) -> Path:
        files = sorted(p for p in path.rglob("*") if p.is_file() and p.stat().st_size)
        change(files[rng.integers(len(files))], rng)
        return path

    return changed


# By label: the verdict, and the change of what is there.
_SAME: dict[str, Change] = {
    "text": lambda path, rng: str(path),
    "an object that stands for a path": lambda path, rng: Named(path),
    "relative": lambda path, rng: os.path.relpath(path),
    "with dots": lambda path, rng: path.parent / ".." / path.parent.name / "." / path.name,
    "other alphabets": _renamed,
}
_NO_PATH: dict[str, Change] = {
    "bytes": lambda path, rng: os.fsencode(path),
    "no text": lambda path, rng: "",
    "a zero": lambda path, rng: "a\0b",
    "half of a character": lambda path, rng: "\ud800",
    "an open file": lambda path, rng: 1,
    "a list": lambda path, rng: [str(path)],
    "a set": lambda path, rng: {1.0},
    "a dictionary": lambda path, rng: {},
    "a truth value": lambda path, rng: True,
    "NaN": lambda path, rng: float("nan"),
    "a type": lambda path, rng: Path,
    "a name too long": lambda path, rng: path.with_name("x" * 300 + path.name),
    "a path too long": lambda path, rng: "y/" * 3000 + path.name,
    "in a loop of links": _in_loop,
}
_READ: dict[str, Change] = {
    "missing": lambda path, rng: path.with_name(f"no-such-{path.name}"),
    "below a file": _below_file,
    "a pipe": _pipe,
    "a loop of links": _loop,
    "a link to nothing": _dangling,
    "a device": lambda path, rng: "/dev/null",
    "a device without end": lambda path, rng: "/dev/zero",
}
_CHANGES: dict[str, dict[str, dict[str, Change]]] = {
    FILE: {
        "same": _SAME,
        "like": {"a link": _linked},
        "refuse": _NO_PATH
        | _READ
        | {"a folder": _folder, "empty": _emptied, "noise": _noise, "nested": _nested},
        "open": {"cut short": _shortened, "one bit": _flipped, "a text": _plain},
    },
    FOLDER: {
        "same": _SAME,
        "like": {"a link": _linked},
        "refuse": _NO_PATH,
        "open": {
            **_READ,
            "an empty folder": _folder,
            "a file": _plain,
            **{
                f"a file in it {how}": _one_inside(change)
                for how, change in {
                    "empty": _emptied,
                    "cut short": _shortened,
                    "of noise": _noise,
                    "with one bit": _flipped,
                    "nested": _nested,
                    "a folder": _folder,
                    "a pipe": _pipe,
                    "a loop": _loop,
                    "a link to nothing": _dangling,
                    "a text": _plain,
                    "gone": lambda path, rng: _gone(path),
                }.items()
            },
        },
    },
    TARGET: {
        "same": _SAME,
        "refuse": _NO_PATH
        | {
            "a folder": _folder,
            "a pipe": _pipe,
            "in a missing folder": lambda path, rng: path.parent / "no" / path.name,
            "below a file": _below_file,
            "the root": lambda path, rng: "/",
            "above": lambda path, rng: "..",
            "here": lambda path, rng: ".",
        },
        "open": {
            "a file": _plain,
            "a loop of links": _loop,
            "a link to nothing": _dangling,
            "a link to a device": _to_device,
            "another ending": lambda path, rng: path.with_suffix(".xyz"),
            "no ending": lambda path, rng: path.with_suffix(""),
            "a hidden file": lambda path, rng: path.with_name(f".{path.name}"),
        },
    },
    PLACE: {
        "same": {**_SAME, "there already": _folder},
        "refuse": _NO_PATH,
        "open": {
            "a file": _plain,
            "a pipe": _pipe,
            "below a file": _below_file,
            "in a missing folder": lambda path, rng: path.parent / "no" / path.name,
            "a loop of links": _loop,
            "a link to nothing": _dangling,
            "a link to a device": _to_device,
        },
    },
}


def changes(kind: str) -> Iterator[tuple[str, str, Callable[[Fresh, np.random.Generator], Fresh]]]:
    """Label, verdict and maker of all that may stand in for a path of a kind."""
    for verdict, listed in _CHANGES[kind].items():
        for label, change in listed.items():
            yield label, verdict, _changed(change)


def _changed(change: Change) -> Callable[[Fresh, np.random.Generator], Fresh]:
    def stand_in(good: Fresh, rng: np.random.Generator) -> Fresh:
        seed = rng.integers(2**31)
        return Fresh(lambda here: change(good.make(here), np.random.default_rng(seed)))

    return stand_in
