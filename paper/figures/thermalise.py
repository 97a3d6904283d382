"""Thermal states from data and from a Hamiltonian, and couplings from expectation values."""

from typing import Any

import numpy as np

from qce.reproduce.written import chance, fixed, measured, power

from . import style

CHAINS = {"Ising": {"color": style.BLUE}, "Heisenberg": {"color": style.ORANGE}}
WAYS = {"from data": "-", "from the Hamiltonian": "--"}
MARKS = {"Ising": "o", "Heisenberg": "s"}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    shown: dict[str, dict[str, Any]] = {
        _panel(chain, way): {"distance": found[f"{chain}, {way}"]}
        for chain in CHAINS
        for way in WAYS
    }
    errors = {"shots": found["shots"]}
    for chain in CHAINS:
        errors |= {f"{chain}, {x}": found[f"{chain}/{x}"] for x in ("error", "foretold")}
    return {**shown, "couplings": errors}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw both ways down, and the errors of the couplings."""
    figure, (top, bottom) = style.column(2)
    for chain, look in CHAINS.items():
        for way, dash in WAYS.items():
            distance = np.asarray(panels[_panel(chain, way)]["distance"])
            # What has come within rounding has no logarithm; the line ends there.
            shown = np.where(distance > 0, distance, np.nan)
            top.semilogy(shown, linestyle=dash, label=f"{chain}, {way}", **look)
    top.set(xlabel="step", ylabel="relative entropy (nats)")
    # Room for the legend above the curves.
    top.set_ylim(top=1e9)
    errors = panels["couplings"]
    for chain, look in CHAINS.items():
        bottom.loglog(errors["shots"], errors[f"{chain}, foretold"], linewidth=0.8, **look)
        points = {"linestyle": "none", "marker": MARKS[chain], "markersize": 3}
        bottom.loglog(errors["shots"], errors[f"{chain}, error"], label=chain, **points, **look)
    bottom.set(xlabel="shots a term", ylabel="error of a coupling")
    top.legend(loc="upper right")
    bottom.legend()
    return figure


def _panel(chain: str, way: str) -> str:
    return f"{chain}-{way}".replace(" ", "-")


def values(run: Any) -> dict[str, str]:
    """Both ways down, the kets, and the couplings."""
    of = run.spec
    ising, heisenberg = (f"{x} chain of {of['sites']} sites (" for x in ("Ising", "Heisenberg"))
    few = f"Ising chain of {of['large']} sites from"
    data, model = "D(state‖model), from data", "D(model‖state), from the Hamiltonian"
    # With the most shots.
    shots, error, foretold = (
        float(run.outcome.history[name][-1]) for name in ("shots", "Ising/error", "Ising/foretold")
    )
    return {
        "sites": str(run.spec["sites"]),
        "ising data": power(abs(run(ising, data))),
        "ising model": power(abs(run(ising, model))),
        "heisenberg data": power(abs(run(heisenberg, data))),
        "heisenberg model": power(abs(run(heisenberg, model))),
        "large": str(run.spec["large"]),
        "kets": str(run.spec["kets"]),
        "entropy": fixed(run(few, "entropy of the state, by free fermions"), 4),
        "draws": str(run.spec["draws"]),
        "seen": measured(run, few, "cross entropy of its kets"),
        "unseen": measured(run, few, "cross entropy of as many other kets"),
        "oracle": measured(run, few, "the same of other kets, exact state"),
        "fitted": measured(run, few, "its kets: model less exact state"),
        "most steps": str(run.spec["large_steps"]),
        "behind": measured(run, few, "other kets: model less exact state"),
        "behind p": chance(run(few, "other kets: model less exact state, p (Wilcoxon)")),
        "repeats": str(run.spec["repeats"]),
        "shots": power(shots),
        "error": power(error),
        "foretold": power(foretold),
    }
