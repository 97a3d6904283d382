"""How many copies a whole training takes: one qubit, equal numbers of copies, four ways to learn.

Three axes are measured, and the loss is the relative entropy of the state to what was learned.
- "fixed": X, Y and Z, and the likelihood of all outcomes;
- "adapted": the same for a tenth of the copies, then twice the eigenbasis of the model so far and
  two axes across it, and the likelihood of all outcomes, old and new;
- "fresh, averaged": measurement deferred to the model's eigenbasis and across it, copies used once,
  and steps of 1/t along the natural gradient, which average all unbiased estimates;
- "fresh, Adam": the same with Adam on the model's angles by the parameter-shift rule, the best of
  27 schedules, chosen afterwards, which favours it.

The likelihood is hedged by half a count of either eigenvalue, so that nothing learned is pure.
Lines of the figure are predictions for many copies, by classical Fisher information in the
Kubo-Mori metric, and the bound of Gill and Massar for measurements of single copies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from qce.reproduce import drawn_by
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of all outcomes", least=0)
    lengths: tuple[float, ...] = setting((0.5, 0.9, 0.99), "Bloch vectors", above=0, most=0.999)
    copies: tuple[int, ...] = setting((1000, 10_000, 100_000), "in all", least=300)
    repeats: int = setting(400, "trainings of every kind", least=2)


DIRECTION = np.array([1.0, 2.0, 2.0]) / 3
HEDGE = 0.5
# Shares of the copies before the first change of axes, between the two changes, and after.
ROUNDS = (0.1, 0.3, 0.6)
STEPS, RATES, DECAYS = (30, 100, 300), (0.03, 0.1, 0.3), (0.0, 0.5, 1.0)


def run(spec: Spec) -> Outcome:
    """Train by every way, for every length and number of copies."""
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, np.ndarray] = {"copies": np.array(spec.copies)}
    for place, length in enumerate(spec.lengths):
        r, rows = length * DIRECTION, {}
        predicted = {"bound": bound(length), "fixed, predicted": fixed_prediction(r)}
        for number, n in enumerate(spec.copies):
            for kind, way in enumerate(WAYS):
                rng = np.random.default_rng([spec.seed, place, number, kind])
                learned = WAYS[way](r, n, spec.repeats, rng)
                left = n * relative_entropy(r, learned)
                rows |= scatter(f"{way}, {n} copies", left)
                history[f"{length}/{way}/{n}"] = left
        report[f"Copies times relative entropy, |r| = {length} (nats)"] = {**predicted, **rows}
        history |= {f"{length}/{name}": np.array([x]) for name, x in predicted.items()}
    report["Copies that were used"] = {
        "schedules of Adam": len(list(product(STEPS, RATES, DECAYS)))
    }
    shots = len(WAYS) * len(spec.lengths) * spec.repeats * sum(spec.copies)
    return Outcome(report, {}, history, "NumPy (64 bit)", shots=shots)


# --- theory -------------------------------------------------------------------------------------


def relative_entropy(r: np.ndarray, s: np.ndarray) -> np.ndarray:
    """D(ρ‖σ) of Bloch vectors r `(3,)` and s `(..., 3)`, |s| < 1."""
    a, b = np.linalg.norm(r), np.linalg.norm(s, axis=-1)
    along = (s @ r) * slope(b)
    cross = -0.5 * np.log((1 - b) * (1 + b) / 4) - along
    return cross - (-0.5 * np.log((1 - a) * (1 + a) / 4) - a * np.arctanh(a))


def slope(a: np.ndarray) -> np.ndarray:
    """Return atanh(a)/a, the Kubo-Mori metric across the Bloch vector."""
    small = a < 1e-8
    return np.where(small, 1.0, np.arctanh(a) / np.where(small, 1.0, a))


def bound(length: float) -> float:
    """½ (1 + 2 √(atanh a/a))²: Gill and Massar's for measurements of single copies."""
    return float(0.5 * (1 + 2 * np.sqrt(slope(np.array(length)))) ** 2)


def fixed_prediction(r: np.ndarray) -> float:
    """½ Σ G_kk v_kk of many copies, a third of them along each axis: v_kk = 3 (1 − r_k²)."""
    a = np.linalg.norm(r)
    along = np.outer(r, r) / a**2
    metric = along / (1 - a**2) + slope(a) * (np.eye(3) - along)
    return float(0.5 * 3 * (1 - r**2) @ np.diag(metric))


# --- measuring ----------------------------------------------------------------------------------


def measure(r: np.ndarray, axes: np.ndarray, copies: Any, rng: np.random.Generator) -> np.ndarray:
    """Numbers of outcomes + and − along axes `(..., 3)`, so many copies of each: `(..., 2)`."""
    ups = rng.binomial(copies, np.clip((1 + axes @ r) / 2, 0, 1))
    return np.stack([ups, copies - ups], axis=-1).astype(float)


def across(s: np.ndarray) -> np.ndarray:
    """Return s/|s|, Z for s = 0, and two axes across it, for `(R, 3)`: `(R, 3, 3)`."""
    length = np.linalg.norm(s, axis=-1, keepdims=True)
    first = np.where(length > 0, s, [0.0, 0.0, 1.0]) / np.where(length > 0, length, 1.0)
    other = np.eye(3)[np.argmin(np.abs(first), axis=-1)]
    second = np.cross(first, other)
    second /= np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def divided(copies: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers of copies in these proportions, `(R, 3)` in all `copies` a row."""
    ends = np.rint(copies * np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1))
    return np.diff(ends, axis=-1, prepend=0).astype(int)


def likeliest(axes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Bloch vectors of greatest hedged likelihood, `(R, 3)`, by damped Newton steps.

    The negative logarithm, −Σ n± ln(1 ± m·s) − h ln(1 − s²), is self-concordant if all counts and
    h are 0 or at least 1; twice it is. So a step of 1/(1 + λ), λ Newton's decrement, stays inside.

    Args:
        axes: directions m `(R, K, 3)`.
        counts: outcomes along them `(R, K, 2)`.
    """
    s = linear(axes, counts)
    up, down = 2 * counts[..., 0], 2 * counts[..., 1]
    for _ in range(500):
        plus, minus = (1 + sign * np.einsum("rki,ri->rk", axes, s) for sign in (1, -1))
        rest = 1 - (s**2).sum(axis=1)
        slopes = np.einsum("rk,rki->ri", down / minus - up / plus, axes)
        slopes += 4 * HEDGE * s / rest[:, None]
        curved = np.einsum("rk,rki,rkj->rij", down / minus**2 + up / plus**2, axes, axes)
        curved += 4 * HEDGE * (np.eye(3) / rest[:, None, None])
        curved += 8 * HEDGE * np.einsum("ri,rj->rij", s, s) / rest[:, None, None] ** 2
        step = np.linalg.solve(curved, slopes[..., None])[..., 0]
        decrement = np.sqrt(np.maximum(np.einsum("ri,ri->r", slopes, step), 0))
        s = s - step / (1 + decrement * (decrement > 0.25))[:, None]
        if decrement.max() < 1e-6:
            return s
    raise RuntimeError("Newton's method did not converge")


def linear(axes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Least squares on the mean outcomes, drawn into the ball by a standard error: a start."""
    total = counts.sum(axis=-1)
    gram = np.einsum("rk,rki,rkj->rij", total, axes, axes)
    seen = np.einsum("rk,rki->ri", counts[..., 0] - counts[..., 1], axes)
    s = np.linalg.solve(gram, seen[..., None])[..., 0]
    most = 1 - 1 / np.sqrt(total.sum(axis=1, keepdims=True))
    return s * np.minimum(1, most / np.maximum(np.linalg.norm(s, axis=1, keepdims=True), 1e-300))


# --- four ways ----------------------------------------------------------------------------------


def fixed(r: np.ndarray, n: int, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """X, Y and Z, and the likelihood."""
    axes = np.broadcast_to(np.eye(3), (repeats, 3, 3))
    return likeliest(axes, measure(r, axes, divided(n, np.ones((repeats, 3))), rng))


def adapted(r: np.ndarray, n: int, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """The model's own axes, twice, and the likelihood of all outcomes."""
    axes, counts = [], []
    s = np.zeros((repeats, 3))
    for place, share in enumerate(ROUNDS):
        here = across(s) if place else np.broadcast_to(np.eye(3), (repeats, 3, 3))
        weights = np.ones((repeats, 3))
        if place:  # 1 : √g : √g reaches the bound
            weights[:, 1:] = np.sqrt(slope(np.linalg.norm(s, axis=1)))[:, None]
        axes.append(here)
        counts.append(measure(r, here, divided(round(n * share), weights), rng))
        s = likeliest(np.concatenate(axes, axis=1), np.concatenate(counts, axis=1))
    return s


def averaged(r: np.ndarray, n: int, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """Steps of 1/t along the natural gradient: the mean of unbiased estimates of r."""
    steps = max(STEPS)
    each = divided(n, np.ones((1, steps)))[0]
    total, s = np.zeros((repeats, 3)), np.zeros((repeats, 3))
    for t, copies in enumerate(each):
        here = across(s) if t else np.broadcast_to(np.eye(3), (repeats, 3, 3))
        weights = np.ones((repeats, 3))
        if t:
            weights[:, 1:] = np.sqrt(slope(np.linalg.norm(s, axis=1)))[:, None]
        # Of every axis at least one copy, or there is no estimate.
        per_axis = np.maximum(divided(int(copies), weights), 1)
        counts = measure(r, here, per_axis, rng)
        seen = (counts[..., 0] - counts[..., 1]) / per_axis
        total += np.einsum("rk,rki->ri", seen, here) * copies
        s = inside(total / each[: t + 1].sum(), each[: t + 1].sum())
    return s


def inside(s: np.ndarray, copies: int) -> np.ndarray:
    """Bloch vectors drawn back so that the smaller eigenvalue is half a count at least."""
    most = 1 - 2 * HEDGE / copies
    length = np.linalg.norm(s, axis=1, keepdims=True)
    return s * np.minimum(1, most / np.maximum(length, 1e-300))


def adam(r: np.ndarray, n: int, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """The best of all schedules of Adam, by the mean of what they leave."""
    found = [
        one_schedule(r, n, repeats, rng, *schedule)
        for schedule in product(STEPS, RATES, DECAYS)
        if n // schedule[0] >= 5
    ]
    return min(found, key=lambda s: relative_entropy(r, s).mean())


def one_schedule(
    r: np.ndarray,
    n: int,
    repeats: int,
    rng: np.random.Generator,
    steps: int,
    rate: float,
    decay: float,
) -> np.ndarray:
    """Adam on κ = artanh|s| and the two angles, from one circuit and two shifts of each angle."""
    params = np.stack(
        [np.full(repeats, 0.5), np.arccos(rng.uniform(-1, 1, repeats)),
         rng.uniform(-np.pi, np.pi, repeats)], axis=1,
    )  # fmt: skip
    mean, square = np.zeros_like(params), np.zeros_like(params)
    copies = n // (5 * steps)
    for t in range(1, steps + 1):
        kappa, theta, phi = params.T
        quarter = np.pi / 2
        places = [(theta, phi), (theta + quarter, phi), (theta - quarter, phi),
                  (theta, phi + quarter), (theta, phi - quarter)]  # fmt: skip
        axes = np.stack([ball(*place) for place in places], axis=1)
        counts = measure(r, axes, copies, rng)
        seen = ((counts[..., 0] - counts[..., 1]) / copies).T
        slopes = [np.tanh(kappa) - seen[0]]
        slopes += [-kappa * (seen[k] - seen[k + 1]) / 2 for k in (1, 3)]
        gradient = np.stack(slopes, axis=1)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        scaled = mean / (1 - 0.9**t) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        params = params - rate / t**decay * scaled
    return inside(np.tanh(params[:, :1]) * ball(params[:, 1], params[:, 2]), n)


def ball(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Unit vectors at these angles, `(R, 3)`."""
    plane = np.sin(theta)
    return np.stack([plane * np.cos(phi), plane * np.sin(phi), np.cos(theta)], axis=1)


WAYS: dict[str, Callable[..., np.ndarray]] = {
    "fixed": fixed,
    "adapted": adapted,
    "fresh, averaged": averaged,
    "fresh, Adam": adam,
}


draw = drawn_by("copies")
