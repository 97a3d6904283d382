"""Figures of the paper: from what a run left to numbers, from the numbers to a figure.

A script in `paper/figures/` has `panels(outcome)`, which chooses the numbers that are shown, and
`draw(panels)`, which sees nothing else: so the CSV files hold all that the figure shows.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qce.reproduce import paper
from qce.reproduce._files import put
from qce.runs import Outcome


def drawn_by(name: str) -> Callable[[Outcome], Any]:
    """Return a `draw(outcome)` for an experiment whose figure is one of the paper.

    Args:
        name: Name of the figure's script.

    Returns:
        Function from an outcome to a matplotlib figure; the script is read when it is called.

    Raises:
        FileNotFoundError: When called: there is no such script.
    """

    def draw(outcome: Outcome) -> Any:
        """Draw what was found as the paper does."""
        script = paper.script(name)
        return script.draw(script.panels(outcome))

    return draw


def write_figure(name: str, outcome: Outcome, out: Path) -> list[Path]:
    """Write a figure as PDF and PNG, and the numbers of each panel as CSV.

    Args:
        name: Name of the figure's script.
        outcome: What the run found, read back from its folder.
        out: Folder of the figures.

    Returns:
        The files. Those that were there with the same bytes are left as they are.
    """
    from qce import plots

    script = paper.script(name)
    panels = script.panels(outcome)
    with tempfile.TemporaryDirectory() as aside, plots.style():
        stem = Path(aside) / name
        plots.save(script.draw(panels), stem)
        made = [put(out / file.name, file.read_bytes()) for file in sorted(Path(aside).iterdir())]
    for panel, columns in panels.items():
        made.append(put(out / f"{name}-{panel}.csv", _csv(columns).encode()))
    return made


def _csv(columns: Mapping[str, Any]) -> str:
    """Columns with all their digits."""
    arrays = [np.asarray(column).tolist() for column in columns.values()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*arrays, strict=True))
    return text.getvalue()
