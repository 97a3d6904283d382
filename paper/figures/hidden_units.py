"""Hidden units: where expectation maximisation follows the gradient, and what it leaves."""

from typing import Any

import numpy as np

from . import style

GRADIENTS = {
    "coupled": {"color": style.ORANGE, "marker": "o", "linestyle": "-", "label": "coupled"},
    "apart": {"color": style.GREY, "marker": "s", "linestyle": ":", "label": "hidden qubit apart"},
}
LEFT = {
    "em": {"color": style.ORANGE, "marker": "o", "linestyle": "-", "label": "EM"},
    "exact": {"color": style.BLUE, "marker": "s", "linestyle": "--", "label": "exact gradient"},
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown: medians, and the middle 80 % of the pairs."""
    found = outcome.history
    shown: dict[str, dict[str, Any]] = {}
    for name in (*GRADIENTS, *LEFT):
        low, middle, high = np.quantile(found[f"gradients/{name}"], [0.1, 0.5, 0.9], axis=0)
        shown[name] = {
            "g": found["gradients/strength"], "low": low, "median": middle, "high": high,
        }  # fmt: skip
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw how far the gradients are apart, and what both ways leave."""
    figure, (top, bottom) = style.column(2)
    for axes, looks in ((top, GRADIENTS), (bottom, LEFT)):
        for name, look in looks.items():
            band = {key: np.asarray(x) for key, x in panels[name].items()}
            if axes is top:  # rounding at its size, where it hides all
                band |= {key: np.maximum(band[key], 1e-16) for key in ("low", "median", "high")}
            axes.plot(band["g"], band["median"], markersize=3, **look)
            axes.fill_between(
                band["g"], band["low"], band["high"], color=look["color"], alpha=0.2, linewidth=0
            )
        axes.set(xlabel="strength $g$")
    top.set(ylabel="deviation of the gradient", yscale="log", ylim=(1e-17, 1e4))
    bottom.set(ylabel=r"$D(\rho\|\sigma_v)$ (nats)")
    top.legend()
    bottom.legend()
    return figure
