"""Outcomes of measurements beside the probabilities of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce.data.samples import OutcomeData, frequencies
from qce.plots._style import BLUE, MARKS, ORANGE, panel
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qce.training import ErrorBars

_LISTED = 64  # bit strings that still can be read along an axis
_POINT: dict[str, Any] = {"markersize": 3.5, "capsize": 2, "linewidth": 1}


def outcomes(
    data: OutcomeData,
    model: Array | Mapping[str, Array],
    *,
    most: int = 16,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw the histogram of outcomes, and the probabilities that models give them.

    Bars are frequencies $\hat p$ with their standard error $\sqrt{\hat p (1 - \hat p) / N}$ where
    the number N of outcomes is known; points are probabilities. If there are more than `most`
    outcomes, the most frequent are shown, and all others together as one.

    Args:
        data: Bit strings `(N, n)`, counts of all outcomes `(2^n,)`, a dictionary of counts, or
            probabilities `(2^n,)`.
        model: Probabilities `(2^n,)`; of several models a dictionary from their names, four at
            most.
        most: How many outcomes are shown, 64 at most.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: The data are none of these, or the models are not of as many outcomes.

    Example:
        >>> axes = outcomes({"00": 48, "01": 2, "10": 3, "11": 47}, [0.5, 0.0, 0.0, 0.5])
        >>> [label.get_text() for label in axes.get_xticklabels()]
        ['00', '01', '10', '11']
    """
    seen, number = frequencies("data", data)
    distributions = _distributions(model, len(seen))
    most = _checks.integer("most", most, "most=16", least=1, most=_LISTED)
    chosen = np.arange(len(seen))
    if len(seen) > most:
        chosen = np.argsort(-seen, kind="stable")[:most]
    rest = len(seen) - len(chosen)
    bars, places = _with_rest(seen, chosen, rest), np.arange(len(chosen) + (rest > 0))
    error_bars = None if number is None else np.sqrt(bars * (1 - bars) / number)
    width = max(1.0, len(places) / 16)
    with panel(axes, width) as axes:
        axes.bar(places, bars, color=BLUE, alpha=0.35, label="data")
        if error_bars is not None:
            axes.errorbar(places, bars, error_bars, fmt="none", ecolor=BLUE, capsize=2, linewidth=1)
        shifts = 0.12 * (np.arange(len(distributions)) - (len(distributions) - 1) / 2)
        for shift, (name, probabilities), (color, mark) in zip(
            shifts, distributions.items(), MARKS, strict=False
        ):
            look: dict[str, Any] = {
                "marker": mark,
                "color": color,
                "linestyle": "none",
                "markersize": 3.5,
            }
            axes.plot(places + shift, _with_rest(probabilities, chosen, rest), label=name, **look)
        _name_outcomes(axes, chosen, len(seen), [f"{rest} others"] if rest else [])
        axes.set(ylabel="probability")
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[-1:] + handles[:-1], labels[-1:] + labels[:-1])  # the data first
    return axes


def _distributions(model: Any, count: int) -> dict[str, np.ndarray]:
    """Probabilities by name, each of so many outcomes."""
    named = model if isinstance(model, Mapping) else {"model": model}
    if not 1 <= len(named) <= len(MARKS) or not all(isinstance(name, str) for name in named):
        but = f"it is {shown(model)}"
        raise error("model", f"name one to {len(MARKS)} models", but, '{"model": probabilities}')
    distributions = {}
    for name, probabilities in named.items():
        _checks.probabilities("model", probabilities)
        found = np.asarray(_checks.numbers("model", probabilities), dtype=float)
        if found.shape != (count,):
            but = f"they are {count} frequencies and {found.shape} probabilities"
            remedy = "one probability for each outcome of the data"
            raise _checks.pair_error("data", "model", "be of the same outcomes", but, remedy)
        distributions[name] = found
    return distributions


def _with_rest(p: np.ndarray, chosen: np.ndarray, rest: int) -> np.ndarray:
    """The chosen entries, and what is left of 1 as the last one."""
    kept = p[chosen]
    return np.append(kept, max(1 - kept.sum(), 0.0)) if rest else kept


def _name_outcomes(axes: Any, chosen: np.ndarray, count: int, more: list[str]) -> None:
    """Write bit strings along the axis."""
    wires = max((count - 1).bit_length(), 1)
    names = [f"{x:0{wires}b}" if 2**wires == max(count, 2) else str(x) for x in chosen] + more
    upright = wires <= 2 and not more
    axes.set_xticks(np.arange(len(names)), names, rotation=0 if upright else 90)
    axes.set_xlabel("outcome")


def learned(bars: ErrorBars, *, axes: Axes | None = None) -> Axes:
    """Draw the result of `qce.error_bars`: probabilities with their errors, beside the data.

    Args:
        bars: From `qce.error_bars`, with probabilities.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        TypeError: The bars hold no probabilities.

    Example:
        >>> import qce
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, {"0": 300, "1": 100})
        >>> result = qce.fit(objective, optimizer="lbfgs", progress=False)
        >>> learned(qce.error_bars(result, objective)).get_ylabel()
        'probability'
    """
    if (found := getattr(bars, "probabilities", None)) is None:
        but = f"it is {shown(bars)}"
        remedy = "what qce.error_bars returns for a model of at most 10 wires"
        raise error("bars", "hold probabilities of outcomes", but, remedy, TypeError)
    probabilities, stderr = found
    places = np.arange(len(probabilities))
    with panel(axes) as axes:
        if bars.frequencies is not None:
            axes.bar(places, bars.frequencies, color=BLUE, alpha=0.35, label="data")
        known = np.where(np.isfinite(stderr), stderr, 0.0)
        axes.errorbar(places, probabilities, known, fmt="o", color=ORANGE, label="model", **_POINT)
        if len(probabilities) <= 16:
            _name_outcomes(axes, places, len(probabilities), [])
        axes.set(xlabel="outcome", ylabel="probability")
        axes.legend()
    return axes
