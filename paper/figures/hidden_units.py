"""Hidden units: where expectation maximisation follows the gradient, and what it leaves."""

from typing import Any

import numpy as np

from qce.reproduce.written import chance, measured, percent, power

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


def values(run: Any) -> dict[str, str]:
    """Expectation maximisation beside the exact gradient; units of both kinds."""
    section, g = "Expectation maximisation", f"g = {max(run.spec['strengths']):g}"
    strengths = [f"g = {strength:g}" for strength in run.spec["strengths"]]
    few, many, *_ = run.spec["units"]
    bits = "bars and stripes"
    return {
        "visible": str(run.spec["visible"]),
        "hidden": str(run.spec["hidden"]),
        "seeds": str(run.spec["seeds"]),
        "steps": str(run.spec["steps"]),
        "apart": power(max(run(section, f"{at}: hidden wires apart, largest") for at in strengths)),
        "deviation": percent(run(section, f"{g}: relative deviation of the gradient, median")),
        "more": measured(run, section, f"{g}: left more"),
        "p": chance(run(section, f"{g}: left more, p (Wilcoxon)")),
        "lower": percent(run(section, f"{g}: exact gradient lower, share")),
        "climbs": percent(run(section, f"{g}: expectation maximisation climbs, share")),
        "few": str(few),
        "many": str(many),
        "classical few": str(3 * few),
        "classical many": str(3 * many),
        "starts": str(run.spec["starts"]),
        "less few": measured(run, bits, f"{few}: quantum less classical"),
        "less many": measured(run, bits, f"{many}: quantum less classical"),
        **{
            f"{kind} learned": percent(run(bits, f"{many}: {kind}, share of starts at the entropy"))
            for kind in ("quantum", "classical")
        },
    }
