"""What measuring early loses: the gap of one basis, the floor of random ones, the repair."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, measured, plain

from . import style

WAYS = {
    "deferred": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "shadows": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    "empirical state": {"color": style.GREEN, "marker": "^", "linestyle": "-."},
}
BASES = {
    "pauli": ("Pauli bases", {"color": style.ORANGE, "marker": "s", "linestyle": "--"}),
    "mub": ("unbiased bases", {"color": style.BLUE, "marker": "o", "linestyle": "-"}),
}
LENGTHS = (
    {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    {"color": style.GREEN, "marker": "^", "linestyle": "-."},
)


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    lengths = [name.split("/")[1] for name in found if name.endswith("/law") and "gap" in name]
    law = {"angle": np.degrees(found["gap/fine"])}
    law |= {length: found[f"gap/{length}/law"] for length in lengths}
    seen = {"angle": np.degrees(found["gap/angle"])}
    for length in lengths:
        seen[length] = found[f"gap/{length}/gap"]
        seen[f"{length}, stderr"] = found[f"gap/{length}/error"]
    floor = {"wires": found["floor/wires"]}
    for name in BASES:
        floor |= {f"{name}, {x}": found[f"floor/{name}/{x}"] for x in ("law", "least")}
        drawn = np.asarray(found[f"floor/{name}/seen"])
        floor[f"{name}, mean"] = drawn.mean(axis=1)
        floor[f"{name}, deviation"] = drawn.std(axis=1, ddof=1)
    ways = {"outcomes": found["ways/shots"]}
    ways |= {
        f"{name}, {x}": found[f"ways/{name}/{x}"] for name in WAYS for x in ("error", "stated")
    }
    return {"law": law, "gap": seen, "floor": floor, "ways": ways}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw all three."""
    figure, (top, middle, bottom) = style.column(3, 0.6)
    law, gap, floor, ways = (panels[name] for name in ("law", "gap", "floor", "ways"))
    lengths = [name for name in law if name != "angle"]
    for length, look in zip(lengths, LENGTHS, strict=False):
        line, points = {**look, "marker": ""}, {**look, "linestyle": "none"}
        top.plot(law["angle"], law[length], label=f"model of length {length}", **line)
        top.errorbar(
            gap["angle"], gap[length], 2 * np.asarray(gap[f"{length}, stderr"]),
            markersize=3, clip_on=False, **points,
        )  # fmt: skip
    top.set(
        xlabel="angle of model to measurement (degrees)",
        ylabel=r"$S(\hat\rho,\sigma)-$NLL (nats)",
        xticks=[0, 45, 90, 135, 180],
    )
    # Room for the legend above the curves.
    top.set_ylim(top=1.4 * max(max(law[length]) for length in lengths))
    for name, (label, look) in BASES.items():
        middle.plot(floor["wires"], floor[f"{name}, law"], label=label, **{**look, "marker": ""})
        band = {"color": look["color"], "alpha": 0.3, "linewidth": 0}
        middle.fill_between(floor["wires"], floor[f"{name}, least"], floor[f"{name}, law"], **band)
        seen = {**look, "linestyle": "none", "markersize": 3}
        spread = 2 * np.asarray(floor[f"{name}, deviation"])
        middle.errorbar(floor["wires"], floor[f"{name}, mean"], spread, **seen)
    middle.axhline(0, color=style.GREY, linestyle=":", label="undisturbed")
    middle.set(xlabel="qubits", ylabel="least value (nats)", xticks=floor["wires"])
    for name, look in WAYS.items():
        bottom.loglog(ways["outcomes"], ways[f"{name}, stated"], **{**look, "marker": ""})
        points = {**look, "linestyle": "none"}
        bottom.loglog(ways["outcomes"], ways[f"{name}, error"], markersize=3, label=name, **points)
    bottom.set(xlabel="outcomes", ylabel="error (nats)")
    for axes in (top, middle, bottom):
        axes.legend()
    return figure


def values(run: Any) -> dict[str, str]:
    """The gap, the floor, and the price of the repair."""
    length, wires = min(run.spec["lengths"]), run.spec["wires"]
    estimates = "Three estimates"
    ways = {"deferred": "deferred", "shadows": "shadows"}
    return {
        "data": plain(run.spec["polarisation"]),
        "model": plain(length),
        "gap": fixed(run("Cross entropy above", f"gap at 90°, |s| = {length}"), 6),
        "wires": str(wires),
        "unbiased": fixed(run("Least", f"{wires} wires, mub bases"), 4),
        "unbiased least": fixed(run("Least", f"{wires} wires, mub bases, least in the mean"), 4),
        "unbiased seen": measured(run, "Least", f"{wires} wires, mub bases, measured"),
        "unbiased lowest": fixed(run("Least", f"{wires} wires, mub bases, lowest seen"), 4),
        "pauli": fixed(run("Least", f"{wires} wires, pauli bases"), 4),
        "pauli least": fixed(run("Least", f"{wires} wires, pauli bases, least in the mean"), 4),
        "draws": str(run.spec["draws"]),
        "outcomes": str(run.spec["outcomes"]),
        "exact": fixed(run(estimates, "exact"), 6),
        **{key: fixed(run(estimates, f"{way}: variance, theory"), 4) for key, way in ways.items()},
        **{
            f"{key} seen": fixed(run(estimates, f"{way}: variance of one outcome"), 4)
            for key, way in ways.items()
        },
        "bias": fixed(run(estimates, "empirical state: bias, theory"), 3),
        "bias seen": fixed(run(estimates, "empirical state: bias"), 3),
    }
