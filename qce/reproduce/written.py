"""How the paper writes numbers: texts for TeX."""

from __future__ import annotations

from typing import Any


def fixed(number: float, places: int) -> str:
    """A number with so many decimals."""
    return f"{round(float(number), places) + 0.0:.{places}f}"  # never a negative zero


def plain(number: float) -> str:
    """A setting, as short as it is."""
    return f"{number:g}"


def percent(share: float) -> str:
    """A share of one, without decimals."""
    return rf"{100 * float(share):.0f}\,\%"


def power(number: float) -> str:
    """An order of magnitude with two digits."""
    if float(number) == 0:
        return "0"
    digits, exponent = f"{float(number):.1e}".split("e")
    return rf"\ensuremath{{{digits}\times10^{{{int(exponent)}}}}}"


def uncertain(number: float, stderr: float) -> str:
    """A number and its standard error, to two digits of the error."""
    if stderr == 0:
        return plain(number)
    places = max(0, 1 - int(f"{stderr:e}".split("e")[1]))
    return rf"\ensuremath{{{number:.{places}f}\pm{stderr:.{places}f}}}"


def chance(p: float) -> str:
    """A value of p, with two digits."""
    return power(p) if float(p) < 1e-3 else f"{float(p):.2g}"


def measured(run: Any, section: str, row: str) -> str:
    """A value of a report with the standard error that stands beside it."""
    return uncertain(run(section, row), run(section, f"{row}, standard error"))
