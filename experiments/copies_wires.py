"""How many copies a training takes on several wires: eight ways to learn, equal numbers of copies.

A state of n wires has the spectrum of n equal qubits with Bloch length |r| and an eigenbasis drawn
by Haar's measure. Learned is any density matrix of full rank.
- "fixed": all Pauli bases, and the likelihood of all outcomes;
- "turned wires": the same for a tenth of the copies, then twice Pauli bases behind gates on single
  wires, which diagonalise each wire's part of the state so far, and the likelihood of all outcomes;
- "Pauli letters", "unbiased", "pairs": as before, behind the circuit that turns the eigenbasis of
  the state so far into the computational one: Pauli bases, mutually unbiased ones, and the
  eigenbasis with superpositions of two of its kets each;
- "fresh, averaged": pairs in the eigenbasis of the model so far, copies used once, and steps of 1/t
  that average all unbiased estimates;
- "fresh, Adam": the same copies, and Adam on the model's Hamiltonian, whose slope is the
  difference of two states; the best of 9 schedules, chosen afterwards, which favours it;
- "shadows": all Pauli bases, and the mean of classical shadows without its negative eigenvalues.

The likelihood is hedged by half a count of det ρ. Predictions are ½ Tr G/F with the Fisher
information F of an outcome in the best shares of the bases, and the Kubo-Mori metric G. Beside them
are bounds: of measurements of single copies, and of all copies together.

    qce run copies_wires                                               two to four wires
    qce run copies_wires --wires 5 --lengths 0.9 --copies 10000,1000000,100000000 --impurities 0.1
    qce run copies_wires --wires 6 --lengths 0.9 --copies 1000000,100000000 --impurities 0.1

Beyond four wires "turned wires" and "Pauli letters" are left out, whose shares are found by a
search among 3^n bases with matrices of 4^n rows, twice a training. "fresh" ways are left out where
there are too few copies for their steps.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import unitary_group

from qce._checks import error
from qce.data import PairBases, PauliBases, UnbiasedBases
from qce.reproduce import drawn_by
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, Record, setting
from qce.tomography.fisher import equal, gill_massar, holevo, pair_shares, searched, unbiased_shares
from qce.tomography.rounds import Seen, all_kets, likeliest, measure


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of states and outcomes", least=0)
    wires: tuple[int, ...] = setting((2, 3, 4), "of the states", least=1, most=6)
    lengths: tuple[float, ...] = setting((0.5, 0.9), "Bloch vectors", above=0, most=0.999)
    copies: tuple[int, ...] = setting((1000, 30_000, 1_000_000), "in all", least=500)
    repeats: int = setting(20, "states, and trainings of every kind", least=2)
    impurities: tuple[float, ...] = setting(
        (0.3, 0.1, 0.03, 0.01, 0.003, 0.001),
        "1 − |r| of predictions; on many wires the larger ones",
        least=1e-3,
        most=0.9,
    )


HEDGE = 0.5
# Shares of the copies before the first change of bases, between the two changes, and after.
ROUNDS = (0.1, 0.3, 0.6)
STEPS, RATES = (30, 100, 300), (0.03, 0.1, 0.3)
_TOLD = 1e-14  # eigenvalues below are not told from rounding
_EACH = 4  # copies of each basis in each step of an average, at least
_STATES = 5  # of a prediction that depends on the eigenbasis
_LARGE, _FEW = 5, 2  # from so many wires each state takes long, so that there are fewer


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train by every way, for all wires, lengths and numbers of copies."""
    refuse_rounding(spec)
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, np.ndarray] = {"copies": np.array(spec.copies)}
    shots = 0
    for wires, length in product(spec.wires, spec.lengths):
        states = drawn_states(wires, length, spec.repeats, spec.seed)
        said = predictions(wires, states if wires < _LARGE else states[:_FEW])
        rows: dict[str, Any] = dict(said)
        for n, (kind, way) in product(spec.copies, enumerate(WAYS)):
            if not possible(way, wires, n):
                continue
            if record.progress:
                print(f"copies_wires: {wires} wires, |r| = {length}, {n}, {way}", file=sys.stderr)
            rng = np.random.default_rng([spec.seed, wires, round(1000 * length), n, kind])
            learned = WAYS[way](states, n, rng)
            left = n * np.array([relative_entropy(*x) for x in zip(states, learned, strict=True)])
            rows |= scatter(f"{way}, {n} copies", left)
            history[f"{wires}/{length}/{way}/{n}"] = left
            shots += n * spec.repeats
        report[f"Copies times relative entropy, {wires} wires, |r| = {length} (nats)"] = rows
        history |= {f"{wires}/{length}/{name}": np.array([x]) for name, x in said.items()}
    for wires in spec.wires:
        count = _STATES if wires < _LARGE else _FEW
        impurities = [x for x in spec.impurities if least(wires, 1 - x) >= _TOLD]
        near = [drawn_states(wires, 1 - x, count, spec.seed) for x in impurities]
        found = [predictions(wires, states) for states in near]
        history[f"{wires}/1 − |r|"] = np.array(impurities)
        history |= {f"{wires}/{name}": np.array([x[name] for x in found]) for name in lines(wires)}
        report[f"Predictions, {wires} wires (nats)"] = {
            f"{name}, 1 − |r| = {x}": value
            for x, all_ in zip(impurities, found, strict=True)
            for name, value in all_.items()
        }
    report["Copies that were used"] = {"schedules of Adam": len(STEPS) * len(RATES)}
    return Outcome(report, {}, history, "NumPy (64 bit)", shots=shots)


def least(wires: int, length: float) -> float:
    """The least eigenvalue of the states."""
    return float(((1 - length) / 2) ** wires)


def refuse_rounding(spec: Spec) -> None:
    """Refuse states whose least eigenvalue is not told from rounding."""
    for wires, length in product(spec.wires, spec.lengths):
        if (found := least(wires, length)) < _TOLD:
            must = f"leave eigenvalues of {_TOLD:g} or more on {wires} wires"
            raise error("lengths", must, f"{length} leaves {found:.1e}", "smaller ones")


def possible(way: str, wires: int, copies: int) -> bool:
    """Whether a way takes no long search on so many wires, and has copies for all its steps."""
    if way in FRAMES:
        return wires <= FRAMES[way].most
    bases = PairBases(wires).count
    least = {"fresh, averaged": _EACH * bases, "fresh, Adam": min(STEPS) * bases}
    return copies >= least.get(way, 0)


# --- states -------------------------------------------------------------------------------------


def drawn_states(wires: int, length: float, count: int, seed: int) -> np.ndarray:
    """States with the spectrum of `wires` qubits of that length, `(count, d, d)`."""
    one = np.array([1 + length, 1 - length]) / 2
    p = np.ones(1)
    for _ in range(wires):
        p = np.kron(p, one)
    rng = np.random.default_rng([seed, wires, round(1000 * length)])
    bases = [unitary_group.rvs(len(p), random_state=rng) for _ in range(count)]
    return np.stack([(u * p) @ u.conj().T for u in bases])


def predictions(wires: int, states: np.ndarray) -> dict[str, float]:
    """Bounds, and predictions for many copies, means of states."""
    return {name: float(np.mean([f(x) for x in states])) for name, f in lines(wires).items()}


def relative_entropy(rho: np.ndarray, sigma: np.ndarray) -> float:
    """D(ρ‖σ) of states of full rank."""
    (p, u), (q, v) = np.linalg.eigh(rho), np.linalg.eigh(sigma)
    weights = p @ np.abs(u.conj().T @ v) ** 2
    return float(p @ np.log(p) - weights @ np.log(q))


# --- bases --------------------------------------------------------------------------------------


def wires_of(rho: np.ndarray) -> int:
    """Number of wires."""
    return len(rho).bit_length() - 1


def diagonal_wires(rho: np.ndarray) -> np.ndarray:
    """Gates on single wires that diagonalise the parts of a state, as one matrix."""
    gates, n = np.eye(1), wires_of(rho)
    for k in range(n):
        part = rho.reshape((2**k, 2, 2 ** (n - 1 - k)) * 2)
        gates = np.kron(gates, np.linalg.eigh(np.einsum("aibajb->ij", part))[1])
    return gates


def eigenvectors(rho: np.ndarray) -> np.ndarray:
    """The circuit that makes the eigenvectors of a state from the basis kets."""
    return np.linalg.eigh(rho)[1]


class Frame(NamedTuple):
    """Bases that follow a state: behind a circuit that it decides, in the best shares.

    Args:
        bases: of so many wires.
        circuit: of a state; unitary matrix.
        known: shares and N·D of eigenvalues, where they need no search among all bases.
        most: wires, up to where such a search is quick.
    """

    bases: Callable[[int], Any]
    circuit: Callable[[np.ndarray], np.ndarray]
    known: Callable[[np.ndarray], tuple[np.ndarray, float]] | None = None
    most: int = 6

    def best(self, rho: np.ndarray) -> tuple[np.ndarray, float]:
        """Shares of the bases, and N·D of many copies in them."""
        if self.known is not None:
            return self.known(np.linalg.eigvalsh(rho))
        return searched(all_kets(self.bases(wires_of(rho))) @ self.circuit(rho).T, rho)

    def line(self, rho: np.ndarray) -> float:
        """N·D of the likelihood of many copies."""
        return self.best(rho)[1]


FRAMES: dict[str, Frame] = {
    "turned wires": Frame(PauliBases, diagonal_wires, most=4),
    "Pauli letters": Frame(PauliBases, eigenvectors, most=4),
    "unbiased": Frame(UnbiasedBases, eigenvectors, unbiased_shares),
    "pairs": Frame(PairBases, eigenvectors, pair_shares),
}


def lines(wires: int) -> dict[str, Callable[[np.ndarray], float]]:
    """Bounds and predictions for many copies."""
    return {
        "bound": gill_massar,
        "collective bound": holevo,
        "fixed, predicted": lambda rho: equal(all_kets(PauliBases(wires)), rho),
        **{f"{x}, predicted": f.line for x, f in FRAMES.items() if wires <= f.most},
    }


# --- ways ---------------------------------------------------------------------------------------


def divided(copies: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers of copies in these proportions."""
    ends = np.rint(copies * np.cumsum(weights / weights.sum()))
    return np.diff(ends, prepend=0).astype(int)


def fixed(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """All Pauli bases, and the likelihood."""
    return np.stack([likeliest([seen], HEDGE) for seen in pauli_outcomes(states, n, rng)])


def shadows(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """All Pauli bases, and the mean of classical shadows, without its negative eigenvalues."""
    means = []
    for seen in pauli_outcomes(states, n, rng):
        often = seen.counts / np.maximum(seen.counts.sum(axis=1, keepdims=True), 1)
        means.append(seen.bases.inverted(often) / len(often))
    return inside(np.stack(means), n)


def pauli_outcomes(states: np.ndarray, n: int, rng: np.random.Generator) -> list[Seen]:
    """Outcomes of all Pauli bases, as many copies in each."""
    bases = PauliBases(wires_of(states[0]))
    copies, plain = divided(n, np.ones(bases.count)), np.eye(states.shape[1])
    return [measure(rho, bases, plain, copies, rng) for rho in states]


def adapted(frame: Frame, states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Bases that go where the state so far is, twice, and the likelihood of all outcomes."""
    return np.stack([_adapted(frame, rho, n, rng) for rho in states])


def _adapted(frame: Frame, rho: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    wires, (first, *others) = wires_of(rho), ROUNDS
    seen = pauli_outcomes(rho[None], round(n * first), rng)
    sigma = likeliest(seen, HEDGE)
    for share in others:
        copies = divided(round(n * share), frame.best(sigma)[0])
        seen.append(measure(rho, frame.bases(wires), frame.circuit(sigma), copies, rng))
        sigma = likeliest(seen, HEDGE)
    return sigma


def inverted(rho: np.ndarray, u: np.ndarray, copies: int, rng: np.random.Generator) -> np.ndarray:
    """Unbiased estimates of states `(R, d, d)` by pairs behind U† `(R, d, d)`, so many copies each.

    The eigenbasis gives the diagonal, the difference of two outcomes of a pair a coherence.
    """
    d = rho.shape[-1]
    turned = np.swapaxes(u, 1, 2).conj() @ rho @ u
    bases = PairBases(wires_of(rho[0]))
    p = np.maximum(np.stack([bases.overlaps(each) for each in turned]), 0)
    seen = rng.multinomial(copies, p / p.sum(axis=-1, keepdims=True)) / copies
    found = np.zeros(rho.shape, dtype=complex)
    found[:, range(d), range(d)] = seen[:, 0]
    for m in range(1, d):
        bit = 1 << (m.bit_length() - 1)
        x = np.array([k for k in range(d) if not k & bit])
        real, imaginary = ((seen[:, b, x] - seen[:, b, x | bit]) / 2 for b in (2 * m - 1, 2 * m))
        found[:, x, x ^ m] = real - 1j * imaginary
        found[:, x ^ m, x] = real + 1j * imaginary
    return u @ found @ np.swapaxes(u, 1, 2).conj()


def inside(matrices: np.ndarray, copies: int) -> np.ndarray:
    """Density matrices: eigenvalues of less than half a count are raised to it."""
    p, u = np.linalg.eigh(matrices)
    p = np.maximum(p, HEDGE / copies)
    p /= p.sum(axis=-1, keepdims=True)
    return (u * p[:, None, :]) @ np.swapaxes(u, 1, 2).conj()


def averaged(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """The mean of unbiased estimates, each from fresh copies in the eigenbasis so far."""
    d = states.shape[1]
    bases = 2 * d - 1
    steps = min(max(STEPS), n // (_EACH * bases))
    copies = n // (steps * bases)
    total, u = np.zeros(states.shape, dtype=complex), np.broadcast_to(np.eye(d), states.shape)
    for t in range(1, steps + 1):
        total += inverted(states, u, copies, rng)
        sigma = inside(total / t, t * copies)
        u = np.linalg.eigh(sigma)[1]
    return sigma


def adam(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """The best of all schedules of Adam, by the mean of what they leave."""
    bases = 2 * states.shape[1] - 1
    found = [
        one_schedule(states, n, rng, steps, rate)
        for steps, rate in product(STEPS, RATES)
        if n >= steps * bases
    ]
    left = [np.mean([relative_entropy(*x) for x in zip(states, s, strict=True)]) for s in found]
    return found[int(np.argmin(left))]


def one_schedule(
    states: np.ndarray, n: int, rng: np.random.Generator, steps: int, rate: float
) -> np.ndarray:
    """Adam on H of σ = e^−H/Z, whose slope is ρ − σ; steps fall as 1/√t."""
    copies = n // (steps * (2 * states.shape[1] - 1))
    h = np.zeros(states.shape, dtype=complex)
    mean, square = np.zeros_like(h), np.zeros(h.shape)
    for t in range(1, steps + 1):
        sigma, u = gibbs(h)
        slope = inverted(states, u, copies, rng) - sigma
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * np.abs(slope) ** 2
        scaled = mean / (1 - 0.9**t) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        h = h - rate / np.sqrt(t) * scaled
    return inside(gibbs(h)[0], n)


def gibbs(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """e^−H/Z and its eigenvectors."""
    levels, u = np.linalg.eigh(h)
    p = np.exp(levels.min(axis=-1, keepdims=True) - levels)
    p /= p.sum(axis=-1, keepdims=True)
    return (u * p[:, None, :]) @ np.swapaxes(u, 1, 2).conj(), u


WAYS: dict[str, Callable[..., np.ndarray]] = {
    "fixed": fixed,
    **{name: partial(adapted, frame) for name, frame in FRAMES.items()},
    "fresh, averaged": averaged,
    "fresh, Adam": adam,
    "shadows": shadows,
}


draw = drawn_by("copies_wires")
