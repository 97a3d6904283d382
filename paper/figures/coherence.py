"""What coherence buys: surprise of test rows against the coherence of a tree."""

from typing import Any

import numpy as np

from . import style


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown: each split, less the Chow-Liu tree of the same split."""
    found = outcome.history
    above = found["tree"] - found["Chow-Liu tree"][:, None]
    columns = {
        "coherence": found["coherence"],
        "mean": above.mean(axis=0),
        "stderr": above.std(axis=0, ddof=1) / len(above) ** 0.5,
    }
    return {"tree": columns | {f"split {k}": row for k, row in enumerate(above)}}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw every split in grey, and their mean."""
    figure, (axes,) = style.column(1)
    columns = panels["tree"]
    for key, row in columns.items():
        if key.startswith("split"):
            axes.plot(columns["coherence"], row, color=style.GREY, linewidth=0.5, alpha=0.5)
    axes.errorbar(
        columns["coherence"], columns["mean"], 2 * np.asarray(columns["stderr"]),
        color=style.BLUE, marker="o", markersize=3.5,
    )  # fmt: skip
    axes.set(xlabel="coherence $c$", ylabel="above the Chow-Liu tree (nats)")
    return figure
