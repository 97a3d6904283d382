"""States of many wires from outcomes in product Pauli bases: fidelity and time by wires.

GHZ and cluster states, the thermal state of the cluster Hamiltonian, all known exactly as chains of
bond 2, and that of an Ising chain in transverse fields that differ from wire to wire, known to 1e-5
as a chain of bond 6, so that outcomes are drawn and states compared at any number of wires. A
tenth of the shots is taken with the same letter on all wires, X, Y or Z: what holds a GHZ state
together shows nowhere else. The others have a letter drawn at random for each wire and shot. The
reconstruction is given the outcomes and nothing else. Times are of a processor, compilation
included.

    qce run chain_tomography                                all states on 16, 32 and 64 wires
    qce run chain_tomography --states thermal --wires 64 --shots 1000000
    qce run chain_tomography --states ising                 correlations over several wires
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np

from qce import data, plots, quantum
from qce.models import PurifiedChain
from qce.runs import Outcome, Record, setting
from qce.tomography import ChainReconstruction, reconstruct_chain

State = Literal["ghz", "cluster", "thermal", "ising"]


BOND, STEP = 6, 0.01  # of the Ising chain in imaginary time


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    states: tuple[State, ...] = setting(("ghz", "cluster", "thermal"), "any of these, and ising")
    wires: tuple[int, ...] = setting((16, 32, 64), "numbers of wires", least=3)
    shots: int = setting(100_000, "outcomes of each state", least=100)
    alike: float = setting(0.1, "share of shots with one letter on all wires", least=0, most=1)
    beta: float = setting(1.0, "inverse temperature of thermal states", least=0)
    epochs: int = setting(0, "passes through the outcomes; 0 for as many as usual", least=0)
    samples: int = setting(0, "sets of data for error bars; 0 for none", least=0)
    seed: int = setting(0, "of outcomes and trainings", least=0)


@dataclass(frozen=True)
class Truth:
    """A state that outcomes are drawn from."""

    model: PurifiedChain
    params: np.ndarray

    def similarity(self, found: ChainReconstruction) -> Callable[[np.ndarray], float]:
        """Tr ρσ over the root of both purities, as a function of parameters."""
        return lambda params: float(found.model.similarity(params, self.model, self.params))


def run(spec: Spec, *, record: Record) -> Outcome:
    """Learn every state at every number of wires."""
    report: dict[str, Any] = {}
    history: dict[str, list[float]] = {}
    for name in spec.states:
        for wires in spec.wires:
            rows = learned(spec, truth(spec, name, wires), record.progress)
            report[f"{name}, {wires} wires, {spec.shots} shots"] = rows
            record.metrics(part=name, step=wires, loss=rows["outcomes set apart (nats)"])
            for key, label in (("similarity", "similarity"), ("processor time (s)", "seconds")):
                history.setdefault(f"{name}/{label}", []).append(float(rows[key]))
    kept = {key: np.array(values) for key, values in history.items()}
    return Outcome(report, {}, kept | {"wires": np.array(spec.wires)}, "exact likelihood (JAX)")


def truth(spec: Spec, name: State, wires: int) -> Truth:
    """The chain that is known."""
    if name == "ghz":
        return Truth(*PurifiedChain.ghz(wires))
    if name == "cluster":
        return Truth(*PurifiedChain.cluster(wires))
    if name == "ising":
        return ising(wires, spec.beta, spec.seed)
    return Truth(*PurifiedChain.cluster(wires, beta=spec.beta))


def ising(wires: int, beta: float, seed: int) -> Truth:
    """The thermal state of −Σ Z Z − Σ h X, with fields h drawn from 0.5 to 1.5.

    e^(−βH/2) grows from the identity in imaginary time, by a product of fields, couplings and
    fields a step, and is read as a pure state of wires and as many purifying values.
    """
    steps = max(1, round(beta / 2 / STEP))
    time = beta / 2 / steps
    x, z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    fields = np.random.default_rng(seed).uniform(0.5, 1.5, wires) * time / 2
    turns = [np.cosh(h) * np.eye(2) + np.sinh(h) * x for h in fields]
    # e^(t ZZ) = cosh t + sinh t ZZ: what the two wires of a bond have of it.
    halves = np.sqrt(np.cosh(time)) * np.eye(2), np.sqrt(np.sinh(time)) * z
    tensors = [np.eye(2).reshape(1, 2, 2, 1)] * wires  # left, bit, purifying, right
    for _ in range(steps):
        tensors = [np.einsum("st,ltar->lsar", *pair) for pair in zip(turns, tensors, strict=True)]
        for k in range(wires):
            lefts = halves if k else [np.eye(2)]
            rights = halves if k < wires - 1 else [np.eye(2)]
            gate = np.array([[a @ b for b in rights] for a in lefts])
            grown = np.einsum("ijst,ltar->lisarj", gate, tensors[k])
            size = len(lefts) * len(tensors[k])
            tensors[k] = grown.reshape(size, 2, 2, -1)
        tensors = [np.einsum("st,ltar->lsar", *pair) for pair in zip(turns, tensors, strict=True)]
        tensors = shortened(tensors)
    model = PurifiedChain(wires, BOND, purification=2)
    filled = np.zeros((wires, 2, 2, BOND, BOND))
    for k, tensor in enumerate(tensors):
        filled[k, :, :, : len(tensor), : tensor.shape[3]] = tensor.transpose(2, 1, 0, 3)
    return Truth(model, np.concatenate([filled.ravel(), np.zeros(filled.size)]))


def shortened(tensors: list[np.ndarray]) -> list[np.ndarray]:
    """Cut bonds down to the largest singular values, of a state of norm 1."""
    found = list(tensors)
    for k in range(len(found) - 1, 0, -1):
        q, r = np.linalg.qr(found[k].reshape(len(found[k]), -1).T)
        found[k] = q.T.reshape(-1, 2, 2, found[k].shape[3])
        found[k - 1] = found[k - 1] @ r.T
    found[0] = found[0] / np.linalg.norm(found[0])
    for k in range(len(found) - 1):
        left, right = len(found[k]), found[k].shape[3]
        u, s, v = np.linalg.svd(found[k].reshape(-1, right), full_matrices=False)
        kept = min(BOND, int((s > 1e-14 * s[0]).sum()))
        weights = s[:kept] / np.linalg.norm(s[:kept])
        found[k] = u[:, :kept].reshape(left, 2, 2, kept)
        found[k + 1] = np.einsum("kr,rsam->ksam", weights[:, None] * v[:kept], found[k + 1])
    return found


def outcomes(spec: Spec, state: Truth) -> data.PauliOutcomes:
    """Settings drawn at random, a share of them alike on all wires; and exact draws."""
    wires = state.model.wires
    settings = data.random_settings(wires, spec.shots, spec.seed)
    alike = round(spec.alike * spec.shots)
    settings[:alike] = settings[:alike, :1]
    return data.PauliOutcomes(
        settings, state.model.sample(state.params, spec.shots, spec.seed, settings)
    )


def learned(spec: Spec, state: Truth, progress: bool) -> dict[str, float]:
    """What is found from outcomes of one state, beside what is true."""
    seen = outcomes(spec, state)
    begun = time.process_time()
    found = reconstruct_chain(seen, epochs=spec.epochs or None, seed=spec.seed, progress=progress)
    seconds = time.process_time() - begun
    judges = seen.split(0.1, spec.seed)[1]  # as `reconstruct_chain` sets apart
    exact = -state.model.log_prob(state.params, judges.bits, judges.settings).mean()
    similarity = state.similarity(found)
    rows = {
        "similarity": similarity(found.params),
        "least fidelity of three neighbours": neighbours(state, found),
        "purity": float(found.model.purity(found.params)),
        "true purity": float(state.model.purity(state.params)),
        "outcomes set apart (nats)": found.result.validation.value,
        "the same, true state (nats)": float(exact),
        "bond": found.model.bond,
        "purification": found.model.purification,
        "processor time (s)": seconds,
    }
    if spec.samples > 1:
        bar = found.error_bars({"F": similarity}, samples=spec.samples, seed=spec.seed)["F"]
        low, high = bar.interval()
        rows |= {"similarity, error": bar.stderr, "from": low, "to": high}
    return rows


def neighbours(state: Truth, found: ChainReconstruction) -> float:
    """The least fidelity Tr² √(√ρ σ √ρ) of the reduced states of three neighbouring wires."""
    places = range(found.model.wires - 2)
    return min(
        float(
            quantum.fidelity(
                np.asarray(found.model.reduced(found.params, wires), dtype=complex),
                np.asarray(state.model.reduced(state.params, wires), dtype=complex),
            )
        )
        for wires in ([k, k + 1, k + 2] for k in places)
    )


def draw(outcome: Outcome) -> Any:
    """Draw what is missing of the fidelity, and the time, by wires."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(2 * plots.COLUMN, 0.8 * plots.COLUMN), width_ratios=(1, 1)
    )
    found, wires = outcome.history, outcome.history["wires"]
    names = [key.partition("/")[0] for key in found if key.endswith("/seconds")]
    for name, marker in zip(names, "os^", strict=False):
        left.plot(wires, 1 - found[f"{name}/similarity"], marker=marker, label=name)
        right.plot(wires, found[f"{name}/seconds"], marker=marker, label=name)
    left.set(xlabel="wires", ylabel="1 − similarity", yscale="log")
    right.set(xlabel="wires", ylabel="processor time (s)")
    for axes in (left, right):
        axes.set_xticks(wires)
    left.legend()
    return figure
