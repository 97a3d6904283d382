"""Exponents of the error of the second kind: all copies together, one by one, expansions."""

from typing import Any

from qce.reproduce.written import fixed, plain

from . import style

LOOKS = {
    "one by one": ("best basis for $n$", {"color": style.GREEN, "linestyle": "-"}),
    "one by one, basis of n → ∞": (
        r"best basis for $n\to\infty$",
        {"color": style.GREEN, "linestyle": ":"},
    ),
    "second order": ("second order", {"color": style.PURPLE, "linestyle": "-."}),
    "second order and (ln n)/2n": (
        r"with $\ln(n)/2n$",
        {"color": style.PURPLE, "linestyle": (0, (1, 3))},
    ),
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found, limits = outcome.history, outcome.report["Limits (nats a copy)"]
    return {
        "few": {"copies": found["copies"], "together": found["together"]},
        "many": {"copies": found["copies, far"]} | {x: found[f"{x}, far"] for x in LOOKS},
        "limits": {name: [x] for name, x in limits.items() if "relative" in name},
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw the three of them, with their limits."""
    figure, (axes,) = style.column(1, 0.85)
    few, many, limits = panels["few"], panels["many"], panels["limits"]
    axes.semilogx(few["copies"], few["together"], "o-", color=style.ORANGE, markersize=3,
                  label="all copies together")  # fmt: skip
    for name, (label, look) in LOOKS.items():
        axes.semilogx(many["copies"], many[name], label=label, **look)
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


def values(run: Any) -> dict[str, str]:
    """Limits, and the exponents of the most copies."""
    most = max(run.spec["copies"])
    return {
        "together": fixed(run("Limits", "relative entropy"), 4),
        "singly": fixed(run("Limits", "measured relative entropy"), 4),
        "lost": fixed(run("Limits", "lost by measuring early"), 4),
        "copies": str(most),
        "found together": fixed(run("Exponents", f"together, {most} copies"), 4),
        "found second": fixed(run("Exponents", f"second order, {most} copies"), 4),
        "found third": fixed(run("Exponents", f"second order and (ln n)/2n, {most} copies"), 4),
        "found singly": fixed(run("Exponents", f"one by one, {most} copies"), 4),
        "found fixed": fixed(run("Exponents", f"one by one, basis of n → ∞, {most} copies"), 4),
        "epsilon": plain(run.spec["epsilon"]),
        "data": plain(run.spec["data_length"]),
        "model": plain(run.spec["model_length"]),
    }
