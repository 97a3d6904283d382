"""Copies to accuracy of several wires: ways to measure, and what is left near pure states."""

from typing import Any

import numpy as np

from qce.reproduce.written import measured, plain, power

from . import style

WAYS: dict[str, dict[str, Any]] = {
    "fixed": {"color": style.GREEN, "marker": "s"},
    "turned wires": {"color": style.GREY, "marker": "v"},
    "unbiased": {"color": style.PURPLE, "marker": "D"},
    "Pauli letters": {"color": style.SKY, "marker": "P"},
    "pairs": {"color": style.BLUE, "marker": "o"},
    "fresh, averaged": {"color": style.BLACK, "marker": "x"},
    "fresh, Adam": {"color": style.ORANGE, "marker": "^"},
}
DASHES = {"fixed": ":", "turned wires": "-.", "unbiased": (0, (3, 1, 1, 1)), "Pauli letters": "-.",
          "pairs": "-"}  # fmt: skip


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown: the purest states that were learned, predictions for most wires."""
    found = outcome.history
    learned = [name.split("/") for name in found if name.endswith(f"/pairs/{found['copies'][0]}")]
    length = max((parts[1] for parts in learned), key=float)
    wires = sorted({parts[0] for parts in learned}, key=int)
    shown = {}
    for n in wires:
        columns = {"copies": found["copies"]}
        for way in WAYS:
            left = [found[f"{n}/{length}/{way}/{k}"] for k in found["copies"]]
            columns[way] = np.mean(left, axis=1)
            columns[f"{way}, stderr"] = np.std(left, axis=1, ddof=1) / len(left[0]) ** 0.5
        for line in ("bound", *(f"{way}, predicted" for way in ("fixed", "pairs"))):
            columns[line] = np.repeat(found[f"{n}/{length}/{line}"], len(found["copies"]))
        shown[f"{n} qubits, |r| = {length}"] = columns
    lines = ("1 − |r|", "bound", *(f"{way}, predicted" for way in DASHES))
    shown[f"predictions, {wires[-1]} qubits"] = {x: found[f"{wires[-1]}/{x}"] for x in lines}
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw a panel for each number of wires, and one of predictions."""
    figure, several = style.column(len(panels), 0.6)
    for axes, (name, columns) in zip(several, panels.items(), strict=True):
        title = name.replace("|r|", "$|r|$").replace("= ", "$=$ ")
        axes.set_title(title, fontsize=8)
        axes.set(xscale="log", yscale="log", ylabel=r"$N\,D$ (nats)")
        (_learned if "copies" in columns else _predicted)(axes, columns)
    low, high = several[0].get_ylim()
    several[0].set_ylim(low, high * 30)  # room for the names
    several[0].legend(ncols=3, loc="upper left", fontsize=6, columnspacing=0.8)
    low, high = several[-1].get_ylim()
    several[-1].set_ylim(low, high * 10)
    several[-1].legend(ncols=2, loc="upper right", fontsize=6)
    return figure


def _learned(axes: Any, columns: dict[str, Any]) -> None:
    """Points for ways, a little apart from each other, and lines for many copies."""
    copies = np.asarray(columns["copies"], dtype=float)
    for place, (way, look) in enumerate(WAYS.items()):
        axes.errorbar(
            copies * 1.12 ** (place - 3), columns[way], 2 * np.asarray(columns[f"{way}, stderr"]),
            linestyle="none", markersize=3.2, label=way, **look,
        )  # fmt: skip
    for way in ("fixed", "pairs"):
        level, color = columns[f"{way}, predicted"], WAYS[way]["color"]
        axes.plot(copies, level, color=color, linestyle=DASHES[way], linewidth=0.9)
    axes.plot(copies, columns["bound"], color=style.BLACK, linestyle="--", linewidth=0.9)
    least = min(np.min(columns[name]) for name in (*WAYS, "bound"))
    axes.set(xlabel="copies $N$", xlim=(copies.min() / 2, copies.max() * 2))
    axes.set_ylim(bottom=least / 2)


def _predicted(axes: Any, columns: dict[str, Any]) -> None:
    """Lines against the distance from a pure state."""
    x = columns["1 − |r|"]
    axes.plot(x, columns["bound"], color=style.BLACK, linestyle="--", label="bound")
    for way, dashes in DASHES.items():
        axes.plot(
            x, columns[f"{way}, predicted"], color=WAYS[way]["color"], linestyle=dashes, label=way
        )
    axes.set_xlabel("$1-|r|$")


_FRAMES = ("fixed", "turned wires", "unbiased", "Pauli letters", "pairs")


def values(run: Any) -> dict[str, str]:
    """What ways to measure leave of the purest states on most wires, times the copies."""
    wires, length, most = (max(run.spec[x]) for x in ("wires", "lengths", "copies"))
    part = f"Copies times relative entropy, {wires} wires, |r| = {length} "
    least, few = min(run.spec["impurities"]), min(run.spec["copies"])
    lines = {"bound": "bound", **{x: f"{x}, predicted" for x in _FRAMES}}
    ways = (*_FRAMES, "fresh, averaged", "fresh, Adam")
    return {
        "repeats": str(run.spec["repeats"]),
        "wires": str(wires),
        "length": plain(length),
        "most": power(most),
        "impurity": plain(least),
        "schedules": str(run("Copies that were used", "schedules of Adam")),
        **{way: measured(run, part, f"{way}, {most} copies") for way in ways},
        "few": plain(few),
        **{f"{way} few": measured(run, part, f"{way}, {few} copies") for way in ("fixed", "pairs")},
        **{f"{key} line": _digits(run(part, line)) for key, line in lines.items()},
        **{
            f"{key} purest": _digits(
                run(f"Predictions, {wires} wires", f"{line}, 1 − |r| = {least}")
            )
            for key, line in lines.items()
            if key != "turned wires"
        },
    }


def _digits(number: float) -> str:
    """Three digits; large ones as an order of magnitude."""
    return plain(float(f"{float(number):.3g}")) if number < 1e4 else power(number)
