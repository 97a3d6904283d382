"""Figures of results, one call each, in one style; and panels that several of them share.

Every function of a result or a run returns the axes it has drawn on: those that were passed as
`axes=`, or those of a new figure. `save` and `write` take axes as well as figures. Nothing depends
on colour only: lines differ in style, points in shape, areas in brightness.
"""

from qce.plots._calibration import calibration
from qce.plots._curves import learning_curves
from qce.plots._images import fill_ins
from qce.plots._outcomes import learned, outcomes
from qce.plots._panels import dephasing, excess, history, limits, twin_training
from qce.plots._states import bloch, density_matrix, spectrum
from qce.plots._style import BLUE, COLUMN, GREEN, GREY, ORANGE, PURPLE, style
from qce.plots._tree import tree
from qce.plots._writing import save, write

__all__ = [
    "BLUE",
    "COLUMN",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "bloch",
    "calibration",
    "density_matrix",
    "dephasing",
    "excess",
    "fill_ins",
    "history",
    "learned",
    "learning_curves",
    "limits",
    "outcomes",
    "save",
    "spectrum",
    "style",
    "tree",
    "twin_training",
    "write",
]
