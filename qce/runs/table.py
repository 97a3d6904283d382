"""A report as a table for the screen."""

from collections.abc import Mapping
from typing import Any


def table(report: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a report, `{"section": {"quantity": value}}`, as an aligned table.

    >>> print(table({"Bell pair": {"entropy": 0.6931471805599453, "pure": False}}))
    Bell pair
      entropy  0.69314718056
      pure     no
    """
    width = max((len(name) for rows in report.values() for name in rows), default=0)
    lines = []
    for section, rows in report.items():
        lines.append(section)
        lines += [f"  {name:<{width}}  {_text(value)}" for name, value in rows.items()]
    return "\n".join(lines)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
