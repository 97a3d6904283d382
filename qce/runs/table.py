"""Results of runs as tables: one report for the screen, many runs as columns."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks, _files
from qce._showing import brief, columns, line
from qce._text import cell, legible
from qce.errors import ArgumentError

_SHOWN = 60  # rows of a table in a notebook


@dataclass(frozen=True, eq=False)
class Table:
    """Many runs, one a row.

    Args:
        columns: Name and values, `(runs,)`: the experiment, fields of the spec, numbers of the
            report as `section/quantity`, and the folder; None where a run has no such quantity.
        damaged: The reason for each run that could not be read, by folder.

    Example:
        >>> table = Table({"seed": np.array([0, 1]), "loss/value": np.array([0.5, 0.25])})
        >>> table["loss/value"].min().item(), len(table)
        (0.25, 2)
        >>> print(table)
        seed  loss/value
        0     0.5
        1     0.25
    """

    columns: dict[str, np.ndarray]
    damaged: Mapping[str, ArgumentError] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary of plain values for each run."""
        values = [column.tolist() for column in self.columns.values()]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True)]

    def varying(self) -> "Table":
        """Return the table without the columns that are equal for all runs."""
        kept = {name: x for name, x in self.columns.items() if len({repr(v) for v in x}) > 1}
        return Table(kept, self.damaged)

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV file, floats with all their digits; None is an empty cell.

        A text that starts like a formula of a spreadsheet gets an apostrophe before it.
        """
        place = _checks.new_file("path", path, '"runs.csv"')
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(map(cell, self.columns))
        writer.writerows([cell(value) for value in row.values()] for row in self.rows())
        with _checks.writing("path"):
            _files.write(place, text.getvalue())

    def to_pandas(self) -> Any:
        """Return the table as a `pandas.DataFrame`, one run a row; a missing number is NaN.

        Raises:
            ModuleNotFoundError: pandas is not installed.

        Example:
            >>> frame = Table({"seed": np.array([0, 1]), "loss": np.array([0.5, None])}).to_pandas()
            >>> frame["loss"].tolist(), frame["seed"].sum().item()
            ([0.5, nan], 1)
        """
        try:
            import pandas
        except ImportError as missing:
            raise ModuleNotFoundError("a frame needs pandas: pip install pandas") from missing
        return pandas.DataFrame(self.columns).infer_objects()

    def __repr__(self) -> str:
        runs = f"{len(self)} run{'' if len(self) == 1 else 's'}"
        return line("Table", [("", runs), *(("", brief(name)) for name in self.columns)])

    def _repr_html_(self) -> str:
        shown = [[_text(value, 6) for value in row.values()] for row in self.rows()[:_SHOWN]]
        left = len(self) - len(shown)
        caption = f"{len(self)} runs" + (f", of which {left} are not shown" if left else "")
        return columns(caption, map(legible, self.columns), shown)

    def __str__(self) -> str:
        cells = [[legible(name) for name in self.columns]]
        cells += [[_text(value, 6) for value in row.values()] for row in self.rows()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)) for row in cells)
        return "\n".join(line.rstrip() for line in lines)


def from_rows(rows: list[dict[str, Any]]) -> Table:
    """Make a table from one dictionary for each run; missing entries are None."""
    names = dict.fromkeys(name for row in rows for name in row)
    return Table({name: _column([row.get(name) for row in rows]) for name in names})


def table(report: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a report, `{"section": {"quantity": value}}`, as an aligned table.

    >>> print(table({"Bell pair": {"entropy": 0.6931471805599453, "pure": False}}))
    Bell pair
      entropy  0.69314718056
      pure     no
    """
    _check_report(report)
    width = max((len(legible(name)) for rows in report.values() for name in rows), default=0)
    lines = []
    for section, rows in report.items():
        lines.append(legible(section))
        lines += [f"  {legible(n):<{width}}  {_text(value, 12)}" for n, value in rows.items()]
    return "\n".join(lines)


def _check_report(report: Any) -> None:
    remedy = '`{"section": {"quantity": value}}`'
    _checks.instance("report", report, Mapping, remedy)
    for rows in report.values():
        _checks.instance("report", rows, Mapping, remedy)


def _column(values: list[Any]) -> np.ndarray:
    """An array of numbers, or of texts, if all values are; else of objects."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or (len(kinds) == 1 and kinds <= {bool, str}):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _text(value: Any, digits: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return legible(value)
