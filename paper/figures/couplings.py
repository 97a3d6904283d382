"""A thousand couplings: errors from measured moments, and the way down from exact ones."""

from typing import Any

import numpy as np

from qce.reproduce.written import measured, power

from . import style

LOOKS = {
    "found": {"color": style.BLUE, "marker": "o", "linestyle": "none", "label": "learned"},
    "first order": {"color": style.ORANGE, "linestyle": "-", "label": "predicted"},
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown: means over draws, and the relative entropy left for each site."""
    found = outcome.history
    errors = {"sites": found["sites"]}
    for name in LOOKS:
        draws = np.array([found[f"{n}/{name}"] for n in found["sites"]])
        errors[name] = draws.mean(axis=1)
        errors[f"{name}, stderr"] = draws.std(axis=1, ddof=1) / draws.shape[1] ** 0.5
    curves = {f"left-{n}": {"per site": found[f"{n}/left"] / n} for n in found["sites"]}
    return {"errors": errors, **curves}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw the errors above the curves."""
    figure, (top, bottom) = style.column(2)
    errors = panels["errors"]
    for name, look in LOOKS.items():
        spread = 2 * np.asarray(errors[f"{name}, stderr"]) if name == "found" else None
        top.errorbar(errors["sites"], errors[name], spread, markersize=3.5, **look)
    top.set(xlabel="sites $n$", ylabel="error of a coupling", xscale="log")
    top.set_ylim(0, 1.6 * max(errors["found"]))
    curves = {name: columns for name, columns in panels.items() if name != "errors"}
    shades = style.shades(len(curves))
    for (name, columns), color, dash in zip(curves.items(), shades, style.DASHES, strict=False):
        left = np.asarray(columns["per site"])
        # What has come within rounding has no logarithm; the line ends there.
        shown = np.where(left > 1e-16, left, np.nan)
        bottom.semilogy(shown, color=color, linestyle=dash, label=name.removeprefix("left-"))
    bottom.set(xlabel="step", ylabel="$D/n$ (nats)")
    top.legend()
    bottom.legend(title="sites $n$", ncols=2)
    return figure


def values(run: Any) -> dict[str, str]:
    """The shortest and the longest chain, from exact moments and from measured ones."""
    few, most = min(run.spec["sites"]), max(run.spec["sites"])
    summed = max(n for n in run.spec["sites"] if n <= run.spec["summed"])
    numbers = {
        "shots": power(run.spec["shots"]),
        "draws": str(run.spec["draws"]),
        "summed": str(summed),
        "squares": measured(run, f"Chain of {summed} sites", "squares, found over predicted"),
    }
    for key, n in {"few": few, "most": most}.items():
        chain = f"Chain of {n} sites"
        numbers |= {
            key: str(n),
            f"{key} terms": str(2 * n - 1),
            f"{key} steps": str(run(chain, "exact moments: steps")),
            f"{key} exact": power(run(chain, "exact moments: largest error of a coupling")),
            f"{key} error": measured(run, chain, "error of a coupling, found"),
            f"{key} predicted": measured(run, chain, "error of a coupling, first order"),
            f"{key} ratio": measured(run, chain, "found over first order"),
        }
    return numbers
