"""Many run folders as one table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qce._checks import error
from qce.runs.folder import state
from qce.runs.store import MANIFEST, read_report
from qce.runs.table import Table, from_rows

# JSON has no words for these; `to_json` writes them as texts.
_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


def load(*places: str | Path) -> Table:
    """Load finished runs as one table.

    Args:
        *places: Run folders, or folders of run folders such as `runs`. What failed, was stopped
            or still goes on there is passed over.

    Returns:
        The table, sorted by experiment and settings: experiment, fields of the spec, numbers and
        texts of the report as `section/quantity`, folder.

    Raises:
        FileNotFoundError: A place holds no finished run.
        ValueError: A file is damaged, or written by a newer version; the message names it.

    Example:
        >>> load("no/such/folder")
        Traceback (most recent call last):
        FileNotFoundError: Argument `places` must hold finished runs, but no/such/folder holds \
none. Pass a run folder, or the folder that the runs are in.
    """
    folders = [folder for place in places for folder in finished(Path(place))]
    rows = [_row(folder) for folder in dict.fromkeys(folders)]
    return from_rows([row for _, row in sorted(rows, key=lambda keyed: keyed[0])])


def finished(place: Path) -> list[Path]:
    """Return the folders of the finished runs in a place: itself, or those directly in it."""
    found = [place] if (place / MANIFEST).is_file() else list(_inside(place))
    if not found:
        remedy = "a run folder, or the folder that the runs are in"
        raise error(
            "places", "hold finished runs", f"{place} holds none", remedy, FileNotFoundError
        )
    return found


def _inside(place: Path) -> Iterator[Path]:
    if place.is_dir():
        for folder in sorted(place.iterdir()):
            if state(folder) == "finished" and (folder / MANIFEST).is_file():
                yield folder


def _row(folder: Path) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The row of a run, and by what it is sorted."""
    config, report = read_report(folder)
    quantities = {
        f"{section}/{name}": _NUMBERS.get(value, value) if isinstance(value, str) else value
        for section, rows in report.items()
        for name, value in rows.items()
    }
    spec = {name: _cell(value) for name, value in config["spec"].items()}
    named = {"experiment": config["experiment"], **spec}
    # Of different types only where the experiment's file was changed between two runs.
    key = tuple((type(value).__name__, value) for value in named.values())
    return key, {**named, **quantities, "folder": str(folder)}


def _cell(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
