"""One IQP circuit, one data set, two losses: exact likelihood, and mean discrepancy from moments.

Both begin at the same angles and choose start and step on rows held back; the likelihood also
chooses there how many bits of the training rows are flipped, which keeps it from learning single
rows. Both are judged by the exact likelihood of test rows, beside classical models: independent
bits, the best tree of pairs, and a Boltzmann machine with all fields and couplings. Where
`published` names a file of angles that others found by discrepancy, they are judged too.

Data of your own: `--data table.csv` (a third of the rows is kept for the test), or a file with
`train` and `test`; without any, strings of an Ising model on a ring, drawn here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

import qce
from qce import plots
from qce.data import empirical, load_bits
from qce.models import IQP, chow_liu, product
from qce.objectives import measured_likelihood, moment_discrepancy
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "file of bits, as qce.data.load_bits reads it; none: a ring is drawn")
    published: str = setting("", "npz with published_params, max_weight, spin_flip_symmetric")
    seed: int = setting(0, "of start, rows held back and moments", least=0)
    weight: int = setting(3, "most wires of a gate", least=1)
    spin_flip: bool = setting(False, "whether a string and its complement are equally likely")
    starts: int = setting(
        2, "by covariances of the data and near the uniform law, in turn", least=1
    )
    steps: int = setting(300, "of L-BFGS by likelihood", least=1)
    flips: tuple[float, ...] = setting(
        (0.0, 0.01), "share of bits, to choose from", least=0, most=0.5
    )
    moment_steps: int = setting(200, "of Adam by discrepancy", least=1)
    reach: float = setting(
        0.2, "of Adam: learning rate times the root of the number of gates", above=0
    )
    operators: int = setting(500, "sets of wires a step of the discrepancy, a multiple of 20")
    held: float = setting(
        0.1, "share of the training rows that chooses the step", above=0, most=0.5
    )
    wires: int = setting(10, "of the ring that is drawn", least=3, most=16)
    rows: int = setting(3000, "of the ring that are drawn, for training and for the test", least=10)
    temperature: float = setting(2.0, "of the ring", unit="J", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train by both losses, fit the classical models, and judge all on test rows."""
    training, test = rows_of(spec)
    order = np.random.default_rng(spec.seed).permutation(len(training))
    count = max(2, round(spec.held * len(training)))
    held, kept = training[order[:count]], training[order[count:]]
    model = circuit(spec, training.shape[1])
    moments = moment_discrepancy(model, kept, operators=spec.operators, seed=spec.seed)
    adam = {"steps": spec.moment_steps, "learning_rate": spec.reach / model.size**0.5}
    newton = {"optimizer": "lbfgs", "steps": spec.steps}
    exact = [measured_likelihood(model, blurred(kept, share)) for share in spec.flips]
    ways: dict[str, list[tuple[Any, dict[str, Any]]]] = {
        "likelihood": [(objective, newton) for objective in exact],
        "discrepancy": [(moments, {"optimizer": "adam", **adam})],
    }
    parameters, history = {}, {}
    surprises: dict[str, np.ndarray] = {}
    for name, choices in ways.items():
        runs = [
            train(objective, model, start(model, kept, spec.seed + k, k), how, (kept, held))
            for objective, how in choices
            for k in range(spec.starts)
        ]
        found, curve = min(runs, key=lambda run: np.nanmin(run[1][:, 1]))
        parameters[name], history[f"{name}/nll"] = found, curve
        surprises[f"IQP, {name}"] = -model.log_prob(found, test)
        record.metrics(part=name, step=len(curve), loss=float(np.nanmin(curve[:, 1])))
    if spec.published:
        surprises["IQP, published angles"] = published(spec, model, test)
    surprises |= classical(kept, held, test)
    report = {"Test rows, −ln p (nats)": summary(surprises)}
    report["Above exact likelihood (nats)"] = differences(surprises, "IQP, likelihood")
    report["Circuit"] = {"wires": model.wires, "gates": model.size}
    return Outcome(report, parameters, history, "Walsh-Hadamard transforms (JAX, 64 bit)")


# --- data and circuit -----------------------------------------------------------------------------


def rows_of(spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows."""
    if not spec.data:
        drawn = ring(spec.wires, spec.temperature, 2 * spec.rows, spec.seed)
        return drawn[: spec.rows], drawn[spec.rows :]
    with_parts = load_file(spec.data)
    if isinstance(with_parts, tuple):
        return with_parts
    order = np.random.default_rng(spec.seed).permutation(len(with_parts))
    part = len(order) // 3
    return with_parts[order[part:]], with_parts[order[:part]]


def load_file(path: str) -> Any:
    """Rows, or training and test rows where a file holds both."""
    if path.endswith(".npz"):
        with np.load(path) as file:
            if {"train", "test", "wires"} <= set(file):
                wires = int(file["wires"])
                return tuple(
                    np.unpackbits(file[part], axis=1)[:, :wires] for part in ("train", "test")
                )
    found = load_bits(path)
    return found if isinstance(found, np.ndarray) else (found.train, found.test)


def ring(wires: int, temperature: float, rows: int, seed: int) -> np.ndarray:
    """Strings of the Ising ring, exactly."""
    every = (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1
    spins = 1 - 2 * every
    weights = np.exp((spins * np.roll(spins, 1, axis=1)).sum(axis=1) / temperature)
    return every[np.random.default_rng(seed).choice(len(every), rows, p=weights / weights.sum())]


def circuit(spec: Spec, wires: int) -> IQP:
    """All gates up to a weight; those of the published angles where there are any."""
    if not spec.published:
        return IQP.up_to(wires, spec.weight, spec.spin_flip)
    with np.load(spec.published) as file:
        return IQP.up_to(wires, int(file["max_weight"]), bool(file["spin_flip_symmetric"]))


def start(model: IQP, bits: np.ndarray, seed: int, kind: int) -> np.ndarray:
    """Angles to begin with: small fields and couplings by covariances, or near the uniform law.

    At the uniform law itself gates on two wires have no slope, and so there is noise.
    """
    rng = np.random.default_rng(seed)
    weights = np.array([len(gate) for gate in model.gates])
    noise = rng.normal(size=model.size)
    if kind % 2:
        return np.where(weights == 1, np.pi / 4, 0.0) + np.where(weights < 3, 0.2, 0.002) * noise
    covariance = np.cov(1.0 - 2.0 * bits, rowvar=False)
    pairs = [0.3 * covariance[gate] if len(gate) == 2 else 0.0 for gate in model.gates]
    return np.where(weights == 1, 0.2, pairs) + np.where(weights < 3, 0.05, 0.002) * noise


def blurred(bits: np.ndarray, share: float) -> np.ndarray:
    """The law of rows in which each bit is flipped with a probability."""
    law = empirical(bits).reshape((2,) * bits.shape[1])
    for wire in range(bits.shape[1]):
        law = (1 - share) * law + share * np.flip(law, wire)
    return law.reshape(-1)


# --- training -------------------------------------------------------------------------------------


def train(
    objective: Any,
    model: IQP,
    begin: np.ndarray,
    how: dict[str, Any],
    parts: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """The angles of the step with the likeliest held rows, and both likelihoods every few steps."""
    with jax.enable_x64(True):
        judge = jax.jit(lambda x: jnp.stack([-model.log_prob(x, part).mean() for part in parts]))
    points: list[np.ndarray] = [begin]

    def follow(step: int, loss: float, params: np.ndarray) -> None:
        points.append(params)

    every = max(1, how["steps"] // 50)
    qce.fit(objective, begin, progress=False, callback=follow, callback_every=every, **how)
    with jax.enable_x64(True):
        curve = np.array([judge(point) for point in points])
    return points[int(np.nanargmin(curve[:, 1]))], curve


def published(spec: Spec, model: IQP, test: np.ndarray) -> np.ndarray:
    """Surprise of the test rows at angles of others."""
    with np.load(spec.published) as file:
        return -model.log_prob(file["published_params"], test)


# --- classical models -----------------------------------------------------------------------------


def classical(kept: np.ndarray, held: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Surprise of the test rows under classical models of the training rows."""
    candidates = (0.01, 0.1, 1.0, 5.0)

    def best(fit: Callable[..., Any]) -> Any:
        models = [fit(kept, smoothing=a) for a in candidates]
        return max(models, key=lambda m: float(np.mean(m.log_prob(held))))

    return {
        "independent bits": -np.asarray(best(product).log_prob(test)),
        "Chow-Liu tree": -np.asarray(best(chow_liu).log_prob(test)),
        "Boltzmann machine": boltzmann(kept, held, test),
    }


def boltzmann(kept: np.ndarray, held: np.ndarray, test: np.ndarray) -> np.ndarray:
    """A classical Ising model by exact likelihood, its decay chosen by the held rows."""
    wires = kept.shape[1]
    pairs = np.triu_indices(wires, 1)

    def features(bits: np.ndarray) -> np.ndarray:
        s = 1.0 - 2.0 * bits
        return np.concatenate([s, s[:, pairs[0]] * s[:, pairs[1]]], axis=1)

    every = features((np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1)
    means = features(kept).mean(axis=0)

    def loss(x: np.ndarray, decay: float) -> tuple[float, np.ndarray]:
        energies = every @ x
        top = energies.max()
        weights = np.exp(energies - top)
        total = weights.sum()
        value = top + np.log(total) - x @ means + decay * x @ x
        return value, weights @ every / total - means + 2 * decay * x

    def surprise(x: np.ndarray, bits: np.ndarray) -> np.ndarray:
        return loss(x, 0.0)[0] + x @ means - features(bits) @ x

    start = np.zeros(every.shape[1])
    fits = [
        minimize(loss, start, (decay,), "L-BFGS-B", jac=True, options={"maxiter": 200}).x
        for decay in (0.0, 1e-4, 1e-3)
    ]
    return surprise(min(fits, key=lambda x: surprise(x, held).mean()), test)


def summary(surprises: dict[str, np.ndarray]) -> dict[str, float]:
    """Means and their standard errors."""
    found = {}
    for name, values in surprises.items():
        found[name] = float(values.mean())
        found[f"{name}, error"] = float(values.std(ddof=1) / len(values) ** 0.5)
    return found


def differences(surprises: dict[str, np.ndarray], than: str) -> dict[str, float]:
    """How much worse, row by row, where errors of the rows cancel; negative where it is better."""
    others = {name: values - surprises[than] for name, values in surprises.items() if name != than}
    return summary(others)


# --- figure ---------------------------------------------------------------------------------------


def draw(outcome: Outcome) -> Any:
    """Draw both trainings, and what every model is worth on test rows."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * plots.COLUMN, 0.9 * plots.COLUMN))
    styles = {"likelihood": (plots.BLUE, "-"), "discrepancy": (plots.ORANGE, "--")}
    for name, (color, line) in styles.items():
        kept, held = outcome.history[f"{name}/nll"].T
        share = np.linspace(0, 1, len(kept))
        left.plot(share, held, line, color=color, label=f"by {name}")
        left.plot(share, kept, line, color=color, alpha=0.4, linewidth=0.8)
    left.set(xlabel="share of the steps", ylabel="exact −ln p (nats)")
    left.set_title("(a) held rows; pale: training rows")
    left.legend()
    rows = outcome.report["Test rows, −ln p (nats)"]
    names = [name for name in rows if not name.endswith(", error")]
    names.sort(key=lambda name: -rows[name])
    errors = [2 * rows[f"{name}, error"] for name in names]
    colors = [plots.BLUE if name.startswith("IQP") else plots.GREY for name in names]
    right.barh(range(len(names)), [rows[name] for name in names], xerr=errors, color=colors)
    right.set_yticks(range(len(names)), names)
    least = min(rows[name] for name in names)
    right.set_xlim(left=0.8 * least)
    right.set(xlabel="test rows, −ln p (nats)", title="(b) two standard errors")
    return figure
