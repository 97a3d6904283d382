"""How many copies a training takes on several wires: five ways to measure, equal numbers of copies.

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
  difference of two states; the best of 9 schedules, chosen afterwards, which favours it.

The likelihood is hedged by half a count of det ρ. Predictions are ½ Tr G/F with the Fisher
information F of an outcome in the best shares of the bases, and the Kubo-Mori metric G.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import eigvalsh
from scipy.stats import unitary_group

from qce.data import PairBases, PauliBases, UnbiasedBases
from qce.reproduce import drawn_by
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of states and outcomes", least=0)
    wires: tuple[int, ...] = setting((2, 3), "of the states", least=1, most=4)
    lengths: tuple[float, ...] = setting((0.5, 0.9), "Bloch vectors", above=0, most=0.999)
    copies: tuple[int, ...] = setting((1000, 30_000, 1_000_000), "in all", least=500)
    repeats: int = setting(20, "states, and trainings of every kind", least=2)
    impurities: tuple[float, ...] = setting(
        (0.3, 0.1, 0.03, 0.01, 0.003, 0.001), "1 − |r| of predictions", least=1e-3, most=0.9
    )


HEDGE = 0.5
# Shares of the copies before the first change of bases, between the two changes, and after.
ROUNDS = (0.1, 0.3, 0.6)
STEPS, RATES = (30, 100, 300), (0.03, 0.1, 0.3)
_STATES = 5  # of a prediction that depends on the eigenbasis
_SHARINGS = 60  # rounds of a search for shares: each is within a percent of the best by then


def run(spec: Spec) -> Outcome:
    """Train by every way, for all wires, lengths and numbers of copies."""
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, np.ndarray] = {"copies": np.array(spec.copies)}
    for wires, length in product(spec.wires, spec.lengths):
        states = drawn_states(wires, length, spec.repeats, spec.seed)
        said = {name: np.mean([f(rho) for rho in states]) for name, f in LINES.items()}
        rows: dict[str, Any] = {name: float(value) for name, value in said.items()}
        for n in spec.copies:
            for kind, way in enumerate(WAYS):
                rng = np.random.default_rng([spec.seed, wires, round(1000 * length), n, kind])
                learned = WAYS[way](states, n, rng)
                left = n * np.array(
                    [relative_entropy(*x) for x in zip(states, learned, strict=True)]
                )
                rows |= scatter(f"{way}, {n} copies", left)
                history[f"{wires}/{length}/{way}/{n}"] = left
        report[f"Copies times relative entropy, {wires} wires, |r| = {length} (nats)"] = rows
        history |= {f"{wires}/{length}/{name}": np.array([x]) for name, x in said.items()}
    for wires in spec.wires:
        part = {"1 − |r|": np.array(spec.impurities)}
        lines = [lines_of(wires, 1 - x, spec.seed) for x in spec.impurities]
        part |= {name: np.array([line[name] for line in lines]) for name in LINES}
        history |= {f"{wires}/{name}": values for name, values in part.items()}
        report[f"Predictions, {wires} wires (nats)"] = {
            f"{name}, 1 − |r| = {x}": float(line[name])
            for x, line in zip(spec.impurities, lines, strict=True)
            for name in LINES
        }
    report["Copies that were used"] = {"schedules of Adam": len(STEPS) * len(RATES)}
    shots = len(spec.wires) * len(spec.lengths) * len(WAYS) * spec.repeats * sum(spec.copies)
    return Outcome(report, {}, history, "NumPy (64 bit)", shots=shots)


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


def lines_of(wires: int, length: float, seed: int) -> dict[str, float]:
    """Predictions for many copies, means of a few states."""
    states = drawn_states(wires, length, _STATES, seed)
    return {name: float(np.mean([f(rho) for rho in states])) for name, f in LINES.items()}


def relative_entropy(rho: np.ndarray, sigma: np.ndarray) -> float:
    """D(ρ‖σ) of states of full rank."""
    (p, u), (q, v) = np.linalg.eigh(rho), np.linalg.eigh(sigma)
    weights = p @ np.abs(u.conj().T @ v) ** 2
    return float(p @ np.log(p) - weights @ np.log(q))


@cache
def directions(d: int) -> np.ndarray:
    """Hermitian matrices without trace, orthonormal, `(d² − 1, d, d)`."""
    found = np.zeros((d * d - 1, d, d), dtype=complex)
    pairs = [(i, j) for i in range(d) for j in range(i)]
    for k, (i, j) in enumerate(pairs):
        found[2 * k, [i, j], [j, i]] = 0.5**0.5
        found[2 * k + 1, [i, j], [j, i]] = 1j * 0.5**0.5, -1j * 0.5**0.5
    for k in range(1, d):
        level = np.append(np.ones(k), -k) / np.sqrt(k * (k + 1))
        found[2 * len(pairs) + k - 1, range(k + 1), range(k + 1)] = level
    return found


def effects(kets: np.ndarray) -> np.ndarray:
    """⟨φ|B|φ⟩ of kets `(..., d)` for all directions B, `(..., d² − 1)`."""
    return np.einsum("...i,kij,...j->...k", kets.conj(), directions(kets.shape[-1]), kets).real


def state(x: np.ndarray, d: int) -> np.ndarray:
    """1/d + Σ x B."""
    return np.eye(d) / d + np.tensordot(x, directions(d), axes=1)


# --- theory -------------------------------------------------------------------------------------


def metric(rho: np.ndarray) -> np.ndarray:
    """Kubo-Mori metric at a state, for the coordinates x: D(ρ‖ρ + δ) = ½ δᵀGδ + O(δ³)."""
    p, u = np.linalg.eigh(rho)
    r = (p[:, None] - p) / (p[:, None] + p)
    slopes = 2 / (p[:, None] + p) * slope(r)
    turned = (u.conj().T @ directions(len(p)) @ u).reshape(-1, len(p) ** 2)
    return ((turned.conj() * slopes.ravel()) @ turned.T).real


def slope(r: np.ndarray) -> np.ndarray:
    """Return artanh(r)/r."""
    small = np.abs(r) < 1e-8
    return np.where(small, 1.0, np.arctanh(r) / np.where(small, 1.0, r))


def information(kets: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Fisher information of an outcome in each basis, kets `(B, d, d)` → `(B, d² − 1, d² − 1)`."""
    a = effects(kets)
    p = np.einsum("bxi,ij,bxj->bx", kets.conj(), rho, kets).real
    return np.swapaxes(a / p[..., None], 1, 2) @ a


def shares(fisher: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Shares of the bases for which Tr G/F is least, `(B,)`, by a multiplicative search.

    At the best shares Tr F⁻¹GF⁻¹F_b is the same for all bases that are used, and less for others.
    """
    w = np.full(len(fisher), 1 / len(fisher))
    for _ in range(_SHARINGS):
        inverse = np.linalg.inv(np.tensordot(w, fisher, axes=1))
        w = w * np.sqrt(np.tensordot(fisher, inverse @ g @ inverse, axes=2))
        w /= w.sum()
    return w


def predicted(kets: np.ndarray, rho: np.ndarray, equal: bool = False) -> float:
    """N·D of the likelihood of many copies in these bases."""
    fisher, g = information(kets, rho), metric(rho)
    w = np.full(len(kets), 1 / len(kets)) if equal else shares(fisher, g)
    return float(np.trace(np.linalg.solve(np.tensordot(w, fisher, axes=1), g)) / 2)


def bound(rho: np.ndarray) -> float:
    """½ (Tr √(J^-½ G J^-½))²/(d − 1): Gill and Massar's, for measurements of single copies.

    In the eigenbasis both are diagonal, with quotients artanh(r)/r, r = (p − q)/(p + q), for the
    two coherences of two eigenvalues p and q, and 1 for the eigenvalues themselves.
    """
    p = np.linalg.eigvalsh(rho)
    r = np.array([(p[i] - p[j]) / (p[i] + p[j]) for i in range(len(p)) for j in range(i)])
    roots = np.sqrt(slope(r))
    return float(0.5 * (len(p) - 1 + 2 * roots.sum()) ** 2 / (len(p) - 1))


# --- bases --------------------------------------------------------------------------------------


@cache
def pauli(d: int) -> np.ndarray:
    """Kets of all Pauli bases, `(3^n, d, d)`."""
    bases = PauliBases(d.bit_length() - 1)
    return bases.outcome_kets(np.arange(bases.count * d)).reshape(-1, d, d)


def turned_wires(rho: np.ndarray) -> np.ndarray:
    """Pauli bases behind gates on single wires that diagonalise the parts of a state."""
    frame, n = np.eye(1), len(rho).bit_length() - 1
    for k in range(n):
        part = rho.reshape((2**k, 2, 2 ** (n - 1 - k)) * 2)
        frame = np.kron(frame, np.linalg.eigh(np.einsum("aibajb->ij", part))[1])
    return pauli(len(rho)) @ frame.T


def behind(kets: Callable[[int], np.ndarray], rho: np.ndarray) -> np.ndarray:
    """Bases behind the circuit that turns the eigenvectors of a state into the basis kets."""
    return kets(len(rho)) @ np.linalg.eigh(rho)[1].T


def unbiased(d: int) -> np.ndarray:
    """Mutually unbiased bases, `(d + 1, d, d)`."""
    return UnbiasedBases(d.bit_length() - 1).kets


def pairs(d: int) -> np.ndarray:
    """The computational basis, and superpositions of two of its kets, `(2d − 1, d, d)`."""
    return PairBases(d.bit_length() - 1).kets


Frame = Callable[[np.ndarray], np.ndarray]
FRAMES: dict[str, Frame] = {
    "turned wires": turned_wires,
    "Pauli letters": partial(behind, pauli),
    "unbiased": partial(behind, unbiased),
    "pairs": partial(behind, pairs),
}
LINES: dict[str, Callable[[np.ndarray], float]] = {
    "bound": bound,
    "fixed, predicted": lambda rho: predicted(pauli(len(rho)), rho, equal=True),
    **{f"{x}, predicted": lambda rho, f=f: predicted(f(rho), rho) for x, f in FRAMES.items()},
}


# --- the likelihood -----------------------------------------------------------------------------


class Seen(NamedTuple):
    """Outcomes: their kets `(R, d)`, and how often each was seen `(R,)`."""

    kets: np.ndarray
    counts: np.ndarray

    def and_also(self, other: "Seen") -> "Seen":
        """All outcomes of both."""
        return Seen(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def measure(rho: np.ndarray, kets: np.ndarray, copies: np.ndarray, rng: Any) -> Seen:
    """Outcomes of so many copies in each basis, kets `(B, d, d)`."""
    p = np.maximum(np.einsum("bxi,ij,bxj->bx", kets.conj(), rho, kets).real, 0)
    counts = rng.multinomial(copies, p / p.sum(axis=1, keepdims=True))
    found = counts > 0
    return Seen(kets[found], counts[found].astype(float))


def likeliest(seen: Seen) -> np.ndarray:
    """The state of greatest hedged likelihood, `(d, d)`.

    −Σ n ln p − h ln det ρ is convex in ρ. From a large h, for which the state is nearly 1/d, it is
    followed to the one that is asked for: Newton's method does not go along an edge.
    """
    x, total = np.zeros(seen.kets.shape[1] ** 2 - 1), seen.counts.sum()
    a = effects(seen.kets)
    stages = int(np.ceil(np.log(total / HEDGE) / np.log(8))) + 1
    for hedge in np.geomspace(total, HEDGE, stages):
        x = newton(x, a, seen.counts, hedge, 1e-6 if hedge <= 1.01 * HEDGE else 0.1 * hedge)
    return state(x, seen.kets.shape[1])


def newton(
    x: np.ndarray, a: np.ndarray, counts: np.ndarray, hedge: float, tolerance: float
) -> np.ndarray:
    """Lower −Σ n ln p − h ln det ρ until its squared Newton decrement, in nats, is small."""
    d = int((len(x) + 1) ** 0.5)
    b = directions(d)

    def loss(x: np.ndarray) -> float:
        p, (sign, log_det) = 1 / d + a @ x, np.linalg.slogdet(state(x, d))
        return float(-counts @ np.log(p) - hedge * log_det) if sign.real > 0 else np.inf

    value = loss(x)
    for _ in range(300):
        p, rho = 1 / d + a @ x, state(x, d)
        tilted = np.linalg.inv(rho) @ b
        slope = -(counts / p) @ a - hedge * np.trace(tilted, axis1=1, axis2=2).real
        curved = (a * (counts / p**2)[:, None]).T @ a
        flat = tilted.reshape(len(x), -1)
        curved += hedge * (flat @ np.swapaxes(tilted, 1, 2).reshape(len(x), -1).T).real
        step = np.linalg.solve(curved, -slope)
        decrement = -(slope @ step)
        # No step takes more than nine tenths of an eigenvalue.
        least = float(eigvalsh(np.tensordot(step, b, axes=1), rho)[0])
        length = min(1.0, 0.9 / max(-least, 1e-300))
        if decrement < tolerance:
            return x + length * step
        while not (after := loss(x + length * step)) <= value - 0.1 * length * decrement:
            length /= 2
            if length < 1e-9:  # what is left of the loss is its rounding
                return x
        x, value = x + length * step, after
    raise RuntimeError("Newton's method did not converge")


# --- ways ---------------------------------------------------------------------------------------


def divided(copies: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers of copies in these proportions."""
    ends = np.rint(copies * np.cumsum(weights / weights.sum()))
    return np.diff(ends, prepend=0).astype(int)


def fixed(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """All Pauli bases, and the likelihood."""
    kets = pauli(states.shape[1])
    parts = divided(n, np.ones(len(kets)))
    seen = [measure(rho, kets, parts, rng) for rho in states]
    return np.stack([likeliest(each) for each in seen])


def adapted(frame: Frame, states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Bases that go where the state so far is, twice, and the likelihood of all outcomes."""
    return np.stack([_adapted(frame, rho, n, rng) for rho in states])


def _adapted(frame: Frame, rho: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    d = len(rho)
    kets, weights = pauli(d), np.ones(3 ** (d.bit_length() - 1))
    seen = Seen(np.zeros((0, d)), np.zeros(0))
    for share in ROUNDS:
        parts = divided(round(n * share), weights)
        seen = seen.and_also(measure(rho, kets, parts, rng))
        sigma = likeliest(seen)
        kets = frame(sigma)
        weights = shares(information(kets, sigma), metric(sigma))
    return sigma


def inverted(rho: np.ndarray, u: np.ndarray, copies: int, rng: np.random.Generator) -> np.ndarray:
    """Unbiased estimates of states `(R, d, d)` by pairs behind U† `(R, d, d)`, so many copies each.

    The eigenbasis gives the diagonal, the difference of two outcomes of a pair a coherence.
    """
    d = rho.shape[-1]
    turned = np.swapaxes(u, 1, 2).conj() @ rho @ u
    p = np.einsum("bxi,rij,bxj->rbx", pairs(d).conj(), turned, pairs(d)).real
    p = np.maximum(p, 0)
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
    steps = min(max(STEPS), n // (4 * bases))
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
}


draw = drawn_by("copies_wires")
