"""Train a chain of tensors here by exact likelihood, run it under noise, deepen it, run it again.

A matrix product state learns bit strings; the same state is prepared as a staircase of unitaries
and run where there is noise, at several strengths. Then a layer of rotations set behind it is
trained by exact likelihood too, and the deeper circuit is run under the same noise: what the layer
gains without noise, it may lose with it. Beside them the best tree of pairs, which needs no device.

Data of your own: `--data table.csv`. Without any, strings of an Ising model on a ring, drawn here.
`--backend FakeManilaV2` takes the noise of a backend in place of channels (extra `qiskit`; data of
as many wires as it has, or fewer).
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import qce
from qce import plots
from qce.circuits import Circuit, from_tree, orthogonal
from qce.data import load_bits
from qce.models import BornMachine, MatrixProduct, chow_liu
from qce.objectives import deploy, deployment_gap, measured_likelihood
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "file of bits, as qce.data.load_bits reads it; none: a ring is drawn")
    seed: int = setting(0, "of rows, starts and outcomes", least=0)
    bond: int = setting(2, "of the chain", least=1)
    epochs: int = setting(200, "of the chain", least=1)
    layers: int = setting(1, "of rotations behind the chain", least=1)
    steps: int = setting(200, "of Adam for them", least=1)
    noise: tuple[float, ...] = setting((0.0, 0.001, 0.003, 0.01), "depolarising, a gate", least=0)
    backend: str = setting("", "of qiskit, such as FakeManilaV2, in place of channels")
    shots: int = setting(0, "outcomes; 0 for exact laws, which backends do not have", least=0)
    wires: int = setting(8, "of the ring that is drawn", least=3, most=14)
    rows: int = setting(2000, "of the ring, for training and for the test", least=10)
    temperature: float = setting(1.5, "of the ring", unit="J", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train the chain, then what is behind it, and run both on every device."""
    training, held, test = rows_of(spec)
    chain = MatrixProduct(training.shape[1], spec.bond, dtype="float64")
    objective = measured_likelihood(chain, training)
    found = qce.fit(
        objective, batch=250, epochs=spec.epochs, validation=held, seed=spec.seed, progress=False
    )
    shallow = from_tree(chain, found.params)
    deep, angles = deepened(spec, shallow, training, held)
    circuits = {"chain": (shallow, np.zeros(0)), "deeper": (deep, angles)}
    tree = chow_liu(training, smoothing=0.5)
    report: dict[str, dict[str, Any]] = {
        "Test rows, −ln p (nats), no noise": {
            "chain, before it is a circuit": nll(chain, found.params, test),
            "Chow-Liu tree": float(-np.mean(tree.log_prob(test))),
        }
    }
    history: dict[str, np.ndarray] = {"noise": np.array(strengths(spec))}
    for name, (circuit, params) in circuits.items():
        model = BornMachine(circuit)
        report["Test rows, −ln p (nats), no noise"][f"{name}, circuit"] = nll(model, params, test)
        rows = [compared(spec, model, params, device, test) for device in devices(spec)]
        for key in ("gap", "gap, error", "test", "test, error"):
            history[f"{name}/{key}"] = np.array([row[key] for row in rows])
        for label, row in zip(labels(spec), rows, strict=True):
            report[f"{name}, {label}"] = row
        record.metrics(part=name, step=0, loss=rows[-1]["test"])
    parameters = {"chain": found.params, "deeper": angles}
    return Outcome(report, parameters, history, ", ".join(map(str, devices(spec))))


def deepened(
    spec: Spec, shallow: Circuit, training: np.ndarray, held: np.ndarray
) -> tuple[Circuit, np.ndarray]:
    """The circuit with rotations behind it, and their angles, from all 0."""
    deep = shallow.then(orthogonal(shallow.wires, spec.layers))
    objective = measured_likelihood(BornMachine(deep), training)
    start = np.zeros(deep.size)
    found = qce.fit(
        objective, start, steps=spec.steps, learning_rate=0.02, validation=held, progress=False
    )
    return deep, found.params


def compared(
    spec: Spec, model: BornMachine, params: np.ndarray, device: str | None, test: np.ndarray
) -> dict[str, float]:
    """How far the device is from the model, and what the test rows are worth there."""
    outcomes = deploy(
        model.circuit, params, device=device, shots=spec.shots or None, seed=spec.seed
    )
    found = deployment_gap(model, params, outcomes, test)
    assert found.deployed is not None
    return {
        "gap": found.gap.value,
        "gap, error": found.gap.stderr,
        "test": found.deployed.value,
        "test, error": found.deployed.stderr,
        "share on rare outcomes": found.rare,
    }


def nll(model: Any, params: np.ndarray, rows: np.ndarray) -> float:
    """Mean of −ln p."""
    return float(measured_likelihood(model, rows)(params))


# --- data and devices -----------------------------------------------------------------------------


def rows_of(spec: Spec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training rows, rows that choose the step, and test rows."""
    bits = load_bits(spec.data) if spec.data else ring(spec)
    if not isinstance(bits, np.ndarray):
        return bits.train, bits.valid, bits.test
    order = np.random.default_rng(spec.seed).permutation(len(bits))
    test, held, training = np.split(bits[order], [len(bits) // 2, 6 * len(bits) // 10])
    return training, held, test


def ring(spec: Spec) -> np.ndarray:
    """Strings of the Ising ring, exactly."""
    every = (np.arange(2**spec.wires)[:, None] >> np.arange(spec.wires)[::-1]) & 1
    spins = 1 - 2 * every
    weights = np.exp((spins * np.roll(spins, 1, axis=1)).sum(axis=1) / spec.temperature)
    rng = np.random.default_rng(spec.seed)
    return every[rng.choice(len(every), 2 * spec.rows, p=weights / weights.sum())]


def devices(spec: Spec) -> list[str | None]:
    """Devices by name; None for a simulator without noise."""
    if spec.backend:
        return [f"qiskit.remote backend={spec.backend}"]
    return [f"default.mixed noise=depolarizing:{p}" if p else None for p in spec.noise]


def strengths(spec: Spec) -> list[float]:
    """Noise of each device; NaN for that of a backend."""
    return [np.nan] if spec.backend else list(spec.noise)


def labels(spec: Spec) -> list[str]:
    """What to call each device."""
    return [spec.backend] if spec.backend else [f"noise {p:g}" for p in spec.noise]


# --- figure ---------------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw distance and likelihood against the noise."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * plots.COLUMN, 0.85 * plots.COLUMN))
    history, places = outcome.history, np.arange(len(outcome.history["noise"]))
    for name, color, line in (("chain", plots.BLUE, "o-"), ("deeper", plots.ORANGE, "s--")):
        for axes, key in ((left, "gap"), (right, "test")):
            values, errors = history[f"{name}/{key}"], 2 * history[f"{name}/{key}, error"]
            axes.errorbar(places, values, errors, fmt=line, color=color, label=name, markersize=4)
    tree = outcome.report["Test rows, −ln p (nats), no noise"]["Chow-Liu tree"]
    right.axhline(tree, color=plots.GREY, linestyle=":", label="Chow-Liu tree")
    for axes in (left, right):
        names = ["backend" if np.isnan(p) else f"{p:g}" for p in history["noise"]]
        axes.set_xticks(places, names)
        axes.set_xlabel("depolarising noise a gate")
    left.set(ylabel="D(trained‖deployed) (nats)", title="(a) how far the device is")
    right.set(ylabel="−ln p (nats)", title="(b) test rows on the device")
    right.legend()
    return figure
