"""One style for all figures, and the few panels that several of them share."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qce import _checks, _files
from qce._checks import error, shown
from qce._concrete import called
from qce._process import without_variable
from qce.results import LimitReport
from qce.typing import Array

with without_variable("MPLBACKEND"):  # a notebook's would stop the import outside of it
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

if TYPE_CHECKING:
    from qce.training import ErrorBars

__all__ = [
    "dephasing",
    "excess",
    "history",
    "learned",
    "limits",
    "save",
    "style",
    "twin_training",
    "write",
]

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
    """Draw in the house style inside the block, without a display, and close what was drawn.

    The user's own settings of matplotlib and its backend are put aside: the figure goes to a file.
    """
    with matplotlib.rc_context(), _to_files():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
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


def save(figure: Figure, stem: str | Path) -> None:
    """Write a figure as `stem.png` and `stem.pdf`, the same bytes for the same figure."""
    stem = str(_checks.new_file("stem", stem, '"loss"'))
    _check_figure(figure)
    # fontTools remarks on the time stamps that matplotlib's own fonts carry.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    # "loss-beta0.5" has no suffix: only one that names a file of these kinds is one.
    stem = re.sub(r"\.(png|pdf)$", "", stem)
    with called(path="stem"):
        for ending, unsaid in (("png", "Software"), ("pdf", "CreationDate")):
            write(figure, f"{stem}.{ending}", metadata={unsaid: None})


def _check_figure(figure: Any) -> None:
    if not hasattr(figure, "savefig"):
        but = f"it is {shown(figure)}"
        raise error("figure", "be a figure of matplotlib", but, "`plt.figure()`", TypeError)


def write(figure: Figure, path: str | Path, **settings: Any) -> None:
    """Write a figure into one file, whose ending is its format, as a whole or not at all."""
    path = _checks.new_file("path", path, '"loss.pdf"')
    _check_figure(figure)
    kind = path.suffix.removeprefix(".").lower()
    if kind not in (known := figure.canvas.get_supported_filetypes()):
        but = f"it is {shown(str(path))}"
        raise error("path", f"end in one of {', '.join(sorted(known))}", but, '"loss.pdf"')
    with _checks.writing("path"):
        _files.write(path, lambda file: figure.savefig(file, format=kind, **settings))


def _check_axes(axes: Any) -> None:
    _checks.instance("axes", axes, Axes, "`plt.subplots()[1]`")


def _curve(axes: Any, steps: Array, loss: Array, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and losses of a line, one a step; NaN leaves a gap."""
    _check_axes(axes)
    _checks.instance("label", label, str, "what the line shows")
    x, y = _column("steps", steps), _column("loss", loss)
    if len(x) != len(y):
        but = f"their lengths are {len(x)} and {len(y)}"
        raise _checks.pair_error("steps", "loss", "be equally long", but, "one loss a step")
    return x, y


def _column(name: str, x: Array) -> np.ndarray:
    """Real numbers in a row, NaN and infinities too."""
    a = _checks.concrete(name, x)
    if isinstance(a, _checks.Abstract) or a.dtype.kind == "c":
        raise error(name, "be real numbers", f"it is {shown(x)}", "their real part", TypeError)
    if a.ndim != 1 or not a.size:
        raise error(name, "be a row of numbers", f"its shape is {a.shape}", "one number a point")
    return np.asarray(a, dtype=float)


def _check_curves(name: str, curves: Any, needed: tuple[str, ...]) -> None:
    """Named rows of numbers, equally long."""
    _checks.instance(name, curves, Mapping, "what qce.limits.check returns")
    if missing := [key for key in needed if key not in curves]:
        but = f"it has no {missing[0]!r}"
        raise error(name, f"hold {', '.join(needed)}", but, "what qce.limits.check returns")
    with called(**dict.fromkeys(needed, name)):
        lengths = {len(_column(key, curves[key])) for key in needed}
    if len(lengths) > 1:
        but = f"their lengths are {', '.join(map(str, sorted(lengths)))}"
        raise error(name, "hold rows of one length", but, "one number a point in each")


def excess(axes: Axes, steps: Array, loss: Array, floor: float, *, label: str, **line: Any) -> None:
    """Draw how far a loss still is above its floor, on a logarithmic axis."""
    steps, loss = _curve(axes, steps, loss, label)
    above = loss - _checks.number("floor", floor, "the least value of the loss")
    # What has come within rounding of the floor has no logarithm; the line ends there.
    axes.semilogy(steps, np.where(above > 0, above, np.nan), label=label, **line)
    axes.set(xlabel="step", ylabel="above the floor (nats)")


def history(
    axes: Axes, steps: Array, loss: Array, *, label: str, floor: float | None = None
) -> None:
    """Draw a loss step by step, with a line at the least value it can take."""
    steps, loss = _curve(axes, steps, loss, label)
    if floor is not None:
        floor = _checks.number("floor", floor, "the least value of the loss, or None")
    axes.plot(steps, loss, color=BLUE, label=label)
    if floor is not None:
        axes.axhline(floor, color=GREY, linestyle=":", label="floor")
    axes.set(xlabel="step", ylabel="loss (nats)")


def dephasing(
    axes: Axes,
    path: dict[str, Any],
    names: Sequence[str] = ("entropy", "cross entropy", "relative entropy"),
) -> None:
    """Draw up to four quantities along the path of dephasing, with its end, the classical value.

    Args:
        axes: Where to draw.
        path: `strength`, and one array for each quantity.
        names: Which quantities.

    Raises:
        ValueError: The path has no such quantity, or more than four are asked for.
    """
    _check_axes(axes)
    chosen = _checks.sequence("names", names, '("entropy",), for example')
    _check_curves("path", path, ("strength",))
    if unknown := [name for name in chosen if not isinstance(name, str) or name not in path]:
        but = f"there is no {shown(unknown[0])}"
        raise error("names", "name quantities of the path", but, f"some of {', '.join(path)}")
    _check_curves("path", path, ("strength", *chosen))
    if not 1 <= len(chosen) <= 4:
        raise error("names", "be one to four", f"there are {len(chosen)}", "fewer at a time")
    styles = zip((BLUE, ORANGE, GREEN, PURPLE), ("-", "--", "-.", ":"), strict=True)
    for name, (color, line) in zip(chosen, styles, strict=False):
        axes.plot(path["strength"], path[name], color=color, linestyle=line, label=name)
        end = path["strength"][-1], path[name][-1]
        axes.plot(*end, "o", color=color, markersize=3, clip_on=False)
    axes.set(xlabel=r"dephasing $\lambda$", ylabel="nats", title="quantum to classical")
    axes.legend()


def twin_training(axes: Axes, training: dict[str, Any]) -> None:
    """Draw the quantum run over the classical one: `quantum`, `classical`, `floor`."""
    _check_axes(axes)
    _check_curves("training", training, ("quantum", "classical"))
    if "floor" not in training:
        raise error("training", "hold `floor`", "it does not", "what qce.limits.check returns")
    steps = np.arange(len(training["quantum"]))
    line = {"linewidth": 3, "alpha": 0.4}
    excess(
        axes,
        steps,
        training["classical"],
        training["floor"],
        label="classical",
        color=ORANGE,
        **line,
    )
    excess(axes, steps, training["quantum"], training["floor"], label="quantum", color=BLUE)
    axes.set(title="the same run, twice")
    axes.legend()


def limits(report: LimitReport) -> Any:
    """Return the figure of a `LimitReport`: the path of dephasing, and the two runs."""
    _checks.instance("report", report, LimitReport, "what qce.limits.check returns")
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 0.7 * COLUMN))
    dephasing(left, report.dephasing)
    twin_training(right, report.training)
    return figure


def learned(bars: ErrorBars) -> Any:
    """Return the figure of `qce.error_bars`: probabilities with their errors, beside the data.

    Args:
        bars: From `qce.error_bars`, with probabilities.

    Example:
        >>> import qce
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, {"0": 300, "1": 100})
        >>> result = qce.fit(objective, optimizer="lbfgs", progress=False)
        >>> learned(qce.error_bars(result, objective)).axes[0].get_ylabel()
        'probability'
    """
    if (seen := getattr(bars, "probabilities", None)) is None:
        but = f"it is {shown(bars)}"
        remedy = "what qce.error_bars returns for a model of at most 10 wires"
        raise error("bars", "hold probabilities of outcomes", but, remedy, TypeError)
    law, stderr = seen
    places = np.arange(len(law))
    wires = len(law).bit_length() - 1
    with matplotlib.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(COLUMN, 0.7 * COLUMN))
        marks = {"fmt": "o", "markersize": 3, "capsize": 2, "linewidth": 1}
        if bars.frequencies is not None:
            axes.bar(places, bars.frequencies, color=BLUE, alpha=0.35, label="data")
        axes.errorbar(
            places, law, np.where(np.isfinite(stderr), stderr, 0.0), color=ORANGE, label="model",
            **marks,
        )  # fmt: skip
        if len(law) <= 16:
            axes.set_xticks(places, [f"{x:0{wires}b}" for x in places], rotation=90)
        axes.set(xlabel="outcome", ylabel="probability")
        axes.legend()
    return figure
