"""Benchmark random circuits by cross entropy, at the dimension that they have.

(a) Estimates of the fidelity of ideal circuits: with the reference values of infinite dimension
they are off on few wires, with those of the very dimension they are right. (b) Variance of one
shot: the linear estimator is the better one below a fidelity of 0.32, the logarithmic one above.
(c) Decay with depth under noise that is drawn gate by gate, against what the gates predict.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml

from qce.reproduce import drawn_by
from qce.runs import Outcome, setting
from qce.xeb import (
    digital_fidelity,
    fidelity,
    fit_decay,
    measure,
    moments,
    random_circuit,
    shot_variance,
)


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of circuits, noise and outcomes", least=0)
    wires: tuple[int, ...] = setting((2, 3, 4, 6, 8, 10, 12), "of ideal circuits", least=2)
    circuits: int = setting(200, "random states of each width", least=2)
    shots: int = setting(2000, "outcomes of each", least=1)
    variance_wires: tuple[int, ...] = setting((6, 8, 10, 12), "of (b)", least=2, most=16)
    variance_circuits: int = setting(100, "random states of each width of (b)", least=2)
    decay_wires: int = setting(5, "wires of the noisy circuits", least=2, most=10)
    decay_circuits: int = setting(20, "noisy circuits of each depth", least=2)
    decay_shots: int = setting(400, "outcomes of each noisy circuit", least=2)
    depths: tuple[int, ...] = setting((4, 8, 12, 16, 24), "layers of the noisy circuits", least=1)
    error: float = setting(0.01, "depolarising probability after a gate on one wire", most=0.5)


ESTIMATORS = ("linear", "log")


def run(spec: Spec) -> Outcome:
    """Do all three parts, each with random numbers of its own."""
    seeds = np.random.SeedSequence(spec.seed).spawn(3)
    report: dict[str, Any] = {}
    history: dict[str, np.ndarray] = {}
    for part, seed in zip((ideal_circuits, variances, decay), seeds, strict=True):
        found, curves = part(spec, np.random.default_rng(seed))
        report |= found
        history |= curves
    noisy = spec.decay_circuits * len(spec.depths)
    shots = noisy * spec.decay_shots
    return Outcome(report, {}, history, "default.qubit", circuits=noisy, shots=shots)


# --- (a) the reference -------------------------------------------------------------------------


def ideal_circuits(spec: Spec, rng: np.random.Generator) -> tuple[dict, dict]:
    """Fidelity of ideal outcomes of Haar-random states, by both references."""
    found: dict[str, list] = {}
    for wires in spec.wires:
        p = haar(rng, spec.circuits, 2**wires)
        counts = rng.multinomial(spec.shots, p)
        for estimator in ESTIMATORS:
            for reference in ("porter_thomas", "haar"):
                f = fidelity(p, counts, estimator=estimator, reference=reference)
                found.setdefault(f"{estimator}/{reference}", []).append((f.value, f.scatter))
    history = {"wires": np.array(spec.wires)}
    history |= {f"{name}/value": np.array(x)[:, 0] for name, x in found.items()}
    history |= {f"{name}/stderr": np.array(x)[:, 1] for name, x in found.items()}
    for estimator in ESTIMATORS:
        history[f"{estimator}/expected"] = np.array([limit_bias(estimator, n) for n in spec.wires])
    report = {"Fidelity of ideal random states (1 is right)": table(spec, history)}
    return report, history


def table(spec: Spec, history: dict[str, np.ndarray]) -> dict[str, float]:
    """Estimates by width, and the worst of the right reference in standard errors."""
    rows: dict[str, float] = {}
    worst = 0.0
    for estimator in ESTIMATORS:
        for place, n in enumerate(spec.wires):
            name = f"{estimator}, {n} wires"
            for kind, reference in {"": "haar", ", infinite dimension": "porter_thomas"}.items():
                for which, column in {"": "value", ", standard error": "stderr"}.items():
                    row = history[f"{estimator}/{reference}/{column}"]
                    rows[f"{name}{kind}{which}"] = float(row[place])
            rows[f"{name}, expected of it"] = float(history[f"{estimator}/expected"][place])
            worst = max(worst, abs(rows[name] - 1) / rows[f"{name}, standard error"])
    rows["largest deviation in standard errors"] = worst
    return rows


def limit_bias(estimator: str, wires: int) -> float:
    """What the infinite-dimensional reference makes of ideal outcomes, in the mean."""
    here = moments(estimator, 2**wires)
    limit = moments(estimator, 2**wires, reference="porter_thomas")
    return float((here.ideal - limit.uniform) / (limit.ideal - limit.uniform))


# --- (b) the variance ----------------------------------------------------------------------------


def variances(spec: Spec, rng: np.random.Generator) -> tuple[dict, dict]:
    """Variance of one shot's score against fidelity: exact for each state, mean over states."""
    fidelities = np.linspace(0, 1, 21)
    rows, history = {}, {"fidelity": fidelities}
    for wires in spec.variance_wires:
        p = haar(rng, spec.variance_circuits, 2**wires)
        found = {name: shot_variances(name, p, fidelities) for name in ESTIMATORS}
        # Both are quadratic in f with the same square, so that a line is their difference.
        offset, slope = np.polynomial.polynomial.polyfit(
            fidelities, (found["linear"] - found["log"]).T, 1
        )
        rows[f"crossing, {wires} wires"] = float(-offset.mean() / slope.mean())
        rows[f"crossing, {wires} wires, standard error"] = float(
            (offset - offset.mean() * slope / slope.mean()).std(ddof=1)
            / len(p) ** 0.5
            / abs(slope.mean())
        )
        # Of the widest the curves are kept.
        history |= {f"{name}/variance": each.mean(axis=0) for name, each in found.items()}
    for name in ESTIMATORS:
        limit = [shot_variance(name, f) for f in fidelities.tolist()]
        history[f"{name}/variance, limit"] = np.array(limit)
    rows["crossing, infinite dimension"] = float((np.pi**2 / 6 - 1) / 2)
    return {"Linear and logarithmic estimator as good as each other (fidelity)": rows}, history


def shot_variances(estimator: str, p: np.ndarray, fidelities: np.ndarray) -> np.ndarray:
    """Variance of the estimate from one outcome of f p + (1 − f)/D, `(circuits, fidelities)`."""
    d = p.shape[1]
    here = moments(estimator, d)
    score = d * p if estimator == "linear" else np.log(p)
    scaled = (score - here.uniform) / (here.ideal - here.uniform)
    # Moments are linear in the law, and so in f.
    first, second = (
        np.outer((p * x).sum(axis=1), fidelities) + np.outer(x.mean(axis=1), 1 - fidelities)
        for x in (scaled, scaled**2)
    )
    return second - first**2


def haar(rng: np.random.Generator, count: int, d: int) -> np.ndarray:
    """Outcome probabilities of Haar-random states, `(count, d)`: normalised exponentials."""
    x = rng.exponential(size=(count, d))
    return x / x.sum(axis=1, keepdims=True)


# --- (c) the decay -------------------------------------------------------------------------------


def decay(spec: Spec, rng: np.random.Generator) -> tuple[dict, dict]:
    """Fidelity against depth on PennyLane, and the exponential law through it."""
    n = spec.decay_wires
    gates = qml.noise.op_in([qml.Rot])
    noise = qml.NoiseModel({gates: qml.noise.partial_wires(qml.DepolarizingChannel, spec.error)})
    found = [fidelity_at(depth, spec, noise, rng) for depth in spec.depths]
    values, errors = np.array([[f.value, f.scatter] for f in found]).T
    law = fit_decay(spec.depths, values, errors)
    layer = digital_fidelity([(spec.error, n)])
    rows = {
        "fidelity of a layer": law.layer,
        "fidelity of a layer, standard error": law.layer_stderr,
        "as the gates predict": layer,
        "chi squared": law.chi_squared,
    }
    history = {
        "depth": np.array(spec.depths),
        "decay": values,
        "decay, stderr": errors,
        "decay, fit": law.amplitude * law.layer ** np.array(spec.depths),
        # The last gates of a circuit have errors as well: one layer more than its depth.
        "decay, predicted": layer ** (np.array(spec.depths) + 1.0),
    }
    return {f"Decay with depth, {n} wires": rows}, history


def fidelity_at(depth: int, spec: Spec, noise: Any, rng: np.random.Generator) -> Any:
    """Run circuits of one depth and estimate their fidelity."""
    seen = [
        measure(
            random_circuit(spec.decay_wires, depth, rng),
            spec.decay_wires,
            shots=spec.decay_shots,
            noise=noise,
            seed=int(rng.integers(2**31)),
        )
        for _ in range(spec.decay_circuits)
    ]
    ideal, counts = map(np.stack, zip(*seen, strict=True))
    return fidelity(ideal, counts)


draw = drawn_by("benchmarking")
