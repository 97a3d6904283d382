"""A run folder: written once and as a whole, or not at all."""

import contextlib
import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qce._checks import error
from qce.runs.experiment import Outcome


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary sibling that becomes `folder` in one rename when the block ends well.

    When the block fails, or is interrupted, the sibling is removed. The existing folder and the
    folder that cannot be written are refused on entry, before any work.

    Raises:
        FileExistsError: The folder is there already.
        OSError: Its parent cannot be written.
    """
    refuse_existing(folder)
    partial = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
    except OSError as problem:
        but = f"{folder.parent} is not ({problem.strerror})"
        raise error(
            "out", "be a folder that can be written", but, "another one", OSError
        ) from problem
    try:
        yield partial
        # A rename would silently replace an empty folder that has appeared meanwhile.
        refuse_existing(folder)
        os.rename(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def refuse_existing(folder: Path) -> None:
    """Raise FileExistsError where the folder, or anything of its name, is there already."""
    if folder.exists() or folder.is_symlink():
        but = f"{folder} is there already and is never overwritten"
        remedy = "another `out`, or another seed, or delete the folder"
        raise error("out", "not hold this run yet", but, remedy, FileExistsError)


def write(folder: Path, outcome: Outcome) -> None:
    """Write report, parameters and history into an existing folder."""
    (folder / "report.json").write_text(to_json(outcome.report), encoding="utf-8")
    _write_arrays(folder / "parameters.npz", outcome.parameters)
    _write_arrays(folder / "history.npz", outcome.history)


def read(folder: Path) -> Outcome:
    """Read back what a run found: report, parameters and history, as figures want them.

    Args:
        folder: A run folder.

    Returns:
        The outcome; numbers that JSON has no word for are texts ("inf", "nan") in its report.

    Raises:
        FileNotFoundError: The folder is not that of a run.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Outcome(
        report=json.loads((folder / "report.json").read_text(encoding="utf-8")),
        parameters=_read_arrays(folder / "parameters.npz"),
        history=_read_arrays(folder / "history.npz"),
        device=manifest["device"],
    )


def to_json(value: Any) -> str:
    """Write nested records as strict JSON; infinities and NaN as the texts `float` reads.

    >>> print(to_json({"value": float("inf")}))
    {
      "value": "inf"
    }
    <BLANKLINE>
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy and JAX, arrays and scalars
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(path, **plain)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
