"""One style for all figures: widths, colours, fonts; and the axes that a panel is drawn on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce._process import without_variable

with without_variable("MPLBACKEND") as backend:  # one that is not there would stop the import
    import matplotlib
if backend is not None:
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = backend

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

COLUMN = 3.375
"""Width of a journal column in inches."""

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
"""Colours that the colour-blind tell apart (Okabe and Ito); told apart by line style as well."""

GREY = "#555555"

MARKS = tuple(zip((ORANGE, GREEN, PURPLE, BLUE), "os^D", strict=True))
"""Points of several models beside each other: told apart by colour and by shape."""

_COLORS, _KINDS = (BLUE, ORANGE, GREEN, PURPLE), ("-", "--", "-.", ":")
LINES = tuple((_COLORS[k % 4], _KINDS[(k + k // 4) % 4]) for k in range(16))
"""Sixteen lines that differ; any four in a row by colour and by kind."""

STYLE = {
    "figure.constrained_layout.use": True,
    "font.family": "serif",
    "font.size": 8,
    "mathtext.fontset": "cm",
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    # Fonts as outlines that every viewer and journal reads.
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style inside the block, without a display, and close what was drawn.

    The user's settings of matplotlib and its backend are replaced meanwhile.
    """
    with matplotlib.rc_context(), _to_files():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        before = set(plt.get_fignums())
        try:
            yield
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)


@contextmanager
def _to_files() -> Iterator[None]:
    """Draw with matplotlib's own backend for files, and go back to the user's afterwards."""
    mine = matplotlib.get_backend()
    if mine.lower() == "agg":
        yield
        return
    plt.switch_backend("agg")
    try:
        yield
    finally:
        # One that cannot be loaded, such as a notebook's outside of it, has drawn nothing before.
        with contextlib.suppress(ImportError, ValueError):
            plt.switch_backend(mine)


@contextmanager
def panel(
    axes: Axes | None, width: float = 1.0, height: float = 0.7, **settings: Any
) -> Iterator[Axes]:
    """Yield the axes to draw on: those given, or those of a new figure in the house style.

    Args:
        axes: Where to draw, or None.
        width: Of the new figure, in columns.
        height: Of the new figure, in columns.
        **settings: Of the new axes.
    """
    if axes is not None:
        check_axes(axes)
        yield axes
        return
    with matplotlib.rc_context(STYLE):
        size = (width * COLUMN, height * COLUMN)
        figure, new = plt.subplots(figsize=size, subplot_kw=settings)
        try:
            yield new
        except BaseException:
            plt.close(figure)
            raise


def check_axes(axes: Any) -> None:
    """Refuse an object that is no axes of matplotlib."""
    _checks.instance("axes", axes, Axes, "`plt.subplots()[1]`")


@contextmanager
def pair_of_panels() -> Iterator[np.ndarray]:
    """Yield two axes side by side, in the house style."""
    with matplotlib.rc_context(STYLE):
        yield np.asarray(plt.subplots(1, 2, figsize=(2 * COLUMN, 0.7 * COLUMN))[1])


def figure_of(x: Figure | Axes | np.ndarray) -> Figure:
    """Return a figure as it is, and of axes the figure that they are in."""
    if isinstance(x, np.ndarray) and x.dtype == object and x.size:
        x = x.flat[0]
    figure = x.figure if isinstance(x, Axes) else x
    if not isinstance(figure, Figure | SubFigure):
        but = f"it is {shown(x)}"
        raise error("figure", "be a figure or axes of matplotlib", but, "`plt.figure()`", TypeError)
    return figure.figure
