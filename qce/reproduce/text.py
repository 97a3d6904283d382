"""The parts that the manuscript includes: every number of its text, and the comparison table."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from qce._checks import error
from qce.reproduce import paper
from qce.reproduce.oracle import Check
from qce.runs import Outcome

_WRITTEN = "% Written by `qce reproduce` from stored runs; changes here are lost.\n"


@dataclass(frozen=True)
class Found:
    """A run as its figure's script sees it: its settings, and what it found.

    Args:
        figure: Name of that script.
        spec: All settings, by name.
        outcome: Report, parameters and history, read back from the run's folder.
    """

    figure: str
    spec: Mapping[str, Any]
    outcome: Outcome

    def __call__(self, section: str, row: str) -> Any:
        """Return a value of the report by its row and by how its section's title begins.

        Raises:
            ValueError: The report has no such value.
        """
        for title, rows in self.outcome.report.items():
            if title.startswith(section) and row in rows:
                return rows[row]
        but = f"the run has no {section!r} with {row!r}"
        remedy = f"a mended script of figure {self.figure}"
        raise error("values", "call what the report has", but, remedy)


def values(found: Mapping[str, Found]) -> str:
    r"""Return `values.tex`: one definition for each number that the text calls by `\val{…}`.

    Beside them one for each experiment that was run, `made:NAME`: text on an experiment that may be
    left out asks for it first.

    Args:
        found: For each experiment its run, by name.
    """
    numbers = {f"made:{name}": "" for name in found}
    for name, run in found.items():
        texts = paper.script(run.figure).values(run)
        numbers |= {f"{name}:{key}": written for key, written in texts.items()}
    lines = [f"\\defval{{{key}}}{{{text}}}\n" for key, text in numbers.items()]
    return _WRITTEN + "".join(lines)


def comparison(checks: Iterable[Check]) -> str:
    """Return `comparison.tex`: a row for each source, with the worst of its values."""
    lines = []
    for source, group in groupby(checks, key=lambda check: check.source):
        present = [check for check in group if check.deviation is not None]
        if present:
            worst = max(present, key=_strain)
            cells = [source, str(len(present)), *map(_power, (worst.deviation, worst.error))]
            lines.append(" & ".join(cells) + r" \\" + "\n")
    return _WRITTEN + "".join(lines)


def _strain(check: Check) -> float:
    """How much of its error a deviation takes; of none, a deviation of none takes none."""
    deviation = check.deviation or 0.0
    if check.error == 0:
        return math.inf if deviation else 0.0
    return deviation / check.error


def _power(number: float | None) -> str:
    """A number with two digits, as TeX writes it."""
    if not number:
        return "$0$"
    digits, exponent = f"{number:.1e}".split("e")
    return rf"${digits}\times10^{{{int(exponent)}}}$"
