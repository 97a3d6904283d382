"""How much losses vary over random circuits: exact laws, and circuits that are drawn.

(a), (b) A likelihood from N outcomes misses what it looks for, and freezes. (c) The exact
likelihood of uniform data varies less than the published formula says, which lacks a term. (d)
Losses of expectation values: the variance of the maximum mean discrepancy of products falls as 1/n
with the wires where its bandwidth grows with them, and exponentially where it does not; that of the
quantum cross entropy of deep circuits falls with the dimension.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import matplotlib.pyplot as plt
import numpy as np

from qce import plots, trainability
from qce.circuits import strongly_entangling
from qce.losses import maximum_mean_discrepancy_of_products
from qce.models import BornMachine, ProductSpectrum, ThermalModel
from qce.objectives import exact_cross_entropy
from qce.runs import Outcome, Record, setting
from qce.trainability import Moments, Spread, spread


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of circuits and outcomes", least=0)
    wires: tuple[int, ...] = setting((2, 4, 6, 8, 10), "of the circuits drawn", least=2, most=16)
    circuits: int = setting(1000, "drawn for each number of wires", least=4)
    depth: int = setting(3, "layers a wire: enough to be as random as Haar's", least=1)
    shots: tuple[int, ...] = setting((100, 1000, 10000), "of the likelihood, up to three", least=1)
    clip: float = setting(1e-6, "frequency that stands for 0", above=0, most=1)
    thermal_wires: tuple[int, ...] = setting((2, 4, 6), "of the thermal models", least=2, most=16)
    thermal_circuits: int = setting(300, "drawn for each of them", least=4)
    products: int = setting(20000, "products drawn for each number of wires", least=4)


NARROW = np.arange(1, 17)
WIDE = np.unique(np.geomspace(2, 1000, 40).astype(int))
# Beyond, the variance of a narrow kernel lies in states that are never drawn.
PRODUCT_WIRES = (2, 4, 8, 16, 32)
BANDWIDTHS = {"1": lambda n: 1.0, "10": lambda n: 10.0, "n/4": lambda n: n / 4}

# What is drawn of one loss on n wires, beside its law.
Point = tuple[str, int, Spread, Moments]


def run(spec: Spec, *, record: Record) -> Outcome:
    """Draw circuits, and put them beside the laws."""
    points: list[Point] = []
    for part in (likelihoods, cross_entropies, discrepancies):
        if record.progress:
            print(f"trainability: {part.__name__}", file=sys.stderr)
        points += part(spec)
    report: dict[str, dict[str, float]] = {}
    history: dict[str, list[float]] = {}
    for name, n, found, law in points:
        rows = report.setdefault(f"Variance of the {name}", {})
        rows |= {f"{n} wires": found.variance, f"{n} wires, exact": law.variance}
        row = {"wires": n, **vars(found)}
        for key in ("wires", "mean", "variance", "mean_stderr", "variance_stderr"):
            history.setdefault(f"{name}/{key}", []).append(row[key])
    lines = laws(spec)
    report["In all"] = {
        "points": len(points),
        "largest deviation of a mean (standard errors)": max(
            abs(x.mean - law.mean) / x.mean_stderr for _, _, x, law in points
        ),
        "largest deviation of a variance (standard errors)": max(
            abs(x.variance - law.variance) / x.variance_stderr for _, _, x, law in points
        ),
        "published variance over exact one, uniform data, 16 wires": float(
            lines["published"][-1] / lines["likelihood of uniform data"][-1]
        ),
    }
    wide = lines["discrepancy, σ = n/4"]
    report["In all"]["n times the variance of the discrepancy, σ = n/4, 1000 wires"] = float(
        wide[-1] * WIDE[-1]
    )
    drawn = len(spec.wires) * spec.circuits + len(spec.thermal_wires) * spec.thermal_circuits
    arrays = {name: np.array(column) for name, column in history.items()}
    return Outcome(report, lines, arrays, device="default.qubit (JAX, 64 bit)", circuits=drawn)


# --- what is drawn --------------------------------------------------------------------------------


def likelihoods(spec: Spec) -> Iterator[Point]:
    """Deep Born machines: exact likelihood of uniform data, and of 0…0 from outcomes."""
    rng = np.random.default_rng(spec.seed)
    for n in spec.wires:
        machine = BornMachine(strongly_entangling(n, spec.depth * n))
        points = rng.uniform(-np.pi, np.pi, size=(spec.circuits, machine.size))
        with jax.enable_x64(True):
            every = jax.jit(lambda rows, machine=machine: jax.lax.map(machine.probabilities, rows))
            laws = np.asarray(every(points))
        uniform = np.full(2**n, 0.5**n)
        exact = spread(-np.log(laws) @ uniform)
        yield "likelihood of uniform data", n, exact, trainability.haar_likelihood(uniform)
        for shots in spec.shots:
            hits = rng.binomial(shots, laws[:, 0])
            frozen = spread(-np.log(np.maximum(hits / shots, spec.clip)))
            law = trainability.sampled_likelihood(n, shots, clip=spec.clip)
            yield f"likelihood of one string from {shots} outcomes", n, frozen, law
            chance = trainability.miss_probability(n, shots)
            if 0 < np.count_nonzero(hits) < len(hits):  # else there is no error bar
                law = Moments(chance, chance * (1 - chance))
                yield f"absence of one string from {shots} outcomes", n, spread(hits == 0), law


def cross_entropies(spec: Spec) -> Iterator[Point]:
    """A pure state and deep thermal models: the loss, and its slope amid the circuit."""
    rng = np.random.default_rng(spec.seed)
    for n in spec.thermal_wires:
        model = ThermalModel(strongly_entangling(n, 2 * spec.depth * n), ProductSpectrum(n))
        points = rng.uniform(-np.pi, np.pi, size=(spec.thermal_circuits, model.size))
        points[:, :n] = np.linspace(0.3, 1, n)
        found = trainability.landscape(exact_cross_entropy(model, certain(n)), points)
        pair = certain(n), spectrum(n)
        yield "cross entropy", n, found.loss, trainability.haar_cross_entropy(*pair)
        amid = n + 3 * n * (spec.depth * n) + 1  # an RY
        slope = spread(found.gradients[:, amid])
        yield "slope of the cross entropy", n, slope, trainability.haar_cross_entropy_slope(*pair)


def discrepancies(spec: Spec) -> Iterator[Point]:
    """Products of Haar-random wires against 0…0."""
    rng = np.random.default_rng(spec.seed)
    for n in PRODUCT_WIRES:
        ones = rng.uniform(size=(spec.products, n))
        for name, width in BANDWIDTHS.items():
            sigma = {"bandwidths": width(n)}
            drawn = maximum_mean_discrepancy_of_products(np.zeros(n), ones, **sigma)
            law = trainability.product_discrepancy(np.zeros(n), **sigma)
            yield f"discrepancy, σ = {name}", n, spread(drawn), law


# --- what is exact --------------------------------------------------------------------------------


def laws(spec: Spec) -> dict[str, np.ndarray]:
    """Return the lines of the figure."""
    lines: dict[str, Any] = {"narrow": NARROW, "wide": WIDE}
    uniform = [np.full(2**n, 0.5**n) for n in NARROW]
    exact = [trainability.haar_likelihood(p).variance for p in uniform]
    lines["likelihood of uniform data"] = exact
    lines["published"] = [np.pi**2 / 6 * (p @ p) for p in uniform]
    for shots in spec.shots:
        of = [trainability.sampled_likelihood(int(n), shots, clip=spec.clip) for n in NARROW]
        lines[f"likelihood of one string from {shots} outcomes"] = [law.variance for law in of]
        missed = [trainability.miss_probability(int(n), shots) for n in NARROW]
        lines[f"absence of one string from {shots} outcomes"] = missed
    pairs = [(certain(n), spectrum(n)) for n in NARROW]
    lines["cross entropy"] = [trainability.haar_cross_entropy(*pair).variance for pair in pairs]
    for name, width in BANDWIDTHS.items():
        of = [trainability.product_discrepancy(np.zeros(n), bandwidths=width(n)) for n in WIDE]
        lines[f"discrepancy, σ = {name}"] = [law.variance for law in of]
    return {name: np.array(line) for name, line in lines.items()}


def certain(n: int) -> np.ndarray:
    """Return the ket 0…0, which is its own spectrum."""
    ket = np.zeros(2**n)
    ket[0] = 1.0
    return ket


def spectrum(n: int) -> np.ndarray:
    """Return the spectrum of exp(−Σ θ_i Z_i) / Z, θ from 0.3 to 1."""
    law = np.ones(1)
    for theta in np.linspace(0.3, 1, n):
        law = np.outer(law, np.exp([-theta, theta]) / (2 * np.cosh(theta))).ravel()
    return law


# --- the figure -----------------------------------------------------------------------------------

STYLES = ((plots.BLUE, "-", "o"), (plots.ORANGE, "--", "s"), (plots.GREEN, "-.", "^"))


def draw(outcome: Outcome) -> Any:
    """Draw laws as lines and what was drawn as points."""
    figure, axes = plt.subplots(2, 2, figsize=(2 * plots.COLUMN, 1.5 * plots.COLUMN))
    (missed, frozen), (published, means) = axes
    start = "likelihood of one string from "
    shots = [name.removeprefix(start) for name in outcome.parameters if name.startswith(start)]
    for number, style in zip(shots, STYLES, strict=False):
        label = f"N = {number.removesuffix(' outcomes')}"
        _draw(missed, outcome, f"absence of one string from {number}", style, "mean", label)
        _draw(frozen, outcome, start + number, style, label=label)
    missed.set(title="(a) one string is not among N outcomes", ylabel="probability")
    missed.legend(loc="upper left")
    frozen.set(title="(b) its likelihood from N outcomes", ylabel="variance (nats²)")
    _draw_published(published, outcome)
    for name, style in zip(BANDWIDTHS, STYLES, strict=True):
        _draw(means, outcome, f"discrepancy, σ = {name}", style, x="wide")
    _draw(means, outcome, "cross entropy", (plots.GREY, ":", "D"))
    means.set(title="(d) losses of expectation values", ylabel="variance", xlabel="wires")
    means.set(xscale="log", yscale="log", ylim=(1e-9, 1))
    means.legend(loc="lower left")
    for panel in (missed, frozen, published):
        panel.set(xlabel="wires", xlim=(1, 16))
    return figure


def _draw(
    axes: Any,
    outcome: Outcome,
    name: str,
    style: tuple[str, str, str],
    what: str = "variance",
    label: str = "",
    x: str = "narrow",
) -> None:
    (color, line, mark), law, seen = style, outcome.parameters, outcome.history
    axes.plot(law[x], law[name], color=color, linestyle=line, label=label or name)
    if f"{name}/wires" in seen:
        where = seen[f"{name}/wires"], seen[f"{name}/{what}"], seen[f"{name}/{what}_stderr"]
        axes.errorbar(*where, color=color, marker=mark, linestyle="", markersize=4)


def _draw_published(axes: Any, outcome: Outcome) -> None:
    name, law, seen = "likelihood of uniform data", outcome.parameters, outcome.history
    axes.axhline(1, color=plots.ORANGE, linestyle="--", label="published formula")
    ratio = law[name] / law["published"]
    axes.plot(law["narrow"], ratio, color=plots.BLUE, label=r"with its term $-\psi_1(d)$")
    unit = law["published"][np.searchsorted(law["narrow"], seen[f"{name}/wires"])]
    found, error = seen[f"{name}/variance"] / unit, seen[f"{name}/variance_stderr"] / unit
    points = {"color": plots.BLUE, "marker": "o", "linestyle": "", "markersize": 4}
    axes.errorbar(seen[f"{name}/wires"], found, error, label="circuits", **points)
    axes.set(title="(c) exact likelihood of uniform data", ylabel="variance / published")
    axes.set_ylim(0, 1.15)
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.68))
