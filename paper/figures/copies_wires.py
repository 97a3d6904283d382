"""Copies to accuracy of several wires: ways to measure, and what is left near pure states."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed, measured, plain, power

from . import stored, style

WAYS: dict[str, dict[str, Any]] = {
    "fixed": {"color": style.GREEN, "marker": "s"},
    "turned wires": {"color": style.GREY, "marker": "v"},
    "unbiased": {"color": style.PURPLE, "marker": "D"},
    "Pauli letters": {"color": style.SKY, "marker": "P"},
    "pairs": {"color": style.BLUE, "marker": "o"},
    "fresh, averaged": {"color": style.BLACK, "marker": "x"},
    "fresh, Adam": {"color": style.ORANGE, "marker": "^"},
    "shadows": {"color": style.YELLOW, "marker": "*"},
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
        # What was not learned, as it took too long or had too few copies, is not drawn.
        nothing = np.full(len(found[f"{n}/{length}/pairs/{found['copies'][0]}"]), np.nan)
        for way in WAYS:
            left = [found.get(f"{n}/{length}/{way}/{k}", nothing) for k in found["copies"]]
            columns[way] = np.mean(left, axis=1)
            columns[f"{way}, stderr"] = np.std(left, axis=1, ddof=1) / len(left[0]) ** 0.5
        for line in ("bound", "collective bound", "fixed, predicted", "pairs, predicted"):
            columns[line] = np.repeat(found[f"{n}/{length}/{line}"], len(found["copies"]))
        shown[f"{n} qubits, |r| = {length}"] = columns
    lines = ("1 − |r|", "bound", "collective bound", *(f"{way}, predicted" for way in DASHES))
    last = {x: found[f"{wires[-1]}/{x}"] for x in lines if f"{wires[-1]}/{x}" in found}
    shown[f"predictions, {wires[-1]} qubits"] = last
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw a panel for each number of wires, and one of predictions."""
    figure, several = style.column(len(panels), 0.6 if len(panels) < 4 else 0.47)
    for axes, (name, columns) in zip(several, panels.items(), strict=True):
        title = name.replace("|r|", "$|r|$").replace("= ", "$=$ ")
        axes.set_title(title, fontsize=8)
        axes.set(xscale="log", yscale="log", ylabel=r"$N\,D$ (nats)")
        (_learned if "copies" in columns else _predicted)(axes, columns)
    low, high = several[0].get_ylim()
    several[0].set_ylim(low, high * 30)  # room for the names
    several[0].legend(ncols=3, loc="upper left", fontsize=6, columnspacing=0.8)
    low, high = several[-1].get_ylim()
    several[-1].set_ylim(low, high * (high / low) ** 0.5)
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
    axes.plot(copies, columns["collective bound"], color=style.BLACK, linestyle=":", linewidth=0.9)
    least = np.nanmin([columns[name] for name in (*WAYS, "collective bound")])
    axes.set(xlabel="copies $N$", xlim=(copies.min() / 2, copies.max() * 2))
    axes.set_ylim(bottom=least / 2)


def _predicted(axes: Any, columns: dict[str, Any]) -> None:
    """Lines against the distance from a pure state."""
    x = columns["1 − |r|"]
    axes.plot(x, columns["bound"], color=style.BLACK, linestyle="--", label="bound")
    axes.plot(x, columns["collective bound"], color=style.BLACK, linestyle=":", label="collective")
    for way, dashes in DASHES.items():
        if f"{way}, predicted" not in columns:
            continue
        axes.plot(
            x, columns[f"{way}, predicted"], color=WAYS[way]["color"], linestyle=dashes, label=way
        )
    axes.set_xlabel("$1-|r|$")


_FRAMES = ("fixed", "turned wires", "unbiased", "Pauli letters", "pairs")
_FRESH = ("fresh, averaged", "fresh, Adam", "shadows")
_PREDICTED = ("fixed", "Pauli letters", "unbiased", "pairs")
_TABLE = (*_PREDICTED, *_FRESH)
_RUN, _STORED = (2, 3, 4), (5, 6)  # wires of the table


def values(run: Any) -> dict[str, str]:
    """What ways to measure leave of the purest states on most wires, times the copies; a table."""
    wires, length, most = (max(run.spec[x]) for x in ("wires", "lengths", "copies"))
    part = f"Copies times relative entropy, {wires} wires, |r| = {length} "
    least, few = min(run.spec["impurities"]), min(run.spec["copies"])
    lines = {"bound": "bound", **{x: f"{x}, predicted" for x in _FRAMES}}
    return {
        "repeats": str(run.spec["repeats"]),
        "wires": str(wires),
        "length": plain(length),
        "most": power(most),
        "most short": _ten(most),
        "impurity": plain(least),
        "schedules": str(run("Copies that were used", "schedules of Adam")),
        **{way: measured(run, part, f"{way}, {most} copies") for way in (*_FRAMES, *_FRESH)},
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
        **_mixed(run, wires, most, few),
        **_made(run, length, most),
        **_kept(),
    }


def _mixed(run: Any, wires: int, most: int, few: int) -> dict[str, str]:
    """What ways to measure leave of the most mixed states on as many wires."""
    length = min(run.spec["lengths"])
    part = f"Copies times relative entropy, {wires} wires, |r| = {length} "
    ways = ("fixed", "unbiased", "Pauli letters", "pairs", "fresh, averaged")
    return {
        "mixed length": plain(length),
        "mixed bound": _digits(run(part, "bound")),
        **{f"mixed {way}": measured(run, part, f"{way}, {most} copies") for way in ways},
        **{
            f"mixed {way} few": measured(run, part, f"{way}, {few} copies")
            for way in ("pairs", "fresh, Adam")
        },
    }


def _made(run: Any, length: float, copies: int) -> dict[str, str]:
    """Rows of the table from the run; dashes for wires that a quick one leaves out."""
    numbers = {}
    for n in _RUN:
        part = f"Copies times relative entropy, {n} wires, |r| = {length} "
        row = _reader(run, part) if n in run.spec["wires"] else {}.get
        numbers |= _lines(n, row) | _ways(n, "few", copies, row)
    return numbers


def _reader(run: Any, part: str) -> Any:
    """Values of one part of the report by their rows."""
    return lambda row: run(part, row)


def _kept() -> dict[str, str]:
    """Rows of the table from stored runs."""
    numbers = {"kept least": _ten(10**4), "kept few": _ten(10**6), "kept many": _ten(10**8)}
    least = _ways(5, "least", 10**4, stored.found()["copies_5"]["rows"].get)
    numbers |= {key: least[key] for key in ("5 least fixed", "5 least pairs")}
    for n in _STORED:
        kept = stored.found()[f"copies_{n}"]
        row = kept["rows"].get
        numbers |= _lines(n, row) | _ways(n, "few", 10**6, row) | _ways(n, "many", 10**8, row)
        numbers["kept repeats"] = str(kept["repeats"])
    return numbers


def _lines(n: int, row: Any) -> dict[str, str]:
    """The bound, and in units of it the collective one and what is left of many copies."""
    names = {"collective": "collective bound"}
    names |= {f"{way} line": f"{way}, predicted" for way in _PREDICTED}
    bound = row("bound")
    numbers = {f"{n} bound": _NONE if bound is None else _digits(bound)}
    for key, name in names.items():
        found = row(name)
        numbers[f"{n} {key}"] = _NONE if found is None else _three(found / bound)
    return numbers


def _ways(n: int, name: str, copies: int, row: Any) -> dict[str, str]:
    """What each way leaves of so many copies, in units of the bound."""
    numbers = {}
    for way in _TABLE:
        found = row(f"{way}, {copies} copies")
        error = row(f"{way}, {copies} copies, standard error")
        known = found is not None
        ratio = _short(found / row("bound"), error / row("bound")) if known else _NONE
        numbers[f"{n} {name} {way}"] = ratio
    return numbers


_NONE = "--"


def _short(number: float, error: float) -> str:
    """A number with two digits of its standard error in brackets, for tables."""
    places = max(0, 1 - int(f"{error:e}".split("e")[1]))
    return f"{number:.{places}f}({error * 10**places:.0f})"


def _three(number: float) -> str:
    """Three digits, zeros among them, for tables."""
    digits = f"{float(number):#.3g}"
    return fixed(float(digits), 0) if number >= 100 else digits


def _ten(number: int) -> str:
    """A power of ten without its factor."""
    exponent = len(str(number)) - 1
    exact = number == 10**exponent
    return rf"\ensuremath{{10^{{{exponent}}}}}" if exact else power(number)


def _digits(number: float) -> str:
    """Three digits; large ones as an order of magnitude."""
    return plain(float(f"{float(number):.3g}")) if number < 1e4 else power(number)
