"""Exponents of the error of the second kind: all copies together, one by one, second order."""

from typing import Any

from . import style

SECOND = {"color": style.PURPLE, "linestyle": "-.", "label": "second order"}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found, limits = outcome.history, outcome.report["Limits (nats a copy)"]
    return {
        "few": {"copies": found["copies"], "together": found["together"]},
        "many": {
            "copies": found["copies, far"],
            "second order": found["second order, far"],
            "one by one": found["one by one, far"],
        },
        "limits": {name: [x] for name, x in limits.items() if "relative" in name},
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw the three of them, with their limits."""
    figure, (axes,) = style.column(1, 0.85)
    few, many, limits = panels["few"], panels["many"], panels["limits"]
    axes.semilogx(few["copies"], few["together"], "o-", color=style.ORANGE, markersize=3,
                  label="all copies together")  # fmt: skip
    axes.semilogx(many["copies"], many["one by one"], "s--", color=style.GREEN, markersize=2.5,
                  label="one by one")  # fmt: skip
    axes.semilogx(many["copies"], many["second order"], **SECOND)
    for name, (level,) in limits.items():
        look = style.LOOK[name]
        axes.axhline(level, color=look["color"], linewidth=0.8, linestyle=look["linestyle"])
        axes.annotate(
            look["label"], (1.0, level), xycoords=("axes fraction", "data"), fontsize=7,
            ha="right", va="bottom",
        )  # fmt: skip
    axes.set(xlabel="copies $n$", ylabel=r"$-\frac{1}{n}\ln\,\beta_n$ (nats)", ylim=(0.2, 0.68))
    axes.legend(loc="lower right")
    return figure
