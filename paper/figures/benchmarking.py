"""Fidelity by cross entropy: on few wires, against its variance, and with depth."""

from typing import Any

from qce.reproduce.written import fixed, measured, plain

from . import style

LINEAR = {"color": style.BLUE, "marker": "o"}
LOG = {"color": style.ORANGE, "marker": "s"}
LOOKS = {"linear": LINEAR, "log": LOG}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    bias, variance = {"wires": found["wires"]}, {"fidelity": found["fidelity"]}
    for name in LOOKS:
        for reference in ("haar", "porter_thomas"):
            bias[f"{name}, {reference}"] = found[f"{name}/{reference}/value"]
            bias[f"{name}, {reference}, stderr"] = found[f"{name}/{reference}/stderr"]
        bias[f"{name}, expected"] = found[f"{name}/expected"]
        variance[name] = found[f"{name}/variance"]
        variance[f"{name}, limit"] = found[f"{name}/variance, limit"]
    columns = {"depth": "depth", "fidelity": "decay", "stderr": "decay, stderr"}
    columns |= {"fit": "decay, fit", "predicted": "decay, predicted"}
    return {
        "bias": bias,
        "variance": variance,
        "decay": {name: found[column] for name, column in columns.items()},
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw all three."""
    figure, (top, middle, bottom) = style.column(3, 0.6)
    bias, variance, decay = panels["bias"], panels["variance"], panels["decay"]
    for name, look in LOOKS.items():
        for reference, filled, label in (
            ("haar", look["color"], name),
            ("porter_thomas", "none", rf"{name}, $d\to\infty$"),
        ):
            top.errorbar(
                bias["wires"], bias[f"{name}, {reference}"], bias[f"{name}, {reference}, stderr"],
                linestyle="none", markersize=3.5, markerfacecolor=filled, label=label, **look,
            )  # fmt: skip
        top.plot(bias["wires"], bias[f"{name}, expected"], color=look["color"], linestyle=":")
        middle.plot(variance["fidelity"], variance[name], linestyle="none", markersize=3,
                    label=name, **look)  # fmt: skip
        dash = "-" if name == "linear" else "--"
        middle.plot(variance["fidelity"], variance[f"{name}, limit"], dash, color=look["color"])
    top.axhline(1, color=style.GREY, linewidth=0.6)
    top.set(xlabel="qubits", ylabel="fidelity of ideal states")
    top.legend(ncols=2)
    middle.set(xlabel="fidelity $f$", ylabel="variance of a shot", ylim=(0, None))
    middle.legend()
    bottom.errorbar(decay["depth"], decay["fidelity"], decay["stderr"], linestyle="none",
                    markersize=3, label="linear estimate", **LINEAR)  # fmt: skip
    bottom.plot(decay["depth"], decay["fit"], color=style.BLUE, label="fit $A r^m$")
    bottom.plot(decay["depth"], decay["predicted"], "--", color=style.BLACK, label="gates")
    bottom.set(xlabel="depth $m$", ylabel="fidelity", yscale="log")
    for set_formatter in (bottom.yaxis.set_major_formatter, bottom.yaxis.set_minor_formatter):
        set_formatter("{x:g}")  # less than a decade: 0.5 says more than 5 × 10⁻¹
    bottom.legend()
    return figure


def values(run: Any) -> dict[str, str]:
    """The reference, the crossing and the decay."""
    few, wide = min(run.spec["wires"]), max(run.spec["variance_wires"])
    return {
        "few": str(few),
        "wide": str(max(run.spec["wires"])),
        "wrong": measured(run, "Fidelity", f"linear, {few} wires, infinite dimension"),
        "right": measured(run, "Fidelity", f"linear, {few} wires"),
        "crossing wires": str(wide),
        "crossing": measured(run, "Linear", f"crossing, {wide} wires"),
        "limit": fixed(run("Linear", "crossing, infinite dimension"), 4),
        "error": plain(run.spec["error"]),
        "decay wires": str(run.spec["decay_wires"]),
        "layer": measured(run, "Decay", "fidelity of a layer"),
        "gates": fixed(run("Decay", "as the gates predict"), 4),
    }
