"""Figures of a report, as SVG: learning curves, and results of a sweep."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qce.runs.figures import label, looks
from qce.runs.live import Training
from qce.runs.pairs import errors_of
from qce.runs.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 600  # of a curve; more would not be visible
_ROW = 2  # panels beside each other
_FEW = 8  # the most lines that a legend distinguishes


def learning(named: Sequence[tuple[str, Training]]) -> bytes:
    """Draw losses against steps, one line for each training, and its floor where it is known."""

    def draw(axes: Axes, one: Any) -> None:
        for (name, training), (colour, style) in zip(named, looks(), strict=False):
            shown = np.unique(np.linspace(0, len(training.losses) - 1, _POINTS).astype(int))
            losses = training.losses[shown]
            finite = np.where(np.isfinite(losses), losses, np.nan)
            axes.plot(shown, finite, color=colour, linestyle=style, label=label(name))
            if training.floor is not None and np.isfinite(training.floor) and len(named) <= _FEW:
                axes.axhline(training.floor, color=colour, linestyle=":", linewidth=0.7)
        axes.set(xlabel="step", ylabel="loss (nats)")
        if len(named) <= _FEW:
            axes.legend()

    return _svg([None], draw)


def found(table: Table, x: str, names: Sequence[str]) -> bytes:
    """Draw quantities of many runs against a setting, with their standard errors."""
    errors = errors_of(table.columns)

    from matplotlib.ticker import MaxNLocator

    def draw(axes: Axes, name: str) -> None:
        bars = table.columns.get(errors.get(name, ""))
        known = bars is not None and bars.dtype.kind in "if" and bool((bars >= 0).all())
        colour = next(looks())[0]
        axes.errorbar(table[x], table[name], bars if known else None, fmt=".", color=colour)
        axes.set(xlabel=label(x), ylabel=label(name))
        if table[x].dtype.kind == "i":
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))

    return _svg(list(names), draw)


def _svg(panels: Sequence[Any], draw: Callable[[Axes, Any], None]) -> bytes:
    """One panel for each item; equal items give equal bytes."""
    import matplotlib.pyplot as plt  # slow to load

    from qce import plots

    rows = -(-len(panels) // _ROW)
    across = min(len(panels), _ROW)
    with plots.style(), warnings.catch_warnings(), plt.rc_context({"svg.hashsalt": "qce"}):
        warnings.simplefilter("ignore")  # letters that the font lacks are boxes
        size = (plots.COLUMN * (across if len(panels) > 1 else 1.6), 0.75 * plots.COLUMN * rows)
        figure, grid = plt.subplots(rows, across, squeeze=False, figsize=size)
        for axes, panel in zip(grid.flat, panels, strict=False):
            draw(axes, panel)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_axis_off()
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return file.getvalue()
