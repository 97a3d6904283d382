"""Divergences along the path of dephasing; cross entropy of the chain as its field goes to zero."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, power

from . import style

SHOWN = (
    "Belavkin-Staszewski",
    "relative entropy",
    "measured relative entropy",
    "Petz 2",
    "sandwiched 2",
    "Petz 1/2",
    "sandwiched 1/2",
)
NAMES = {"relative entropy": "Umegaki", "measured relative entropy": "measured"}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    path = outcome.history
    dephasing = {"strength": path["strength"]}
    dephasing |= {name: path[NAMES.get(name, name)] for name in SHOWN}
    chain = {"field": path["field"]}
    chain |= {f"{n} sites": row for n, row in zip(path["sites"], path["difference"], strict=True)}
    return {"dephasing": dephasing, "chain": chain}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw both panels."""
    figure, (top, bottom) = style.column(2, 0.78)
    dephasing, chain = panels["dephasing"], panels["chain"]
    for name in SHOWN:
        top.plot(dephasing["strength"], dephasing[name], **style.LOOK[name])
    # Room for the legend above the curves.
    most = 1.4 * max(max(dephasing[name]) for name in SHOWN)
    top.set(xlabel=r"dephasing $\lambda$", ylabel="divergence (nats)", ylim=(0, most))
    top.legend(ncols=2, handlelength=2.5)
    field = np.asarray(chain["field"])
    lengths = [name for name in chain if name != "field"]
    for name, color, marker in zip(
        lengths, style.shades(len(lengths)), style.MARKERS, strict=False
    ):
        bottom.plot(field, chain[name], color=color, marker=marker, markersize=3, label=name)
    first = np.asarray(chain[lengths[-1]])[0]
    guide = 30 * first * (field / field[0]) ** 2
    look = {"color": style.GREY, "linestyle": "--", "label": r"$\propto -h^2$"}
    bottom.plot(field[:-3], guide[:-3], **look)
    # All are negative: the axis is linear within the smallest of them, and logarithmic below.
    bottom.set_xscale("log")
    bottom.set_yscale("symlog", linthresh=1e-8)
    bottom.set_ylim(-1, 1e-4)
    bottom.set_yticks([0, *(-(10.0 ** np.arange(-7, 0, 2)))])
    bottom.axhline(0, color=style.GREY, linewidth=0.6)
    bottom.set(xlabel="transverse field $h$", ylabel="quantum less classical\nper site (nats)")
    bottom.legend(ncols=2)
    return figure


def values(run: Any) -> dict[str, str]:
    """How close the ends are, and the chain."""
    families = ("relative entropy", "Rényi divergence, α = 2", "Rényi divergence, α = 1/2")
    sites = max(run.spec["sites"])
    return {
        "dimension": str(run.spec["dimension"]),
        "pairs": str(run.spec["pairs"]),
        "spread": fixed(run("Dephasing", "spread at the start, relative entropy"), 3),
        "median spread": fixed(
            run("Dephasing", "spread at the start, relative entropy, median of pairs"), 3
        ),
        "distance": power(
            max(run("Dephasing", f"largest distance from it at the end, {f}") for f in families)
        ),
        "sites": str(sites),
        "exponent": fixed(run("Turning", f"exponent of h, {sites} sites"), 4),
        "second": fixed(run("Turning", f"second order in h a site, {sites} sites"), 4),
        "strongest": fixed(run("Turning", f"difference a site at h = 1, {sites} sites"), 4),
        "strongest field": "1",
        "reference": str(max(run.spec["reference"])),
        "chain": fixed(run("Ising", f"cross entropy, {max(run.spec['reference'])} sites"), 8),
        "dense": str(run.spec["dense"]),
        "deviation": power(run("Ising", "largest deviation from matrices")),
    }
