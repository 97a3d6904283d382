"""Two ways to a thermal state, from data and from its Hamiltonian, and the Hamiltonian from data.

(a) Ising and Heisenberg chains: thermal models trained by the quantum cross entropy of the state,
D(ρ‖σ) above its floor, and by the free energy of the Hamiltonian, D(σ‖ρ) above its own. (b) Longer
chains, to 12 sites, from a few kets that are thermal together, drawn over and over again: what was
learned is judged by as many other kets, beside the exact state on the same kets, by the exact
entropy, of free fermions or of the blocks of Σ Z, and by the other relative entropy; no matrix of
2^n × 2^n is made. (c) The couplings of both chains from measured expectation values, with
the error that the Kubo-Mori metric foretells.
"""

import sys
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse.linalg import LinearOperator, expm_multiply
from scipy.special import logsumexp

from qce import plots, quantum
from qce.boltzmann import Moments, learn
from qce.boltzmann.point import at
from qce.circuits import heisenberg, ising
from qce.models import (
    BoltzmannMachine,
    CategoricalSpectrum,
    PairwiseSpectrum,
    PauliTerms,
    ProductSpectrum,
    ThermalModel,
)
from qce.objectives import exact_cross_entropy, thermalisation
from qce.reproduce.statistics import compared, scatter
from qce.runs import Outcome, Record, setting
from qce.states import Ensemble, IsingChain, Thermal


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of starting points, kets and outcomes", least=0)
    sites: int = setting(4, "of the chains in (a) and (c)", least=2)
    field: float = setting(0.5, "transverse field h of the Ising chain, J = 1", unit="energy")
    beta: float = setting(1.0, "inverse temperature", unit="1/energy", above=0)
    layers: int = setting(6, "of the Ising circuit in (a)", least=1)
    exchange_layers: int = setting(8, "of the Heisenberg circuit in (a)", least=1)
    steps: int = setting(300, "most steps of the damped natural gradient in (a)", least=0)
    chains: tuple[Literal["Ising", "Heisenberg"], ...] = setting(
        ("Ising", "Heisenberg"), "in (b), one or both"
    )
    large: int = setting(6, "sites of the chains in (b)", least=2, most=12)
    large_layers: int = setting(6, "of the circuits in (b)", least=1)
    kets: int = setting(64, "that stand for each state in (b)", least=2)
    draws: int = setting(20, "of kets to learn from, and of others", least=1)
    large_steps: int = setting(100, "most steps of L-BFGS in (b)", least=0)
    repeats: int = setting(20, "of every number of shots in (c)", least=2)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Run all three parts."""
    parts = []
    for title, part in {"both ways": both, "kets": kets, "couplings": couplings}.items():
        if record.progress:
            print(f"thermalise: {title}", file=sys.stderr)
        parts.append(part(spec, record))
    return Outcome(
        report={title: rows for part in parts for title, rows in part.report.items()},
        parameters={name: x for part in parts for name, x in part.parameters.items()},
        history={name: x for part in parts for name, x in part.history.items()},
        device="default.qubit (JAX, 64 bit)",
    )


def chains(spec: Spec, sites: int) -> dict[str, dict[str, float]]:
    """Return the Hamiltonians as Pauli strings with coefficients."""
    fields, bonds = (PauliTerms.chain(sites, *kind) for kind in (("X",), ("", ["ZZ"])))
    exchange = PauliTerms.chain(sites, couplings=["XX", "YY", "ZZ"])
    of_ising = {**dict.fromkeys(fields.strings, -spec.field), **dict.fromkeys(bonds.strings, -1.0)}
    return {"Ising": of_ising, "Heisenberg": dict.fromkeys(exchange.strings, 1.0)}


def thermal(words: dict[str, float], beta: float) -> Thermal:
    """Return the thermal state."""
    return Thermal(PauliTerms(tuple(words)).matrix(np.array(list(words.values()))), beta)


# --- (a) both ways --------------------------------------------------------------------------------


def both(spec: Spec, record: Record) -> Outcome:
    """Train each chain's model by either relative entropy, from one start."""
    n = spec.sites
    models = {
        "Ising": ThermalModel(ising(n, spec.layers), ProductSpectrum(n)),
        "Heisenberg": ThermalModel(heisenberg(n, spec.exchange_layers), CategoricalSpectrum(n)),
    }
    report, parameters, history = {}, {}, {}
    for name, words in chains(spec, n).items():
        rho, model = thermal(words, spec.beta), models[name]
        _, log_z = known(words, spec.beta)
        ways = {
            "from data": exact_cross_entropy(model, np.asarray(rho)),
            "from the Hamiltonian": thermalisation(model, words, spec.beta, log_partition=log_z),
        }
        rows: dict[str, Any] = {"entropy": float(quantum.entropy(rho)), "ln Z": log_z}
        for way, objective in ways.items():
            # Eigenstates of small weight, which a gradient hardly sees, take the metric.
            settings = {"optimizer": "marquardt", "steps": spec.steps, "seed": spec.seed}
            result = record.fit(objective, part=f"{name}, {way}", **settings)
            sigma = np.asarray(model.density_matrix(result.params))
            rows |= {
                f"D(state‖model), {way}": float(quantum.relative_entropy(np.asarray(rho), sigma)),
                f"D(model‖state), {way}": float(quantum.relative_entropy(sigma, rho)),
                f"steps, {way}": result.steps,
            }
            history[f"{name}, {way}"] = result.history["loss"] - result.floor
            parameters[f"{name}, {way}"] = result.params
        report[f"{name} chain of {n} sites (nats)"] = rows
    return Outcome(report, parameters, history)


def known(words: dict[str, float], beta: float) -> tuple[float, float]:
    """Return entropy and ln Z of a chain whose blocks can be diagonalised."""
    energies = PauliTerms(tuple(words)).energies(np.array(list(words.values())))
    log_z = float(logsumexp(-beta * energies))
    p = np.exp(-beta * energies - log_z)
    return float(beta * p @ energies) + log_z, log_z


# --- (b) longer chains from kets ------------------------------------------------------------------


def kets(spec: Spec, record: Record) -> Outcome:
    """Learn chains from kets, draw by draw, and judge what was learned by what is known."""
    report, parameters, history = {}, {}, {}
    for name in spec.chains:
        entropy, log_z = solved(spec, name, chains(spec, spec.large)[name])
        found, first = [], None
        for draw_ in range(spec.draws):
            judged, result = learned(spec, record, name, draw_, log_z)
            found.append(judged)
            first = first or result
        columns = {key: np.array([each[key] for each in found]) for key in found[0]}
        rows: dict[str, Any] = {f"entropy of the state, by {SOLVED[name]}": entropy}
        for key, values in columns.items():
            rows |= scatter(key, values)
        for which, of in {"its": "its", "other": "as many other"}.items():
            rows |= compared(
                f"{which} kets: model less exact state",
                columns[f"cross entropy of {of} kets"],
                columns[f"the same of {which} kets, exact state"],
            )
        report[f"{name} chain of {spec.large} sites from {spec.kets} kets (nats)"] = rows
        history[f"kets, {name}"] = first.history["loss"] - entropy
        history |= {f"kets, {name}, {key}": values for key, values in columns.items()}
        parameters[f"kets, {name}"] = first.params
    return Outcome(report, parameters, history)


def learned(
    spec: Spec, record: Record, name: str, draw_: int, log_z: float
) -> tuple[dict[str, float], Any]:
    """Learn from one draw of kets, and judge by another; with the same of the exact state."""
    n = spec.large
    words, (model, scale) = chains(spec, n)[name], large(name, n, spec.large_layers)
    seeds = spec.seed + 2 * draw_, spec.seed + 2 * draw_ + 1
    train, test = (typical(words, spec.beta, spec.kets, seed) for seed in seeds)
    start = scale * model.initial(spec.seed + draw_)
    settings = {"params": start, "optimizer": "lbfgs", "steps": spec.large_steps}
    part = f"kets, {name}, draw {draw_}"
    result = record.fit(exact_cross_entropy(model, train), part=part, **settings)
    free_energy = thermalisation(model, words, spec.beta)(result.params).value
    unseen = exact_cross_entropy(model, test)(result.params).value
    judged = {
        "cross entropy of its kets": result.estimate.value,
        "cross entropy of as many other kets": unseen,
        "the same of its kets, exact state": exact(words, spec.beta, train, log_z),
        "the same of other kets, exact state": exact(words, spec.beta, test, log_z),
        "D(model‖state)": free_energy + log_z,
        "steps": float(result.steps),
    }
    return judged, result


def exact(words: dict[str, float], beta: float, data: Ensemble, log_z: float) -> float:
    """Cross entropy of kets with the thermal state itself, β⟨H⟩ + ln Z: the least in the mean."""
    terms, values = PauliTerms(tuple(words)), np.array(list(words.values()))
    energies = [np.vdot(ket, terms.apply(values, ket)).real for ket in data.kets]
    return float(beta * data.weights @ energies + log_z)


def large(name: str, sites: int, layers: int) -> tuple[ThermalModel, float]:
    """Return a model whose latent law has few parameters, and the scale of its start.

    At angles near 0 the Heisenberg circuit is that of pairs of spins, from where the gradients of
    many sites still lead down; the Ising circuit has no such place, and needs none.
    """
    if name == "Ising":
        return ThermalModel(ising(sites, layers), ProductSpectrum(sites)), 1.0
    return ThermalModel(heisenberg(sites, layers), PairwiseSpectrum(sites)), 0.1


SOLVED = {"Ising": "free fermions", "Heisenberg": "blocks of Σ Z"}


def solved(spec: Spec, name: str, words: dict[str, float]) -> tuple[float, float]:
    """Return entropy and ln Z of a longer chain."""
    if name == "Heisenberg":
        return known(words, spec.beta)
    chain = IsingChain(spec.large, 1.0, spec.field)
    return float(quantum.entropy(Thermal(chain, spec.beta))), chain.log_partition(spec.beta)


def typical(words: dict[str, float], beta: float, count: int, seed: int) -> Ensemble:
    """Return kets e^{−βH/2}|r⟩ of random |r⟩, weighted by their norms: thermal on average.

    Source: S. Sugiura and A. Shimizu, Phys. Rev. Lett. 111, 010401 (2013).
    """
    terms, values = PauliTerms(tuple(words)), np.array(list(words.values()))
    d = terms.dimension
    rng = np.random.default_rng(seed)
    random = rng.normal(size=(d, count)) + 1j * rng.normal(size=(d, count))
    h = LinearOperator(
        (d, d),
        matvec=lambda x: terms.apply(values, x.reshape(-1)),
        matmat=lambda x: terms.apply(values, x.T).T,
        rmatvec=lambda x: terms.apply(values, x.reshape(-1)),
        dtype=complex,
    )
    cooled = expm_multiply(-beta / 2 * h, random, traceA=0.0)
    norms = np.linalg.norm(cooled, axis=0)
    return Ensemble((cooled / norms).T, norms**2 / (norms**2).sum())


# --- (c) couplings from outcomes ------------------------------------------------------------------

SHOTS = np.array([10**4, 10**5, 10**6, 10**7])


def couplings(spec: Spec, record: Record) -> Outcome:
    """Learn the couplings from expectation values, each of so many outcomes of its own."""
    del record
    rng, rows, history = np.random.default_rng(spec.seed), {}, {"shots": SHOTS}
    for name, words in chains(spec, spec.sites).items():
        machine = BoltzmannMachine(PauliTerms(tuple(words)))
        truth = spec.beta * np.array(list(words.values()))
        point = at(machine, truth)
        inverse = np.linalg.inv(point.covariance(10**7))
        spread = np.sqrt(np.mean(inverse**2 @ (1 - point.moments**2)))
        errors, without = [], 0
        for shots in SHOTS:
            ups = rng.binomial(shots, (1 + point.moments) / 2, (spec.repeats, machine.size))
            found = [learn(machine, Moments(2 * up / shots - 1), steps=50) for up in ups]
            errors.append(rms([result.params - truth for result in found]))
            without += sum(not result.status.converged for result in found)
        history |= {f"{name}/error": np.array(errors), f"{name}/foretold": spread / SHOTS**0.5}
        rows |= {f"{name}, {shots} shots": e for shots, e in zip(SHOTS, errors, strict=True)}
        rows[f"{name}, foretold for {SHOTS[-1]}"] = float(spread / SHOTS[-1] ** 0.5)
        # So few outcomes may give expectation values that no state has.
        rows[f"{name}, data that no Gibbs state fits"] = without
    return Outcome({"Root mean square error of β times a coupling": rows}, {}, history)


def rms(errors: list[np.ndarray]) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))


# --- the rest -------------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw the three parts side by side."""
    figure, axes = plt.subplots(1, 3, figsize=(2 * plots.COLUMN, 0.75 * plots.COLUMN))
    colors = {"Ising": plots.BLUE, "Heisenberg": plots.ORANGE}
    _draw_both(axes[0], outcome, colors)
    _draw_kets(axes[1], outcome, colors)
    for name, color in colors.items():
        shots = outcome.history["shots"]
        axes[2].loglog(shots, outcome.history[f"{name}/foretold"], color=color, linewidth=0.8)
        axes[2].loglog(
            shots, outcome.history[f"{name}/error"], "o", color=color, label=name, markersize=4
        )
    axes[2].set(title="(c) couplings", xlabel="shots a term", ylabel="error, rms")
    axes[2].legend()
    return figure


def _draw_both(axes: Any, outcome: Outcome, colors: dict[str, str]) -> None:
    for name, color in colors.items():
        for way, line in {"from data": "-", "from the Hamiltonian": "--"}.items():
            loss = outcome.history[f"{name}, {way}"]
            # One line of each kind tells what it means, in grey; chains are told by colour.
            plots.excess(
                axes, np.arange(len(loss)), loss, 0.0, label="", color=color, linestyle=line
            )
        end = max(len(loss) - 1, 1)
        axes.text(0.6 * end, 30 * loss[int(0.6 * end)], name, color=color)
    axes.plot([], [], "-", color=plots.GREY, label="D(state‖model)")
    axes.plot([], [], "--", color=plots.GREY, label="D(model‖state)")
    axes.set(title="(a) both ways", ylabel="relative entropy (nats)", ylim=(1e-20, 1e3))
    axes.set(yticks=10.0 ** np.arange(-15, 4, 5))
    axes.legend(loc="lower left")


def _draw_kets(axes: Any, outcome: Outcome, colors: dict[str, str]) -> None:
    for title, rows in outcome.report.items():
        name, _, size = title.partition(" chain of ")
        if "kets" not in size:
            continue
        history = outcome.history
        loss, color = history[f"kets, {name}"], colors[name]
        entropy = rows[f"entropy of the state, by {SOLVED[name]}"]
        plots.excess(axes, np.arange(len(loss)), loss, 0.0, label="", color=color)
        end = len(loss) - 1
        others = history[f"kets, {name}, cross entropy of as many other kets"] - entropy
        exact_ = history[f"kets, {name}, the same of other kets, exact state"] - entropy
        axes.plot(np.full(len(others), end), others - exact_, "o", color=color, markersize=3)
        other_way = history[f"kets, {name}, D(model‖state)"]
        axes.plot(np.full(len(others), end), other_way, "s", color=color, markersize=3, alpha=0.5)
        axes.set_title(f"(b) {size.partition(' (')[0]}")
    axes.plot([], [], "-", color=plots.GREY, label="first draw's kets")
    axes.plot([], [], "o", color=plots.GREY, markersize=4, label="other kets, less exact")
    axes.plot([], [], "s", color=plots.GREY, markersize=4, label="D(model‖state)")
    axes.set(ylabel="above the entropy (nats)")
    axes.legend()
