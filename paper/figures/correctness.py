"""Relative entropies against known values, and against time."""

from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from qce.reproduce.written import fixed, power

from . import style

LOOKS = {
    "qce": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "PennyLane": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
}
VERDICTS = {"right": ("", style.SKY), "NaN": ("///", style.YELLOW), "wrong": ("...", style.ORANGE)}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    counts = {"kind": found["kinds"]}
    counts |= {f"{name}, {v}": found[f"{name}/{v}"] for name in LOOKS for v in VERDICTS}
    return {
        "verdicts": counts,
        "errors": {"distance": found["distance"]} | {n: found[f"{n}/error"] for n in LOOKS},
        "time": {"levels": found["levels"]} | {n: found[f"{n}/time"] for n in LOOKS},
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw all three."""
    figure, (top, middle, bottom) = style.column(3, 0.58)
    counts, errors, time = panels["verdicts"], panels["errors"], panels["time"]
    place = np.arange(len(counts["kind"]))
    for row, name in enumerate(LOOKS):
        left = np.zeros(len(place))
        total = sum(np.asarray(counts[f"{name}, {verdict}"]) for verdict in VERDICTS)
        for verdict, (hatch, color) in VERDICTS.items():
            share = np.asarray(counts[f"{name}, {verdict}"]) / total
            look = {"color": color, "hatch": hatch, "edgecolor": "white", "height": 0.36}
            label = verdict if row == 0 else None
            top.barh(place + 0.4 * row, share, left=left, label=label, **look)
            left += share
        for y in place + 0.4 * row:
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
            top.annotate(name, (0.01, y), fontsize=6, va="center", bbox=ground)
    top.set_yticks(place + 0.2, [kind.replace(" the ", "\n") for kind in counts["kind"]])
    top.set(xlabel="share of cases", xlim=(0, 1))
    top.invert_yaxis()
    top.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    for name, look in LOOKS.items():
        middle.loglog(errors["distance"], errors[name], markersize=3, label=name, **look)
        bottom.semilogx(time["levels"], time[name], markersize=3, label=name, **look)
    middle.invert_xaxis()
    middle.set(xlabel="distance of the states", ylabel="relative error")
    middle.legend()
    bottom.axhline(1, color=style.GREY, linestyle=":", linewidth=0.8)
    bottom.set_xticks(time["levels"], [str(int(d)) for d in time["levels"]])
    bottom.xaxis.set_minor_locator(NullLocator())
    bottom.set(xlabel="levels $d$", ylabel="time, in eigh of this size", ylim=(0, None))
    bottom.legend()
    return figure


def values(run: Any) -> dict[str, str]:
    """Shares of right values, errors and times, of both libraries."""
    pairs = run.spec["cases"] * len(run.spec["dimensions"])
    kinds = ("same state", "outside the support", "inside the support")
    right = {x: [run(f"Verdicts, {x}", f"{k}, right") for k in kinds] for x in ("qce", "PennyLane")}
    nan = sum(run("Verdicts, PennyLane", f"{kind}, NaN") for kind in kinds)
    near, (*_, smaller, size) = run.spec["decades"], sorted(run.spec["sizes"])
    return {
        "pairs": str(len(kinds) * pairs),
        "right": str(sum(right["qce"])),
        "right there": str(sum(right["PennyLane"])),
        "nan": str(nan),
        "version": str(run("Versions", "PennyLane")),
        "distance": rf"\ensuremath{{10^{{-{near}}}}}",
        "error": power(run("Largest", f"qce, distance 1e-{near}")),
        "error there": power(run("Largest", f"PennyLane, distance 1e-{near}")),
        "size": str(size),
        **{
            f"{key}time{there}": fixed(run("Processor", f"{name}, {levels} levels"), 1)
            for key, levels in {"": size, "smaller ": smaller}.items()
            for there, name in {"": "qce", " there": "PennyLane"}.items()
        },
        "smaller": str(smaller),
    }
