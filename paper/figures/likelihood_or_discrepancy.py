"""Likelihood or discrepancy: what each loss leaves of one circuit, and classical machines."""

from typing import Any

import numpy as np

from qce.reproduce.written import chance, fixed, measured, percent, plain, uncertain

from . import stored, style

NAMES = {
    "independent bits": "independent bits",
    "IQP, published angles": "published angles",
    "IQP, discrepancy, 0.25 n": "discrepancy, $s=n/4$",
    "IQP, discrepancy, 0.1 n": "discrepancy, $s=n/10$",
    "IQP, discrepancy, 0.05 n": "discrepancy, $s=n/20$",
    "IQP, likelihood": "likelihood",
    "Chow-Liu tree": "Chow-Liu tree",
    "Boltzmann machine": "Boltzmann machine",
    "law of the ring": "law of the data",
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown: each seed of each model, less the circuit by likelihood."""
    found = outcome.history
    likelihood = found["IQP, likelihood"]
    names = sorted(found, key=lambda name: -np.mean(found[name]))
    return {"models": {name: found[name] - likelihood for name in names}}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw a row of seeds for each model, with the mean and two standard errors."""
    figure, (axes,) = style.column(1, 0.62)
    columns = dict(panels["models"])
    for place, (name, values) in enumerate(reversed(columns.items())):
        color = style.BLUE if name.startswith("IQP") else style.GREY
        around = place + 0.25 * np.linspace(-1, 1, len(values))
        axes.plot(values, around, "o", color=color, markersize=1.8, alpha=0.5)
        error = 2 * np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
        axes.errorbar(
            np.mean(values), place, xerr=error, color=style.BLACK, marker="|", markersize=9
        )
    axes.axvline(0, color=style.BLUE, linewidth=0.6)
    axes.set_yticks(range(len(columns)), [NAMES.get(name, name) for name in reversed(columns)])
    axes.set_xlabel("above the likelihood on test rows (nats)")
    return figure


def values(run: Any) -> dict[str, str]:
    """What either loss leaves of one circuit, and the classical machines; then the stored runs."""
    above, widths = "Above exact likelihood", run.spec["widths"]
    wide, narrow = (f"IQP, discrepancy, {width:g} n" for width in (max(widths), min(widths)))
    below = {"tree": "Chow-Liu tree", "boltzmann": "Boltzmann machine", "law": "law of the ring"}
    wires = run.spec["wires"]
    return {
        **{
            key: plain(run.spec[key]) for key in ("wires", "seeds", "rows", "weight", "temperature")
        },
        "gates": str(run("Circuit", "gates")),
        "likelihood": measured(run, "Test rows", "IQP, likelihood"),
        **{key: measured(run, above, row) for key, row in (("wide", wide), ("narrow", narrow))},
        "wide p": chance(run(above, f"{wide}, p (Wilcoxon)")),
        "narrow p": chance(run(above, f"{narrow}, p (Wilcoxon)")),
        **{
            key: uncertain(-run(above, row), run(above, f"{row}, standard error"))
            for key, row in below.items()
        },
        "boltzmann parameters": str(_pairwise(wires)),
        "wide width": f"n/{1 / max(widths):g}",
        "narrow width": f"n/{1 / min(widths):g}",
        "held": percent(run.spec["held"]),
        "flips": percent(max(run.spec["flips"])),
        **_stored(),
    }


def _stored() -> dict[str, str]:
    """Published circuits, whose data are not here: what was found where they were."""
    sets = stored.found()
    rows = {
        "published": "IQP, published angles",
        "likelihood": "IQP, likelihood",
        "wide": "IQP, discrepancy, 0.25 n",
        "narrow": "IQP, discrepancy, 0.05 n",
        "tree": "Chow-Liu tree",
        "boltzmann": "Boltzmann machine",
    }
    numbers = {f"stored {key}": str(sets["ising"][key]) for key in ("seeds", "steps")}
    for name in ("ising", "blobs"):
        found = sets[name]
        for key, row in rows.items():
            value, error = found["rows"][row], found["rows"][f"{row}, standard error"]
            numbers[f"{name} {key}"] = uncertain(value, error) if error else fixed(value, 3)
        above = found["above"]
        numbers[f"{name} above"] = uncertain(
            above["IQP, published angles"], above["IQP, published angles, error of the rows"]
        )
        numbers[f"{name} gates"] = str(found["gates"])
    return numbers | {"ising boltzmann parameters": str(_pairwise(sets["ising"]["wires"]))}


def _pairwise(bits: int) -> int:
    """Fields and couplings of a Boltzmann machine without hidden units."""
    return bits * (bits + 1) // 2
