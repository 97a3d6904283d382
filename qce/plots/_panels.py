"""Panels that several figures share: losses step by step, the path of dephasing, twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce._concrete import called
from qce.plots._style import BLUE, GREEN, GREY, ORANGE, PURPLE, check_axes, pair_of_panels
from qce.results import LimitReport
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_LARGEST = 1e300  # beyond, matplotlib's lengths of axes overflow


def _curve(axes: Any, steps: Array, loss: Array, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and losses of a line, one a step; NaN leaves a gap."""
    check_axes(axes)
    _checks.instance("label", label, str, "what the line shows")
    x, y = column("steps", steps), column("loss", loss)
    if len(x) != len(y):
        but = f"their lengths are {len(x)} and {len(y)}"
        raise _checks.pair_error("steps", "loss", "be equally long", but, "one loss a step")
    return x, y


def column(name: str, x: Array) -> np.ndarray:
    """Real numbers in a row, NaN and infinities too, and none that an axis cannot hold."""
    a = _checks.concrete(name, x)
    if isinstance(a, _checks.Abstract) or a.dtype.kind == "c":
        raise error(name, "be real numbers", f"it is {shown(x)}", "their real part", TypeError)
    if a.ndim != 1 or not a.size:
        raise error(name, "be a row of numbers", f"its shape is {a.shape}", "one number a point")
    row = np.asarray(a, dtype=float)
    beyond = row[np.isfinite(row) & (np.abs(row) > _LARGEST)]
    if beyond.size:
        must, but = f"be at most {_LARGEST:g} in size to be drawn", f"one is {beyond[0]:.6g}"
        raise error(name, must, but, "other units")
    return row


def _check_curves(name: str, curves: Any, needed: tuple[str, ...]) -> None:
    """Named rows of numbers, equally long."""
    _checks.instance(name, curves, Mapping, "what qce.limits.check returns")
    if missing := [key for key in needed if key not in curves]:
        but = f"it has no {missing[0]!r}"
        raise error(name, f"hold {', '.join(needed)}", but, "what qce.limits.check returns")
    with called(**dict.fromkeys(needed, name)):
        lengths = {len(column(key, curves[key])) for key in needed}
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
    check_axes(axes)
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
    check_axes(axes)
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


def limits(report: LimitReport) -> np.ndarray:
    """Draw a `LimitReport`: the path of dephasing, and the two runs.

    Args:
        report: The result of `qce.limits.check`.

    Returns:
        Both axes, shape `(2,)`.
    """
    _checks.instance("report", report, LimitReport, "what qce.limits.check returns")
    with pair_of_panels() as axes:
        dephasing(axes[0], report.dephasing)
        twin_training(axes[1], report.training)
    return axes
