"""The tables of the pages, from `qce.twins` and from measurements in `_data/`.

A page says `{{ accuracy }}` where it wants one. No number of these tables is typed by hand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import qce
from qce import twins

_DATA = Path(__file__).parent.parent / "_data"
WRONG = 1e-4
"""A relative error that no rounding of the input explains in any of the cases shown."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --- twins ----------------------------------------------------------------------------------------


def twin_table() -> str:
    """Return every pair of twins with links to both."""
    rows = [
        (t.name, link("classical", t.classical), link("quantum", t.quantum)) for t in twins.TWINS
    ]
    return table(("pair", "classical", "quantum"), rows)


def link(side: str, function: Callable[..., Any]) -> str:
    """Return a link to what a twin calls in the end."""
    while isinstance(function, partial):
        private = function.func.__name__.startswith("_")
        function = function.args[0] if private else function.func
    name = function.__name__
    home = side if hasattr(getattr(qce, side), name) else f"losses.{side}"
    return f"{{py:func}}`{name} <qce.{home}.{name}>`"


# --- accuracy -------------------------------------------------------------------------------------


def load(name: str) -> Any:
    """Return what a script has measured."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


def accuracy_table(section: str) -> str:
    """Return how far each library is from the exact value, case by case."""
    cases = load("accuracy")[section]
    names = list(next(iter(cases.values()))["found"])
    rows = [
        (case, number(row["exact"]), *(cell(row["exact"], row["found"][name]) for name in names))
        for case, row in cases.items()
    ]
    return table(("case", "exact (nats)", *names), rows)


def cell(exact: str, found: str) -> str:
    """Return the relative error where there is one to speak of, and in bold what is wrong."""
    if found[0].isupper():
        return "raises"
    if found == exact:
        return "exact"
    if is_wrong(exact, found):
        return f"**{number(found)}**"
    scale = abs(float(exact)) or 1.0
    relative = f"{abs(float(found) - float(exact)) / scale:.0e}"
    return relative.replace("-", "\N{NON-BREAKING HYPHEN}")  # a narrow column breaks after others


def is_wrong(exact: str, found: str) -> bool:
    """Whether a number differs from the exact one by more than rounding; an error is no number."""
    if found[0].isupper() or found == exact:
        return False
    if not math.isfinite(float(exact)):
        return True
    return not abs(float(found) - float(exact)) <= WRONG * (abs(float(exact)) or 1.0)


def number(text: str) -> str:
    """Return a number to five digits."""
    value = float(text)
    return {math.inf: "+∞", -math.inf: "−∞"}.get(value, f"{value:.5g}").replace("nan", "NaN")


def wrong_count(section: str, word: str) -> str:
    """Return how many cases of how many the columns with a word in their name get wrong."""
    rows = load("accuracy")[section].values()
    answers = [
        is_wrong(row["exact"], found)
        for row in rows
        for name, found in row["found"].items()
        if word in name
    ]
    return f"{sum(answers)} of {len(answers)}"


# --- speed ----------------------------------------------------------------------------------------


def speed_table() -> str:
    """Return times in units of one `numpy.linalg.eigh` of the same matrices."""
    seconds = load("entropies")["seconds"]
    sizes, (base, *calls) = list(seconds), list(next(iter(seconds.values())))
    rows = [(f"{base} (ms)", *(f"{1e3 * seconds[size][base]:.3g}" for size in sizes))]
    rows += [
        (call, *(f"{seconds[size][call] / seconds[size][base]:.3g}" for size in sizes))
        for call in calls
    ]
    return table(("call", *(size.replace("x", " × ") for size in sizes)), rows)


def step_ratio() -> str:
    """Return the time of a training step over that of the fastest one written by hand."""
    return f"{load('training')['ratios']['step over hand-written']:.2f}"


def race_table() -> str:
    """Return how many times longer the plain PennyLane loop takes to the same loss."""
    races = load("training")["ratios"]["plain over"]
    ways = list(next(iter(races.values())))
    rows = [(steps, *(f"{race[way]:.1f}" for way in ways)) for steps, race in races.items()]
    return table(("steps of the plain loop", *ways), rows)


def boltzmann_table() -> str:
    """Return times to one relative entropy in units of the first way's, wires by wires."""
    ratios = load("boltzmann")["ratios"]
    ways = list(dict.fromkeys(way for row in ratios.values() for way in row))
    rows = [
        (wires, *(_times(row[way]) if way in row else "–" for way in ways))
        for wires, row in ratios.items()
    ]
    return table(("wires", *ways), rows)


def record_table() -> str:
    """Return what kills, power cuts and damage were tried on runs, and what came of them."""
    names = ("tried", "survived", "lost")
    rows = [
        (row["what"], *(f"{row[name]:,}".replace(",", " ") for name in names))
        for row in load("record")["rows"]
    ]
    return table(("what was done to a run", *names), rows)


def kernel_table() -> str:
    """Return the largest share of its tolerance that each limit used, by processor."""
    rows = load("kernels")["kernels"]
    limits = list(rows[0]["worst"])
    shares = [
        (row["kernel"], *(f"{row['worst'][limit]['share']:.2f}" for limit in limits), _held(row))
        for row in rows
    ]
    return table(("kernel", *limits, "held"), shares)


def _held(row: dict[str, Any]) -> str:
    return f"{row['held']:,} of {row['checks']:,}".replace(",", " ")


def _times(ratio: float | str) -> str:
    return "does not get there" if ratio == "inf" else f"{float(ratio):.3g}"


def versions(name: str) -> str:
    """Return the versions that a measurement is of."""
    return ", ".join(f"{package} {version}" for package, version in load(name)["versions"].items())


def substitutions() -> dict[str, str]:
    """Return what pages may ask for."""
    return {
        "twins": twin_table(),
        "accuracy": accuracy_table("values"),
        "slopes": accuracy_table("gradients"),
        "accuracy_versions": versions("accuracy"),
        "wrong_values": wrong_count("values", "PennyLane"),
        "wrong_slopes": wrong_count("gradients", "PennyLane"),
        "wrong_qce": wrong_count("values", "qce"),
        "wrong_qce_slopes": wrong_count("gradients", "qce"),
        "speed": speed_table(),
        "speed_versions": versions("entropies"),
        "step_ratio": step_ratio(),
        "race": race_table(),
        "race_versions": versions("training"),
        "boltzmann": boltzmann_table(),
        "boltzmann_versions": versions("boltzmann"),
        "record": record_table(),
        "kernels": kernel_table(),
        "kernel_seeds": str(load("kernels")["kernels"][0]["seeds"]),
        "kernel_versions": versions("kernels"),
    }


def setup(app: Any) -> dict[str, bool]:
    """Fill in the substitutions before MyST reads its configuration."""

    def fill(_app: Any, config: Any) -> None:
        config.myst_substitutions = substitutions()

    app.connect("config-inited", fill)
    return {"parallel_read_safe": True}
