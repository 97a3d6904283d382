"""How close to the best likelihood a reconstruction is known to be, step by step."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, measured, power

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


def values(run: Any) -> dict[str, str]:
    """The published counts and the W state."""
    state = f"W state of {run.spec['wires']} wires"
    small = f"W state of {run.spec['small']} wires, {run.spec['draws']} draws"
    steps = {m: run("Published pair, " + m, "steps") for m in ("accelerated", "diluted", "cover")}
    return {
        "likelihood": fixed(run("Published pair, acc", "likelihood (nats an outcome)"), 6),
        "left": fixed(run("Published pair, acc", "relative entropy left (nats)"), 6),
        **{f"steps {method}": str(number) for method, number in steps.items()},
        "tolerance": power(run.spec["published_tolerance"]),
        "wires": str(run.spec["wires"]),
        "shots": str(run(state, "shots")),
        "certificate": power(run(state, "certificate (nats)")),
        "distance": fixed(run(state, "trace distance"), 4),
        "every": str(run("Published pair, acc", "steps a certificate")),
        "small": str(run.spec["small"]),
        "draws": str(run.spec["draws"]),
        "small distance": measured(run, small, "trace distance"),
        "small least": fixed(run(small, "trace distance, least"), 4),
        "small largest": fixed(run(small, "trace distance, largest"), 4),
    }
