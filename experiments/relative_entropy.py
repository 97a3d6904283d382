"""Relative entropy to a known state from copies: how near do three ways come to the bound?

N times the mean squared error of D(ρ‖σ), over its bound V(ρ‖σ), by the number of copies N:
- "adaptive": a pilot in Pauli bases, and the other copies in the eigenbasis of log ρ̂ − log σ;
- "likelihood": Pauli bases alone, and the relative entropy of the likeliest state (hedged);
- "inversion": the same outcomes, inverted, without negative eigenvalues.

For many copies the first falls to 1, and the second to what the Fisher information of Pauli bases
says. With few copies no error bar is known better than its bias. Outcomes are drawn by Born's rule.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce import data, plots, quantum
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, Record, setting
from qce.tomography import Povm, relative_entropy


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of all outcomes", least=0)
    copies: tuple[int, ...] = setting((100, 1000, 10_000, 100_000, 1_000_000), "in all", least=36)
    repeats: int = setting(100, "estimates of every kind", least=2)


WAYS = ("adaptive", "likelihood", "inversion")
LOOKS = dict(zip(WAYS, ((plots.BLUE, "o"), (plots.GREEN, "s"), (plots.ORANGE, "^")), strict=True))


def run(spec: Spec, *, record: Record) -> Outcome:
    """Estimate by every way, for every pair of states and number of copies."""
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, np.ndarray] = {"copies": np.array(spec.copies)}
    shots = 0
    for place, (name, (rho, sigma)) in enumerate(pairs().items()):
        truth = float(quantum.relative_entropy(rho, sigma))
        bound = float(quantum.relative_entropy_variance(rho, sigma))
        fixed = fixed_prediction(rho, sigma)
        rows = {"D (nats)": truth, "V, the bound (nats²)": bound, "V of Pauli bases": fixed}
        for number, n in enumerate(spec.copies):
            for kind, way in enumerate(WAYS):
                rng = np.random.default_rng([spec.seed, place, number, kind])
                seeds = rng.integers(2**32, size=spec.repeats).tolist()
                found = [
                    relative_entropy(rho, sigma, copies=n, estimator=way, seed=seed)
                    for seed in seeds
                ]
                values = np.array([x.value for x in found])
                held = np.array([x.interval() for x in found])
                used = sum(x.shots or 0 for x in found)
                share = used / spec.repeats / bound
                rows |= summary(f"{way}, {n} copies", values, held, truth, share)
                history[f"{name}/{way}/{n}"] = share * (values - truth) ** 2
                shots += used
                record.metrics(part=f"{name}, {way}", step=number, loss=rows[f"{way}, {n} copies"])
        history[f"{name}/fixed"] = np.array([fixed / bound])
        report[name] = rows
    return Outcome(report, {}, history, "NumPy (64 bit)", shots=shots)


def summary(
    name: str, values: np.ndarray, ends: np.ndarray, truth: float, share: float
) -> dict[str, float]:
    """Squared errors and variance in units of V/N, bias, and how often intervals hold the truth."""
    inside = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    rows = scatter(name, share * (values - truth) ** 2)
    return {
        name: rows[name],
        f"{name}, standard error": rows[f"{name}, standard error"],
        f"{name}, variance alone": share * float(np.var(values, ddof=1)),
        f"{name}, bias (nats)": float(values.mean() - truth),
        f"{name}, intervals that hold (%)": 100 * float(inside.mean()),
    }


def pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Data and model: two qubits of other purity, and thermal states of a short chain."""
    direction, model = np.array([1.0, 2.0, 2.0]) / 3, qubit(np.array([0.5, 0.0, 0.0]))
    chain = [
        data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=h), beta=beta)
        for h, beta in ((0.5, 1.0), (1.5, 0.8))
    ]
    return {
        "qubit, |r| = 0.5": (qubit(0.5 * direction), model),
        "qubit, |r| = 0.9": (qubit(0.9 * direction), model),
        "thermal pair": (chain[0], chain[1]),
    }


def qubit(r: np.ndarray) -> np.ndarray:
    """The state of a Bloch vector."""
    x, y, z = r
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


def fixed_prediction(rho: np.ndarray, sigma: np.ndarray) -> float:
    """N · Var of the likelihood of Pauli bases for many copies, k·I⁻¹k in Pauli coordinates."""
    wires = len(rho).bit_length() - 1
    strings = paulis(wires)[1:]
    povm = Povm.pauli(wires)
    slopes = np.array([povm.probabilities(x).ravel() for x in strings])
    information = slopes / povm.probabilities(rho).ravel() @ slopes.T
    influence = logarithm(rho) - logarithm(sigma)
    along = np.array([np.trace(influence @ x).real for x in strings])
    return float(along @ np.linalg.solve(information, along))


def paulis(wires: int) -> list[np.ndarray]:
    """All products of 1, X, Y, Z; the identity first."""
    single = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], np.diag([1, -1])])
    products = [np.eye(1)]
    for _ in range(wires):
        products = [np.kron(a, b) for a, b in product(products, single)]
    return products


def logarithm(rho: np.ndarray) -> np.ndarray:
    """Log of a matrix of full rank."""
    p, u = np.linalg.eigh(rho)
    return (u * np.log(p)) @ u.conj().T


def draw(outcome: Outcome) -> Any:
    """Draw a panel for each pair of states."""
    found = outcome.history
    names = [key.removesuffix("/fixed") for key in found if key.endswith("/fixed")]
    size = (2 * plots.COLUMN, 0.8 * plots.COLUMN)
    figure, several = plt.subplots(1, len(names), figsize=size, sharey=True)
    for axes, name in zip(several, names, strict=True):
        for way, (colour, marker) in LOOKS.items():
            columns = [found[f"{name}/{way}/{n}"] for n in found["copies"]]
            errors = [2 * np.std(x, ddof=1) / len(x) ** 0.5 for x in columns]
            axes.errorbar(
                found["copies"], [x.mean() for x in columns], errors,
                linestyle="none", marker=marker, color=colour, label=way,
            )  # fmt: skip
        axes.axhline(1, color=plots.BLUE, linestyle="--", label="bound")
        axes.axhline(
            found[f"{name}/fixed"][0], color=plots.GREEN, linestyle=":", label="Pauli bases"
        )
        axes.set(xscale="log", yscale="log", xlabel="copies $N$")
        axes.set_title(name, fontsize="medium")
    several[0].set_ylabel("$N$ · squared error / $V$")
    several[-1].legend()
    return figure
