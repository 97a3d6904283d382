"""Learning curves: one line for a training, a line with a band for many starts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce.plots._panels import column
from qce.plots._style import GREY, LINES, panel
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MIDDLE = 0.8
_REMEDY = "what `qce.fit` returns, a row of losses, several of them, or a dictionary of such"


class Trained(Protocol):
    """An object with a history: results of trainings, and runs that were read back."""

    @property
    def history(self) -> Mapping[str, Array]:
        """Named rows, one number a step."""


@dataclass(frozen=True, eq=False)
class _Written:
    """A row of losses, from the user's own loop."""

    history: Mapping[str, Array]


Curve: TypeAlias = Trained | Array | Sequence[float]


def learning_curves(
    results: Curve | Sequence[Curve] | Mapping[str, Curve | Sequence[Curve]],
    *,
    quantity: str = "loss",
    along: str | None = None,
    part: str | None = None,
    floor: float | None = None,
    above_floor: bool = False,
    axes: Axes | None = None,
) -> Axes:
    """Draw learning curves: a line for one training, the median with a band for several starts.

    The band holds the middle 80 % of the starts, or all if there are fewer than ten; its edges and
    the median are values of a start, without interpolation. A training that has ended keeps its
    last value.

    Args:
        results: One result, a list of them (starts of one training), or a dictionary from a name to
            either. A result is what `qce.fit` or `qce.learning.train` returns, a run as
            `qce.runs.read` returns it, or a row of losses, one a step.
        quantity: Which row of the history is drawn.
        along: The row along the axis: "step", "seconds", "shots" or another; by default "step", or
            "epoch" where there is no step.
        part: The training to draw, for runs with several; its rows are called `part/loss`,
            `part/step` …
        floor: The least value, drawn as a line; by default the results' own where they have one.
        above_floor: Whether to draw the distance from the floor, on a logarithmic axis.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: A result has no such rows, or a floor is needed and there is none.

    Example:
        >>> import qce
        >>> results = qce.fit_many(lambda x: (x[0] - 3) ** 2, [0, 1], [[0.0], [9.0]], steps=50)
        >>> axes = learning_curves({"Adam": results}, floor=0.0)
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['Adam, median of 2', 'all of them', 'floor']
    """
    groups = _groups(results)
    prefix = _prefix(groups, part)
    row = prefix + _named("quantity", quantity)
    along = _along(groups, prefix) if along is None else prefix + _named("along", along)
    curves = {name: [_curve(one, along, row) for one in group] for name, group in groups.items()}
    if floor is not None:
        floor = _checks.number("floor", floor, "the least value of the loss, or None")
    elif quantity == "loss":
        floor = _common_floor(groups)
    shift = 0.0
    if _checks.truth("above_floor", above_floor):
        if floor is None:
            raise error("floor", "be known", "no result has one", "the least value of the loss")
        shift = floor
    with panel(axes) as axes:
        for k, (name, lines) in enumerate(curves.items()):
            _draw(axes, name, _together(lines), shift, above_floor, *LINES[k % len(LINES)])
        if floor is not None and not above_floor:
            axes.axhline(floor, color=GREY, linestyle=":", linewidth=1, label="floor")
        words = row.rpartition("/")[2].replace("_", " ")
        unit = " (nats)" if words.endswith("loss") else ""
        axes.set(
            xlabel=along.rpartition("/")[2],
            ylabel=f"{words} above the floor{unit}" if above_floor else f"{words}{unit}",
        )
        if any(label for label in axes.get_legend_handles_labels()[1]):
            axes.legend()
    return axes


def _draw(
    axes: Axes,
    name: str,
    curve: tuple[np.ndarray, np.ndarray],
    shift: float,
    logarithmic: bool,
    color: str,
    line: str,
) -> None:
    """Draw the median of several curves with its band, or the only one."""
    x, values = curve
    values = values - shift
    if logarithmic:
        axes.set_yscale("log")
        # Values within rounding of the floor have no logarithm; the line ends there.
        values = np.where(values > 0, values, np.nan)
    count = len(values)
    label = name if count == 1 else f"{name}, median of {count}".removeprefix(", ")
    edge = (1 - _MIDDLE) / 2
    axes.plot(x, _quantile(values, 0.5), color=color, linestyle=line, label=label or None)
    if count > 1:
        ends = _quantile(values, edge), -_quantile(-values, edge)
        said = "all of them" if count * edge <= 1 else f"middle {_MIDDLE:.0%}"
        axes.fill_between(x, *ends, color=color, alpha=0.2, linewidth=0, label=said)


def _quantile(values: np.ndarray, share: float) -> np.ndarray:
    """The least value that this share of the curves does not exceed, at each point."""
    ordered = np.sort(values, axis=0)  # NaN last
    rank = max(int(np.ceil(share * len(values) - 1e-9)), 1)
    return np.asarray(ordered[rank - 1])


def _together(curves: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All curves at the points of any; NaN before a curve begins, its last value after its end."""
    x = np.unique(np.concatenate([places for places, _ in curves]))
    found = np.empty((len(curves), len(x)))
    for row, (places, values) in zip(found, curves, strict=True):
        at = np.searchsorted(places, x, side="right") - 1
        row[:] = np.where(at >= 0, values[at], np.nan)
    return x, found


def _groups(results: Any) -> dict[str, tuple[Trained, ...]]:
    """Results by name; one without a name is called ''."""
    if isinstance(results, Mapping):
        if not results or not all(isinstance(name, str) for name in results):
            but = f"it is {shown(results)}"
            raise error("results", "have a name for each training", but, _REMEDY)
        return {name: _several(one) for name, one in results.items()}
    return {"": _several(results)}


def _several(results: Any) -> tuple[Trained, ...]:
    """One result, or each of several."""
    if _is_trained(results):
        return (results,)
    found = _checks.sequence("results", results, _REMEDY)
    if not found:
        raise error("results", "not be empty", "there is none", _REMEDY)
    if all(np.ndim(one) == 0 and not _is_trained(one) for one in found):
        return (_written(results),)
    return tuple(one if _is_trained(one) else _written(one) for one in found)


def _is_trained(x: Any) -> bool:
    return isinstance(getattr(x, "history", None), Mapping)


def _written(losses: Any) -> _Written:
    row = column("results", losses)
    return _Written({"step": np.arange(len(row)), "loss": row})


def _named(name: str, x: Any) -> str:
    _checks.instance(name, x, str, "the name of a row of the history")
    return str(x)


def _prefix(groups: Mapping[str, tuple[Trained, ...]], part: Any) -> str:
    """How the rows of a part of a run begin."""
    if part is None:
        return ""
    prefix = f"{_named('part', part)}/"
    rows = [row for group in groups.values() for one in group for row in one.history]
    if not any(row.startswith(prefix) for row in rows):
        known = dict.fromkeys(row.rpartition("/")[0] for row in rows if "/" in row)
        remedy = ", ".join(map(repr, known)) or "None: the history has no parts"
        raise error("part", "name a part of the run", f"there is no {part!r}", remedy)
    return prefix


def _along(groups: Mapping[str, tuple[Trained, ...]], prefix: str) -> str:
    every = [one.history for group in groups.values() for one in group]
    return prefix + ("epoch" if all(f"{prefix}step" not in rows for rows in every) else "step")


def _curve(result: Any, along: str, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """Places along the axis, and the values there."""
    x, y = _row("along", result, along), _row("quantity", result, quantity)
    if len(x) != len(y):
        but = f"{along!r} and {quantity!r} have {len(x)} and {len(y)}"
        raise error("results", "have rows of one length", but, _REMEDY)
    return x, y


def _row(argument: str, result: Any, name: str) -> np.ndarray:
    if name not in result.history:
        known = ", ".join(map(repr, result.history)) or "none, there is no history"
        raise error(argument, "name a row of the history", f"there is no {name!r}", known)
    return column("results", result.history[name])


def _common_floor(groups: Mapping[str, tuple[Trained, ...]]) -> float | None:
    """The floor of all results, None where they have none or differ."""
    floors = {getattr(one, "floor", None) for group in groups.values() for one in group}
    floor = floors.pop() if len(floors) == 1 else None
    return float(floor) if isinstance(floor, float) and np.isfinite(floor) else None
