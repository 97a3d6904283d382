"""The wrong code: a step at the cross entropy; its mean length; what its typical subspace loses."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, plain, power

from . import style


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found, rates = outcome.history, outcome.report["Rates (bits a letter)"]
    success = {"rate": found["rate"]}
    success |= {
        f"{n} letters": row for n, row in zip(found["blocks"], found["success"], strict=True)
    }
    names = ("entropy", "letter entropy", "cross entropy")
    return {
        "success": success,
        "rates": {name: [rates[name]] for name in names},
        "length": {"letters": found["words"], "mean length": found["mean length"]},
    }


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw both panels."""
    figure, (top, bottom) = style.column(2)
    success, rates, length = panels["success"], panels["rates"], panels["length"]
    blocks = [name for name in success if name != "rate"]
    for name, color, dash in zip(blocks, style.shades(len(blocks)), style.DASHES, strict=False):
        top.plot(success["rate"], success[name], color=color, linestyle=dash, label=name)
    sides = {"entropy": "center", "letter entropy": "right", "cross entropy": "left"}
    for name, (level,) in rates.items():
        look = style.LOOK[name]
        top.axvline(level, color=look["color"], linestyle=look["linestyle"], linewidth=0.8)
        top.annotate(
            look["label"], (level, 1.02), ha=sides[name], va="bottom", fontsize=7,
            xycoords=("data", "axes fraction"),
        )  # fmt: skip
    top.set(xlabel="rate $R$ (bits a letter)", ylabel="success probability", ylim=(-0.02, 1.02))
    top.legend(loc="center right")
    step = rates["cross entropy"][0]
    letters = np.asarray(length["letters"])
    bottom.fill_between(
        letters, step, step + 1 / letters, color=style.SKY, alpha=0.3, linewidth=0,
        label="$[S, S+1/n)$",
    )  # fmt: skip
    bottom.plot(letters, length["mean length"], "o-", color=style.BLACK, markersize=3,
                label="mean length")  # fmt: skip
    style.line(bottom, step, "cross entropy")
    bottom.set_xscale("log", base=2)
    bottom.set(xlabel="letters coded together $n$", ylabel="bits a letter")
    bottom.legend()
    return figure


def values(run: Any) -> dict[str, str]:
    """Rates, and the step."""
    longest = max(run.spec["blocks"])
    rate = {
        "entropy": "entropy",
        "letters": "letter entropy",
        "cross": "cross entropy",
        "excess": "relative entropy",
    }
    success = {where: f"{longest} letters, {where} the step" for where in ("below", "at", "above")}
    return {
        **{key: fixed(run("Rates", row), 4) for key, row in rate.items()},
        **{key: fixed(run("Success", row), 4) for key, row in success.items()},
        "longest": str(longest),
        "offset": plain(run.spec["offset"]),
        "dimension": fixed(run("Size", f"at the step, {longest} letters"), 4),
        "subspace": fixed(run("Size", "at the step, for long blocks"), 4),
        "overlap": power(run("Weight", f"{longest} letters")),
        "band": plain(run.spec["band"]),
        "data": plain(run.spec["data_length"]),
        "model": plain(run.spec["model_length"]),
        "tilt": plain(run.spec["tilt"]),
    }
