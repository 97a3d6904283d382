"""Writing and reading the files of a run, which can be read without this package too."""

import hashlib
import json
import numbers
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks, _files, _npz
from qce._checks import error
from qce.errors import ArgumentError
from qce.runs.experiment import Outcome
from qce.runs.folder import CONFIG
from qce.runs.origin import is_texts
from qce.runs.plain import refuse_strange, storable, to_json
from qce.runs.sealed import is_intact, sealed
from qce.runs.spec import from_toml

# Increased when older readers would misread newer files. 0: before it was recorded.
SCHEMA = 1

MANIFEST, REPORT = "manifest.json", "report.json"
_PARAMETERS, _HISTORY = "parameters.npz", "history.npz"


class DamagedRun(ArgumentError):
    """A file of a run was changed since it was written, or has the wrong content."""


def write(folder: Path, outcome: Outcome) -> None:
    """Write parameters, history and report into an existing folder.

    Values that cannot be stored are reported after all others are written.

    Raises:
        TypeError: An array or a value of the report cannot be stored; it is named.
    """
    problems = [
        *_write_arrays(folder / _PARAMETERS, "parameters", outcome.parameters),
        *_write_arrays(folder / _HISTORY, "history", outcome.history),
    ]
    report, strange = storable(outcome.report)
    _files.write(folder / REPORT, to_json(report))
    for problem in problems:
        raise problem
    refuse_strange(strange, "report")
    _check_sections(outcome.report)
    _check_costs(outcome)


def _write_arrays(path: Path, which: str, arrays: Any) -> list[Exception]:
    """Write the arrays that a file can hold; return what is wrong with the others."""
    held: dict[str, np.ndarray] = {}
    problems: list[Exception] = []
    if not isinstance(arrays, Mapping):
        but, remedy = f"it is of type {type(arrays).__name__}", f'`{which}={{"x": x}}`'
        problems.append(error(which, "hold named arrays", but, remedy, TypeError))
        arrays = {which: arrays}
    for name, array in arrays.items():
        try:
            held |= _npz.storable(name, array)
        except Exception as problem:  # whatever libraries raise where they give no NumPy array
            problems.append(problem)
    _files.write(path, lambda file: _npz.dump(file, held))
    return problems


def _check_costs(outcome: Outcome) -> None:
    device = outcome.device
    if not isinstance(device, str):
        raise error("device", "be a text", f"it is {device!r}", "how it is opened", TypeError)
    for name in ("circuits", "shots"):
        number = getattr(outcome, name)
        if type(number) is bool or not isinstance(number, numbers.Integral):
            raise error(name, "be a whole number", f"it is {number!r}", "an int", TypeError)


def _check_sections(report: Any) -> None:
    remedy = '`{"section": {"quantity": value}}`'
    must = "hold sections of named values"
    if not isinstance(report, Mapping):
        but = f"it is of type {type(report).__name__}"
        raise error("report", must, but, remedy, TypeError)
    for name, rows in report.items():
        if not isinstance(rows, Mapping):
            raise error("report", must, f"{name!r} is {rows!r}", remedy, TypeError)


def write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the manifest, last of all files, with their checksums and its own."""
    # A run that goes on may find one that a power cut has left: it is replaced, not listed.
    files = {name: sha for name, sha in checksums(folder).items() if name != MANIFEST}
    _files.write(folder / MANIFEST, sealed(to_json({**about, "files": files})))


def read(folder: str | Path) -> Outcome:
    """Read back the outcome of a run: report, parameters and history.

    Args:
        folder: A run folder, of this version or an older one.

    Returns:
        The outcome; numbers that JSON cannot hold are texts ("inf", "nan") in its report.

    Raises:
        FileNotFoundError: The folder is not that of a finished run.
        ValueError: A file is damaged, or written by a newer version.
    """
    folder = _checks.path("folder", folder, "a run folder")
    manifest = read_manifest(folder)
    for name in (REPORT, _PARAMETERS, _HISTORY):
        verify(folder, manifest, name)
    return Outcome(
        report=report_of(folder),
        parameters=read_arrays(folder / _PARAMETERS),
        history=read_arrays(folder / _HISTORY),
        device=manifest["device"],
        circuits=manifest.get("circuits", 0),
        shots=manifest.get("shots", 0),
    )


def read_report(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return configuration and report of a finished run, without its arrays."""
    manifest = read_manifest(folder)
    for name in (CONFIG, REPORT):
        verify(folder, manifest, name)
    return read_config(folder), report_of(folder)


def read_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of a run, finished or not."""
    path = folder / CONFIG
    try:
        config = tomllib.loads(_text(path))
    except (ValueError, RecursionError) as problem:
        raise damaged(path, f"it is no TOML ({problem})") from None
    if not isinstance(config.get("experiment"), str) or not isinstance(config.get("spec"), dict):
        raise damaged(path, "it names no `experiment`, or has no table [spec]")
    none = config.get("none", [])
    if not isinstance(none, list) or not all(isinstance(name, str) for name in none):
        raise damaged(path, "its `none` is no list of names")
    return {**config, "spec": from_toml(config)}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a finished run, refusing one that a newer version has written.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is damaged, or of a newer version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        but = f"{folder} has no {MANIFEST}"
        raise error("folder", "be that of a finished run", but, "a run folder", FileNotFoundError)
    content = _bytes(path)
    manifest = _json(path, content)
    if not isinstance(manifest, dict):
        raise damaged(path, "it is no JSON object")
    schema = manifest.get("schema", 0)
    if type(schema) is int and schema > SCHEMA:
        but = f"{folder} is of a newer qce (schema {schema}, this one reads {SCHEMA})"
        raise error("folder", "be a run of this version or an older one", but, "it to that qce")
    # A manifest without code and checksum is of an older version.
    if ("code" in manifest or "sha256" in manifest) and not is_intact(content):
        raise damaged(path, "its own checksum, in its last line, is not that of the rest")
    _check_manifest(path, manifest)
    return manifest


# Of which type each entry has to be, and whether older versions had it.
_ENTRIES: dict[str, tuple[tuple[type, ...], bool]] = {
    "experiment": ((str,), True),
    "spec": ((dict,), True),
    "device": ((str,), True),
    "files": ((dict,), True),
    "schema": ((int,), False),
    "circuits": ((int,), False),
    "shots": ((int,), False),
    "started": ((str,), False),
    "seconds": ((int, float), False),
    "code": ((dict,), False),
    "data": ((dict,), False),
}


def _check_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    for name, (types, needed) in _ENTRIES.items():
        if name not in manifest and needed:
            raise damaged(path, f"it has no {name!r}")
        if name in manifest and type(manifest[name]) not in types:
            raise damaged(path, f"its {name!r} is of type {type(manifest[name]).__name__}")
    for name in ("files", "code", "data"):
        if not is_texts(manifest.get(name, {})):
            raise damaged(path, f"its {name!r} does not hold one text each")
    if outside := [name for name in manifest["files"] if not _is_inside(name)]:
        raise damaged(path, f"it names a file outside of the folder, {outside[0]!r}")


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and "\0" not in name and not {"", ".", ".."} & set(parts)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; an incomplete last one, of a process that was killed, is left out.

    Raises:
        ValueError: A complete line is no JSON object; the message says which.
    """
    whole, _, _ = _bytes(path).rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    return [_line(path, number, line) for number, line in enumerate(lines, 1)]


def _line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged(path, f"line {number} is no JSON object")
    return found


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        ValueError: It is damaged.
    """
    found = _json(path, _bytes(path))
    if not isinstance(found, dict):
        raise damaged(path, "it is no JSON object")
    return found


def read_arrays(path: Path, begins: str = "") -> dict[str, np.ndarray]:
    """Read named arrays of a run, or those whose name starts with `begins`.

    Raises:
        ValueError: The file is damaged.
    """
    try:
        return _npz.load(path, begins)
    except (_npz.DamagedArrays, OSError) as problem:
        raise damaged(path, str(problem)) from None


def verify(folder: Path, manifest: Mapping[str, Any], name: str) -> None:
    """Compare a file with the checksum that was taken of it when it was written.

    Raises:
        ValueError: The file is missing or damaged.
    """
    path = folder / name
    if not path.exists():
        raise damaged(path, "it is missing")
    try:
        found = _sha256(path)
    except OSError as problem:
        raise damaged(path, problem.strerror or str(problem)) from None
    if found != manifest["files"].get(name):
        raise damaged(path, f"its checksum is not the one in {MANIFEST}")


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder and its subfolders; links are skipped."""
    plain_files = (name for name in files_in(folder) if is_plain(folder / name))
    return {name: _sha256(folder / name) for name in plain_files}


def is_plain(path: Path) -> bool:
    """Whether something is a regular file, and no link, pipe or device."""
    return stat.S_ISREG(path.lstat().st_mode)


def files_in(folder: Path) -> list[str]:
    """Return the names of everything in a folder and its subfolders but folders; links too."""
    found = []
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        found += [Path(place, name).relative_to(folder).as_posix() for name in [*names, *links]]
    return sorted(found)


def _sha256(path: Path) -> str:
    with open(path, "rb", opener=_files.no_link) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(path: Path, how: str) -> DamagedRun:
    """Return an exception that names a damaged file of a run."""
    remedy = "a run folder as it was written, or delete this one and run it again"
    said = f"{path} is damaged: {how}"
    return DamagedRun("folder", "hold an undamaged run", " ".join(said.split()), remedy)


def report_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the report of a run, without comparing its checksum."""
    path = folder / REPORT
    report = _json(path, _bytes(path))
    if not isinstance(report, dict) or not all(isinstance(x, dict) for x in report.values()):
        raise damaged(path, "it does not hold sections of named values")
    return report


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(path, "it is no JSON") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError:
        raise damaged(path, "it is no text") from None


def _bytes(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_files.no_link) as file:
            return file.read()
    except FileNotFoundError:
        raise damaged(path, "it is missing") from None
    except OSError as problem:
        raise damaged(path, problem.strerror or str(problem)) from None
