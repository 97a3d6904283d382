"""Errors of losses and gradients against the number of shots, for every estimator.

Each estimate is repeated, and its root mean square distance from the exact value is set beside the
standard error that it states. (a, b) Loss and gradient of a thermal model: by deferred measurement,
from shadows in two sets of bases, and from the empirical state, whose bias no number of shots
removes. (c) The likelihood of a Born machine, from few data and from few shots of the machine. (d)
The entropy of the data from their counts, by four estimators. Without bias all fall as 1/√N.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter

from qce import classical, plots
from qce.circuits import ising, rotations_xx
from qce.data import gibbs_state, transverse_field_ising
from qce.models import BornMachine, ProductSpectrum, ThermalModel
from qce.objectives import (
    deferred_cross_entropy,
    empirical_cross_entropy,
    entropies,
    exact_cross_entropy,
    measured_likelihood,
    shadow_cross_entropy,
)
from qce.runs import Outcome, Record, setting

THERMAL = {
    "deferred": deferred_cross_entropy,
    "shadows, Pauli": shadow_cross_entropy,
    "shadows, unbiased": partial(shadow_cross_entropy, ensemble="mub"),
    "empirical state": empirical_cross_entropy,
}
BORN = {
    "shots, add-half": partial(measured_likelihood, smoothing="add-half"),
    "shots, hedged": partial(measured_likelihood, smoothing="hedged"),
}
ENTROPIES = ("plug-in", "miller-madow", "chao-shen", "grassberger")


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of parameters, data and outcomes", least=0)
    device: str = setting("default.qubit", "PennyLane device that outcomes come from")
    wires: int = setting(2, "of the thermal model and the Born machine", least=1, most=7)
    layers: int = setting(2, "of their circuits", least=1)
    beta: float = setting(1.0, "inverse temperature of the data", unit="1/energy", above=0)
    shots: tuple[int, ...] = setting((30, 100, 300, 1000, 3000), "outcomes an estimate", least=2)
    repeats: int = setting(40, "estimates for each number of shots", least=2)
    outcomes: int = setting(16, "outcomes of the law in (d)", least=2)
    samples: int = setting(2000, "samples of each size in (d)", least=2)


@dataclass
class Errors:
    """Of one estimator, a row for each number of shots."""

    loss: list[float]
    stated: list[float]
    gradient: list[float]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Name what there is for the record."""
        return {f"{name}/{key}": np.array(rows) for key, rows in vars(self).items() if rows}


def run(spec: Spec, *, record: Record) -> Outcome:
    """Repeat every estimate at every number of shots."""
    found, spent = devices_errors(spec, record)
    found["data"] = data_errors(spec)
    found |= entropy_errors(spec)
    history = {"shots": np.array(spec.shots)}
    for name, errors in found.items():
        history |= errors.arrays(name)
    slopes = {name: slope(spec.shots, errors.loss) for name, errors in found.items()}
    ratios = {name: errors.stated[-1] / errors.loss[-1] for name, errors in found.items()}
    slopes |= {
        f"{name}, gradient": slope(spec.shots, errors.gradient)
        for name, errors in found.items()
        if errors.gradient
    }
    report = {
        "Power of the number of shots that the error falls with": slopes,
        f"Stated over found error of the loss, {spec.shots[-1]} shots": ratios,
    }
    return Outcome(report, history=history, device=spec.device, circuits=spent[0], shots=spent[1])


def slope(shots: tuple[int, ...], errors: list[float]) -> float:
    """Return the exponent of a power law fitted to the errors."""
    return float(np.polyfit(np.log(shots), np.log(errors), 1)[0])


def devices_errors(spec: Spec, record: Record) -> tuple[dict[str, Errors], tuple[int, int]]:
    """Errors of losses and gradients that a device measures; what it was sent."""
    model = ThermalModel(ising(spec.wires, spec.layers), ProductSpectrum(spec.wires))
    params = np.random.default_rng(spec.seed).normal(size=model.size)
    rho = gibbs_state(transverse_field_ising(spec.wires), spec.beta)
    exact = exact_cross_entropy(model, rho).value_and_gradient(params)
    machine, angles, law = born(spec)
    likely = measured_likelihood(machine, law).value_and_gradient(angles)
    cases = [(name, build, model, rho, params, exact) for name, build in THERMAL.items()]
    cases += [(name, build, machine, law, angles, likely) for name, build in BORN.items()]
    found, circuits, sent = {}, 0, 0
    for name, build, of, data, at, (truth, slopes) in cases:
        found[name] = Errors([], [], [])
        for shots in spec.shots:
            objective = build(of, data, device=spec.device, shots=shots, seed=spec.seed)
            pairs = [objective.value_and_gradient(at) for _ in range(spec.repeats)]
            values = np.array([estimate.value for estimate, _ in pairs])
            off = np.array([gradient - slopes for _, gradient in pairs])
            found[name].loss.append(root_mean_square(values - truth.value))
            found[name].stated.append(float(np.mean([e.stderr for e, _ in pairs])))
            found[name].gradient.append(root_mean_square(np.linalg.norm(off, axis=1)))
            circuits, sent = circuits + objective.spent.circuits, sent + objective.spent.shots
            record.metrics(part=name, shots=shots, error=found[name].loss[-1])
    return found, (circuits, sent)


def born(spec: Spec) -> tuple[BornMachine, np.ndarray, np.ndarray]:
    """Return a Born machine, its angles, and a law to compare it with: of the state along Z."""
    machine = BornMachine(rotations_xx(spec.wires, spec.layers))
    angles = np.random.default_rng(spec.seed).uniform(0.5, 1.5, machine.size)
    rho = gibbs_state(transverse_field_ising(spec.wires), spec.beta)
    return machine, angles, np.diag(rho).real


def data_errors(spec: Spec) -> Errors:
    """Errors of the Born machine's likelihood when the data are few and its law is known."""
    machine, angles, p = born(spec)
    q, rng = np.asarray(machine.probabilities(angles), float), np.random.default_rng(spec.seed)
    q = q / q.sum()  # in single precision, which is JAX's unless told otherwise, the sum is off
    truth, errors = float(classical.cross_entropy(p, q)), Errors([], [], [])
    for shots in spec.shots:
        drawn = rng.multinomial(shots, p, size=spec.samples)
        found = [entropies.cross_entropy(counts, q) for counts in drawn]
        errors.loss.append(root_mean_square(np.array([e.value for e in found]) - truth))
        errors.stated.append(float(np.mean([e.stderr for e in found])))
    return errors


def entropy_errors(spec: Spec) -> dict[str, Errors]:
    """Errors of the entropy of a random law from its counts."""
    rng = np.random.default_rng(spec.seed)
    p = rng.dirichlet(np.ones(spec.outcomes))
    truth, found = float(classical.entropy(p)), {name: Errors([], [], []) for name in ENTROPIES}
    for shots in spec.shots:
        drawn = rng.multinomial(shots, p, size=spec.samples)
        for name, errors in found.items():
            estimates = [entropies.entropy(counts, estimator=name) for counts in drawn]
            errors.loss.append(root_mean_square(np.array([e.value for e in estimates]) - truth))
            errors.stated.append(float(np.mean([e.stderr for e in estimates])))
    return found


def root_mean_square(x: np.ndarray) -> float:
    """Return √⟨x²⟩."""
    return float(np.sqrt(np.mean(x**2)))


# --- the figure -----------------------------------------------------------------------------------

COLORS = (plots.BLUE, plots.ORANGE, plots.PURPLE, plots.GREEN)
MARKS, LINES = ("o", "s", "D", "^"), ("-", "--", ":", "-.")


def draw(outcome: Outcome) -> Any:
    """Draw the errors found as marks, those stated as lines."""
    figure, axes = plt.subplots(2, 2, figsize=(2 * plots.COLUMN, 1.4 * plots.COLUMN))
    history = outcome.history
    unbiased = (*tuple(THERMAL)[:3], "shots, add-half")
    _draw(axes[0, 0], history, tuple(THERMAL), "loss", "(a) thermal model; lines: as stated")
    _draw(axes[0, 1], history, unbiased, "gradient", r"(b) gradient; lines $\propto 1/\sqrt{N}$")
    _draw(axes[1, 0], history, ("data", *BORN), "loss", "(c) Born machine; lines: as stated")
    _draw(axes[1, 1], history, ENTROPIES, "loss", "(d) entropy of counts; lines: as stated")
    return figure


def _draw(
    axes: Any, history: dict[str, Any], names: tuple[str, ...], kind: str, title: str
) -> None:
    shots = history["shots"]
    looks = zip(COLORS, MARKS, LINES, strict=True)
    for name, (color, mark, line) in zip(names, looks, strict=False):
        errors = history[f"{name}/{kind}"]
        axes.loglog(shots, errors, mark, color=color, markersize=3.5, label=name)
        law = history[f"{name}/stated"]
        if kind == "gradient":  # its error is not stated; the law is drawn through the last point
            law = errors[-1] * np.sqrt(shots[-1] / shots)
        axes.loglog(shots, law, line, color=color)
    axes.set(xlabel="shots", ylabel="error (nats)", title=title)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend()
