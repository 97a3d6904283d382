"""Many run folders as one table."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qce._checks import error
from qce._concrete import called
from qce._warned import warn
from qce.errors import ArgumentError
from qce.runs.folder import state
from qce.runs.store import MANIFEST, damaged, read_report
from qce.runs.table import Table, from_rows
from qce.runs.verifying import folders, has_run_files, paths_of

# JSON cannot hold these numbers; `to_json` writes them as texts.
_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


class DamagedRunWarning(UserWarning):
    """Runs are left out of a table, because their files are damaged."""


def load(*places: str | Path) -> Table:
    """Load finished runs as one table.

    Args:
        *places: Run folders, or folders of run folders such as `runs`. Runs that failed, were
            stopped or are in progress are skipped.

    Returns:
        The table, sorted by experiment and settings: experiment, fields of the spec, numbers and
        texts of the report as `section/quantity`, folder. Damaged runs in a folder of runs are in
        `damaged`, with the reason, and a `DamagedRunWarning` names them.

    Raises:
        FileNotFoundError: A place holds no finished run.
        ValueError: A place is a run itself, and damaged or written by a newer version.

    Example:
        >>> load("no/such/folder")
        Traceback (most recent call last):
        qce.errors.ArgumentFileNotFoundError: Argument `places` must hold finished runs, \
but no/such/folder holds none. Pass a run folder, or the folder that the runs are in.
    """
    paths = paths_of(places)
    found = {folder: None for place in paths for folder in finished(place)}
    table = load_folders(found)
    for place in map(str, paths):
        if place in table.damaged:
            with called(folder="places"):
                raise table.damaged[place]
    if table.damaged:
        listed = "; ".join(problem.found for problem in table.damaged.values())
        warn(f"damaged runs are left out: {listed}", DamagedRunWarning)
    return table


def load_folders(folders: Iterable[Path]) -> Table:
    """Load finished runs, and list the damaged ones."""
    rows = []
    wrong: dict[str, ArgumentError] = {}
    for folder in folders:
        try:
            rows.append(_row(folder))
        except FileNotFoundError:
            wrong[str(folder)] = damaged(folder / MANIFEST, "it is missing")
        except ArgumentError as problem:
            wrong[str(folder)] = problem
    table = from_rows([row for _, row in sorted(rows, key=lambda keyed: keyed[0])])
    return replace(table, damaged=wrong)


def finished(place: Path) -> list[Path]:
    """Return the folders of the finished runs in a place: itself, or those directly in it."""
    try:
        inside = [place] if has_run_files(place) else folders(place)
    except FileNotFoundError:
        inside = []
    found = [folder for folder in inside if folder == place or state(folder) == "finished"]
    if not found:
        remedy = "a run folder, or the folder that the runs are in"
        raise error(
            "places", "hold finished runs", f"{place} holds none", remedy, FileNotFoundError
        )
    return found


def _row(folder: Path) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The row of a run, and its sorting key."""
    config, report = read_report(folder)
    quantities = {
        f"{section}/{name}": _NUMBERS.get(value, value) if isinstance(value, str) else value
        for section, rows in report.items()
        for name, value in rows.items()
    }
    spec = {name: _cell(value) for name, value in config["spec"].items()}
    named = {"experiment": config["experiment"], **spec}
    # Types differ only if the experiment's file was changed between two runs.
    key = tuple(_order(value) for value in named.values())
    return key, {**named, **quantities, "folder": str(folder)}


def _cell(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _order(value: Any) -> Any:
    """The sorting key of a value of any type."""
    if isinstance(value, tuple):
        return ("tuple", *(_order(item) for item in value))
    plain = isinstance(value, (bool, int, float, str))
    return (type(value).__name__, value if plain else repr(value))
