"""Copies to accuracy of one qubit: what four ways to learn leave, times the copies they took."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, measured, plain, power

from . import style

WAYS = {
    "fixed": ("fixed", {"color": style.GREEN, "marker": "s"}),
    "adapted": ("adapted", {"color": style.BLUE, "marker": "o"}),
    "fresh, averaged": ("fresh, averaged", {"color": style.PURPLE, "marker": "D"}),
    "fresh, Adam": ("fresh, Adam", {"color": style.ORANGE, "marker": "^"}),
}
LINES = {
    "bound": ("Gill and Massar", {"color": style.BLUE, "linestyle": "--"}),
    "fixed, predicted": ("fixed, predicted", {"color": style.GREEN, "linestyle": ":"}),
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    found = outcome.history
    lengths = [name.split("/")[0] for name in found if name.endswith("/bound")]
    shown = {}
    for length in lengths:
        columns = {"copies": found["copies"]}
        for way in WAYS:
            left = [found[f"{length}/{way}/{n}"] for n in found["copies"]]
            columns[way] = np.mean(left, axis=1)
            columns[f"{way}, stderr"] = np.std(left, axis=1, ddof=1) / len(left[0]) ** 0.5
        columns |= {name: np.repeat(found[f"{length}/{name}"], len(left)) for name in LINES}
        shown[f"length-{length}"] = columns
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw a panel for each length of the Bloch vector."""
    figure, several = style.column(len(panels), 0.58)
    for axes, (name, columns) in zip(several, panels.items(), strict=True):
        for way, (label, look) in WAYS.items():
            axes.errorbar(
                columns["copies"], columns[way], 2 * np.asarray(columns[f"{way}, stderr"]),
                linestyle="none", markersize=3.5, label=label, **look,
            )  # fmt: skip
        for line, (label, look) in LINES.items():
            axes.plot(columns["copies"], columns[line], label=label, linewidth=0.9, **look)
        axes.set(xscale="log", yscale="log", ylabel=r"$N\,D$ (nats)")
        axes.set(ylim=(2, 2e4) if axes is several[0] else (2, 700))
        axes.set_title(rf"$|r|={name.removeprefix('length-')}$", fontsize=8)
        axes.set_xlabel("copies $N$")
    several[0].legend(ncols=2, loc="upper left", fontsize=7)
    return figure


def values(run: Any) -> dict[str, str]:
    """What four ways leave of one qubit, times the copies, at two lengths."""
    middle, purest, most = 0.9, max(run.spec["lengths"]), max(run.spec["copies"])
    numbers = {
        "repeats": str(run.spec["repeats"]),
        "most": power(most),
        "middle": plain(middle),
        "purest": plain(purest),
        "schedules": str(run("Copies", "schedules of Adam")),
    }
    ways = {"fixed": "fixed", "adapted": "adapted", "averaged": "fresh, averaged"}
    for name, length in {"middle": middle, "purest": purest}.items():
        part = f"Copies times relative entropy, |r| = {length} "
        numbers |= {
            f"{name} bound": fixed(run(part, "bound"), 2),
            f"{name} predicted": fixed(run(part, "fixed, predicted"), 2),
            **{f"{name} {k}": measured(run, part, f"{w}, {most} copies") for k, w in ways.items()},
            f"{name} Adam": measured(run, part, f"fresh, Adam, {most} copies"),
        }
    return numbers
