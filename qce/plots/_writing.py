"""Figures into files, as a whole or not at all."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qce import _checks, _files
from qce._checks import error, shown
from qce._concrete import called
from qce.plots._style import figure_of

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def save(figure: Figure | Axes | np.ndarray, stem: str | Path) -> None:
    """Write a figure as `stem.png` and `stem.pdf`, the same bytes for the same figure.

    Args:
        figure: A figure, or axes of it, as every function of this module returns them.
        stem: The name of both files without their endings.

    Raises:
        ValueError: `stem` is no name of a file.
    """
    stem = str(_checks.new_file("stem", stem, '"loss"'))
    figure = figure_of(figure)
    # fontTools remarks on the time stamps that matplotlib's own fonts carry.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    # "loss-beta0.5" has no suffix: only one that names a file of these kinds is one.
    stem = re.sub(r"\.(png|pdf)$", "", stem)
    with called(path="stem"):
        for ending, unsaid in (("png", "Software"), ("pdf", "CreationDate")):
            write(figure, f"{stem}.{ending}", metadata={unsaid: None})


def write(figure: Figure | Axes | np.ndarray, path: str | Path, **settings: Any) -> None:
    """Write a figure, or that of some axes, into one file, as a whole or not at all.

    Args:
        figure: A figure, or axes of it.
        path: The file, whose ending is its format.
        **settings: As matplotlib's `Figure.savefig` takes them.

    Raises:
        ValueError: `path` is no name of a file, or ends in no known format.
    """
    path = _checks.new_file("path", path, '"loss.pdf"')
    whole = figure_of(figure)
    kind = path.suffix.removeprefix(".").lower()
    if kind not in (known := whole.canvas.get_supported_filetypes()):
        but = f"it is {shown(str(path))}"
        raise error("path", f"end in one of {', '.join(sorted(known))}", but, '"loss.pdf"')
    with _checks.writing("path"):
        _files.write(path, lambda file: whole.savefig(file, format=kind, **settings))
