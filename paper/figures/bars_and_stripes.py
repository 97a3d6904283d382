"""Bars and stripes: what a circuit can, start by start, and what a loss can from few outcomes."""

from typing import Any

import numpy as np

from . import style

LOSSES = {
    "likelihood": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "discrepancy": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    "transport": {"color": style.GREEN, "marker": "^", "linestyle": "-."},
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    gaps, found = outcome.parameters, outcome.history
    closed = {
        title.partition(" (")[0]: rows["best, closed form"]
        for title, rows in outcome.report.items()
        if "best, closed form" in rows
    }
    classical = next(rows for rows in outcome.report.values() if "best tree" in rows)
    left = {"outcomes": found["shots"]}
    for name in LOSSES:
        left[name] = np.median(found[name], axis=1)
        left[f"{name}, low"], left[f"{name}, high"] = np.quantile(found[name], (0.1, 0.9), axis=1)
        left |= {f"{name}, start {k}": column for k, column in enumerate(found[name].T)}
    return {
        "starts": dict(gaps),
        "closed": {"circuit": list(closed), "least": list(closed.values())},
        "classical": {name: [classical[name]] for name in ("best product", "best tree")},
        "outcomes": left,
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw every start over the closed forms, and the distance against the outcomes."""
    figure, (top, bottom) = style.column(2, 0.75)
    closed = panels["closed"]
    for row, (name, least) in enumerate(zip(closed["circuit"], closed["least"], strict=True)):
        gaps = np.asarray(panels["starts"][name])
        spread = np.linspace(-0.25, 0.25, len(gaps))
        top.plot(gaps, row + spread, ".", color=style.BLUE, markersize=3)
        top.plot([least, least], [row - 0.4, row + 0.4], color=style.ORANGE)
    lines = zip(panels["classical"].items(), (":", "--"), strict=True)
    for (name, (level,)), dash in lines:
        top.axvline(level, color=style.GREY, linestyle=dash, linewidth=0.8, label=name)
    top.set_yticks(range(len(closed["circuit"])), closed["circuit"])
    top.invert_yaxis()
    top.set(xlabel="relative entropy left (nats)", xlim=(-0.03, 1.05))
    left = panels["outcomes"]
    for name, look in LOSSES.items():
        bottom.loglog(left["outcomes"], left[name], label=name, markersize=4, **look)
        band = {"color": look["color"], "alpha": 0.2, "linewidth": 0}
        bottom.fill_between(left["outcomes"], left[f"{name}, low"], left[f"{name}, high"], **band)
        for start in (each for each in left if each.startswith(f"{name}, start")):
            points = {"color": look["color"], "marker": look["marker"], "linestyle": "none"}
            bottom.plot(left["outcomes"], left[start], markersize=2, alpha=0.5, **points)
    bottom.set(xlabel="outcomes a circuit", ylabel="relative entropy left (nats)")
    bottom.set_xticks(left["outcomes"], [str(n) for n in left["outcomes"]])
    bottom.minorticks_off()
    top.legend(loc="center right", bbox_to_anchor=(0.77, 0.3))
    bottom.legend()
    return figure
