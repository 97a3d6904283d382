"""Figures of runs: a table against one of its columns, metrics against steps."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._text import legible
from qce.runs.pairs import errors_of
from qce.runs.spec import nearest
from qce.runs.table import Table, from_rows
from qce.runs.unfinished_runs import metrics

_PANELS = 6  # that fit a page


def draw_table(
    table: Table, path: str | Path, *, x: str | None = None, y: list[str] | None = None
) -> None:
    """Draw quantities of many runs against a setting.

    Args:
        table: As `load` returns it.
        path: Figure file, whose ending is its format.
        x: Column along the axis; by default the first setting that is a number and varies.
        y: Columns to show; by default the quantities that are numbers and vary, six at most.

    Raises:
        ValueError: There is no such column, or none that varies.
    """
    _checks.instance("table", table, Table, "what `load` returns")
    numbers = [name for name, column in table.columns.items() if varies(column)]
    settings = [name for name in numbers if "/" not in name]
    errors = set(errors_of(table.columns).values())  # drawn as bars of what they belong to
    quantities = [name for name in numbers if "/" in name and name not in errors]
    along = _chosen(x, settings, table)
    if y is None and not quantities:
        remedy = "that of other runs, or `y`"
        raise error("table", "hold quantities that vary", "it has none", remedy)
    _draw(table, path, along, quantities[:_PANELS] if y is None else y, "none")


def draw_metrics(
    folder: str | Path, path: str | Path, *, x: str | None = None, y: list[str] | None = None
) -> None:
    """Draw the metrics that a run recorded, whether it has finished or not.

    Args:
        folder: A run folder.
        path: Figure file, whose ending is its format.
        x: Name along the axis; by default "step" where it is recorded, and "seconds" elsewhere.
        y: Names to show; by default all other numbers, six at most. One line for each `part`.

    Raises:
        ValueError: The run recorded no such metrics.
    """
    table = from_rows(metrics(folder))
    if not len(table):
        but, remedy = f"{folder} has none", "that of a run that calls `record.metrics`"
        raise error("folder", "hold metrics", but, remedy)
    along = x if x is not None else ("step" if "step" in table.columns else "seconds")
    numbers = [name for name, column in table.columns.items() if column.dtype.kind in "if"]
    shown = [name for name in numbers if name not in ("step", "seconds")]
    if y is None and not shown:
        but, remedy = f"those of {folder} are none", "that of a run that records numbers"
        raise error("folder", "hold metrics that are numbers", but, remedy)
    _draw(table, path, _chosen(along, numbers, table), shown[:_PANELS] if y is None else y, None)


def _draw(table: Table, path: str | Path, x: str, y: list[str], line: str | None) -> None:
    import matplotlib.pyplot as plt  # slow to load, and most uses of runs draw nothing

    from qce import plots

    names = [_known("y", name, table) for name in _checks.sequence("y", y, "a list of names")]
    if not names:
        raise error("y", "name numbers to draw", "it is empty", "the name of a column, or None")
    errors = errors_of(table.columns)
    with plots.style():
        size = (plots.COLUMN, 0.7 * plots.COLUMN * len(names))
        figure, panels = plt.subplots(len(names), squeeze=False, sharex=True, figsize=size)
        for axes, name in zip(panels.flat, names, strict=True):
            for (part, rows), (colour, style) in zip(_parts(table), looks(), strict=False):
                look = {"color": colour, "linestyle": line or style, "label": label(part)}
                along, values = table[x][rows], table[name][rows]
                axes.plot(along, values, marker=".", **look)
                if (bars := _bars(table, errors.get(name, ""), rows)) is not None:
                    axes.errorbar(along, values, bars, fmt="none", ecolor=colour)
            axes.set_ylabel(label(name))
        if table[x].dtype.kind == "i":
            panels.flat[-1].xaxis.get_major_locator().set_params(integer=True)
        panels.flat[-1].set_xlabel(label(x))
        if any(part for part, _ in _parts(table)):
            panels.flat[0].legend()
        plots.write(figure, path)
        plt.close(figure)


def _bars(table: Table, name: str, rows: Any) -> np.ndarray | None:
    """Standard errors, where they are recorded as numbers beside their quantity."""
    column = table.columns.get(name)
    known = column is not None and column.dtype.kind in "if" and bool((column >= 0).all())
    return np.asarray(column[rows]) if column is not None and known else None


def label(name: str) -> str:
    """A user's name for matplotlib, which would read `$` as a formula, and hide a leading `_`."""
    shown = legible(name).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def looks() -> Iterator[tuple[str, str]]:
    """Four colours with line styles, repeated without end."""
    from qce import plots

    colours = (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE)
    return itertools.cycle(zip(colours, ("-", "--", "-.", ":"), strict=True))


def _parts(table: Table) -> list[tuple[str, Any]]:
    """Rows of each part of a run, in the order of their recording."""
    if "part" not in table.columns:
        return [("", slice(None))]
    parts = table["part"]
    return [(str(part), parts == part) for part in dict.fromkeys(parts.tolist())]


def _chosen(name: str | None, known: list[str], table: Table) -> str:
    if name is None:
        if not known:
            raise error("x", "name a column", "no setting is a number and varies", "its name")
        return known[0]
    return _known("x", name, table)


def _known(argument: str, name: Any, table: Table) -> str:
    _checks.instance(argument, name, str, "the name of a column")
    if name not in table.columns:
        but = f"there is no {name!r}" + nearest(name, table.columns)
        raise error(argument, "name columns", but, "one of " + ", ".join(table.columns))
    return str(name)


def varies(column: np.ndarray) -> bool:
    """Whether a column holds numbers of which two differ."""
    return column.dtype.kind in "if" and len(np.unique(column)) > 1
