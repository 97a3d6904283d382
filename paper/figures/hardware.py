"""Two models trained on exact values, on shots, and under the noise of a backend."""

from typing import Any

import numpy as np

from qce.reproduce.written import fixed

from . import style

SOURCES = {
    "exact": {"label": "exact", "color": style.GREY, "linestyle": "-"},
    "shots": {"label": "shots", "color": style.BLUE, "linestyle": "-."},
    "noise": {"label": "shots and noise", "color": style.ORANGE, "linestyle": "--"},
}
MODELS = {"thermal": "thermal model", "Born machine": "Born machine"}
WINDOW = 5  # one value from outcomes says little: means of so many steps in a row


def panels(outcome: Any) -> dict[str, dict[str, Any]]:
    """Choose what is shown."""
    shown = {}
    for model in MODELS:
        for source in SOURCES:
            loss, stderr = (outcome.history[f"{model}/{source}/{x}"] for x in ("loss", "stderr"))
            shown[f"{model}-{source}".replace(" ", "-")] = _smooth(loss, stderr)
        levels = {"floor": [outcome.report[f"{model}, floor"]["entropy of the data"]]}
        levels["best"] = [outcome.report[f"{model}/noise"]["best under the noise"]]
        shown[f"{model}-levels".replace(" ", "-")] = levels
    return shown


def draw(panels: dict[str, dict[str, Any]]) -> Any:
    """Draw losses with bands of two standard errors, and what bounds them."""
    figure, several = style.column(2, 0.7)
    for axes, (model, title) in zip(several, MODELS.items(), strict=True):
        for source, look in SOURCES.items():
            curve = panels[f"{model}-{source}".replace(" ", "-")]
            loss, error = np.asarray(curve["loss"]), 2 * np.asarray(curve["stderr"])
            axes.plot(curve["step"], loss, **look)
            band = {"color": look["color"], "alpha": 0.2, "linewidth": 0}
            axes.fill_between(curve["step"], loss - error, loss + error, **band)
        levels = panels[f"{model}-levels".replace(" ", "-")]
        thin = {"linewidth": 0.8, "linestyle": ":"}
        axes.axhline(levels["floor"][0], color=style.BLACK, label="entropy of the data", **thin)
        axes.axhline(levels["best"][0], color=style.ORANGE, label="best under the noise", **thin)
        axes.set(xlabel="step of SPSA", ylabel=f"loss of the {title} (nats)")
    axes.legend()  # once: both panels have the same lines
    return figure


def _smooth(loss: Any, stderr: Any) -> dict[str, Any]:
    """Means of steps in a row, with their standard errors."""
    width = min(WINDOW, len(loss))
    window = np.full(width, 1 / width)
    mean = np.convolve(loss, window, "valid")
    error = np.sqrt(np.convolve(np.square(stderr), window**2, "valid"))
    return {"step": np.arange(len(mean)) + (width - 1) / 2, "loss": mean, "stderr": error}


def values(run: Any) -> dict[str, str]:
    """How far from the best both models end."""
    learned, above = "learned, above the floor", "above the best under the noise"
    numbers = {
        "evaluations": str(run("thermal/shots", "evaluations")),
        "shots": str(run.spec["shots"]),
        "backend": rf"\texttt{{{run.spec['backend']}}}",
    }
    for key, model in {"thermal": "thermal", "born": "Born machine"}.items():
        numbers[f"{key} shots"] = fixed(run(f"{model}/shots", learned), 3)
        numbers[f"{key} noise"] = fixed(run(f"{model}/noise", learned), 3)
        numbers[f"{key} above"] = fixed(run(f"{model}/noise", above), 3)
    return numbers
