"""One colour, line and label for each quantity, in every figure.

Colours are those that the colour-blind tell apart; lines of one panel differ in their dashes or
markers as well, so that they can be read in grey.
"""

import string
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce.plots import BLUE, COLUMN, GREEN, GREY, ORANGE, PURPLE

SKY, YELLOW, BLACK = "#56B4E9", "#E69F00", "#000000"

LOOK: dict[str, dict[str, Any]] = {
    "cross entropy": {"color": BLUE, "linestyle": "-", "label": r"$S(\rho,\sigma)$"},
    "entropy": {"color": GREY, "linestyle": ":", "label": r"$S(\rho)$"},
    "letter entropy": {"color": PURPLE, "linestyle": "-.", "label": r"$H(a)$"},
    "relative entropy": {"color": ORANGE, "linestyle": "-", "label": r"$D(\rho\|\sigma)$"},
    "measured relative entropy": {"color": GREEN, "linestyle": "--", "label": r"$D_M$"},
    "Belavkin-Staszewski": {"color": PURPLE, "linestyle": "-.", "label": r"$D_{BS}$"},
    "Petz 2": {"color": BLUE, "linestyle": "-", "label": r"Petz, $\alpha=2$"},
    "sandwiched 2": {"color": BLUE, "linestyle": ":", "label": r"sandwiched, $\alpha=2$"},
    "Petz 1/2": {"color": BLACK, "linestyle": "-", "label": r"Petz, $\alpha=1/2$"},
    "sandwiched 1/2": {"color": BLACK, "linestyle": ":", "label": r"sandwiched, $\alpha=1/2$"},
}
"""What a quantity looks like."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))


def column(panels: int, height: float = 0.68) -> tuple[Any, list[Any]]:
    """Return a figure of one column's width, and its panels from top to bottom, lettered."""
    size = (COLUMN, height * COLUMN * panels)
    figure, axes = plt.subplots(panels, squeeze=False, figsize=size)
    return figure, letter(axes.flat)


def letter(axes: Any) -> list[Any]:
    """Write (a), (b), … into the corners of panels."""
    several = list(axes)
    for axes, name in zip(several, string.ascii_lowercase, strict=False):
        if len(several) > 1:
            axes.set_title(f"({name})", loc="left", fontsize=8, fontweight="bold")
    return several


def shades(count: int) -> list[Any]:
    """Return colours from light to dark for an ordered family, such as growing sizes."""
    return [plt.get_cmap("viridis_r")(x) for x in np.linspace(0.15, 0.95, count)]


def line(axes: Any, level: float, name: str, **changes: Any) -> None:
    """Draw a horizontal line for the value of a quantity."""
    axes.axhline(level, **{**LOOK[name], "linewidth": 0.9, **changes})
