"""How much losses vary over random circuits: laws as lines, circuits that were drawn as points."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed

from . import style

LOOKS = (
    {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    {"color": style.GREEN, "marker": "^", "linestyle": "-."},
)
SAMPLED, MISSED = "likelihood of one string from ", "absence of one string from "
UNIFORM, CROSS = "likelihood of uniform data", "cross entropy"
DISCREPANCIES = {
    "discrepancy, σ = 1": "discrepancy, $s=1$",
    "discrepancy, σ = 10": "discrepancy, $s=10$",
    "discrepancy, σ = n/4": "discrepancy, $s=n/4$",
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    laws, found = outcome.parameters, outcome.history
    frozen = [name for name in laws if name.startswith(SAMPLED)]
    narrow, wide = (*frozen, UNIFORM, "published", CROSS), tuple(DISCREPANCIES)
    shown: dict[str, dict[str, Any]] = {
        "narrow": {"wires": laws["narrow"]} | {name: laws[name] for name in narrow},
        "wide": {"wires": laws["wide"]} | {name: laws[name] for name in wide},
    }
    for name in (*frozen, UNIFORM, *wide, CROSS):
        columns = ("wires", "variance", "variance_stderr")
        shown[_drawn(name)] = {x: found[f"{name}/{x}"] for x in columns}
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw what freezes, what was published, and what does not freeze."""
    figure, (top, middle, bottom) = style.column(3, 0.6)
    narrow, wide = panels["narrow"], panels["wide"]
    frozen = [name for name in narrow if name.startswith(SAMPLED)]
    for name, look in zip(frozen, LOOKS, strict=False):
        shots = name.removeprefix(SAMPLED).removesuffix(" outcomes")
        _law(top, narrow, name, label=f"$N={shots}$", **look)
        _points(top, panels[_drawn(name)], **look)
    top.set(xlabel="qubits", ylabel="variance (nats$^2$)")
    _draw_published(middle, narrow, panels[_drawn(UNIFORM)])
    for (name, label), look in zip(DISCREPANCIES.items(), LOOKS, strict=True):
        _law(bottom, wide, name, label=label, **look)
        _points(bottom, panels[_drawn(name)], **look)
    grey = {"color": style.GREY, "marker": "D", "linestyle": ":"}
    _law(bottom, narrow, CROSS, label=r"$S(\rho,\sigma)$, deep circuit", **grey)
    _points(bottom, panels[_drawn(CROSS)], **grey)
    bottom.set(xlabel="qubits", ylabel="variance", xscale="log", yscale="log", ylim=(1e-9, 1))
    for axes in (top, middle, bottom):
        axes.legend()
    return figure


def _draw_published(axes: Any, narrow: dict[str, Any], drawn: dict[str, Any]) -> None:
    published = np.asarray(narrow["published"])
    ratio = {"wires": narrow["wires"], UNIFORM: np.asarray(narrow[UNIFORM]) / published}
    axes.axhline(1, color=style.ORANGE, linestyle="--", label="published formula")
    _law(axes, ratio, UNIFORM, label=r"with its term $-\psi_1(d)$", **LOOKS[0])
    unit = published[np.searchsorted(narrow["wires"], drawn["wires"])]
    seen = {x: np.asarray(drawn[x]) / unit for x in ("variance", "variance_stderr")}
    _points(axes, {"wires": drawn["wires"], **seen}, **LOOKS[0])
    axes.set(xlabel="qubits", ylabel="variance / published", ylim=(0, 1.15))


def _drawn(name: str) -> str:
    """Name of the panel, and so of the file, that has the circuits of a loss."""
    plain = name.replace("σ = n/4", "wide").replace("σ = ", "").replace(",", "")
    return "drawn-" + plain.replace(" ", "-")


def _law(axes: Any, law: dict[str, Any], name: str, **look: Any) -> None:
    axes.plot(law["wires"], law[name], **{**look, "marker": ""})


def _points(axes: Any, drawn: dict[str, Any], **look: Any) -> None:
    where = drawn["wires"], drawn["variance"], drawn["variance_stderr"]
    axes.errorbar(*where, markersize=3, **{**look, "linestyle": "none"})


def values(run: Any) -> dict[str, str]:
    """Points and laws."""
    return {
        "points": str(run("In all", "points")),
        "mean": fixed(run("In all", "largest deviation of a mean (standard errors)"), 1),
        "variance": fixed(run("In all", "largest deviation of a variance (standard errors)"), 1),
        "wide": fixed(
            run("In all", "n times the variance of the discrepancy, σ = n/4, 1000 wires"), 2
        ),
        "ratio": fixed(
            run("In all", "published variance over exact one, uniform data, 16 wires"), 2
        ),
    }
