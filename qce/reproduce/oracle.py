"""Comparison of results with the known values in `paper/oracle.toml`."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qce._showing import Shown
from qce.reproduce import paper
from qce.runs import Outcome

ORACLE = "oracle.toml"


@dataclass(frozen=True, repr=False)
class Check(Shown):
    """One reproduced value beside the known one.

    Args:
        experiment: Whose report it is in.
        quantity: Where in it, `section/row`.
        known: The value that it is held to.
        found: The value in the report; None where this run has none.
        error: How far apart they may be.
        source: Where the known value is from.

    Example:
        >>> check = Check("compression", "Rates/entropy", 0.286397, 0.2863970, 5e-7, "a table")
        >>> check.verdict
        'ok'
    """

    experiment: str
    quantity: str
    known: float
    found: float | None
    error: float
    source: str

    @property
    def deviation(self) -> float | None:
        """Distance from the known value; None where there is nothing to compare."""
        return None if self.found is None else abs(self.found - self.known)

    @property
    def verdict(self) -> str:
        """Either "ok", "OUTSIDE" its error (NaN is), or "absent" from this run."""
        if self.deviation is None:
            return "absent"
        return "ok" if self.deviation <= self.error else "OUTSIDE"

    def as_dict(self) -> dict[str, Any]:
        """Return the check as a row for JSON."""
        return {**vars(self), "deviation": self.deviation, "verdict": self.verdict}


def compare(outcomes: Mapping[str, Outcome], *, quick: bool = False) -> list[Check]:
    """Compare the reports of runs with all that is known of them.

    Args:
        outcomes: What was found, by experiment.
        quick: Whether these are the quick runs of the catalogue.

    Returns:
        One check for each known value of these experiments, in the order of the file.
    """
    return list(_checks(outcomes, "quick" if quick else "full"))


def _checks(outcomes: Mapping[str, Outcome], size: str) -> Iterator[Check]:
    text = (paper.folder() / ORACLE).read_text(encoding="utf-8")
    for group in tomllib.loads(text)["check"]:
        if group["experiment"] not in outcomes or group.get("run", size) != size:
            continue
        report = outcomes[group["experiment"]].report
        rows = report.get(group["section"], {})
        for row, known in group["values"].items():
            error = float(group["error"])
            if "stderr" in group:
                # Five standard errors, which the run reports beside the value.
                error += 5 * _number(rows.get(row + group["stderr"], math.nan))
            found = _number(rows[row]) if row in rows else None
            quantity = f"{group['section']}/{row}"
            yield Check(group["experiment"], quantity, float(known), found, error, group["source"])


def _number(value: Any) -> float:
    """A number of a report, where JSON has texts for infinities, and truth counts as 1."""
    return float(value)
