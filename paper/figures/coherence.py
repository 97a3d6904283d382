"""What coherence buys: surprise of test rows against the coherence of a tree."""

from typing import Any

import numpy as np

from qce.reproduce.written import chance, measured, percent, plain, uncertain

from . import stored, style


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


def values(run: Any) -> dict[str, str]:
    """The tree at both ends, and what it is better by."""
    tests, ends = "Test rows", (min(run.spec["coherences"]), max(run.spec["coherences"]))
    none, all_ = (f"coherence {c:g}" for c in ends)
    gain = f"{none} less {ends[1]:g}"
    middle = sorted(run.spec["coherences"])[-2]
    part = f"{none} less {middle:g}" if middle > ends[0] else gain
    rest = f"{all_} less {middle:g}" if middle > ends[0] else gain
    best = "Best epoch"
    return {
        "wires": str(run("Data", "wires")),
        "training": str(run("Data", "training")),
        "test": str(run("Data", "test")),
        "seeds": str(run.spec["seeds"]),
        "bond": str(run.spec["bond"]),
        "epochs": str(run.spec["epochs"]),
        "independent": measured(run, tests, "independent bits"),
        "tree": measured(run, tests, "Chow-Liu tree"),
        "em": measured(run, tests, "hidden tree by EM"),
        "over em": measured(run, tests, f"hidden tree by EM less {all_}"),
        "over em p": chance(run(tests, f"hidden tree by EM less {all_}, p (Wilcoxon)")),
        "none": measured(run, tests, none),
        "all": measured(run, tests, all_),
        "gain": measured(run, tests, gain),
        "gain p": chance(run(tests, f"{gain}, p (Wilcoxon)")),
        "share": percent(run(tests, f"{gain}, share of splits")),
        "middle": plain(middle),
        "part": measured(run, tests, part),
        "rest": measured(run, tests, rest),
        "rest p": chance(run(tests, f"{rest}, p (Wilcoxon)")),
        "epoch none": measured(run, best, none),
        "epoch all": measured(run, best, all_),
        "epoch p": chance(run(best, f"{gain}, p (Wilcoxon)")),
        "passes": str(run.spec["em_epochs"]),
        **_plainer(),
    }


def _plainer() -> dict[str, str]:
    """The same digits by shorter trainings of two optimisers, stored."""
    numbers = {}
    for name in ("adam", "soap"):
        found = stored.found()[f"digits_{name}"]
        rows = found["rows"]
        for key, row in {"none": "0", "all": "1", "gain": "0 less 1"}.items():
            row = f"coherence {row}"
            numbers[f"{name} {key}"] = uncertain(rows[row], rows[f"{row}, standard error"])
        numbers[f"{name} seeds"] = str(found["seeds"])
        numbers["plain epochs"] = str(found["epochs"])
    return numbers
