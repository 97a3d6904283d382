"""The files of a run: written here, read back here, readable without this package."""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qce._checks import error
from qce.runs.experiment import Outcome
from qce.runs.folder import CONFIG

# Raised when a reader of the older files would misread the newer. 0: before it was written down.
SCHEMA = 1

MANIFEST, REPORT = "manifest.json", "report.json"
_PARAMETERS, _HISTORY = "parameters.npz", "history.npz"


def write(folder: Path, outcome: Outcome) -> None:
    """Write report, parameters and history into an existing folder."""
    (folder / REPORT).write_text(to_json(outcome.report), encoding="utf-8")
    _write_arrays(folder / _PARAMETERS, outcome.parameters)
    _write_arrays(folder / _HISTORY, outcome.history)


def read(folder: str | Path) -> Outcome:
    """Read back what a run found: report, parameters and history, as figures want them.

    Args:
        folder: A run folder, of this version or an older one.

    Returns:
        The outcome; numbers that JSON has no word for are texts ("inf", "nan") in its report.

    Raises:
        FileNotFoundError: The folder is not that of a finished run.
        ValueError: A file is damaged, or written by a newer version.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    for name in (REPORT, _PARAMETERS, _HISTORY):
        verify(folder, manifest, name)
    return Outcome(
        report=json.loads((folder / REPORT).read_text(encoding="utf-8")),
        parameters=_read_arrays(folder / _PARAMETERS),
        history=_read_arrays(folder / _HISTORY),
        device=manifest["device"],
        circuits=manifest.get("circuits", 0),
        shots=manifest.get("shots", 0),
    )


def read_report(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return configuration and report of a finished run, and leave its arrays alone."""
    manifest = read_manifest(folder)
    for name in (CONFIG, REPORT):
        verify(folder, manifest, name)
    config = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return config, json.loads((folder / REPORT).read_text(encoding="utf-8"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a finished run, refusing one that a newer version has written."""
    path = folder / MANIFEST
    if not path.is_file():
        but = f"{folder} has no {MANIFEST}"
        raise error("folder", "be that of a finished run", but, "a run folder", FileNotFoundError)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise _damaged(path, "it is no JSON") from None
    if manifest.get("schema", 0) > SCHEMA:
        but = f"{folder} is of a newer qce (schema {manifest['schema']}, this one reads {SCHEMA})"
        raise error("folder", "be a run of this version or an older one", but, "it to that qce")
    return manifest


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; one that was cut short when its process was killed is left out."""
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def verify(folder: Path, manifest: Mapping[str, Any], name: str) -> None:
    """Compare a file with the checksum that was taken of it when it was written.

    Raises:
        ValueError: The file is missing or damaged.
    """
    path = folder / name
    if not path.is_file():
        raise _damaged(path, "it is missing")
    if _sha256(path) != manifest["files"].get(name):
        raise _damaged(path, f"its checksum is not the one in {MANIFEST}")


def to_json(value: Any) -> str:
    """Write nested records as strict JSON; infinities and NaN as the texts `float` reads.

    >>> print(to_json({"value": float("inf")}))
    {
      "value": "inf"
    }
    <BLANKLINE>
    """
    return json.dumps(plain(value), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """Turn nested records into what JSON has words for."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy and JAX, arrays and scalars
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def numeric(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return NumPy arrays that a file can hold without pickling, which no reader should trust."""
    named = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in named.items():
        if array.dtype.hasobject:
            remedy = "one without None and of equal rows"
            raise error(name, "be an array of numbers", "it holds objects", remedy, TypeError)
    return named


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path, how: str) -> Exception:
    remedy = "a run folder as it was written, or delete this one and run it again"
    return error("folder", "hold an undamaged run", f"{path} is damaged: {how}", remedy)


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    np.savez(path, **numeric(arrays))


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
