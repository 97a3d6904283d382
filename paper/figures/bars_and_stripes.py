"""Bars and stripes: what a circuit can, start by start, and what a loss can from few outcomes."""

from typing import Any

import numpy as np

from qce.reproduce.written import chance, fixed, measured, percent

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


def values(run: Any) -> dict[str, str]:
    """Plateaus, and the three losses from the fewest and the most outcomes."""
    circuits = {
        "one": "1 layer",
        "star": "2 layers, star",
        "chain": "2 layers, chain",
        "all": "2 layers, all",
    }
    few, many = min(run.spec["shots"]), max(run.spec["shots"])
    losses, from_outcomes = ("likelihood", "discrepancy", "transport"), "2 layers, all, from"
    return {
        "starts": str(run.spec["starts"]),
        **{key: fixed(run(f"{name} (", "best"), 6) for key, name in circuits.items()},
        **{
            f"share {key}": percent(run(f"2 layers, {key} (", "share of starts there"))
            for key in ("star", "chain", "all")
        },
        "product": fixed(run("Relative", "best product"), 6),
        "tree": fixed(run("Relative", "best tree"), 6),
        "few": str(few),
        "many": str(many),
        "shot starts": str(run.spec["shot_starts"]),
        "steps": str(run.spec["shot_steps"]),
        **{
            f"{loss} {key}": measured(run, from_outcomes, f"{loss}, {shots} outcomes")
            for loss in losses
            for key, shots in {"few": few, "many": many}.items()
        },
        **{
            f"{loss} p {key}": chance(
                run(from_outcomes, f"{loss} less likelihood, {shots} outcomes, p (Wilcoxon)")
            )
            for loss in losses[1:]
            for key, shots in {"few": few, "many": many}.items()
        },
    }
