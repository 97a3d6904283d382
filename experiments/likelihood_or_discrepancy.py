"""One IQP circuit, one data set, two losses: exact likelihood, and exact mean discrepancy.

Both train the same circuit from the same starts, without noise, by the same optimiser, and choose
start and step by the likelihood of rows held back. The likelihood also chooses there how many bits
of the training rows are flipped, which keeps it from learning single rows; the discrepancy is
tried with several bandwidths of its kernel. All are judged by the exact likelihood of test rows,
beside classical models: independent bits, the best tree of pairs, and a Boltzmann machine with all
fields and couplings. With `refit` the rows held back train too in the end, from the start and for
as many steps as they chose. Where `published` names a file of angles that others found by
discrepancy, they are judged too.

    qce run likelihood_or_discrepancy                     strings of an Ising ring, drawn here
    qce run likelihood_or_discrepancy --data table.csv    a third of the rows is kept for the test

A file may also have its own `train` and `test`. Where a state vector is too long, the discrepancy
is estimated from moments, `qce.objectives.moment_discrepancy`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from scipy.optimize import minimize

import qce
from qce.data import empirical, load_bits
from qce.losses import maximum_mean_discrepancy
from qce.models import IQP, chow_liu, product
from qce.reproduce import drawn_by
from qce.reproduce.statistics import compared, scatter
from qce.runs import Outcome, Record, setting

LIKELIHOOD = "IQP, likelihood"
LAW = "law of the ring"
Parts = tuple[np.ndarray, np.ndarray, np.ndarray]
Way = tuple[float | None, float]  # width of the kernel, None for likelihood; share of bits flipped


class Run(NamedTuple):
    """A training: the least surprise of held rows, its angles and step, and the last angles."""

    held: float
    angles: np.ndarray
    step: int
    last: np.ndarray


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data: str = setting("", "file of bits, as qce.data.load_bits reads it; none: rings are drawn")
    published: str = setting("", "npz with published_params, max_weight, spin_flip_symmetric")
    seeds: int = setting(20, "of rings or rows kept for the test, rows held, starts", least=1)
    weight: int = setting(3, "most wires of a gate", least=1)
    spin_flip: bool = setting(False, "whether a string and its complement are equally likely")
    tries: int = setting(
        2, "starts, by covariances of the data and near the uniform law, in turn", least=1
    )
    steps: int = setting(200, "of L-BFGS", least=1)
    flips: tuple[float, ...] = setting(
        (0.0, 0.01), "share of bits, to choose from", least=0, most=0.5
    )
    widths: tuple[float, ...] = setting(
        (0.25, 0.1, 0.05), "of the kernels of the discrepancy, over the wires", least=1e-3
    )
    held: float = setting(
        0.1, "share of the training rows that chooses the step", above=0, most=0.5
    )
    refit: bool = setting(
        False, "whether all training rows train once more, by what the held ones chose"
    )
    wires: int = setting(10, "of the rings that are drawn", least=3, most=16)
    rows: int = setting(3000, "of each ring that are drawn, for training and for test", least=10)
    temperature: float = setting(2.0, "of the rings", unit="J", above=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train by both losses, fit the classical models, and judge all on test rows, seed by seed."""
    surprises: dict[str, list[np.ndarray]] = {}
    for seed in range(spec.seeds):
        if record.progress:
            print(f"likelihood_or_discrepancy: {seed + 1} of {spec.seeds}", file=sys.stderr)
        parts = split(spec, seed)
        model = circuit(spec, parts[0].shape[1])
        found = quantum(spec, model, parts, seed) | classical(*parts)
        if not spec.data:
            found[LAW] = surprise(law(spec), parts[-1])
        for name, values in found.items():
            surprises.setdefault(name, []).append(values)
    means = {name: np.mean(values, axis=1) for name, values in surprises.items()}
    sizes = dict(zip(("kept", "held", "test"), map(len, parts), strict=True))
    report: dict[str, dict[str, Any]] = {
        "Test rows, −ln p (nats)": {
            row: value for each in means.items() for row, value in scatter(*each).items()
        },
        "Above exact likelihood (nats)": differences(surprises),
        "Circuit": {"wires": model.wires, "gates": model.size, **sizes},
    }
    if not spec.data:
        entropy = float(qce.classical.entropy(law(spec)))
        report["Law of the ring (nats)"] = {f"entropy, {spec.wires} wires": entropy}
    return Outcome(report, {}, means, "Walsh-Hadamard transforms (JAX, 64 bit)")


# --- data and circuit -----------------------------------------------------------------------------


def split(spec: Spec, seed: int) -> Parts:
    """Rows that train, rows held back, and test rows."""
    rng = np.random.default_rng(seed)
    training, test = drawn(spec, rng) if not spec.data else rows_of(spec, rng)
    order = rng.permutation(len(training))
    count = max(2, round(spec.held * len(training)))
    return training[order[count:]], training[order[:count]], test


def drawn(spec: Spec, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Strings of the Ising ring, exactly."""
    strings = every(spec.wires)[rng.choice(2**spec.wires, 2 * spec.rows, p=law(spec))]
    return strings[: spec.rows], strings[spec.rows :]


def law(spec: Spec) -> np.ndarray:
    """Probabilities of the ring's strings."""
    spins = 1 - 2 * every(spec.wires)
    weights = np.exp((spins * np.roll(spins, 1, axis=1)).sum(axis=1) / spec.temperature)
    return weights / weights.sum()


def every(wires: int) -> np.ndarray:
    """All strings, `(2^n, n)`, wire 0 first."""
    return (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1


def rows_of(spec: Spec, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows of a file: its own, or a third kept for the test."""
    if spec.data.endswith(".npz"):
        with np.load(spec.data) as file:
            if {"train", "test", "wires"} <= set(file):
                bits = [np.unpackbits(file[part], axis=1) for part in ("train", "test")]
                wires = int(file["wires"])
                return bits[0][:, :wires], bits[1][:, :wires]
    found = load_bits(spec.data)
    if not isinstance(found, np.ndarray):
        return found.train, found.test
    rows, part = rng.permutation(found), len(found) // 3
    return rows[part:], rows[:part]


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
    rng = np.random.default_rng((seed, kind))
    weights = np.array([len(gate) for gate in model.gates])
    noise = rng.normal(size=model.size)
    if kind % 2:
        return np.where(weights == 1, np.pi / 4, 0.0) + np.where(weights < 3, 0.2, 0.002) * noise
    covariance = np.cov(1.0 - 2.0 * bits, rowvar=False)
    pairs = [0.3 * covariance[gate] if len(gate) == 2 else 0.0 for gate in model.gates]
    return np.where(weights == 1, 0.2, pairs) + np.where(weights < 3, 0.05, 0.002) * noise


def blurred(bits: np.ndarray, share: float) -> np.ndarray:
    """The law of rows in which each bit is flipped with a probability."""
    found = empirical(bits).reshape((2,) * bits.shape[1])
    for wire in range(bits.shape[1]):
        found = (1 - share) * found + share * np.flip(found, wire)
    return found.reshape(-1)


def surprise(p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """−ln p of rows, from the probabilities of all strings."""
    with np.errstate(divide="ignore"):
        return -np.log(p[rows @ (1 << np.arange(rows.shape[1])[::-1])])


# --- training -------------------------------------------------------------------------------------


def quantum(spec: Spec, model: IQP, parts: Parts, seed: int) -> dict[str, np.ndarray]:
    """Surprise of the test rows under the circuit, by both losses and at the angles of others."""
    test = parts[-1]
    ways: dict[str, list[Way]] = {LIKELIHOOD: [(None, share) for share in spec.flips]}
    for width in spec.widths:
        ways[f"IQP, discrepancy, {width:g} n"] = [(width * model.wires, 0.0)]
    found = {}
    for name, choices in ways.items():
        angles = chosen(spec, model, parts, seed, choices)
        found[name] = surprise(np.asarray(model.probabilities(angles)), test)
    if spec.published:
        with np.load(spec.published) as file:
            p = np.asarray(model.probabilities(file["published_params"]))
        found["IQP, published angles"] = surprise(p, test)
    return found


def chosen(spec: Spec, model: IQP, parts: Parts, seed: int, ways: list[Way]) -> np.ndarray:
    """Angles by the way, start and step that suit the held rows best."""
    kept, held, _ = parts

    def trained(rows: np.ndarray, way: Way, kind: int, steps: int) -> Run:
        width, share = way
        begin = start(model, rows, seed, kind)
        return train(model, begin, width, blurred(rows, share), empirical(held), steps)

    runs = [
        (trained(kept, way, kind, spec.steps), way, kind)
        for way in ways
        for kind in range(spec.tries)
    ]
    best, way, kind = min(runs, key=lambda run: run[0].held)
    if not spec.refit:
        return best.angles
    return trained(np.concatenate([kept, held]), way, kind, best.step).last


def train(
    model: IQP,
    begin: np.ndarray,
    width: float | None,
    goal: np.ndarray,
    held: np.ndarray,
    steps: int,
) -> Run:
    """Train, and find the step at which held rows are least surprised.

    Data are an argument of what is compiled, so that all seeds share it.
    """
    looks: list[tuple[float, np.ndarray]] = []

    def follow(angles: np.ndarray) -> None:
        looks.append((float(judged(model, angles, held)), angles.copy()))

    def loss(angles: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = value_and_slope(model, width, angles, goal)
        return float(value), np.asarray(slope)

    with jax.enable_x64(True):
        follow(begin)
        # A discrepancy is a small number: it is followed until rounding ends it.
        options = {"maxiter": steps, "ftol": 1e-13, "gtol": 1e-9}
        if steps:
            minimize(loss, begin, jac=True, method="L-BFGS-B", callback=follow, options=options)
    step = min(range(len(looks)), key=lambda k: looks[k][0])
    return Run(*looks[step], step, looks[-1][1])


@partial(jax.jit, static_argnames=("model", "width"))
def value_and_slope(model: IQP, width: float | None, angles: Any, goal: Any) -> Any:
    """The discrepancy of a bandwidth, or where there is none the likelihood, and its derivative."""

    def loss(angles: Any) -> Any:
        p = model.probabilities(angles)
        if width is None:
            return qce.classical.cross_entropy(goal, p, check=False)
        return maximum_mean_discrepancy(goal, p, bandwidths=width, check=False)

    return jax.value_and_grad(loss)(angles)


@partial(jax.jit, static_argnames="model")
def judged(model: IQP, angles: Any, rows: Any) -> Any:
    """Surprise of rows."""
    return qce.classical.cross_entropy(rows, model.probabilities(angles), check=False)


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
    pairs = np.triu_indices(kept.shape[1], 1)

    def features(bits: np.ndarray) -> np.ndarray:
        s = 1.0 - 2.0 * bits
        return np.concatenate([s, s[:, pairs[0]] * s[:, pairs[1]]], axis=1)

    everything = features(every(kept.shape[1]))
    means = features(kept).mean(axis=0)

    def loss(x: np.ndarray, decay: float) -> tuple[float, np.ndarray]:
        energies = everything @ x
        top = energies.max()
        weights = np.exp(energies - top)
        total = weights.sum()
        value = top + np.log(total) - x @ means + decay * x @ x
        return value, weights @ everything / total - means + 2 * decay * x

    def surprises(x: np.ndarray, bits: np.ndarray) -> np.ndarray:
        return loss(x, 0.0)[0] + x @ means - features(bits) @ x

    begin = np.zeros(everything.shape[1])
    fits = [
        minimize(loss, begin, (decay,), "L-BFGS-B", jac=True, options={"maxiter": 200}).x
        for decay in (0.0, 1e-4, 1e-3)
    ]
    return surprises(min(fits, key=lambda x: surprises(x, held).mean()), test)


def differences(surprises: dict[str, list[np.ndarray]]) -> dict[str, float]:
    """How much worse than the circuit by likelihood; negative where a model is better.

    Seed by seed; and the error that the number of test rows leaves, row by row.
    """
    rows: dict[str, float] = {}
    for name, values in surprises.items():
        if name == LIKELIHOOD:
            continue
        apart = np.array(values) - np.array(surprises[LIKELIHOOD])
        means = [np.mean(each, axis=1) for each in (values, surprises[LIKELIHOOD])]
        rows |= compared(name, *means)
        rows[f"{name}, share of seeds worse"] = float(np.mean(means[0] > means[1]))
        errors = apart.std(axis=1, ddof=1) / apart.shape[1] ** 0.5
        rows[f"{name}, error of the rows"] = float(errors.mean())
    return rows


draw = drawn_by("likelihood_or_discrepancy")
