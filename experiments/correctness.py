"""Hold relative entropies to known values, where the textbook formula fails; and time them.

States have random bases, and spectra that are written down. The truth is then a sum of a few
logarithms, without any diagonalisation: for states of less than full rank, and for ever closer
ones. Beside `qce` stands what PennyLane brings.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml
from scipy.linalg import expm

from qce import quantum
from qce.reproduce import drawn_by
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run, but the time it takes."""

    seed: int = setting(0, "of bases and spectra", least=0)
    cases: int = setting(200, "pairs of each kind and dimension", least=1)
    dimensions: tuple[int, ...] = setting((2, 4, 8, 16), "of the pairs", least=2)
    levels: int = setting(4, "dimension of the close pairs", least=2)
    decades: int = setting(7, "distances of the close pairs, from 0.1 down", least=2, most=7)
    close: int = setting(20, "close pairs of each distance", least=1)
    sizes: tuple[int, ...] = setting((2, 8, 32, 128, 256), "dimensions that are timed", least=2)
    repetitions: int = setting(15, "of each timing; the least counts", least=1)


Array = np.ndarray
LIBRARIES: dict[str, Callable[[Array, Array], Any]] = {
    "qce": quantum.relative_entropy,
    "PennyLane": qml.math.relative_entropy,
}
# Digits of a double that a value of order one may lose, beyond rounding, and still count as right.
RIGHT = 1e-9


def run(spec: Spec) -> Outcome:
    """Count what is right, follow the error of close states, and take the time."""
    rng = np.random.default_rng(spec.seed)
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, Array] = {"kinds": np.array(list(KINDS))}
    for library in LIBRARIES:
        counts = verdicts(library, spec, np.random.default_rng(spec.seed))
        report[f"Verdicts, {library}"] = {
            f"{kind}, {verdict}": int(number)
            for kind, row in counts.items()
            for verdict, number in row.items()
        }
        history |= {
            f"{library}/{verdict}": np.array([counts[kind][verdict] for kind in KINDS])
            for verdict in VERDICTS
        }
    errors, curves = close_pairs(spec, rng)
    report["Largest relative error of close states"] = errors
    ratios, times = timing(spec, rng)
    report["Processor time of a relative entropy (one `eigh` is 1)"] = ratios
    report["Versions"] = {"PennyLane": qml.version()}
    return Outcome(report, {}, history | curves | times)


# --- pairs with a known relative entropy ----------------------------------------------------------


def basis(rng: np.random.Generator, d: int) -> Array:
    """A Haar-random unitary."""
    z = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    q, r = np.linalg.qr(z)
    return q * (np.diag(r) / np.abs(np.diag(r)))


def state(spectrum: Array, columns: Array) -> Array:
    """The state with this spectrum in this basis, exactly Hermitian."""
    matrix = (columns * spectrum) @ columns.conj().T
    return (matrix + matrix.conj().T) / 2


def spectrum(rng: np.random.Generator, d: int, rank: int) -> Array:
    """Random eigenvalues, not too far apart, and zeros."""
    p = 0.5 * rng.dirichlet(np.ones(rank)) + 0.5 / rank
    return np.pad(p, (0, d - rank))


def truth(p: Array, u: Array, q: Array, v: Array) -> float:
    """Σ p ln p − Σ_ij p_i |⟨u_i|v_j⟩|² ln q_j over what both have."""
    weights = np.abs(u.conj().T @ v) ** 2
    kept, held = p > 0, q > 0
    cross = p[kept] @ weights[np.ix_(kept, held)] @ np.log(q[held])
    return float(p[kept] @ np.log(p[kept]) - cross)


def same(rng: np.random.Generator, d: int) -> tuple[Array, Array, float]:
    """A state of half the rank with itself: 0."""
    rho = state(spectrum(rng, d, d // 2), basis(rng, d))
    return rho, rho, 0.0


def outside(rng: np.random.Generator, d: int) -> tuple[Array, Array, float]:
    """Data of full rank, a model of half: infinite."""
    rho = state(spectrum(rng, d, d), basis(rng, d))
    return rho, state(spectrum(rng, d, d // 2), basis(rng, d)), np.inf


def inside(rng: np.random.Generator, d: int) -> tuple[Array, Array, float]:
    """Both of less than full rank, the data inside the support of the model: finite."""
    rank = max(1, d - 1)
    v = basis(rng, d)
    u = v.copy()
    u[:, :rank] = v[:, :rank] @ basis(rng, rank)
    p, q = spectrum(rng, d, max(1, rank // 2)), spectrum(rng, d, rank)
    return state(p, u), state(q, v), truth(p, u, q, v)


KINDS = {"same state": same, "outside the support": outside, "inside the support": inside}
VERDICTS = ("right", "NaN", "wrong")


def verdicts(library: str, spec: Spec, rng: np.random.Generator) -> dict[str, dict[str, int]]:
    """Count right values, NaN and wrong ones by kind."""
    counts = {kind: dict.fromkeys(VERDICTS, 0) for kind in KINDS}
    for kind, draw_pair in KINDS.items():
        for d in spec.dimensions:
            for _ in range(spec.cases):
                rho, sigma, known = draw_pair(rng, d)
                counts[kind][verdict(value(library, rho, sigma), known)] += 1
    return counts


def value(library: str, rho: Array, sigma: Array) -> float:
    """One relative entropy, as the library gives it."""
    with np.errstate(all="ignore"):
        return float(np.real(LIBRARIES[library](rho, sigma)))


def verdict(found: float, known: float) -> str:
    """Say whether a value is the known one."""
    if np.isnan(found):
        return "NaN"
    close = found == known or abs(found - known) <= RIGHT * (1 + abs(known))
    return "right" if close else "wrong"


# --- close pairs ----------------------------------------------------------------------------------


def close_pairs(spec: Spec, rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Array]]:
    """Relative error against the distance t of two states; the value is of order t²."""
    distances = 10.0 ** -np.arange(1.0, spec.decades + 1)
    errors = {library: np.zeros(spec.decades) for library in LIBRARIES}
    for place, t in enumerate(distances):
        for _ in range(spec.close):
            rho, sigma, known = close_pair(rng, spec.levels, t)
            for library, row in errors.items():
                # NaN is the largest error.
                error = abs(value(library, rho, sigma) / known - 1)
                row[place] = np.maximum(row[place], error)
    report = {
        f"{library}, distance 1e-{place + 1}": float(row[place])
        for library, row in errors.items()
        for place in range(spec.decades)
    }
    return report, {"distance": distances} | {f"{n}/error": row for n, row in errors.items()}


def close_pair(rng: np.random.Generator, d: int, t: float) -> tuple[Array, Array, float]:
    """Two states that differ by t in spectrum and basis.

    Since the weights w of the two bases sum to one both ways, D = Σ p w (y − ln(1 + y)) with
    y = q/p − 1: no term is negative, and none cancels.
    """
    u, turn, p = basis(rng, d), rng.normal(size=(d, d)), spectrum(rng, d, d)
    small = expm(t * (turn - turn.T))
    change = t * rng.uniform(-0.5, 0.5, size=d)
    relative = (change - p @ change) / (1 + p @ change)  # y of the diagonal, to all its digits
    q = p * (1 + relative)
    y = q / p[:, None] - 1
    np.fill_diagonal(y, relative)
    return state(p, u), state(q, u @ small), float(np.sum(p[:, None] * small**2 * excess(y)))


def excess(y: Array) -> Array:
    """Return y − ln(1 + y), by its series where the two would cancel."""
    series = y**2 * (1 / 2 - y * (1 / 3 - y * (1 / 4 - y / 5)))
    return np.where(np.abs(y) < 1e-3, series, y - np.log1p(y))


# --- time -----------------------------------------------------------------------------------------


def timing(spec: Spec, rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Array]]:
    """Least processor time in units of that of one `eigh` of the same size."""
    ways: dict[str, Callable[[Array, Array], Any]] = {
        "eigh": lambda rho, sigma: np.linalg.eigh(sigma),
        "qce": lambda rho, sigma: quantum.relative_entropy(rho, sigma),
        "qce, unchecked": lambda rho, sigma: quantum.relative_entropy(rho, sigma, check=False),
        "PennyLane": qml.math.relative_entropy,
    }
    pairs = [[state(spectrum(rng, d, d), basis(rng, d)) for _ in range(2)] for d in spec.sizes]
    seconds = least_times(ways, pairs, spec.repetitions)
    ratios = {name: times / seconds["eigh"] for name, times in seconds.items() if name != "eigh"}
    report = {
        f"{name}, {d} levels": float(ratio)
        for name, row in ratios.items()
        for d, ratio in zip(spec.sizes, row, strict=True)
    }
    history = {f"{name}/time": row for name, row in ratios.items()}
    return report, {"levels": np.array(spec.sizes), **history}


def least_times(
    ways: dict[str, Callable[..., Any]], arguments: Sequence[Sequence[Any]], repetitions: int
) -> dict[str, Array]:
    """Return the least processor time of each way with each of the arguments, in seconds.

    Waiting while others run does not count, and what they take of caches only adds to a time. All
    sizes take turns, so that a while of load falls on one turn of each and not on all turns of one.
    """
    least = {name: np.full(len(arguments), np.inf) for name in ways}
    for turn in range(repetitions + 1):
        for place, these in enumerate(arguments):
            for name, way in ways.items():
                started = time.process_time()
                way(*these)
                if turn:  # the first turn warms up
                    taken = time.process_time() - started
                    least[name][place] = min(least[name][place], taken)
    return least


draw = drawn_by("correctness")
