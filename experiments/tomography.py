"""Find states by maximum likelihood, each with a proof of how close to the best it is.

Two published count vectors, of a qubit and of a pair, by three methods; and a noisy W state from
simulated counts of all Pauli bases. The likelihood is the classical cross entropy of frequencies
and Born probabilities; its distance to the best is bounded at every step.
"""

from dataclasses import dataclass

import numpy as np

from qce import quantum
from qce.reproduce import drawn_by
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, setting
from qce.tomography import Povm, Reconstruction, reconstruct, simulate_pauli


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    wires: int = setting(6, "of the W state", least=2, most=8)
    shots: int = setting(100, "outcomes of each of the 3^n Pauli bases", least=1)
    noise: float = setting(0.1, "weight of the maximally mixed state", least=0, most=1)
    seed: int = setting(1, "of the simulated counts", least=0)
    tolerance: float = setting(1e-8, "certificate of the W state", unit="nats", above=0)
    small: int = setting(4, "wires of the W state that is drawn many times", least=2, most=8)
    draws: int = setting(20, "of counts of the small W state", least=2)
    published_tolerance: float = setting(1e-11, "of the published counts", unit="nats", above=0)


# Counts that the tutorial of the code qMLE prints, of tetrahedron measurements, with the states
# that they were drawn from.
QUBIT = (441, 195, 311, 53)
PAIR = (85, 79, 0, 86, 86, 96, 79, 0, 0, 67, 96, 88, 66, 0, 96, 76)
METHODS = ("accelerated", "diluted", "cover")


def run(spec: Spec) -> Outcome:
    """Reconstruct all three."""
    published = {"qubit": (QUBIT, 1, true_qubit()), "pair": (PAIR, 2, true_pair())}
    report, parameters, history = {}, {}, {}
    for name, (counts, wires, truth) in published.items():
        for method in METHODS:
            found = reconstruct(
                counts,
                Povm.tetrahedron(wires),
                optimizer=method,
                tolerance=spec.published_tolerance,
            )
            report[f"Published {name}, {method}"] = rows(found, truth) | entries(found.state)
            history |= {f"{name}/{method}/{k}": x for k, x in found.history.items()}
            parameters[f"{name}/{method}"] = found.state
    state = noisy_w(spec.wires, spec.noise)
    counts = simulate_pauli(state, shots=spec.shots, seed=spec.seed)
    found = reconstruct(counts, tolerance=spec.tolerance)
    report[f"W state of {spec.wires} wires"] = rows(found, state)
    history |= {f"W/{k}": x for k, x in found.history.items()}
    history["small W/distance"] = distances(spec)
    title = f"W state of {spec.small} wires, {spec.draws} draws"
    report[title] = scatter("trace distance", history["small W/distance"])
    report[title]["certificate asked for (nats)"] = spec.tolerance
    return Outcome(report, {**parameters, "W": found.state}, history)


def distances(spec: Spec) -> np.ndarray:
    """Trace distances of reconstructions from the state, counts drawn over and over again."""
    state = noisy_w(spec.small, spec.noise)
    found = []
    for draw_ in range(spec.draws):
        counts = simulate_pauli(state, shots=spec.shots, seed=spec.seed + draw_)
        estimate = reconstruct(counts, tolerance=spec.tolerance).state
        found.append(float(quantum.trace_distance(estimate, state)))
    return np.array(found)


def rows(found: Reconstruction, truth: np.ndarray) -> dict[str, float]:
    """The numbers that a reader asks for."""
    return {
        "likelihood (nats an outcome)": found.nll.value,
        "entropy of the frequencies (nats)": found.entropy,
        "relative entropy left (nats)": found.divergence,
        "certificate (nats)": found.certificate,
        "steps": found.steps,
        # Between two certificates; what a reconstruction took is known to so many.
        "steps a certificate": int(np.diff(found.history["step"]).max()),
        "shots": found.shots,
        "trace distance": float(quantum.trace_distance(found.state, truth)),
    }


def entries(state: np.ndarray) -> dict[str, float]:
    """The corners of the matrix, as they were published."""
    return {
        "first entry": float(state[0, 0].real),
        "corner, real": float(state[0, -1].real),
        "corner, imaginary": float(state[0, -1].imag),
        "last entry": float(state[-1, -1].real),
    }


def true_qubit() -> np.ndarray:
    """The pure state with Bloch vector (0, √3/2, 1/2)."""
    y, z = 0.75**0.5, 0.5
    return np.array([[1 + z, -1j * y], [1j * y, 1 - z]]) / 2


def true_pair() -> np.ndarray:
    """The Bell state (|00⟩ + |11⟩)/√2."""
    state = np.zeros((4, 4))
    state[np.ix_([0, 3], [0, 3])] = 0.5
    return state


def noisy_w(wires: int, noise: float) -> np.ndarray:
    """The W state, mixed with white noise."""
    ket = np.zeros(2**wires)
    ket[2 ** np.arange(wires)] = wires**-0.5
    return (1 - noise) * np.outer(ket, ket) + noise * np.eye(2**wires) / 2**wires


draw = drawn_by("tomography")
