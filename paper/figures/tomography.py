"""How close to the best likelihood a reconstruction is known to be, step by step."""

from typing import Any

import numpy as np

from . import style

METHODS = {
    "accelerated": {"color": style.BLUE, "linestyle": "-", "marker": "o"},
    "diluted": {"color": style.ORANGE, "linestyle": "--"},
    "cover": {"color": style.GREEN, "linestyle": "-."},
}
LABELS = {"diluted": r"diluted $R\rho R$", "cover": "Cover's update"}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    shown = {}
    for method in METHODS:
        step, bound = (found[f"pair/{method}/{x}"] for x in ("step", "certificate"))
        shown[f"pair-{method}"] = {"step": step, "certificate": bound}
    return {**shown, "W": {"step": found["W/step"], "certificate": found["W/certificate"]}}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw the published pair by three methods, and the W state."""
    figure, (top, bottom) = style.column(2)
    for method, look in METHODS.items():
        _curve(top, panels[f"pair-{method}"], label=LABELS.get(method, method), **look)
    _curve(bottom, panels["W"], label="W state, accelerated", **METHODS["accelerated"])
    top.set_xscale("log")
    for axes in (top, bottom):
        axes.set(xlabel="step", ylabel="certificate (nats)")
        axes.legend()
    return figure


def _curve(axes: Any, curve: dict[str, Any], **look: Any) -> None:
    step, bound = np.asarray(curve["step"]), np.asarray(curve["certificate"])
    # The start has no place on a logarithmic axis; a bound of 0 has no logarithm.
    shown = (step > 0) & (bound > 0)
    axes.semilogy(step[shown], bound[shown], markersize=3, **look)
