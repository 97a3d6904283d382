"""Runs of the same settings with other code or data: how to find, compare and resume them."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from qce._checks import error
from qce._warned import warn
from qce.errors import ArgumentError
from qce.runs import folder as claims
from qce.runs import store
from qce.runs.origin import Origin, noted

_OTHER = re.compile(r"(-[0-9a-f]{8})?(?P<state>\.(partial|failed|stopped)(-\d+)?)?")
KEEP = "keep_old=True (--keep-old)"


class OlderRunWarning(UserWarning):
    """A run of the same settings exists, but code or data have changed since."""


def warn_of_older(older: Mapping[Path, str], instead: str = "") -> None:
    """Warn which runs are done again, why, and what to pass to avoid it."""
    if older:
        reasons = dict.fromkeys(older.values())
        first = next(iter(older))
        count = f"{first} and {len(older) - 1} more are" if len(older) > 1 else f"{first} is"
        said = f"{count} of the same settings, but since then {'; '.join(reasons)}. It is run anew"
        warn(f"{said} beside it{instead}.", OlderRunWarning)


def relatives(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Return the folders of runs with the same settings as a run, but other code or data.

    Args:
        folder: Of the run: `STEM-SETTINGS-ORIGIN`.
        names: Of all that is beside it, if they are known already.
    """
    base = folder.name.rpartition("-")[0]
    if names is None:
        names = [path.name for path in folder.parent.iterdir()] if folder.parent.is_dir() else []
    found = []
    for name in names:
        if name.startswith(base) and not name.startswith(folder.name):
            if _OTHER.fullmatch(name.removeprefix(base)):
                found.append(folder.with_name(name))
    return sorted(found)


def finished_relatives(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Return those that have finished and are whole, the last one first."""
    whole = []
    for other in relatives(folder, names):
        if claims.state(other) == "finished":
            try:
                started = store.read_manifest(other).get("started", "")
            except (ArgumentError, OSError):
                continue
            whole.append((started, other))
    return [other for _, other in sorted(whole, reverse=True)]


def changes(other: Path, origin: Origin) -> str:
    """Say what has changed in code and data since another run was begun."""
    return origin.changes(_origin_of(other)) or "its folder has another name"


def take_over(folder: Path, origin: Origin, *, keep_old: bool) -> dict[str, Any] | None:
    """Find the run to resume where code or data have changed since.

    Nothing is done if there is an unfinished run of the same code and data.

    Returns:
        The code and data with which it was begun, None if it begins now.

    Raises:
        ValueError: They have changed, and `keep_old` is False.
        RunInProgress: Another process is making it.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    own = [*folder.parent.glob(f"{glob.escape(folder.name)}.*")] if folder.parent.is_dir() else []
    if any(claims.state(path) in ("partial", "stopped", "failed") for path in own):
        return None
    left = [path for path in relatives(folder) if claims.state(path) != "finished"]
    if not left:
        return None
    last = max(left, key=lambda path: path.lstat().st_mtime)
    if not keep_old:
        must = "go on with the code and data that the run was begun with"
        but = f"since {last} was begun: {changes(last, origin)}"
        remedy = f"them as they were, or {KEEP}, or begin anew, without `resume`"
        raise error("resume", must, but, remedy)
    claims.refuse_links(last)
    claims.refuse_running(last)
    before = _origin_of(last)
    claims.take_over(last, partial)
    return {"code": dict(before.code), "data": dict(before.data)}


def _origin_of(folder: Path) -> Origin:
    """The code and data that a run has recorded; empty where they cannot be read."""
    try:
        return noted(store.read_config(folder))
    except (ArgumentError, OSError):
        return Origin()
