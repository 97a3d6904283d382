"""Likelihood or discrepancy: what each loss leaves of one circuit, and classical machines."""

from typing import Any

import numpy as np

from . import style

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
