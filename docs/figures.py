"""The figures of the tutorials: `python docs/figures.py`, about a minute.

Drawn from the same calls that the tutorials show, in the style of `qce.plots`, the same bytes each
time. Seeds are 0.
"""
# ruff: noqa: E402 (threads are limited before NumPy is imported)

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import circuits, data, limits, models, objectives, plots, quantum, runs, twins
from qce.training import Budget

HERE = Path(__file__).parent


def gap() -> Any:
    """Tutorial 1: the experiment of tutorial 5."""
    experiment = runs.load_experiment(HERE / "tutorials" / "gap.py")
    assert experiment.draw is not None
    return experiment.draw(experiment.run(experiment.spec()))


def thermal() -> Any:
    """Tutorial 2: how a thermal model comes down to the entropy of the data."""
    rho = data.gibbs_state(data.transverse_field_ising(3, J=1.0, h=0.5), beta=1.0)
    model = qce.ThermalModel(circuits.ising(3, layers=4), models.ProductSpectrum(3))
    objective = objectives.exact_cross_entropy(model, rho)
    figure, axes = plt.subplots(figsize=(plots.COLUMN, 0.7 * plots.COLUMN))
    ways = {"lbfgs": ("L-BFGS", plots.BLUE, "-"), "adam": ("Adam", plots.ORANGE, "--")}
    for optimizer, (label, color, line) in ways.items():
        history = qce.fit(objective, optimizer=optimizer, steps=400, progress=False).history
        style = {"label": label, "color": color, "linestyle": line}
        plots.excess(axes, history["step"], history["loss"], objective.floor, **style)
    product = quantum.total_correlation(rho)
    axes.axhline(product, color=plots.GREY, linestyle=":", label="best product state")
    axes.set(ylabel="above the entropy (nats)", ylim=(1e-16, 10))
    axes.legend()
    return figure


def shots() -> Any:
    """Tutorial 3: estimates against shots, and a training with few of them."""
    rho = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5), beta=1.0)
    model = qce.ThermalModel(circuits.ising(2, layers=2), models.ProductSpectrum(2))
    params = model.initial(seed=0)
    params[:2] = 0.5
    exact = objectives.exact_cross_entropy(model, rho)
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * plots.COLUMN, 0.7 * plots.COLUMN))
    _estimates(left, model, rho, params, exact(params).value)
    _training(right, model, rho, params, exact)
    return figure


def _estimates(axes: Any, model: Any, rho: Any, params: Any, exact: float) -> None:
    numbers = np.geomspace(30, 100_000, 12).astype(int)
    measured = [
        objectives.deferred_cross_entropy(model, rho, shots=int(n), seed=k)(params)
        for k, n in enumerate(numbers)
    ]
    sigma = np.asarray(model.density_matrix(params))
    error = np.sqrt(quantum.cross_entropy_variance(rho, sigma) / numbers)
    axes.fill_between(
        numbers, exact - error, exact + error, color=plots.GREY, alpha=0.2, linewidth=0
    )
    axes.axhline(exact, color=plots.GREY, linestyle=":", label="exact")
    values, errors = [e.value for e in measured], [e.stderr for e in measured]
    points = {"color": plots.BLUE, "markersize": 3, "label": "measured"}
    axes.errorbar(numbers, values, errors, fmt="o", **points)
    axes.set(xscale="log", xlabel="shots", ylabel="nats", title="(a) one estimate")
    axes.legend()


def _training(axes: Any, model: Any, rho: Any, params: Any, exact: Any) -> None:
    few = objectives.deferred_cross_entropy(model, rho, shots=200, seed=0)
    steps: list[tuple[int, float, float]] = []

    def look(step: int, loss: float, at: Any) -> None:
        steps.append((step, loss, exact(at).value))

    settings = {"learning_rate": 0.2, "budget": Budget(shots=120_000), "progress": False}
    qce.fit(few, params, callback=look, **settings)
    step, loss, true = zip(*steps, strict=True)
    axes.plot(step, loss, ".", color=plots.BLUE, label="measured, 200 shots")
    axes.plot(step, true, color=plots.ORANGE, linestyle="--", label="exact, same parameters")
    axes.axhline(exact.floor, color=plots.GREY, linestyle=":", label="entropy of the data")
    axes.set(xlabel="step", ylabel="nats", title="(b) a training")
    axes.legend()


def limit() -> Any:
    """Tutorial 4: the path of dephasing, and the same training twice."""
    return plots.limits(limits.check(twins.TWINS[:3]))[0].figure


FIGURES: dict[str, Callable[[], Any]] = {
    "gap": gap,
    "thermal": thermal,
    "shots": shots,
    "limits": limit,
}


def draw_all(folder: Path) -> None:
    """Draw all into a folder."""
    for name, draw in FIGURES.items():
        with plots.style():
            draw().savefig(
                folder / f"{name}.png",
                dpi=150,
                metadata={"Software": None},
                pil_kwargs={"optimize": True},
            )


if __name__ == "__main__":
    draw_all(HERE / "_static")
