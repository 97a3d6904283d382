"""Unfinished runs, and one run in words."""

from pathlib import Path
from typing import Any

from qce import _checks, _files
from qce._checks import error
from qce.errors import ArgumentError
from qce.runs.folder import CONFIG, TRACEBACK, state
from qce.runs.locks import is_locked
from qce.runs.record import METRICS
from qce.runs.store import read, read_config, read_lines, read_manifest
from qce.runs.table import Table, from_rows
from qce.runs.verifying import verdict


def unfinished(place: str | Path) -> Table:
    """Return the runs in a folder that did not finish.

    Args:
        place: The folder that the runs are in.

    Returns:
        Table with the folder, its state ("running" or "killed", "partial" if that is not known;
        "stopped", "failed", "damaged"), the number of lines of metrics, and why it failed or what
        is wrong with its files.
    """
    place = _checks.path("place", place, '"runs"')
    inside = sorted(place.iterdir()) if place.is_dir() else []
    return from_rows([_row(f) for f in inside if f.is_dir() and state(f) != "finished"])


def describe(folder: str | Path) -> dict[str, dict[str, Any]]:
    """Return one run as sections of named values, whether it has finished or not.

    Raises:
        FileNotFoundError: The folder is not that of a run.
        ValueError: A file of it is damaged.
    """
    folder = _checks.path("folder", folder, "a run folder")
    if not (folder / CONFIG).is_file():
        but, remedy = f"{folder} has no {CONFIG}", "a run folder"
        raise error("folder", "be that of a run", but, remedy, FileNotFoundError)
    if state(folder) == "finished":
        manifest, outcome = read_manifest(folder), read(folder)
        spent = {"circuits": outcome.circuits, "shots": outcome.shots}
        about: dict[str, Any] = {"state": "finished", "device": outcome.device or "none"}
        about |= {name: manifest[name] for name in ("started", "seconds") if name in manifest}
        about |= {name: number for name, number in spent.items() if number}
        return {folder.name: about, "settings": manifest["spec"], **outcome.report}
    row = _row(folder)
    settings = read_config(folder)["spec"] if (folder / CONFIG).stat().st_size else {}
    last = (metrics(folder) or [{}])[-1]
    return {row.pop("folder"): row, "settings": settings, "last metrics": last}


def metrics(folder: str | Path) -> list[dict[str, Any]]:
    """Return the metrics that a run has written so far, one dictionary a line."""
    path = _checks.path("folder", folder, "a run folder") / METRICS
    return read_lines(path) if path.is_file() else []


def _row(folder: Path) -> dict[str, Any]:
    how = state(folder)
    problem: str | None
    try:
        if how == "partial":
            how = {True: "running", False: "killed", None: how}[is_locked(folder / CONFIG)]
        recorded: int | None = len(metrics(folder))
        problem = last_line(folder / TRACEBACK)
        if how == "damaged":
            problem = next(iter(verdict(folder).problems), None)
    except (ArgumentError, OSError) as wrong:
        recorded, problem = None, getattr(wrong, "found", str(wrong))
    return {"folder": str(folder), "state": how, "metrics": recorded, "problem": problem}


def last_line(path: Path) -> str | None:
    """Return the last line of a traceback that names an exception."""
    if not path.is_file():
        return None
    with open(path, encoding="utf-8", errors="replace", opener=_files.no_link) as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    return lines[-1] if lines else None
