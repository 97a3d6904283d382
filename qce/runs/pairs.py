"""Quantities of a report and their standard errors, which are found by their names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

_ENDINGS = (", standard error", ", stderr", ", error", "/stderr", " stderr", ", deviation")
_BEFORE = "standard error of that"  # of the quantity that stands above it


def errors_of(names: Iterable[str]) -> dict[str, str]:
    """Return the name of the standard error of each quantity that has one.

    Example:
        >>> errors_of(["loss", "loss, standard error", "gap", "standard error of that", "steps"])
        {'loss': 'loss, standard error', 'gap': 'standard error of that'}
    """
    ordered = list(names)
    known, found = set(ordered), {}
    for before, name in zip(["", *ordered], ordered, strict=False):
        if name.rpartition("/")[2] == _BEFORE and before:
            found[before] = name
        for ending in _ENDINGS:
            if name.endswith(ending) and (base := name.removesuffix(ending)) in known:
                found[base] = name
    return found


def with_errors(rows: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return names, values and errors of a section; None where there is no error.

    Example:
        >>> with_errors({"loss": 1.4, "loss, stderr": 0.1, "steps": 3})
        [('loss', 1.4, 0.1), ('steps', 3, None)]
    """
    errors = {k: e for k, e in errors_of(rows).items() if _is_error(rows[k], rows[e])}
    beside = set(errors.values())
    shown = [(name, value) for name, value in rows.items() if name not in beside]
    return [(name, value, rows[errors[name]] if name in errors else None) for name, value in shown]


def _is_error(value: Any, error: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (value, error))
    return numbers and math.isfinite(error) and error >= 0
