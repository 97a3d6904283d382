"""Learn Hamiltonians as Boltzmann machines, and see what two-body terms cannot learn.

(a) The Gibbs state of the open transverse-field Ising chain from its expectation values, by
gradient descent, by the natural gradient in the Bogoliubov-Kubo-Mori metric and by Newton's method;
without couplings the model stops at the total correlation. (b) Even parity: with all one- and
two-body Pauli strings a quantum machine ends where the classical one never left, ln 2 above the
entropy; with one term of all bits both learn it. (c) Hidden units on bars and stripes, classical
and quantum: a quantum unit has more parameters, and at as many both end at the same distance.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import expm

from qce import plots
from qce.boltzmann import learn
from qce.data import bars_and_stripes, gibbs_state, transverse_field_ising
from qce.models import BoltzmannMachine, PauliTerms
from qce.runs import Outcome, setting
from qce.states import Diagonal, Pure

# A start has arrived where it is closer than this to the best one.
ARRIVED = 1e-3


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of the first start with hidden units", least=0)
    sites: int = setting(4, "of the Ising chain", least=2)
    coupling: float = setting(1.0, "J of the Ising chain", unit="energy")
    transverse: float = setting(0.5, "field h of the Ising chain", unit="energy")
    beta: float = setting(1.0, "inverse temperature of the chain", unit="1/energy", above=0)
    rate: float = setting(0.25, "step of gradient descent", above=0)
    bits: int = setting(4, "of the parity", least=3)
    starts: int = setting(20, "with hidden units", least=1)


def run(spec: Spec) -> Outcome:
    """Run all three parts."""
    parts = [chain(spec), parity(spec), hidden(spec), golden_thompson()]
    return Outcome(
        report={title: rows for part in parts for title, rows in part.report.items()},
        parameters={name: x for part in parts for name, x in part.parameters.items()},
        history={name: x for part in parts for name, x in part.history.items()},
        device="NumPy (64 bit)",
    )


def chain(spec: Spec) -> Outcome:
    """Three ways down to the same Hamiltonian, and one model that cannot hold it."""
    eta = gibbs_state(transverse_field_ising(spec.sites, spec.coupling, spec.transverse), spec.beta)
    machine = BoltzmannMachine(PauliTerms.chain(spec.sites, "X", ["ZZ"]))
    ways = {
        "gradient": {"optimizer": "gradient", "learning_rate": spec.rate, "tolerance": 1e-8},
        "natural": {"optimizer": "natural"},
        "newton": {"optimizer": "newton"},
    }
    found = {name: learn(machine, eta, **settings) for name, settings in ways.items()}
    alone = BoltzmannMachine(PauliTerms.chain(spec.sites, "XZ"))
    field = learn(alone, eta, **ways["gradient"])
    rows: dict[str, Any] = {"entropy": field.floor}
    for name, result in found.items():
        distance = result.history["loss"] - result.floor
        rows |= {
            f"{name}, after {step}": float(distance[step])
            for step in (0, 1, 5, 10, 100)
            if step < len(distance)
        }
        rows |= {f"{name}, steps": result.steps, f"{name}, ended": result.message}
    truth = -spec.beta * np.r_[[spec.transverse] * spec.sites, [spec.coupling] * (spec.sites - 1)]
    rows["largest error of a coupling, newton"] = float(
        np.abs(found["newton"].params - truth).max()
    )
    rows |= {"floor without couplings": field.gap, "steps without couplings": field.steps}
    title = f"Thermal state of the {spec.sites}-site Ising chain (nats)"
    history = {
        f"{name}/distance": result.history["loss"] - result.floor for name, result in found.items()
    }
    return Outcome({title: rows}, {f"{n}/params": r.params for n, r in found.items()}, history)


def parity(spec: Spec) -> Outcome:
    """Even parity, embedded as the ket of square roots, or as a distribution."""
    odd = np.bitwise_count(np.arange(2**spec.bits)) % 2
    p = (1.0 - odd) / 2 ** (spec.bits - 1)
    ket, everything = np.sqrt(p), "Z" * spec.bits
    two, classical = PauliTerms.local(spec.bits), PauliTerms.local(spec.bits, letters="Z")
    cases = {
        "quantum": (two, Pure(ket)),
        "classical": (classical, Diagonal(p)),
        "quantum, all bits": (PauliTerms((*two.strings, everything)), Pure(ket)),
        "classical, all bits": (PauliTerms((*classical.strings, everything)), Diagonal(p)),
    }
    # With a term of all bits the state is reached at infinite couplings only.
    found = {
        name: learn(BoltzmannMachine(terms), data, tolerance=1e-6)
        for name, (terms, data) in cases.items()
    }
    sigma = expm(-two.matrix(found["quantum"].params))
    rows: dict[str, Any] = {name: result.gap for name, result in found.items()}
    rows |= {"ln 2": float(np.log(2)), "fidelity, quantum": fidelity(ket, sigma)}
    history = {f"{name}/distance": r.history["loss"] - r.floor for name, r in found.items()}
    title = f"Relative entropy of even parity of {spec.bits} bits to what was learned (nats)"
    return Outcome({title: rows}, {}, history)


def fidelity(ket: np.ndarray, weight: np.ndarray) -> float:
    """Return ⟨ψ|σ|ψ⟩ for σ = weight/Tr."""
    return float((ket @ weight @ ket).real / weight.trace().real)


# Kind, its Pauli letters, and numbers of hidden units: classical machines have 9, 14 and 19
# parameters, quantum ones 14 and 24.
HIDDEN = {"classical": ("Z", (1, 2, 3)), "quantum": ("XZ", (1, 2))}


def hidden(spec: Spec) -> Outcome:
    """Restricted machines on the bars and stripes of 2×2 pixels, from the same seeds."""
    data = Diagonal(bars_and_stripes(2, 2))
    rows: dict[str, Any] = {}
    history: dict[str, Any] = {}
    for kind, (letters, numbers) in HIDDEN.items():
        for units in numbers:
            machine = BoltzmannMachine(PauliTerms.restricted(4, units, letters), units)
            seeds = range(spec.seed, spec.seed + spec.starts)
            found = [learn(machine, data, optimizer="natural", steps=200, seed=s) for s in seeds]
            gaps = np.array([result.gap for result in found])
            name = f"{kind}, {units}"
            rows |= {
                name: float(gaps.min()),
                f"{name}, median": float(np.median(gaps)),
                f"{name}, share of starts there": float(np.mean(gaps < gaps.min() + ARRIVED)),
                f"{name}, parameters": machine.size,
            }
            history[f"hidden/{name}"] = gaps
    rows |= {"ln 9/4": float(np.log(9 / 4)), "2/3 ln 2": float(2 / 3 * np.log(2))}
    title = "Bars and stripes, kind and number of hidden units: best of all starts (nats)"
    return Outcome({title: rows}, {}, history)


def golden_thompson() -> Outcome:
    """Tr e^{A+B} ≤ Tr e^A e^B, the gap in the bound that ignores transverse fields."""
    x, z = PauliTerms(("X",)).matrix(np.ones(1)), PauliTerms(("Z",)).matrix(np.ones(1))
    rows = {}
    for name, a in {"X": x, "2X": 2 * x}.items():
        rows[f"Tr exp({name} + Z)"] = float(expm(a + z).trace())
        rows[f"Tr exp({name}) exp(Z)"] = float((expm(a) @ expm(z)).trace())
    return Outcome({"Golden and Thompson": rows})


def draw(outcome: Outcome) -> Any:
    """Draw the three parts side by side."""
    figure, axes = plt.subplots(1, 3, figsize=(2 * plots.COLUMN, 0.75 * plots.COLUMN))
    _draw_chain(axes[0], outcome)
    _draw_parity(axes[1], outcome)
    _draw_hidden(axes[2], outcome)
    return figure


def _rows(outcome: Outcome, start: str) -> dict[str, Any]:
    return next(rows for title, rows in outcome.report.items() if title.startswith(start))


def _draw_chain(axes: Any, outcome: Outcome) -> None:
    styles = {
        "gradient": ("gradient", plots.ORANGE, "-"),
        "natural": ("natural gradient", plots.GREEN, "--"),
        "newton": ("Newton", plots.BLUE, "o-"),
    }
    for name, (label, color, line) in styles.items():
        distance = np.maximum(outcome.history[f"{name}/distance"], 1e-15)
        # Steps from 1 on, so that the axis can be logarithmic.
        steps = np.arange(1, len(distance) + 1)
        axes.loglog(steps, distance, line, color=color, label=label, markersize=2.5)
    floor = _rows(outcome, "Thermal state")["floor without couplings"]
    axes.axhline(floor, color=plots.GREY, linestyle=":", label="no couplings")
    axes.set(title="(a) Ising chain", xlabel="points visited", ylabel="relative entropy (nats)")
    axes.set(xlim=(0.8, 3e2), ylim=(1e-25, 30), yticks=10.0 ** np.arange(-15, 1, 5))
    axes.legend(loc="lower left", handlelength=1.5)


def _draw_parity(axes: Any, outcome: Outcome) -> None:
    styles = {
        "quantum": ("quantum, two-body", plots.BLUE, "o-"),
        "classical": ("classical, two-body", plots.ORANGE, "s--"),
        "quantum, all bits": ("quantum, all bits", plots.BLUE, "o:"),
        "classical, all bits": ("classical, all bits", plots.ORANGE, "s:"),
    }
    for name, (label, color, line) in styles.items():
        distance = outcome.history[f"{name}/distance"]
        # A machine that ended at its start stays there.
        distance = np.pad(distance[:9], (0, max(9 - len(distance), 0)), mode="edge")
        axes.plot(distance, line, color=color, label=label, markersize=2.5)
    axes.axhline(np.log(2), color=plots.GREY, linewidth=0.6)
    axes.annotate("ln 2", (8, np.log(2)), xytext=(0, 3), textcoords="offset points", ha="right")
    axes.set(title="(b) even parity", xlabel="Newton step", ylabel="relative entropy (nats)")
    axes.legend()


def _draw_hidden(axes: Any, outcome: Outcome) -> None:
    rows = _rows(outcome, "Bars and stripes")
    looks = {"classical": (plots.ORANGE, "s--"), "quantum": (plots.BLUE, "o-")}
    for kind, (_, numbers) in HIDDEN.items():
        color, line = looks[kind]
        sizes = [rows[f"{kind}, {units}, parameters"] for units in numbers]
        best = [max(rows[f"{kind}, {units}"], 0.0) for units in numbers]
        axes.plot(sizes, best, line, color=color, label=f"{kind}, best", markersize=4)
        for size, units in zip(sizes, numbers, strict=True):
            gaps = outcome.history[f"hidden/{kind}, {units}"]
            where = size + (0.3 if kind == "quantum" else -0.3)
            axes.plot(np.full(len(gaps), where), gaps, ".", color=color, markersize=2, alpha=0.5)
    for name in ("ln 9/4", "2/3 ln 2"):
        axes.axhline(rows[name], color=plots.GREY, linestyle=":", linewidth=0.8)
        axes.text(24, rows[name], name, ha="right", va="bottom", fontsize=7, color=plots.GREY)
    axes.set(title="(c) bars and stripes", xlabel="parameters", ylabel="relative entropy (nats)")
    axes.set(ylim=(-0.05, 1.25))
    axes.legend(loc="upper right")
