r"""Cross entropy of few kets against a large model by Lanczos quadrature, between two bounds.

⟨ψ|log σ|ψ⟩ is an integral over the eigenvalues of σ with the weights of ψ. After k products σ|v⟩
Gauss quadrature is exact for polynomials of degree 2k − 1. The derivatives of −log alternate in
sign, so the Gauss rule is a lower bound, and the Gauss-Radau rule with a node at or below the least
eigenvalue an upper one (G. Golub, G. Meurant, *Matrices, Moments and Quadrature*, 2010). Their gap
falls as $e^{-4k/\sqrt κ}$, κ the ratio of the largest eigenvalue to the least.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from qce import _checks
from qce._checks import error, tolerance
from qce._concrete import called
from qce._renamed import renamed
from qce._showing import Shown
from qce._spectral.eigen import ZERO
from qce.states._state import State
from qce.states.kets import Pure
from qce.states.known import squared
from qce.states.views import Factor, View
from qce.typing import Array

EVERY = 8  # steps between evaluations of the bounds, which cost k² beside the k d² of the steps
PRICE = 16  # d/16 products cost a fraction of `eigh`, so that little is lost where they fail
LOOSE = 1e3  # where rounding exceeds this many times that of one product, `eigh` is used instead
CHANCE = 1e-12  # of accepting a matrix that is not positive
BLOCK = 256  # rows of a matrix that are compared together
FASTEST = 2.0  # the largest speed-up of convergence that is allowed for when giving up early


@dataclass(frozen=True, repr=False)
class Bracket(Shown):
    """A value between a lower and an upper bound.

    Args:
        lower: Lower bound, in nats.
        upper: Upper bound, in nats; +∞ where none was found.
        steps: Products with the model that were made.

    Example:
        >>> Bracket(1.0, 1.5, steps=4).value
        1.25
    """

    lower: float
    upper: float
    steps: int

    @property
    def value(self) -> float:
        """The middle of the bracket."""
        return (self.lower + self.upper) / 2

    @property
    def error(self) -> float:
        """How far the value may be off: half of the bracket."""
        return (self.upper - self.lower) / 2

    def __float__(self) -> float:
        return self.value


class Operator(Protocol):
    """A map of kets to kets: a SciPy sparse array, a `LinearOperator`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(d, d)."""

    def __matmul__(self, ket: np.ndarray, /) -> Any: ...


@renamed(max_steps="steps")
def lanczos_cross_entropy(
    data: State | Array,
    model: Array | Operator,
    *,
    least: float | None = None,
    tolerance: float | None = None,
    steps: int = 512,
) -> Bracket:
    r"""Bound $-\langle\log\sigma\rangle$ of few kets, in O(k d²), or O(k nnz) for a sparse model.

    Args:
        data: A ket `(d,)`, a `Pure` or an `Ensemble` of few kets.
        model: σ: an array, a SciPy sparse array or `LinearOperator`: whatever has a shape and a
            product `@` with a vector. It is not checked to be a density matrix.
        least: A lower bound on the eigenvalues of σ on which the data have weight, such as p/d for
            a depolarised one; if None 4 ε d λ_max, below which an eigenvalue counts as zero.
        tolerance: Half of the bracket at which to stop, relative to 1 + value, if rounding allows;
            ε √d if None.
        steps: The most products for one ket.

    Returns:
        The bracket, in nats, including rounding of eigenvalues by ε √d λ_max. It is wide where the
            steps do not suffice, and [0, ∞] where an eigenvalue at or below `least` is found.

    Raises:
        ValueError: If dimensions do not fit, or the data is no ket or mixture of kets.

    Example:
        >>> sigma = np.diag([0.4, 0.3, 0.2, 0.1])
        >>> found = lanczos_cross_entropy(np.full(4, 0.5), sigma)
        >>> round(found.value, 12), found.error < 1e-12
        (1.508071635407, True)

    Source:
        G. Golub and G. Meurant, Matrices, Moments and Quadrature (2010).
    """
    with called(ket="data"):
        kets = _kets(data)
    model = _operator(model)
    if (shape := tuple(model.shape)) != (len(kets), len(kets)):
        must, but = f"have shape ({len(kets)}, {len(kets)})", f"its shape is {shape}"
        raise error("model", must, but, "an operator on the space of the data")
    if least is not None:
        least = _checks.number("least", least, "a lower bound on the eigenvalues, or None", least=0)
    if tolerance is not None:
        tolerance = _checks.number("tolerance", tolerance, "tolerance=1e-9, or None", least=0)
    tolerance = _unit(kets) if tolerance is None else tolerance
    steps = min(_checks.integer("steps", steps, "steps=512", least=1), len(kets))
    return _total([_bracket(model, ket, least, tolerance, steps)[0] for ket in kets.T])


def _operator(model: Any) -> Any:
    """An array, or an object with a shape and a product with vectors; entries are checked."""
    product = hasattr(model, "shape") and hasattr(model, "__matmul__")
    if not product or hasattr(model, "__array__") or hasattr(model, "detach"):
        return _checks.numbers("model", model)
    if hasattr(model, "data") and hasattr(model, "nnz"):  # sparse, of any format
        _checks.numbers("model", model.tocoo().data)
    return model


def certified(data: View, model: np.ndarray) -> float | None:
    """The cross entropy if its bounds meet to rounding, at a fraction of the cost of `eigh`."""
    if not isinstance(data, Factor):
        return None
    d, kets = data.a.shape
    budget = d // (PRICE * kets)
    if budget < 2 * EVERY:
        return None
    runs = []
    for ket in data.a.T:
        found, met = _bracket(model, ket, None, _unit(data.a), budget, patient=False)
        if not met:
            return None
        runs.append(found)
    return _total(runs).value


def is_state(model: np.ndarray) -> bool:
    """Whether an array is certainly a density matrix within √ε, at O(d²); False if in doubt.

    With probability `CHANCE` at most, a random ket misses the eigenvector of a negative eigenvalue.
    """
    d, slack = len(model), tolerance(model.dtype)
    if not (abs(np.trace(model) - 1) <= slack and _skewness(model) <= slack):
        return False
    parts = 2 if np.iscomplexobj(model) else 1
    ket = np.random.default_rng(0).normal(size=d * parts).astype(model.real.dtype)
    ket = ket.view(model.dtype)
    for alpha, beta in _coefficients(model, ket / np.linalg.norm(ket), d // PRICE):
        if len(alpha) % EVERY == 0 and _is_positive(alpha, beta, slack, d, parts):
            return True
    return False


def _is_positive(alpha: np.ndarray, beta: np.ndarray, slack: float, d: int, parts: int) -> bool:
    """Whether k steps from a random ket leave an eigenvalue below −slack a chance of `CHANCE`.

    Let θ < Θ be the extreme Ritz values, λ the least and Λ the largest eigenvalue. With Chebyshev's
    polynomial of degree k − 1 on [θ, Λ] as a trial vector, θ − λ > g(Λ − θ) needs a ket whose
    weight on the eigenvector of λ is below w = 1/(g T_{k−1}(1 + 2g)²); and alike at the other end.
    Where neither holds, θ − λ <= (Θ − θ) g/(1 − g), which is solved for g here. A random
    complex ket has a smaller weight than w with a chance below d·w, a real one √(2dw/π).
    """
    from scipy.linalg import eigh_tridiagonal

    ritz = eigh_tridiagonal(alpha, beta[:-1], eigvals_only=True)
    room = ritz[0] + slack
    if room <= 0:
        return False
    g = room / (ritz[-1] - ritz[0] + room)
    log_weight = 2 * math.log(2) - math.log(g) - 2 * (len(alpha) - 1) * math.acosh(1 + 2 * g)
    log_chance = math.log(d) + log_weight
    if parts == 1:
        log_chance = (log_chance + math.log(2 / math.pi)) / 2
    return math.log(2) + log_chance <= math.log(CHANCE)


def _skewness(model: np.ndarray) -> float:
    """A bound on the entries of X − X†, NaN where X is not finite; by blocks, for the cache."""
    largest = 0.0
    with np.errstate(invalid="ignore"):
        for i in range(0, len(model), BLOCK):
            rows, columns = model[i : i + BLOCK, i:], model[i:, i : i + BLOCK]
            gap = rows - columns.conj().T
            largest = np.maximum(largest, math.sqrt(2) * np.abs(gap.view(gap.real.dtype)).max())
    return float(largest)


def _unit(kets: np.ndarray) -> float:
    return float(np.finfo(kets.dtype).eps) * math.sqrt(len(kets))


def _total(runs: list[Bracket]) -> Bracket:
    lower, upper = math.fsum(run.lower for run in runs), math.fsum(run.upper for run in runs)
    return Bracket(lower, upper, steps=sum(run.steps for run in runs))


def _kets(data: State | Array) -> np.ndarray:
    if not isinstance(data, State):
        ket = _checks.concrete("data", data)
        if ket.ndim != 1:
            but, remedy = f"its shape is {ket.shape}", "a ket, a Pure or an Ensemble"
            raise error("data", "be a ket, of shape (d,)", but, remedy)
    state = data if isinstance(data, State) else Pure(data)
    view = state.view()
    if not isinstance(view, Factor):
        raise error("data", "be kets", f"it is {data!r}", "a ket, a Pure or an Ensemble")
    return view.a


def _bracket(
    model: Any,
    ket: np.ndarray,
    least: float | None,
    tolerance: float,
    steps: int,
    patient: bool = True,
) -> tuple[Bracket, bool]:
    """Bounds for one ket, of any norm (its squared norm is its weight), and whether they met.

    If not `patient`, it stops when they will not meet, or rounding keeps them apart.
    """
    mass = float(squared(ket).sum())
    found, last = Bracket(0.0, math.inf if mass else 0.0, 0), math.inf
    if mass == 0:
        return found, True
    for alpha, beta in _coefficients(model, ket / math.sqrt(mass), steps):
        if beta[-1] > 0 and len(alpha) < steps and len(alpha) % EVERY:
            continue
        lower, upper, rounding = _bounds(alpha, beta, least, len(ket))
        ends = mass * max(0.0, lower - rounding), mass * (upper + rounding)
        found = Bracket(*ends, len(alpha))
        gap, goal = (upper - lower) / 2, max(tolerance * (1 + lower), rounding)
        if not patient and goal > LOOSE * tolerance * (1 + lower):
            break
        if gap <= goal:
            return found, True
        if gap == math.inf or not patient and _hopeless(last, gap, goal, steps - len(alpha)):
            break
        last = gap
    return found, False


def _hopeless(last: float, gap: float, goal: float, left: int) -> bool:
    """Whether the steps left cannot suffice at `FASTEST` times the present rate."""
    rate = math.log(last / gap) / EVERY
    return rate <= 0 or math.log(gap / goal) > FASTEST * rate * left


def _coefficients(
    model: Any, start: np.ndarray, steps: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The tridiagonal matrix of σ in the Krylov basis, after each step; β = 0 where it ends.

    The basis is fully reorthogonalised in two passes: k d operations beside d² a step.
    """
    from scipy.linalg import norm  # by BLAS, in which no square over- or underflows

    dtype = np.result_type(start.dtype, getattr(model, "dtype", start.dtype))
    basis = np.zeros((steps + 1, len(start)), dtype=dtype)
    basis[0] = start
    alpha, beta = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        image = np.asarray(model @ basis[k])
        alpha[k] = np.vdot(basis[k], image).real
        scale = norm(image)
        for _ in range(2):
            image = image - basis[: k + 1].T @ (basis[: k + 1].conj() @ image)
        beta[k] = norm(image)
        rounding = ZERO * np.finfo(dtype).eps * max(scale, alpha[k])
        if beta[k] <= max(rounding, np.finfo(dtype).tiny):  # of smaller ones digits are lost
            beta[k] = 0.0
        yield alpha[: k + 1], beta[: k + 1]
        if beta[k] == 0:
            return
        basis[k + 1] = image / beta[k]


def _bounds(
    alpha: np.ndarray, beta: np.ndarray, least: float | None, d: int
) -> tuple[float, float, float]:
    """Gauss and Gauss-Radau rules for ∫ −log x, the latter with a node at `least`, and rounding.

    Products are right to ε √d λ_max, which moves −log x by that over x.
    """
    nodes, weights = _rule(alpha, beta[:-1])
    eps = float(np.finfo(alpha.dtype).eps)
    least = ZERO * eps * d * nodes[-1] if least is None else least
    if nodes[0] <= least:
        return 0.0, math.inf, 0.0
    lower = float(-weights @ np.log(nodes))
    rounding = eps * math.sqrt(d) * float(weights @ (nodes[-1] / nodes))
    if beta[-1] == 0:
        return lower, lower, rounding
    nodes, weights = _rule(np.append(alpha, _last(alpha, beta, least)), beta)
    return lower, float(-weights @ np.log(np.maximum(nodes, least))), rounding


def _last(alpha: np.ndarray, beta: np.ndarray, least: float) -> float:
    """The entry that makes `least` an eigenvalue of the tridiagonal matrix, one step larger."""
    if len(alpha) == 1:  # of which LAPACK has no bands
        return least + float(beta[0] * (beta[0] / (alpha[0] - least)))
    from scipy.linalg import solveh_banded

    bands = np.array([np.append(0.0, beta[:-1]), alpha - least])
    end = np.zeros(len(alpha))
    end[-1] = beta[-1]
    return least + float(beta[-1] * solveh_banded(bands, end)[-1])


def _rule(alpha: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh_tridiagonal

    nodes, vectors = eigh_tridiagonal(alpha, beta)
    return nodes, vectors[0] ** 2
