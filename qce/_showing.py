"""Objects that show themselves: in one line at a prompt, and as a small table in a notebook.

A line has at most 240 characters: functions by name, arrays by shape, and no field that is as it
is by default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np

LINE = 240
_PART = 100
_MOST = 6


class Shown:
    """Base class of dataclasses (with `repr=False`) that are shown by their fields."""

    def __repr__(self) -> str:
        return line(type(self).__name__, _said(self))

    def _repr_html_(self) -> str:
        return table(type(self).__name__, _said(self))


def _said(record: Any) -> list[tuple[str, str]]:
    """Names and values of the fields that are shown and differ from their defaults."""
    shown = [(f, getattr(record, f.name)) for f in dataclasses.fields(record) if f.repr]
    return [(f.name, brief(value)) for f, value in shown if not _is_default(f, value)]


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    default = field.default
    plain = default is None or isinstance(default, str | int | float)
    return plain and type(value) is type(default) and value == default


def line(name: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a name with values in brackets, as many as the line has room for."""
    parts: list[str] = []
    for key, value in rows:
        part = f"{key}={value}" if key else value
        if len(name) + sum(len(p) + 2 for p in parts) + len(part) > LINE - 5:
            parts.append("…")
            break
        parts.append(part)
    return f"{name}({', '.join(parts)})"


def brief(x: Any) -> str:
    """Return a value in a few words.

    >>> brief(np.zeros((3, 4))), brief(0.1 + 0.2), brief(np.linalg.norm), brief([1] * 100)
    ('array (3, 4)', '0.3', 'norm', '[1, 1, 1, 1, … 100 in all]')
    """
    if isinstance(x, partial):
        return brief(x.func)
    if isinstance(x, float | np.floating):
        return f"{x:.6g}"
    if getattr(x, "shape", ()):
        return f"array {tuple(x.shape)}"
    if callable(x) and hasattr(x, "__name__"):
        return str(x.__name__)
    if isinstance(x, tuple | list):
        return _brief_sequence(x)
    if isinstance(x, Mapping):
        inside = [f"{key!r}: {brief(value)}" for key, value in list(x.items())[:_MOST]]
        return _cut("{" + _joined(inside, len(x)) + "}")
    text = repr(x)
    return type(x).__name__ if " at 0x" in text else _cut(" ".join(text.split()))


def _brief_sequence(x: Sequence[Any]) -> str:
    shown = [brief(each) for each in (x if len(x) <= _MOST else x[: _MOST - 2])]
    left, right = "[]" if isinstance(x, list) else "()"
    comma = "," if isinstance(x, tuple) and len(x) == 1 else ""
    return _cut(f"{left}{_joined(shown, len(x))}{comma}{right}")


def _joined(shown: list[str], count: int) -> str:
    return ", ".join(shown if len(shown) == count else [*shown, f"… {count} in all"])


def _cut(text: str) -> str:
    return text if len(text) <= _PART else f"{text[: _PART - 1]}…"


# --- in a notebook --------------------------------------------------------------------------------


def table(caption: str, rows: Iterable[tuple[str, str]], picture: str = "") -> str:
    """Return a table of names and values in HTML, with a picture below it."""
    lines = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<div><strong>{escape(caption)}</strong><table>{lines}</table>{picture}</div>"


def columns(caption: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table with a head in HTML."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f"<div><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
        f"{escape(caption)}</div>"
    )


def curve(values: Any, width: int = 240, height: int = 60) -> str:
    """Return a small curve of numbers as a picture in HTML, without those that are not finite."""
    y = np.asarray(values, dtype=float)
    x = np.flatnonzero(np.isfinite(y))
    if len(x) < 2:
        return ""
    x = x[np.unique(np.linspace(0, len(x) - 1, min(len(x), width)).astype(int))]
    y = y[x]
    across = 2 + (width - 4) * (x - x[0]) / (x[-1] - x[0])
    spread = y.max() - y.min()
    down = 2 + (height - 4) * (y.max() - y) / (spread if spread > 0 else 1.0)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    path = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    return _picture(width, height, path)


def heat(matrix: Any, side: int = 120) -> str:
    """Return the sizes of the entries of a matrix as a picture in HTML."""
    sizes = np.abs(np.asarray(matrix))
    step, shades = side / len(sizes), sizes / (sizes.max() or 1.0)
    cells = "".join(
        f'<rect x="{step * j:.2f}" y="{step * i:.2f}" width="{step:.2f}" height="{step:.2f}" '
        f'fill="currentColor" fill-opacity="{shade:.3f}"/>'
        for (i, j), shade in np.ndenumerate(shades)
    )
    return _picture(side, side, cells)


def _picture(width: int, height: int, inside: str) -> str:
    frame = f'<rect width="{width}" height="{height}" fill="none" stroke="currentColor"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{inside}{frame}</svg>'
    )
