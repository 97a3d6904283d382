"""Code and data of a run, by their digests."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import qce
from qce.runs.syntax import parsed

_DIGITS = 8  # of the digest in a folder's name, hexadecimal


@dataclass(frozen=True)
class Origin:
    """Code and data of a run.

    Attributes:
        code: SHA-256 of the experiment's file and of each module beside it that it imports, by
            their names from its folder; and the version of `qce`.
        data: SHA-256 of each file that the spec names, by the field that names it.
    """

    code: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits, for the name of the run's folder."""
        said = json.dumps([dict(self.code), dict(self.data)], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]

    def changes(self, before: Origin) -> str:
        """Say in words what differs from before; "" if nothing does."""
        if not before.code:
            return "an older qce did not note its code and data"
        new, old = _flat(self), _flat(before)
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        return ", ".join(_said(name, old.get(name), new.get(name)) for name in names)

    def as_tables(self, name: str = "") -> str:
        """Write TOML tables `code` and `data`, below a name where one is given."""
        lines = []
        for table, values in (("code", self.code), ("data", self.data)):
            if values:
                lines += ["", f"[{name}{table}]"]
                lines += [f"{_quoted(key)} = {_quoted(value)}" for key, value in values.items()]
        return "\n".join(lines) + "\n" if lines else ""


def noted(record: Any) -> Origin:
    """Return the origin in a configuration or manifest; empty if an older version wrote it."""
    found = record if isinstance(record, dict) else {}
    code, data = (found.get(name, {}) for name in ("code", "data"))
    return Origin(code if is_texts(code) else {}, data if is_texts(data) else {})


def is_texts(x: Any) -> bool:
    """Whether something is a dictionary of texts by texts."""
    return isinstance(x, dict) and all(isinstance(t, str) for item in x.items() for t in item)


def code_of(path: Path) -> dict[str, str]:
    """Return the digests of an experiment's file and of the modules in its folder that it imports.

    Imports are found in the code without running it: `import a` and `from a import b`, anywhere,
    if `a.py` or the folder `a/` is beside the file; and likewise the imports of these modules.
    """
    folder, found = path.parent, {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        name = file.relative_to(folder).as_posix().encode(errors="backslashreplace").decode()
        if name not in found:
            content = file.read_bytes()
            found[name] = hashlib.sha256(content).hexdigest()
            waiting += _imported(content, file.parent, folder)
    return {"qce": qce.__version__, **dict(sorted(found.items()))}


def data_of(spec: Any, folder: Path) -> dict[str, str]:
    """Return the digests of the files that a spec names.

    Args:
        spec: A text field, or a text in a tuple, names a file if there is one at that path, from
            the working directory or from the experiment's folder.
        folder: Of the experiment.
    """
    found = {}
    for item in dataclasses.fields(spec):
        value = getattr(spec, item.name)
        for number, text in enumerate(value if isinstance(value, tuple) else (value,)):
            path = _file(text, folder)
            if path is not None:
                several = f"[{number}]" if isinstance(value, tuple) else ""
                found[item.name + several] = _sha256(path)
    return found


def _file(text: Any, folder: Path) -> Path | None:
    if not isinstance(text, str) or not text:
        return None
    for path in (Path(text), folder / text):
        try:
            if path.is_file():
                return path.resolve()
        except (OSError, ValueError):  # too long for a name, or with a null character
            return None
    return None


def _sha256(path: Path) -> str:
    about = path.stat()
    return _content(path, about.st_mtime_ns, about.st_size, about.st_ino)


@lru_cache(maxsize=256)
def _content(path: Path, *state: int) -> str:
    """The digest of a file, which is read once for many specs as long as it does not change."""
    del state
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _imported(content: bytes, here: Path, folder: Path) -> Iterator[Path]:
    try:
        tree = parsed(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # importing it will say so
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _beside(alias.name.split("."), folder)
        elif isinstance(node, ast.ImportFrom):
            base = folder
            if node.level:  # from . import x, within a package
                base = [here, *here.parents][min(node.level - 1, len(here.parents))]
            if not base.is_relative_to(folder):
                continue
            parts = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _beside([*parts, alias.name], base)


def _beside(parts: list[str], base: Path) -> Iterator[Path]:
    """The files below a folder that are run by importing `a.b.c`."""
    place = base
    for part in parts:
        module = place / f"{part}.py"
        place = place / part
        for file in (module, place / "__init__.py"):
            if file.is_file():
                yield file
        if not place.is_dir():
            return


def _flat(origin: Origin) -> dict[str, str]:
    data = {f"the file of `{name}`": digest for name, digest in origin.data.items()}
    return {**origin.code, **data}


def _said(name: str, old: str | None, new: str | None) -> str:
    if name == "qce":
        return f"qce was {old or 'another'} and is {new}"
    if old is None:
        return f"{name} has come"
    return f"{name} has gone" if new is None else f"{name} has changed"


def _quoted(text: str) -> str:
    """A JSON string is a TOML basic string, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
