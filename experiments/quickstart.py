"""Learn a thermal state and images by cross entropy, and check the classical limit.

(a) A thermal model learns the Gibbs state of the open transverse-field Ising chain from its
quantum cross entropy, down to the entropy of the data; exact values come from dense matrices and,
by another road, from free fermions. (b) A Born machine learns handwritten digits of 3×3 pixels by
maximum likelihood, against the classical product and Chow-Liu tree, also on images held back.
(c) Every quantum quantity becomes its classical twin.
"""

import sys
from dataclasses import dataclass
from functools import reduce
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pennylane as qml

import qce
from qce import plots
from qce.circuits import ising, strongly_entangling
from qce.data import digits, empirical, gibbs_state, transverse_field_ising
from qce.models import BornMachine, ProductSpectrum, ThermalModel, chow_liu, product
from qce.objectives import exact_cross_entropy, measured_likelihood
from qce.quantum import cross_entropy, entropy, relative_entropy
from qce.runs import Outcome, Record, setting
from qce.states import IsingChain, Thermal


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of starting points, split and random states", least=0)
    sites: int = setting(4, "of the Ising chain", least=2)
    coupling: float = setting(1.0, "J of the Ising chain", unit="energy")
    transverse: float = setting(0.5, "field h of the Ising chain", unit="energy")
    beta: float = setting(1.0, "inverse temperature of the chain", unit="1/energy", above=0)
    chain_layers: int = setting(6, "layers of the thermal model", least=1)
    chain_steps: int = setting(500, "most steps of L-BFGS for the chain", least=0)
    image_layers: int = setting(5, "layers of the Born machine", least=1)
    image_steps: int = setting(1000, "steps of Adam for the images", least=0)
    image_starts: int = setting(3, "starts; the likeliest on training images stays", least=1)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Run all three parts."""
    parts = {}
    for title, part in {"chain": chain, "images": images, "limits": limits}.items():
        if record.progress:
            print(f"quickstart: {title}", file=sys.stderr)
        parts[title] = part(spec, record)
    return Outcome(
        report={title: rows for part in parts.values() for title, rows in part.report.items()},
        parameters={f"{t}/{k}": x for t, part in parts.items() for k, x in part.parameters.items()},
        history={f"{t}/{k}": x for t, part in parts.items() for k, x in part.history.items()},
        device="default.qubit (JAX, 64 bit)",
    )


# --- (a) a thermal state ----------------------------------------------------------------------


def chain(spec: Spec, record: Record) -> Outcome:
    """Learn the chain's thermal state by quantum cross entropy.

    The chain is one of free fermions: a circuit made of its own terms reaches its eigenbasis with
    a product spectrum, so that few parameters suffice.
    """
    eta = gibbs_state(transverse_field_ising(spec.sites, spec.coupling, spec.transverse), spec.beta)
    model = ThermalModel(ising(spec.sites, spec.chain_layers), ProductSpectrum(spec.sites))
    objective = exact_cross_entropy(model, eta)
    settings = {"optimizer": "lbfgs", "steps": spec.chain_steps}
    result = record.fit(objective, part="chain", seed=spec.seed, **settings)
    learned = {
        "cross entropy reached": result.estimate.value,
        "entropy of the state": result.floor,
        "distance left": result.gap,
        "distance of the best product state": total_correlation(eta, spec.sites),
        "steps": result.steps,
        "ended": result.message,
    }
    report = {f"Thermal state of the {spec.sites}-site Ising chain (nats)": learned}
    report["Exact values (nats)"] = exact_values(spec, eta)
    return Outcome(report, {"params": result.params}, result.history)


def total_correlation(eta: np.ndarray, sites: int) -> float:
    """Return D(η‖⊗η_i): how far above the entropy of η every product state stays."""
    marginals = [qml.math.reduce_dm(eta, [site]) for site in range(sites)]
    return float(relative_entropy(eta, reduce(np.kron, marginals)))


def exact_values(spec: Spec, eta: np.ndarray) -> dict[str, float]:
    """Compare entropy and cross entropy of dense states with those of free fermions."""
    sigma = gibbs_state(transverse_field_ising(spec.sites, 1.0, 1.5), 0.8)
    here = Thermal(IsingChain(spec.sites, spec.coupling, spec.transverse), spec.beta)
    there = Thermal(IsingChain(spec.sites, 1.0, 1.5), 0.8)
    both = {
        "entropy": [entropy(eta), entropy(here)],
        "cross entropy with (J, h, β) = (1, 1.5, 0.8)": [
            cross_entropy(eta, sigma),
            cross_entropy(here, there),
        ],
    }
    deviation = max(abs(dense - fermions) for dense, fermions in both.values())
    values = {name: float(dense) for name, (dense, _) in both.items()}
    return {**values, "largest deviation from free fermions": float(deviation)}


# --- (b) images ---------------------------------------------------------------------------------


def images(spec: Spec, record: Record) -> Outcome:
    """Learn digits by maximum likelihood, and compare on images that were held back."""
    shuffled = np.random.default_rng(spec.seed).permutation(digits())
    train, test = np.split(shuffled, [3 * len(shuffled) // 4])
    machine = BornMachine(strongly_entangling(train.shape[1], spec.image_layers))
    objective = measured_likelihood(machine, train)
    settings = {"optimizer": "adam", "steps": spec.image_steps}
    starts = range(spec.seed, spec.seed + spec.image_starts)
    results = [record.fit(objective, part=f"images/{s}", seed=s, **settings) for s in starts]
    result = min(results, key=lambda result: result.estimate.value)
    laws = {
        "Born machine": np.asarray(machine.probabilities(result.params)),
        "tree": chow_liu(train).probabilities(),
        "product": product(train).probabilities(),
    }
    rows: dict[str, Any] = {"training images": len(train), "test images": len(test)}
    rows["entropy, training"] = result.floor
    for name, law in laws.items():
        for part, bits in {"training": train, "test": test}.items():
            rows[f"{name}, {part}"] = likelihood(bits, law)
    rows["gain over the tree, test"], rows["its standard error"] = gain(
        laws, empirical(test), len(test)
    )
    report = {"Handwritten digits, 3×3 pixels (nats an image)": rows}
    return Outcome(
        report, {"params": result.params, "data": empirical(train), **laws}, result.history
    )


def likelihood(bits: np.ndarray, law: np.ndarray) -> float:
    """Return the negative log-likelihood an image."""
    return float(qce.classical.cross_entropy(empirical(bits), law, check=False))


def gain(laws: dict[str, np.ndarray], seen: np.ndarray, count: int) -> tuple[float, float]:
    """Return how much better than the tree the Born machine predicts an image, and the error."""
    kept = seen > 0
    difference = np.log(laws["Born machine"][kept]) - np.log(laws["tree"][kept])
    mean = float(seen[kept] @ difference)
    variance = float(seen[kept] @ (difference - mean) ** 2)
    return mean, (variance / (count - 1)) ** 0.5


# --- (c) the classical limit ----------------------------------------------------------------------


def limits(spec: Spec, record: Record) -> Outcome:
    """Check every pair of twins."""
    del record
    check = qce.limits.check(seed=spec.seed)
    rows = {
        "limits that hold": f"{sum(c.passed for c in check.checks)} of {len(check.checks)}",
        "largest deviation": max(c.deviation for c in check.checks),
        "passed": check.passed,
    }
    return Outcome({"Classical limit": rows}, {}, {**check.dephasing, **check.training})


# --- the rest -------------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw what was learned, from what was saved."""
    figure = plt.figure(figsize=(2 * plots.COLUMN, 1.35 * plots.COLUMN))
    (left, right), (low_left, low_right) = figure.subfigures(2, 2)
    _draw_chain(left.subplots(), outcome)
    _draw_likelihood(right.subplots(), outcome)
    _draw_images(low_left, outcome.parameters)
    path = {k.removeprefix("limits/"): x for k, x in outcome.history.items() if "limits/" in k}
    axes = low_right.subplots()
    plots.dephasing(axes, path)
    axes.set_title("(d) dephasing, from quantum to classical")
    return figure


def _draw_chain(axes: Any, outcome: Outcome) -> None:
    rows = next(iter(outcome.report.values()))
    steps, loss = outcome.history["chain/step"], outcome.history["chain/loss"]
    plots.excess(
        axes, steps, loss, rows["entropy of the state"], label="thermal model", color=plots.BLUE
    )
    product_state = rows["distance of the best product state"]
    axes.axhline(product_state, color=plots.GREY, linestyle=":", label="best product state")
    axes.set(title="(a) thermal state of the Ising chain", ylabel="above the entropy (nats)")
    axes.legend()


def _draw_likelihood(axes: Any, outcome: Outcome) -> None:
    rows = outcome.report["Handwritten digits, 3×3 pixels (nats an image)"]
    plots.history(
        axes, outcome.history["images/step"], outcome.history["images/loss"], label="Born machine"
    )
    lines = {
        "product": (plots.ORANGE, "--"),
        "tree": (plots.GREEN, "-."),
        "entropy": (plots.GREY, ":"),
    }
    for name, (color, line) in lines.items():
        axes.axhline(rows[f"{name}, training"], color=color, linestyle=line, label=name)
    axes.set(title="(b) digits of 3×3 pixels, training", ylabel="nats an image")
    axes.set_ylim(rows["entropy, training"] - 0.1, rows["product, training"] + 0.4)
    axes.legend(ncols=2)


def _draw_images(figure: Any, parameters: dict[str, Any]) -> None:
    """Show the eight likeliest images, of the data and of each model."""
    laws = {"data": "data", "Born machine": "Born\nmachine", "tree": "tree"}
    for row, (name, label) in zip(figure.subplots(len(laws), 8), laws.items(), strict=True):
        likeliest = np.argsort(-parameters[f"images/{name}"], kind="stable")[: len(row)]
        for axes, index in zip(row, likeliest, strict=True):
            pixels = (index >> np.arange(9)[::-1]) & 1
            axes.imshow(pixels.reshape(3, 3), cmap="Greys", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
        row[0].set_ylabel(label, rotation=0, ha="right", va="center")
    figure.suptitle("(c) the likeliest images", fontsize=8)
