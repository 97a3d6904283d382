"""One style for all figures, and the few panels that several of them share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

COLUMN = 3.375
"""Width of a journal column in inches."""

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
"""Colours that the colour-blind tell apart (Okabe and Ito); told apart by line style as well."""

GREY = "#555555"

_STYLE = {
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
    """Draw in the house style inside the block, without a display, and close what was drawn."""
    with matplotlib.rc_context(_STYLE):
        before = set(plt.get_fignums())
        try:
            yield
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)


def save(figure: Any, stem: Path) -> None:
    """Write a figure as `stem.png` and `stem.pdf`, the same bytes for the same figure."""
    figure.savefig(stem.with_suffix(".png"), metadata={"Software": None})
    figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None})


def excess(axes: Any, steps: Any, loss: Any, floor: float, *, label: str, **line: Any) -> None:
    """Draw how far a loss still is above its floor, on a logarithmic axis."""
    above = np.asarray(loss) - floor
    # What has come within rounding of the floor has no logarithm; the line ends there.
    axes.semilogy(steps, np.where(above > 0, above, np.nan), label=label, **line)
    axes.set(xlabel="step", ylabel="above the floor (nats)")


def history(axes: Any, steps: Any, loss: Any, *, label: str, floor: float | None = None) -> None:
    """Draw a loss step by step, with a line at the least value it can take."""
    axes.plot(steps, loss, color=BLUE, label=label)
    if floor is not None:
        axes.axhline(floor, color=GREY, linestyle=":", label="floor")
    axes.set(xlabel="step", ylabel="loss (nats)")
