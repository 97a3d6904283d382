"""Boltzmann machines: three ways to one Hamiltonian, and what two-body terms cannot learn."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, power

from . import style

WAYS = {
    "gradient": {"color": style.ORANGE, "linestyle": "-", "label": "gradient"},
    "natural": {"color": style.GREEN, "linestyle": "--", "label": "natural gradient"},
    "newton": {"color": style.BLUE, "linestyle": "-", "marker": "o", "label": "Newton"},
}
PARITY = {
    "quantum": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "classical": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    "quantum, all bits": {"color": style.BLUE, "marker": "o", "linestyle": ":"},
    "classical, all bits": {"color": style.ORANGE, "marker": "s", "linestyle": "-."},
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    shown = {f"chain-{name}": {"distance": found[f"{name}/distance"]} for name in WAYS}
    for name in PARITY:
        distance = np.asarray(found[f"{name}/distance"])[:9]
        shown[f"parity-{name.replace(', ', '-').replace(' ', '-')}"] = {"distance": distance}
    rows = next(rows for rows in outcome.report.values() if "floor without couplings" in rows)
    return {**shown, "floor": {"without couplings": [rows["floor without couplings"]]}}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw the chain and the parity."""
    figure, (top, bottom) = style.column(2)
    for name, look in WAYS.items():
        distance = np.asarray(panels[f"chain-{name}"]["distance"])
        # From 1 on, for the logarithm; what has come within rounding has none and ends the line.
        steps, shown = np.arange(1, len(distance) + 1), distance > 0
        top.loglog(steps[shown], distance[shown], markersize=2.5, **look)
    (floor,) = panels["floor"]["without couplings"]
    top.axhline(floor, color=style.GREY, linestyle=":", label="no couplings")
    top.set(xlabel="points visited", ylabel=r"$D(\rho\|\sigma)$ (nats)")
    for name, look in PARITY.items():
        distance = panels[f"parity-{name.replace(', ', '-').replace(' ', '-')}"]["distance"]
        label = name if "all" in name else f"{name}, two-body"
        bottom.plot(distance, markersize=2.5, label=label, **look)
    bottom.axhline(np.log(2), color=style.GREY, linewidth=0.6)
    bottom.annotate(r"$\ln2$", (8, np.log(2)), ha="right", va="bottom", fontsize=7)
    bottom.set(xlabel="Newton step", ylabel=r"$D(\rho\|\sigma)$ (nats)", ylim=(0, None))
    # Room for the legend above the curves.
    top.set_ylim(top=1e6)
    top.legend(ncols=2)
    bottom.legend()
    return figure


def values(run: Any) -> dict[str, str]:
    """Steps of the chain, the parity, and hidden units."""
    chain, parity, hidden = "Thermal", "Relative", "Bars"
    ways = ("gradient", "natural", "newton")
    machines = [("classical", n) for n in (1, 2, 3)] + [("quantum", n) for n in (1, 2)]
    return {
        "sites": str(run.spec["sites"]),
        **{way: str(run(chain, f"{way}, steps")) for way in ways},
        "floor": fixed(run(chain, "floor without couplings"), 6),
        "coupling": power(run(chain, "largest error of a coupling, newton")),
        "bits": str(run.spec["bits"]),
        "quantum": fixed(run(parity, "quantum"), 6),
        "classical": fixed(run(parity, "classical"), 6),
        "all bits": power(run(parity, "quantum, all bits")),
        "fidelity": fixed(run(parity, "fidelity, quantum"), 4),
        "starts": str(run.spec["starts"]),
        **{f"{k} {n}": fixed(run(hidden, f"{k}, {n}"), 3) for k, n in machines},
        **{f"{k} {n} parameters": str(run(hidden, f"{k}, {n}, parameters")) for k, n in machines},
    }
