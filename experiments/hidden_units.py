"""Hidden units: where expectation maximisation follows the gradient, and what quantum units buy.

(a) A machine of visible and hidden wires, with transverse fields on the visible ones, and random
data; g scales both the fields at the start and what the data have off the diagonal. How far is the
gradient of expectation maximisation (Petz map) from the exact one? They agree at g = 0, where
machine and data are diagonal on the visible wires, and where hidden wires stand apart. (b) What is
left of the relative entropy after as many steps of either, from the same starts; the machine is one
and the same. (c) Bits: semi-quantum machines of k units with fields in space, beside restricted
Boltzmann machines of 3k units, which have as many parameters, by exact likelihood.

    qce run hidden_units                              bars and stripes of 3 × 3 pixels
    qce run hidden_units --data folder/ising.npz      bits of one's own, up to 24 wires
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import wilcoxon

import qce
from qce import classical, data, plots, quantum
from qce.boltzmann import learn
from qce.boltzmann.moments import target
from qce.boltzmann.point import at, loss
from qce.models import BoltzmannMachine, PauliTerms, SemiQuantumBoltzmann, chow_liu
from qce.objectives import measured_likelihood
from qce.runs import Outcome, Record, setting
from qce.states import random_density_matrix
from qce.training import fit_many

_REACHED, _LEARNED = 1e-9, 1e-6  # nats: two optima are one; data are learned
KINDS = {"quantum": ("XYZ", 1), "classical": ("Z", 3)}  # letters, and units for one quantum unit


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seeds: int = setting(20, "pairs of data and start, at each strength", least=2)
    strengths: tuple[float, ...] = setting(
        (0.0, 0.1, 0.25, 0.5, 1.0),
        "g: of fields, and of coherence in the data",
        least=0,
        most=1,
    )
    visible: int = setting(2, "wires that are seen", least=2, most=4)
    hidden: int = setting(1, "wires that are not", least=1, most=3)
    steps: int = setting(150, "of either way", least=1)
    data: str = setting("", "bits, as qce.data.load_bits reads them; bars and stripes unless given")
    units: tuple[int, ...] = setting(
        (1, 2, 4), "quantum hidden units; three times as many", least=1
    )
    starts: int = setting(20, "of each machine of bits", least=1)
    epochs: int = setting(60, "passes through the training rows, of data that are given", least=1)
    batch: int = setting(250, "rows a step", least=1)
    descents: int = setting(500, "steps of L-BFGS on bars and stripes", least=1)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Compare the gradients, both ways down, and both machines of bits."""
    parts = [gradients(spec, record), bits(spec, record)]
    return Outcome(
        {title: rows for part in parts for title, rows in part.report.items()},
        {},
        {name: x for part in parts for name, x in part.history.items()},
        "NumPy and JAX (64 bit)",
    )


# --- expectation maximisation --------------------------------------------------------------------


def machines(spec: Spec) -> tuple[BoltzmannMachine, BoltzmannMachine]:
    """With couplings of visible and hidden wires, and without; transverse fields stand last."""
    n, wires = spec.visible, spec.visible + spec.hidden
    strings = PauliTerms.restricted(n, spec.hidden, "XZ").strings
    within = [string + "I" * spec.hidden for string in PauliTerms.chain(n, "", ["ZZ"]).strings]
    across = [string + "I" * spec.hidden for string in PauliTerms.chain(n, "X").strings]
    apart = [s for s in strings if set(s[:n]) == {"I"} or set(s[n:]) == {"I"}]
    assert all(len(s) == wires for s in (*within, *across))
    both = ((*kept, *within, *across) for kept in (strings, apart))
    coupled, alone = (BoltzmannMachine(PauliTerms(tuple(s)), spec.hidden) for s in both)
    return coupled, alone


def drawn(machine: BoltzmannMachine, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Parameters of order one, with transverse fields on visible wires of the given strength."""
    theta = rng.normal(0.0, 0.7, machine.size)
    theta[-machine.wires :] *= strength
    return theta


def gradients(spec: Spec, record: Record) -> Outcome:
    """How far apart the gradients are, and what each leaves of the relative entropy."""
    coupled, alone = machines(spec)
    shape = (spec.seeds, len(spec.strengths))
    found = {name: np.empty(shape) for name in ("coupled", "apart", "exact", "em", "climbed")}
    for seed, k in np.ndindex(shape):
        rng, strength = np.random.default_rng((seed, 1)), spec.strengths[k]
        rho = random_density_matrix(2**spec.visible, seed=rng)
        rho = strength * rho + (1 - strength) * np.diag(rho.diagonal())
        start = drawn(coupled, rng, strength)
        found["coupled"][seed, k] = deviation(coupled, start, rho)
        found["apart"][seed, k] = deviation(alone, drawn(alone, rng, strength), rho)
        for name, optimizer in {"exact": "natural", "em": "em"}.items():
            result = learn(coupled, rho, start, optimizer=optimizer, steps=spec.steps)
            found[name][seed, k] = result.history["loss"].min() - quantum.entropy(rho)
            if name == "em":
                found["climbed"][seed, k] = np.diff(result.history["loss"]).max(initial=0.0) > 1e-9
        record.metrics(part="gradients", seed=seed, strength=strength, loss=found["em"][seed, k])
    rows = {}
    for k, g in enumerate(spec.strengths):
        rows |= {f"g = {g:g}: {label}": x for label, x in compared(found, k).items()}
    history = {f"gradients/{name}": values for name, values in found.items()}
    history["gradients/strength"] = np.array(spec.strengths)
    title = f"Expectation maximisation, {spec.visible} + {spec.hidden} wires, {coupled.size} terms"
    return Outcome({title: rows}, {}, history)


def compared(found: dict[str, np.ndarray], k: int) -> dict[str, float]:
    """The gradients at one strength, and what both ways leave, in pairs from the same start."""
    more = found["em"][:, k] - found["exact"][:, k]
    rows = {
        "relative deviation of the gradient, median": np.median(found["coupled"][:, k]),
        "hidden wires apart, largest": found["apart"][:, k].max(),
        "left by the exact gradient, median": np.median(found["exact"][:, k]),
        "left by expectation maximisation, median": np.median(found["em"][:, k]),
        "left more": more.mean(),
        "left more, standard error": more.std(ddof=1) / len(more) ** 0.5,
        "exact gradient lower, share": (more > _REACHED).mean(),
        "expectation maximisation climbs, share": found["climbed"][:, k].mean(),
    }
    if np.abs(more).max() > _REACHED:
        rows["left more, p (Wilcoxon)"] = wilcoxon(more).pvalue
    return {label: float(x) for label, x in rows.items()}


def deviation(machine: BoltzmannMachine, theta: np.ndarray, rho: np.ndarray) -> float:
    """‖g_EM − g‖/‖g‖."""
    point, state = at(machine, theta), target(machine, rho).state
    assert state is not None
    exact = loss(point, theta, None, state)[1]
    bound = machine.terms.expectations(point.recovered(state)) - point.moments
    return float(np.linalg.norm(bound - exact) / np.linalg.norm(exact))


# --- bits ----------------------------------------------------------------------------------------


def bits(spec: Spec, record: Record) -> Outcome:
    """Semi-quantum and restricted machines of as many parameters."""
    history: dict[str, np.ndarray] = {}
    rows: dict[str, float] = {}
    parts = split(spec)
    for units in spec.units:
        logs = {}
        for kind, (letters, times) in KINDS.items():
            model = SemiQuantumBoltzmann(parts[0].shape[1], times * units, letters)
            logs[kind] = np.array(trained(spec, model, parts))
            losses = -logs[kind].mean(axis=1)
            history[f"bits/{kind}/{units}"] = losses
            rows[f"{units}: {kind}, {model.size} parameters"] = float(losses.mean())
            rows[f"{units}: {kind}, least over starts"] = float(losses.min())
            if spec.starts > 1:
                rows[f"{units}: {kind}, deviation over starts"] = float(losses.std(ddof=1))
            if not spec.data:
                reached = losses < np.log(len(parts[0])) + _LEARNED
                rows[f"{units}: {kind}, share of starts at the entropy"] = float(reached.mean())
            record.metrics(part=kind, units=units, loss=losses.mean())
        less = logs["classical"].mean(axis=0) - logs["quantum"].mean(axis=0)
        rows[f"{units}: quantum less classical"] = float(less.mean())
        # Rows of data are a sample; patterns are all there are, and only starts are drawn.
        error = less.std() / len(less) ** 0.5
        if not spec.data and spec.starts > 1:
            error = sum(log.mean(axis=1).var(ddof=1) / spec.starts for log in logs.values()) ** 0.5
        rows[f"{units}: quantum less classical, standard error"] = float(error)
    if spec.data:
        tree = chow_liu(parts[0], smoothing=0.5)
        rows["Chow-Liu tree"] = float(-np.mean(tree.log_prob(parts[2])))
    else:
        rows["entropy"] = float(np.log(len(parts[0])))
    history["bits/units"] = np.array(spec.units)
    name = spec.data or "bars and stripes, 3 × 3"
    return Outcome({f"{name}: test rows, nats": rows}, {}, history)


def trained(
    spec: Spec, model: SemiQuantumBoltzmann, parts: tuple[np.ndarray, ...]
) -> list[np.ndarray]:
    """Ln p of the test rows after training on the others, from every start."""
    train, valid, test = parts
    objective = measured_likelihood(model, train)
    starts = range(spec.starts)
    if spec.data:
        found = [
            qce.fit(
                objective, seed=start, batch=spec.batch, epochs=spec.epochs, validation=valid,
                learning_rate=0.02, progress=False,
            )
            for start in starts
        ]  # fmt: skip
    else:
        found = fit_many(objective, starts, optimizer="lbfgs", steps=spec.descents)
    return [np.asarray(model.log_prob(result.params, test)) for result in found]


def split(spec: Spec) -> tuple[np.ndarray, ...]:
    """Training, validation and test rows; of bars and stripes each pattern, in all three."""
    if not spec.data:
        p = data.bars_and_stripes(3, 3)
        patterns = (np.flatnonzero(p)[:, None] >> np.arange(9)[::-1]) & 1
        assert np.isclose(classical.entropy(p), np.log(len(patterns)))
        return (patterns,) * 3
    if spec.data.endswith(".npz"):
        with np.load(spec.data) as file:
            if {"train", "test", "wires"} <= set(file) and "valid" not in file:
                packed, wires = (file["train"], file["test"]), int(file["wires"])
                train, test = (np.unpackbits(rows, axis=1, count=wires) for rows in packed)
                order = np.random.default_rng(0).permutation(len(train))
                held = len(train) // 10
                return train[order[held:]], train[order[:held]], test
    loaded = data.load_bits(spec.data)
    if isinstance(loaded, np.ndarray):
        rows = np.random.default_rng(0).permutation(loaded)
        return tuple(np.split(rows, [len(rows) * 8 // 10, len(rows) * 9 // 10]))
    return loaded.train, loaded.valid, loaded.test


# --- the figure ----------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw the three parts side by side; bands hold the middle 80 % of the seeds."""
    figure, axes = plt.subplots(1, 3, figsize=(2 * plots.COLUMN, 0.75 * plots.COLUMN))
    found = outcome.history
    strengths = found["gradients/strength"]
    looks = {"coupled": (plots.ORANGE, "coupled"), "apart": (plots.GREY, "hidden wires apart")}
    _bands(axes[0], found, strengths, looks)
    axes[0].set(title="(a) gradient of EM", xlabel="strength g", yscale="log")
    axes[0].set(ylabel=r"$\|g_{EM} - g\| / \|g\|$", ylim=(1e-17, 1e3))
    looks = {"em": (plots.ORANGE, "EM"), "exact": (plots.BLUE, "exact gradient")}
    _bands(axes[1], found, strengths, looks)
    axes[1].set(title="(b) what is left", xlabel="strength g")
    axes[1].set(ylabel=r"$D(\rho\|\sigma_v)$ (nats)")
    units = found["bits/units"]
    for kind, color in (("classical", plots.ORANGE), ("quantum", plots.BLUE)):
        values = [found[f"bits/{kind}/{k}"] for k in units]
        label = "restricted, 3k units" if kind == "classical" else "semi-quantum, k units"
        means, least = [v.mean() for v in values], [v.min() for v in values]
        axes[2].errorbar(
            units, means, yerr=[v.std() for v in values], fmt="o-", color=color, label=label,
            markersize=3,
        )  # fmt: skip
        axes[2].plot(units, least, "_", color=color)
    rows = next(rows for title, rows in outcome.report.items() if "test rows" in title)
    name = "entropy" if "entropy" in rows else "Chow-Liu tree"
    axes[2].axhline(rows[name], color=plots.GREY, linestyle=":", label=name)
    axes[2].set(title="(c) bits", xlabel="k", ylabel="test rows (nats)", xticks=units)
    for axis in axes:
        axis.legend(loc="upper right" if axis is not axes[1] else "upper left")
        low, high = axis.get_ylim()
        if axis is not axes[0]:
            axis.set_ylim(low, high + 0.4 * (high - low))
    return figure


def _bands(axis: Any, found: Any, strengths: np.ndarray, looks: dict[str, Any]) -> None:
    """Medians with the middle 80 % of the seeds; what rounding hides is drawn at its size."""
    for name, (color, label) in looks.items():
        values = np.maximum(found[f"gradients/{name}"], 1e-16)
        low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
        axis.plot(strengths, middle, "o:", color=color, label=label, markersize=3)
        axis.fill_between(strengths, low, high, color=color, alpha=0.2, linewidth=0)
