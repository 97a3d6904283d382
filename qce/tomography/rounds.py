"""The likeliest state of outcomes in several sets of bases, each after its own circuit.

No matrix of d² × d² is made: the second derivative of the likelihood is applied to matrices by fast
transforms of the bases, and Newton's steps are solved by conjugate gradients. Six wires take
seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

_MANY = 10_000  # kets, beyond which the curvature is approximated where only speed depends on it


@cache
def all_kets(bases: Any) -> np.ndarray:
    """Kets of all bases, `(B, d, d)`."""
    d = 2**bases.wires
    return bases.outcome_kets(np.arange(bases.count * d)).reshape(-1, d, d)


class Seen(NamedTuple):
    """Outcomes in bases after a circuit.

    Args:
        bases: such as `PauliBases(wires)`.
        circuit: U, unitary `(d, d)`; the kets measured are U|φ⟩, with the kets |φ⟩ of the bases.
        counts: how often each was seen, `(B, d)`.
    """

    bases: Any
    circuit: np.ndarray
    counts: np.ndarray

    def overlaps(self, matrix: np.ndarray) -> np.ndarray:
        """⟨φ|M|φ⟩ of all kets, `(B, d)`."""
        return self.bases.overlaps(self.circuit.conj().T @ matrix @ self.circuit)

    def empirical(self, table: np.ndarray) -> np.ndarray:
        """Σ t |φ⟩⟨φ|, `(d, d)`."""
        return self.circuit @ self.bases.empirical(table) @ self.circuit.conj().T

    def over(self, table: np.ndarray, power: int = 1) -> np.ndarray:
        """n/p^k, and 0 for what was not seen."""
        return np.divide(self.counts, table**power, out=np.zeros(table.shape), where=self.found)

    @property
    def found(self) -> np.ndarray:
        """Which outcomes were seen."""
        return self.counts > 0


def measure(rho: np.ndarray, bases: Any, circuit: np.ndarray, copies: Any, rng: Any) -> Seen:
    """Draw outcomes of `copies` of a state in each basis after a circuit."""
    p = np.maximum(bases.overlaps(circuit.conj().T @ rho @ circuit), 0)
    return Seen(bases, circuit, rng.multinomial(copies, p / p.sum(axis=1, keepdims=True)))


def likeliest(seen: list[Seen], hedge: float) -> np.ndarray:
    """Return the state of greatest hedged likelihood, `(d, d)`.

    −Σ n ln p − h ln det ρ is convex in ρ. The minimum is followed from a large h, for which the
    state is nearly 1/d, to the given h: Newton's method is slow along the boundary.
    """
    total, d = sum(each.counts.sum() for each in seen), len(seen[0].circuit)
    rho = np.eye(d, dtype=complex) / d
    stages = int(np.ceil(np.log(total / hedge) / np.log(8))) + 1
    for h in np.geomspace(total, hedge, stages):
        rho = newton(rho, seen, h, 1e-6 if h <= 1.01 * hedge else 0.1 * h)
    return rho


def newton(rho: np.ndarray, seen: list[Seen], hedge: float, tolerance: float) -> np.ndarray:
    """Lower −Σ n ln p − h ln det ρ until its squared Newton decrement, in nats, is small.

    A step is computed in the eigenbasis of ρ, where the curvature of the determinant is diagonal in
    the entries.
    """
    for _ in range(300):
        p, u = np.linalg.eigh(rho)
        here = [each._replace(circuit=u.conj().T @ each.circuit) for each in seen]
        tables = [each.overlaps(np.diag(p)) for each in here]
        value = loss(np.diag(p), here, hedge)
        slope = -sum(x.empirical(x.over(t)) for x, t in zip(here, tables, strict=True))
        slope = traceless(slope - np.diag(hedge / p))
        step = conjugate_gradients(*curvature(p, here, tables, hedge), -slope)
        decrement = -np.vdot(slope, step).real
        # No step lowers an eigenvalue by more than nine tenths.
        least = float(np.linalg.eigvalsh(step / np.sqrt(np.outer(p, p)))[0])
        length = min(1.0, 0.9 / max(-least, 1e-300))
        while decrement >= tolerance and not (
            loss(np.diag(p) + length * step, here, hedge) <= value - 0.1 * length * decrement
        ):
            length /= 2
            if length < 1e-9:  # further changes of the loss are rounding
                return rho
        rho = u @ (np.diag(p) + length * step) @ u.conj().T
        if decrement < tolerance:
            return rho
    raise RuntimeError("Newton's method did not converge")


def loss(rho: np.ndarray, seen: list[Seen], hedge: float) -> float:
    """Return −Σ n ln p − h ln det ρ; infinite outside of the states."""
    p = np.concatenate([each.overlaps(rho)[each.found] for each in seen])
    sign, log_det = np.linalg.slogdet(rho)
    if sign.real <= 0 or p.min() <= 0:
        return np.inf
    counts = np.concatenate([each.counts[each.found] for each in seen])
    return float(-counts @ np.log(p) - hedge * log_det)


def traceless(matrix: np.ndarray) -> np.ndarray:
    """A matrix without its trace."""
    return matrix - np.eye(len(matrix)) * np.trace(matrix) / len(matrix)


Linear = Callable[[np.ndarray], np.ndarray]


def curvature(
    p: np.ndarray, seen: list[Seen], tables: list[np.ndarray], hedge: float
) -> tuple[Linear, Linear]:
    """The second derivative at diag p, and nearly its inverse, as functions of matrices.

    The latter neglects the coupling of a coherence to other entries, which is small for bases that
    follow the state. For very many fixed bases it uses only how often they see each eigenvector, as
    for random bases.
    """
    hedged = hedge / np.outer(p, p)
    weights = [x.over(t, 2) for x, t in zip(seen, tables, strict=True)]

    def along(matrix: np.ndarray) -> np.ndarray:
        parts = (x.empirical(w * x.overlaps(matrix)) for x, w in zip(seen, weights, strict=True))
        return traceless(sum(parts) + hedged * matrix)

    levels = np.zeros(hedged.shape)
    for x, w in zip(seen, weights, strict=True):
        if w.size > _MANY:
            often = np.diag(x.empirical(w)).real
            levels += (np.outer(often, often) + np.diag(often**2)) / w.sum()
            continue
        kets = all_kets(x.bases).reshape(-1, len(p)) @ x.circuit.T
        seen_by = kets.real**2 + kets.imag**2
        levels += (seen_by.T * w.ravel()) @ seen_by
    apart = levels + hedged
    inverse = np.linalg.inv(levels + np.diag(np.diag(hedged)))
    ones = inverse.sum(axis=1)

    def back(matrix: np.ndarray) -> np.ndarray:
        found = matrix / apart
        own = inverse @ np.diag(matrix).real
        found[np.diag_indices(len(p))] = own - ones * (own.sum() / ones.sum())
        return found

    return along, back


def conjugate_gradients(along: Linear, back: Linear, right: np.ndarray) -> np.ndarray:
    """Solve `along(x) = right`, to a hundredth in the norm of `back`.

    SciPy's stop by the plain norm, in which entries differ by many orders of magnitude here.
    """
    x, rest = np.zeros_like(right), right
    step = back(rest)
    size = start = np.vdot(rest, step).real
    for _ in range(1000):
        if size <= 1e-4 * start:
            break
        bent = along(step)
        length = size / np.vdot(step, bent).real
        x, rest = x + length * step, rest - length * bent
        after = back(rest)
        size, before = np.vdot(rest, after).real, size
        step = after + size / before * step
    return x
