"""Test accuracy of a circuit, of a network with as many parameters, and of logistic regression."""

from typing import Any

import numpy as np

from qce.reproduce.written import measured

from . import style

MODELS = {
    "circuit": {"color": style.BLUE, "marker": "o"},
    "network": {"color": style.ORANGE, "marker": "s"},
    "logistic regression": {"color": style.GREEN, "marker": "^"},
}


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    columns: dict[str, Any] = {"set": list(outcome.parameters)}
    for k, name in enumerate(MODELS):
        scores = np.array([each[:, k] for each in outcome.parameters.values()])
        columns[name] = scores.mean(axis=1)
        columns[f"{name}, stderr"] = scores.std(axis=1, ddof=1) / scores.shape[1] ** 0.5
    return {"accuracy": columns}


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw accuracies with their errors over splits, set by set."""
    figure, (axes,) = style.column(1, 0.75)
    columns = panels["accuracy"]
    places = np.arange(len(columns["set"]))
    for k, (name, look) in enumerate(MODELS.items()):
        axes.errorbar(
            places + 0.15 * (k - 1), columns[name], columns[f"{name}, stderr"],
            linestyle="none", markersize=4, label=name, **look,
        )  # fmt: skip
    axes.set_xticks(places, [name.replace("_", " ") for name in columns["set"]])
    axes.set(ylabel="test accuracy", xlabel="data")
    axes.margins(x=0.1)
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.0)
    return figure


def values(run: Any) -> dict[str, str]:
    """Where the circuit is better or worse by more than chance, and the last data set."""
    sets = [f"{name} (" for name in run.spec["sets"]]
    numbers = {"sets": str(len(sets)), "seeds": str(run.spec["seeds"])}
    for key, other in {"": "network", " linear": "logistic regression"}.items():
        row = f"circuit less {other}"
        # Of several tests the level is shared among them (Bonferroni).
        told = [x for x in sets if run(x, f"{row}, p (Wilcoxon)") < 0.05 / len(sets)]
        numbers[f"ahead{key}"] = str(sum(run(each, row) > 0 for each in told))
        numbers[f"behind{key}"] = str(sum(run(each, row) < 0 for each in told))
    last = sets[-1]
    for key, row in {
        "circuit": "circuit",
        "network": "network",
        "logistic": "logistic regression",
    }.items():
        numbers[key] = measured(run, last, row)
        numbers[f"{key} parameters"] = str(run(last, f"parameters, {row}"))
    return numbers
