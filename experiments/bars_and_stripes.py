"""Born machines learn bars and stripes: what a circuit can, and what a loss can from few outcomes.

(a) Distance left after training on exact likelihoods, start by start: circuits whose couplings are
too few stop at plateaus in closed form. (b) One circuit that contains the data, trained by Adam
with gradients from N outcomes a circuit: by likelihood, by maximum mean discrepancy, and by
Sinkhorn divergence, each from the same starts.
"""

import math
import sys
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import plots
from qce.circuits import rotations_xx
from qce.classical import relative_entropy
from qce.data import bars_and_stripes
from qce.models import BornMachine, chow_liu, product
from qce.objectives import measured_discrepancy, measured_likelihood, measured_transport
from qce.reproduce.statistics import compared, scatter
from qce.results import Status
from qce.runs import Outcome, Record, setting

DATA = bars_and_stripes(2, 2)
# Layers, couplings, and the least distance in closed form.
CIRCUITS = {
    "1 layer": (1, "chain", math.log(8 / 3)),
    "2 layers, star": (2, "star", math.log(4 / 3)),
    "2 layers, chain": (2, "chain", math.log(2) / 3),
    "2 layers, all": (2, "all", 0.0),
    "4 layers, chain": (4, "chain", 0.0),
    "4 layers, star": (4, "star", 0.0),
    "4 layers, all": (4, "all", 0.0),
}
# A start has arrived where it is closer than this to the least distance.
ARRIVED = 1e-6


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of starting points and outcomes", least=0)
    layers: tuple[int, ...] = setting(
        (1, 2, 4), "of circuits on exact likelihoods", least=1, most=4
    )
    starts: int = setting(25, "of each circuit on exact likelihoods", least=1)
    steps: int = setting(400, "most steps of L-BFGS", least=0)
    rows: int = setting(2, "of the images in (b)", unit="pixels", least=2)
    columns: int = setting(2, "of the images in (b); 3×4 are 12 wires", unit="pixels", least=2)
    losses: tuple[Literal["likelihood", "discrepancy", "transport"], ...] = setting(
        ("likelihood", "discrepancy", "transport"), "in (b)"
    )
    shots: tuple[int, ...] = setting((30, 100, 1000), "outcomes a circuit", least=2)
    shot_starts: int = setting(20, "of each loss and number of outcomes", least=1)
    shot_steps: int = setting(120, "steps of Adam from outcomes", least=1)
    learning_rate: float = setting(0.1, "of Adam", above=0)
    bandwidths: tuple[float, ...] = setting((0.5, 1.0, 2.0, 4.0), "of the discrepancy", above=0)
    epsilon: float = setting(0.5, "of the Sinkhorn divergence", unit="bits", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train all circuits on exact likelihoods, and one from outcomes by three losses."""
    report = {"Relative entropy left (nats), 2×2 pixels": classical()}
    parameters: dict[str, Any] = {}
    for name, (layers, pairs, closed) in CIRCUITS.items():
        if layers not in spec.layers:
            continue
        say(record, name)
        machine = BornMachine(rotations_xx(4, layers, pairs))
        gaps = exact(spec, machine)
        parameters[name] = gaps
        report[f"{name} ({machine.size} parameters)"] = {
            "best": gaps.min(),
            "best, closed form": closed,
            "median": float(np.median(gaps)),
            "share of starts there": float(np.mean(gaps < closed + ARRIVED)),
        }
    rows, cost, history = measured(spec, record)
    size = "" if (spec.rows, spec.columns) == (2, 2) else f", {spec.rows}×{spec.columns} pixels"
    report[f"2 layers, all, from outcomes: relative entropy (nats), and valid images{size}"] = rows
    return Outcome(
        report, parameters, history, "default.qubit", circuits=cost.circuits, shots=cost.shots
    )


def say(record: Record, what: str) -> None:
    """Tell what goes on."""
    if record.progress:
        print(f"bars_and_stripes: {what}", file=sys.stderr)


def classical() -> dict[str, float]:
    """Return how close the best product and the best tree come, and their closed forms."""
    return {
        "best product": distance(product(DATA).probabilities()),
        "best product, closed form": math.log(8 / 3),
        "best tree": distance(chow_liu(DATA).probabilities()),
        "best tree, closed form": math.log(9 / 4),
    }


def distance(law: Any, data: np.ndarray = DATA) -> float:
    """Return the relative entropy D(data‖law)."""
    return float(relative_entropy(data, np.asarray(law), check=False))


def exact(spec: Spec, machine: BornMachine) -> np.ndarray:
    """Return the distance left from each start."""
    objective = measured_likelihood(machine, DATA)
    seeds = range(spec.seed, spec.seed + spec.starts)
    results = qce.fit_many(objective, seeds, optimizer="lbfgs", steps=spec.steps)
    return np.array([result.gap for result in results])


def measured(spec: Spec, record: Record) -> tuple[dict[str, float], Any, dict[str, Any]]:
    """Train from outcomes; report exact distances over starts, which all losses share."""
    data = bars_and_stripes(spec.rows, spec.columns)
    machine = BornMachine(rotations_xx(spec.rows * spec.columns, 2, "all"))
    builders = {
        "likelihood": (measured_likelihood, {}),
        "discrepancy": (measured_discrepancy, {"bandwidths": spec.bandwidths}),
        "transport": (measured_transport, {"epsilon": spec.epsilon}),
    }
    rows: dict[str, float] = {}
    history: dict[str, Any] = {"shots": np.array(spec.shots)}
    cost = qce.results.Cost()
    for name in spec.losses:
        build, options = builders[name]
        left = np.zeros((len(spec.shots), spec.shot_starts))
        for i, shots in enumerate(spec.shots):
            say(record, f"{name} from {shots} outcomes")
            objective = build(machine, data, shots=shots, seed=spec.seed, **options)
            valid = []
            for k in range(spec.shot_starts):
                laws = visited(objective, spec, spec.seed + k)
                left[i, k] = np.mean([distance(law, data) for law in laws])
                valid.append(np.mean([law[data > 0].sum() for law in laws]))
            cost += objective.spent
            rows |= scatter(f"{name}, {shots} outcomes", left[i])
            rows[f"{name}, {shots} outcomes, valid"] = float(np.mean(valid))
        history[name] = left
    for name in spec.losses[1:]:
        for i, shots in enumerate(spec.shots):
            title = f"{name} less {spec.losses[0]}, {shots} outcomes"
            rows |= compared(title, history[name][i], history[spec.losses[0]][i])
    return rows, cost, history


def visited(objective: Any, spec: Spec, seed: int) -> list[np.ndarray]:
    """Return the model's laws over the last third of the steps: where noise moves them about."""
    laws: list[np.ndarray] = []

    def follow(step: int, loss: float, params: np.ndarray) -> None:
        laws.append(np.asarray(objective.model.probabilities(params)))

    settings = {"steps": spec.shot_steps, "learning_rate": spec.learning_rate}
    result = qce.fit(objective, seed=seed, progress=False, callback=follow, **settings)
    if result.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    return laws[-max(1, spec.shot_steps // 3) :]


# --- the figure -----------------------------------------------------------------------------------

STYLES = {
    "likelihood": (plots.BLUE, "-", "o"),
    "discrepancy": (plots.ORANGE, "--", "s"),
    "transport": (plots.GREEN, "-.", "^"),
}


def draw(outcome: Outcome) -> Any:
    """Draw every start, and the distance against the number of outcomes."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(2 * plots.COLUMN, 0.95 * plots.COLUMN), width_ratios=(1.3, 1)
    )
    _draw_starts(left, outcome.parameters)
    _draw_shots(right, outcome.history)
    return figure


def _draw_starts(axes: Any, gaps: Any) -> None:
    for row, (name, left) in enumerate(gaps.items()):
        spread, closed = np.linspace(-0.25, 0.25, len(left)), CIRCUITS[name][2]
        axes.plot(left, row + spread, ".", color=plots.BLUE, markersize=3)
        label = "" if row else "closed form"
        axes.plot([closed, closed], [row - 0.4, row + 0.4], color=plots.ORANGE, label=label)
    lines = {"best product": math.log(8 / 3), "best tree": math.log(9 / 4)}
    for (name, level), line in zip(lines.items(), (":", "--"), strict=True):
        axes.axvline(level, color=plots.GREY, linestyle=line, linewidth=0.8, label=name)
    axes.set_yticks(range(len(gaps)), list(gaps))
    axes.invert_yaxis()
    axes.set(xlabel="relative entropy left (nats)", title="(a) what a circuit can: every start")
    axes.legend(loc="upper center", bbox_to_anchor=(0.62, 0.62))


def _draw_shots(axes: Any, history: Any) -> None:
    for name, (color, line, mark) in STYLES.items():
        if name not in history:
            continue
        style = {"color": color, "linestyle": line, "marker": mark, "markersize": 4}
        middle = np.median(history[name], axis=1)
        axes.loglog(history["shots"], middle, label=name, **style)
        shots = np.repeat(history["shots"], history[name].shape[1])
        axes.plot(shots, history[name].ravel(), mark, color=color, markersize=2, alpha=0.5)
    axes.set_xticks(history["shots"], [str(shots) for shots in history["shots"]], minor=False)
    axes.set_xticks([], minor=True)
    axes.set(xlabel="outcomes a circuit", ylabel="relative entropy left (nats)")
    axes.set_title("(b) what a loss can, from outcomes")
    for set_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        set_formatter("{x:g}")
    axes.legend()
