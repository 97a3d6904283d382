"""Information lost by measuring early: the quantum cross entropy against the likelihood.

(a) Outcomes of a qubit measured along z make an empirical state; its cross entropy with a model is
above the likelihood of the same outcomes, the more so the further the model's basis is from z.
(b) In bases drawn at random the mean of the empirical state is (ρ + 1)/(d + 1). The least cross
entropy with what was seen is the entropy of what was seen: in the mean it is the entropy of that
state at most, and below it by ln(1 + (d − 1)/N) at most after N outcomes. (c) Three ways to S(ρ, σ)
of a qubit from the same number of outcomes: data rotated before they are measured, shadows without
bias but with three times the variance or more, the empirical state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pennylane as qml

import qce
from qce import plots
from qce.circuits import rx
from qce.data import Preparations, measured_state, random_bases
from qce.models import CategoricalSpectrum, ThermalModel
from qce.objectives import (
    deferred_cross_entropy,
    empirical_cross_entropy,
    measure_shadow,
    shadow_cross_entropy,
)
from qce.objectives.machine import open_machine
from qce.runs import Outcome, setting
from qce.states import Ensemble

WAYS: dict[str, Callable[..., Any]] = {
    "deferred": deferred_cross_entropy,
    "shadows": shadow_cross_entropy,
    "empirical state": empirical_cross_entropy,
}


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of all outcomes", least=0)
    device: str = setting("default.qubit", "PennyLane device that outcomes come from")
    polarisation: float = setting(0.9, "⟨Z⟩ of the data", above=-1, most=1)
    lengths: tuple[float, ...] = setting((0.5, 0.9), "Bloch vectors of the models", above=0, most=1)
    angles: int = setting(9, "angles between measurement and model", least=2)
    outcomes: int = setting(2000, "outcomes a point in (a) and (b)", least=2)
    wires: int = setting(4, "most wires in (b)", least=1, most=7)
    draws: int = setting(20, "times that (b) is measured", least=2)
    tilt: float = setting(60.0, "angle between data and model in (c)", unit="degrees")
    shots: tuple[int, ...] = setting((10, 30, 100, 300, 1000, 3000), "outcomes in (c)", least=2)
    repeats: int = setting(100, "estimates for each number of outcomes in (c)", least=2)


def run(spec: Spec) -> Outcome:
    """Run all three parts."""
    parts = {"gap": gap(spec), "floor": floor(spec), "ways": ways(spec)}
    return Outcome(
        report={title: rows for part in parts.values() for title, rows in part.report.items()},
        history={f"{t}/{k}": x for t, part in parts.items() for k, x in part.history.items()},
        device=spec.device,
        circuits=sum(part.circuits for part in parts.values()),
        shots=sum(part.shots for part in parts.values()),
    )


# --- (a) the gap ----------------------------------------------------------------------------------


def gap(spec: Spec) -> Outcome:
    """Measure along z, and compare both cross entropies with models tilted away from it."""
    machine = open_machine(spec.device, 1, spec.seed)
    tilt, angles = np.arccos(spec.polarisation), np.linspace(0, np.pi, spec.angles)
    fine, truth = np.linspace(0, np.pi, 181), (1 + spec.polarisation * np.array([1, -1])) / 2
    history, deviations = {"angle": angles, "fine": fine}, []
    for length in spec.lengths:
        counts = [
            machine.counts(lambda _: qml.RY(tilt, 0), np.zeros(0), spec.outcomes) for _ in angles
        ]
        seen = np.array(counts) / spec.outcomes
        found = [measured_gap(p, length, angle) for p, angle in zip(seen, angles, strict=True)]
        # The gap is linear in the frequencies.
        ends = np.array([[measured_gap(p, length, a) for a in angles] for p in np.eye(2)])
        errors = np.abs(ends[0] - ends[1]) * np.sqrt(seen[:, 0] * seen[:, 1] / (spec.outcomes - 1))
        exact = closed_gap(truth, length, angles)
        # Where no outcome tells more than another there is no error, and nothing to compare.
        sampled = errors > 1e-9
        deviations.append(np.abs(found - exact)[sampled] / errors[sampled])
        history |= {f"{length}/gap": np.array(found), f"{length}/error": errors}
        history[f"{length}/law"] = closed_gap(truth, length, fine)
    across = {
        f"gap at 90°, |s| = {length}": float(closed_gap(truth, length, np.pi / 2))
        for length in spec.lengths
    }
    rows = {
        **across,
        "largest deviation (standard errors)": float(np.max(np.concatenate(deviations))),
    }
    spent = machine.spent
    return Outcome(
        {"Cross entropy above the likelihood (nats)": rows},
        history=history,
        circuits=spent.circuits,
        shots=spent.shots,
    )


def measured_gap(seen: np.ndarray, length: float, angle: float) -> float:
    """Return S(ρ_emp, σ) less the likelihood, by their definitions."""
    x, z = length * np.sin(angle), length * np.cos(angle)
    sigma = np.array([[1 + z, x], [x, 1 - z]]) / 2
    likelihood = qce.classical.cross_entropy(seen, np.diag(sigma))
    return float(qce.quantum.cross_entropy(np.diag(seen), sigma) - likelihood)


def closed_gap(p: np.ndarray, length: float, angle: Any) -> Any:
    """Return Σ± p± [ln((1 ± a cos θ)/2) − ½ ln((1 − a²)/4) ∓ cos θ atanh a]."""
    terms = [
        weight
        * (
            np.log((1 + sign * length * np.cos(angle)) / 2)
            - 0.5 * np.log((1 - length**2) / 4)
            - sign * np.cos(angle) * np.arctanh(length)
        )
        for weight, sign in zip(p, (1, -1), strict=True)
    ]
    return terms[0] + terms[1]


# --- (b) the floor --------------------------------------------------------------------------------


def floor(spec: Spec) -> Outcome:
    """Measure |0…0⟩ in random bases, and take the entropy of what was seen, over and over again."""
    wires = np.arange(1, spec.wires + 1)
    history: dict[str, Any] = {"wires": wires}
    circuits, rows = 0, {}
    for name in ("mub", "pauli"):
        laws, seen = [], []
        for n in wires.tolist():
            zero = np.diag(np.eye(2**n)[0])
            laws.append(qce.quantum.entropy(measured_state(zero, random_bases(name, n))))
            entropies, spent = entropies_seen(spec, name, n)
            seen.append(entropies)
            circuits += spent
        law, found = np.array(laws), np.array(seen)
        least = np.array(
            [in_the_mean(x, 2**n, spec.outcomes) for x, n in zip(law, wires, strict=True)]
        )
        history |= {f"{name}/law": law, f"{name}/least": least, f"{name}/seen": found}
        rows |= {
            f"{spec.wires} wires, {name} bases": float(law[-1]),
            f"{spec.wires} wires, {name} bases, least in the mean": float(least[-1]),
            f"{spec.wires} wires, {name} bases, measured": float(found[-1].mean()),
            f"{spec.wires} wires, {name} bases, measured, standard error": float(
                found[-1].std(ddof=1) / spec.draws**0.5
            ),
            f"{spec.wires} wires, {name} bases, lowest seen": float(found[-1].min()),
            f"{spec.wires} wires, {name} bases, highest seen": float(found[-1].max()),
        }
    title = "Least cross entropy with the empirical state of a pure state (nats)"
    shots = 2 * len(wires) * spec.outcomes * spec.draws
    return Outcome({title: rows}, history=history, circuits=circuits, shots=shots)


def entropies_seen(spec: Spec, ensemble: str, wires: int) -> tuple[list[float], int]:
    """Entropy of the empirical state of each draw, and the circuits that ran for it."""
    prepared = Preparations([lambda wires: qml.Identity(0)])
    entropies, circuits = [], 0
    for draw_ in range(spec.draws):
        shadow = measure_shadow(
            prepared,
            wires=wires,
            shots=spec.outcomes,
            ensemble=ensemble,
            device=spec.device,
            seed=spec.seed + draw_,
        )
        entropies.append(float(qce.quantum.entropy(shadow.empirical_state())))
        circuits += int((shadow.counts.sum(axis=1) > 0).sum())
    return entropies, circuits


def in_the_mean(entropy: float, d: int, outcomes: int) -> float:
    """Return a bound from below on the mean entropy of the empirical state of N outcomes.

    Below that of its mean ω it is by E D(ρ_emp‖ω), at most ln E Tr ρ_emp² ω⁻¹, where the N terms of
    one outcome with itself give Tr ωω⁻¹ = d over N², and all pairs of others 1.
    """
    return entropy - float(np.log1p((d - 1) / outcomes))


# --- (c) three ways -------------------------------------------------------------------------------


def ways(spec: Spec) -> Outcome:
    """Estimate S(ρ, σ) of a qubit whose model is tilted away from the data, over and over again."""
    length, angle = spec.lengths[0], np.radians(spec.tilt)
    model = ThermalModel(rx(1), CategoricalSpectrum(1))
    params = np.array([np.log((1 + length) / 2), np.log((1 - length) / 2), angle])
    data = Ensemble(np.eye(2), (1 + spec.polarisation * np.array([1, -1])) / 2)
    scale, along = np.arctanh(length), spec.polarisation * np.cos(angle)
    exact = -0.5 * np.log((1 - length**2) / 4) - along * scale
    history: dict[str, Any] = {"shots": np.array(spec.shots)}
    rows: dict[str, Any] = {"exact": float(exact)}
    circuits = 0
    for name, build in WAYS.items():
        errors, stated = [], []
        for shots in spec.shots:
            objective = build(model, data, device=spec.device, shots=shots, seed=spec.seed)
            estimates = [objective(params) for _ in range(spec.repeats)]
            values = np.array([estimate.value for estimate in estimates])
            errors.append(np.sqrt(np.mean((values - exact) ** 2)))
            stated.append(np.mean([estimate.stderr for estimate in estimates]))
            circuits += objective.spent.circuits
        history |= {f"{name}/error": np.array(errors), f"{name}/stated": np.array(stated)}
        rows[f"{name}: variance of one outcome"] = float(stated[-1] ** 2 * spec.shots[-1])
        rows[f"{name}: bias"] = float(values.mean() - exact)
    rows["deferred: variance, theory"] = float(scale**2 * (1 - along**2))
    rows["shadows: variance, theory"] = float(scale**2 * (3 - along**2))
    rows["empirical state: bias, theory"] = float(2 * along * scale / 3)
    title = "Three estimates of the cross entropy of a qubit (nats)"
    shots = len(WAYS) * spec.repeats * sum(spec.shots)
    return Outcome({title: rows}, history=history, circuits=circuits, shots=shots)


# --- the figure -----------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw the three parts side by side."""
    figure, axes = plt.subplots(1, 3, figsize=(2 * plots.COLUMN, 0.75 * plots.COLUMN))
    history = outcome.history
    panels = {"gap/": _draw_gap, "floor/": _draw_floor, "ways/": _draw_ways}
    for panel, (prefix, drawn) in zip(axes, panels.items(), strict=True):
        own = {k.removeprefix(prefix): x for k, x in history.items() if k.startswith(prefix)}
        drawn(panel, own)
    return figure


def _draw_gap(axes: Any, gap: dict[str, Any]) -> None:
    lengths = [name.removesuffix("/law") for name in gap if name.endswith("/law")]
    looks = zip(
        (plots.BLUE, plots.ORANGE, plots.GREEN), ("-", "--", "-."), ("o", "s", "^"), strict=True
    )
    for length, (color, line, mark) in zip(lengths, looks, strict=False):
        label = rf"$|\mathbf{{s}}| = {length}$"
        axes.plot(np.degrees(gap["fine"]), gap[f"{length}/law"], line, color=color, label=label)
        points = {"fmt": mark, "color": color, "markersize": 3, "clip_on": False}
        axes.errorbar(
            np.degrees(gap["angle"]), gap[f"{length}/gap"], 2 * gap[f"{length}/error"], **points
        )
    axes.set(
        xlabel="angle of model to measurement (°)",
        ylabel="cross entropy − likelihood (nats)",
        title="(a) the gap",
        xticks=[0, 45, 90, 135, 180],
    )
    axes.legend()


def _draw_floor(axes: Any, floor: dict[str, Any]) -> None:
    looks = {
        "pauli": (plots.ORANGE, "--", "s", "Pauli bases"),
        "mub": (plots.BLUE, "-", "o", "unbiased bases"),
    }
    for name, (color, line, mark, label) in looks.items():
        axes.plot(floor["wires"], floor[f"{name}/law"], line, color=color, label=label)
        band = {"color": color, "alpha": 0.3, "linewidth": 0}
        axes.fill_between(floor["wires"], floor[f"{name}/least"], floor[f"{name}/law"], **band)
        seen = floor[f"{name}/seen"]
        axes.errorbar(floor["wires"], seen.mean(axis=1), 2 * seen.std(axis=1, ddof=1),
                      fmt=mark, color=color, markersize=3)  # fmt: skip
    axes.axhline(0, color=plots.GREY, linestyle=":", label="undisturbed")
    axes.set(
        xlabel="wires",
        ylabel="least cross entropy (nats)",
        title="(b) the floor of a pure state",
        xticks=floor["wires"],
    )
    axes.legend()


def _draw_ways(axes: Any, ways: dict[str, Any]) -> None:
    looks = zip(
        (plots.BLUE, plots.ORANGE, plots.GREEN), ("-", "--", "-."), ("o", "s", "^"), strict=True
    )
    for name, (color, line, mark) in zip(WAYS, looks, strict=True):
        axes.loglog(ways["shots"], ways[f"{name}/stated"], line, color=color)
        axes.loglog(
            ways["shots"], ways[f"{name}/error"], mark, color=color, markersize=3, label=name
        )
    axes.set(xlabel="outcomes", ylabel="error (nats)", title="(c) error: stated (lines), found")
    axes.legend()
