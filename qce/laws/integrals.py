"""Relative entropy and the derivative of the logarithm as integrals over a threshold γ.

Both look at one matrix less γ times another and ask for its positive part: no logarithm of a matrix
is taken, so that what other formulas share with each other is not shared with these. The number m
of positive eigenvalues changes at the generalised eigenvalues only, and is known between them
(Sylvester's law of inertia): there the m largest eigenvalues and their projector are analytic in γ,
and adaptive quadrature is right to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from qce import _checks
from qce._checks import error
from qce._spectral import ZERO, data_weights, decompose
from qce.laws._trials import (
    TOLERANCE,
    Case,
    LawReport,
    Quantity,
    random_states,
    taking,
    value_of,
    worst_case,
)
from qce.typing import Array

_EPS = float(np.finfo(float).eps)
_MOST_DRAWS = 100  # an integral takes up to a hundredth of a second
_HALVINGS = 200  # intervals at most, of each piece
# Σ of ε‖ρ‖/γ over the nodes towards γ = 0: at most ln of the ratio of the largest and the least.
_TOWARDS_ZERO = 50.0

Value = TypeVar("Value", float, np.ndarray)


class Integral(NamedTuple, Generic[Value]):
    """An integral, and how far rounding and quadrature may have moved it.

    Args:
        value: A number, or a matrix `(d, d)`.
        error: Bound on its error, of a matrix in the operator norm.

    Example:
        >>> value, error = frenkel_integral([[1, 0], [0, 0]], [[0.5, 0], [0, 0.5]])
        >>> print(abs(value - np.log(2)) <= error)
        True
    """

    value: Value
    error: float


def frenkel_integral(data: Array, model: Array) -> Integral[float]:
    r"""Relative entropy $D(ρ\|σ) = \int_1^∞ [E_γ(ρ\|σ)/γ + E_γ(σ\|ρ)/γ^2]\, dγ$.

    $E_γ(ρ\|σ) = \mathrm{Tr}\,(ρ - γσ)_+$ is the hockey-stick divergence. With γ = e^t and 1/γ = e^t
    the two terms are $\int_0^∞ \mathrm{Tr}\,(ρ - e^t σ)_+\, dt + \int_{-∞}^0 \mathrm{Tr}\,(e^t σ -
    ρ)_+\, dt$, where ρ − e^t σ is formed as (ρ − σ) − (e^t − 1) σ: close states cancel nowhere.

    Args:
        data: Density matrix ρ `(d, d)`.
        model: Density matrix σ `(d, d)`.

    Returns:
        Value in nats and bound on its error; +∞ where ρ has weight outside the support of σ. The
            error is a few ε d² times the largest ratio of ρ to σ, relative to the distance of close
            states.

    Raises:
        ValueError: If an argument is no single density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> value, error = frenkel_integral(rho, sigma)
        >>> round(value, 12), error < 1e-13
        (0.63847297344, True)

    Source:
        P. E. Frenkel, Quantum 7, 1102 (2023); C. Hirche and M. Tomamichel, Commun. Math. Phys. 405,
        208 (2024), for this form.
    """
    rho, sigma = _pair(("data", data), ("model", model))
    q, v = decompose(np, sigma)
    inside = q > 0
    if data_weights(np, rho, q, v)[~inside].sum() > 0:
        return Integral(np.inf, 0.0)
    turn = v[:, inside]
    ratios, apart, dropped = _ratios(rho, q[inside], turn), rho - sigma, 0.0
    if not inside.all():
        small, sigma = (turn.conj().T @ x @ turn for x in (apart, sigma))
        dropped, apart = _norm(apart - turn @ small @ turn.conj().T), small
    value, bound = _sum(_Hockey(apart, sigma, ratios, q[inside][0]).parts())
    positive = np.log(ratios[ratios > 0])
    # What is left out of ρ − σ counts by its trace norm, along all t or towards γ = 0.
    length = np.ptp([0.0, *positive]) + _TOWARDS_ZERO * (len(positive) < len(ratios))
    return Integral(float(value), bound + len(q) * dropped * float(length))


def layer_cake_integral(state: Array, direction: Array) -> Integral[np.ndarray]:
    r"""Return $D\log[B](H) = \int_0^∞ \{H > γB\}\, dγ - \int_{-∞}^0 \{H \le γB\}\, dγ$.

    {·} is the projector on the eigenvectors with such an eigenvalue. D log[B](H) is the derivative
    of log(B + tH) at t = 0; minus that of ρ is the gradient of −Tr ρ log σ at σ = B, H = ρ.

    Args:
        state: Positive matrix B `(d, d)`, a density matrix as a rule; derivatives are along its
            support.
        direction: Hermitian matrix H `(d, d)`, within the support of B.

    Returns:
        Matrix `(d, d)` and a bound on its error, a few ε d²‖H‖‖B‖/λ_min(B)² or more.

    Raises:
        ValueError: If B is not positive, H is not Hermitian, or H leaves the support of B, where
            the derivative is infinite.

    Example:
        >>> value, error = layer_cake_integral([[0.5, 0.0], [0.0, 0.25]], [[0.0, 1.0], [1.0, 0.0]])
        >>> value.real.round(9).tolist(), bool(abs(value[0, 1] - 4 * np.log(2)) < error)
        ([[0.0, 2.772588722], [2.772588722, 0.0]], True)

    Source:
        Layer-cake representations of matrix derivatives, arXiv:2512.04345.
    """
    b, h = _hermitian("state", state), _hermitian("direction", direction)
    _checks.same_dimension("state", b, "direction", h)
    least = np.linalg.eigvalsh(b)[0]
    q, v = decompose(np, b)
    inside = q > 0
    if least < -_checks.tolerance(float) * q[-1] or not inside.any():
        but = f"its least eigenvalue is {least:.6g}"
        raise error("state", "be positive", but, "a density matrix, for example")
    turn = v[:, inside]
    small = turn.conj().T @ h @ turn
    # Rounding of B by ε‖B‖ turns its support by that over its least eigenvalue.
    slack = ZERO * len(b) * _EPS * _norm(h) * q[-1] / q[inside][0]
    left = _norm(h - turn @ small @ turn.conj().T)
    if left > slack:
        but = f"{left:.3g} of it lies outside, and the derivative is infinite"
        must, remedy = "lie in the support of `state`", "the part of `direction` in the support"
        raise error(("direction", "state"), must, but, remedy)
    layers = _Layers(small, np.diag(q[inside]), _ratios(h, q[inside], turn))
    value, bound = _sum(layers.parts())
    return Integral(turn @ value @ turn.conj().T, bound)


def frenkel(
    quantity: Quantity, *, seed: int = 0, draws: int = 5, tolerance: float = TOLERANCE
) -> LawReport:
    r"""Check that $Q(ρ, σ)$ is Frenkel's integral, the relative entropy.

    Args:
        quantity: Function of data and model, density matrices `(d, d)`.
        seed: Of the random states, d = 2, 3 and 4.
        draws: How many pairs of each dimension, 100 at most.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1 or above 100.

    Example:
        >>> from qce import quantum
        >>> print(frenkel(quantum.measured_relative_entropy, draws=1).passed)
        False

    Source:
        P. E. Frenkel, Quantum 7, 1102 (2023).
    """
    taking("quantity", quantity, 2)

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        pair = random_states(rng, d, 2)
        value = float(frenkel_integral(*pair).value)
        yield abs(value_of(quantity, pair) - value), value, pair

    return worst_case(
        quantity, "Frenkel's integral", violations, seed, draws, tolerance, most=_MOST_DRAWS
    )


def layer_cake(
    derivative: Quantity, *, seed: int = 0, draws: int = 5, tolerance: float = TOLERANCE
) -> LawReport:
    r"""Check that a function of B and H is the derivative $D\log[B](H)$, by layers.

    Args:
        derivative: Function of a density matrix and a Hermitian one, `(d, d)`, with a matrix as its
            value.
        seed: Of the random matrices, d = 2, 3 and 4.
        draws: How many pairs of each dimension, 100 at most.
        tolerance: Violation that is put down to rounding, in units of 1 + the norm of the value.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is out of range, or what is returned is no matrix of that size.

    Example:
        >>> from scipy.linalg import logm
        >>> def derivative(b, h):
        ...     return logm(np.block([[b, h], [0 * b, b]]))[: len(b), len(b) :]
        >>> layer_cake(derivative, draws=1).passed
        True

    Source:
        Layer-cake representations of matrix derivatives, arXiv:2512.04345.
    """
    taking("derivative", derivative, 2)

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        b, one, other = random_states(rng, d, 3)
        value = layer_cake_integral(b, h := one - other).value
        found = _checks.numbers("derivative", derivative(b, h))
        if found.shape != (d, d):
            must, but = f"return a matrix ({d}, {d})", f"its value has shape {found.shape}"
            raise error("derivative", must, but, "a function of B and H with a matrix as its value")
        yield _norm(found - value), _norm(value), (b, h)

    return worst_case(
        derivative, "layer cake", violations, seed, draws, tolerance, most=_MOST_DRAWS
    )


# --- pieces between generalised eigenvalues -------------------------------------------------------


@dataclass(frozen=True)
class _Hockey:
    """Tr (ρ − γσ)_± dγ/γ on both sides of γ = 1, for σ of full rank.

    Args:
        apart: ρ − σ.
        sigma: σ.
        ratios: generalised eigenvalues of ρ with σ, ascending, exactly 0 on the kernel of ρ.
        least: the least eigenvalue of σ.
    """

    apart: np.ndarray
    sigma: np.ndarray
    ratios: np.ndarray
    least: float

    def parts(self) -> Iterator[Integral[float]]:
        """Integrals over all pieces."""
        positive = self.ratios[self.ratios > 0]
        yield Integral(0.0, self._misplaced(positive))
        logs = np.log(positive)
        for low, high in pairwise(np.unique([0.0, *logs[logs > 0]])):
            yield self._above(low, high)
        for low, high in pairwise(np.unique([*logs[logs < 0], 0.0])):
            yield self._below(low, high)
        if len(positive) < len(self.ratios):
            yield self._towards_zero(min(1.0, float(positive[0])))

    def _above(self, low: float, high: float) -> Integral[float]:
        """∫ Tr (ρ − e^t σ)_+ dt."""
        m = int(np.sum(self.ratios > np.exp((low + high) / 2)))

        def trace(t: float) -> float:
            return float(np.linalg.eigvalsh(self._at(t))[-m:].sum())

        return _quadrature(trace, low, high, self._rounding(high, high - low))

    def _below(self, low: float, high: float) -> Integral[float]:
        """∫ Tr (e^t σ − ρ)_+ dt."""
        m = int(np.sum(self.ratios < np.exp((low + high) / 2)))

        def trace(t: float) -> float:
            return -float(np.linalg.eigvalsh(self._at(t))[:m].sum())

        return _quadrature(trace, low, high, self._rounding(low, high - low))

    def _towards_zero(self, high: float) -> Integral[float]:
        """∫_0 Tr (γσ − ρ)_+ dγ/γ, whose integrand is the weight of σ on the kernel at γ = 0."""
        m = int(np.sum(self.ratios == 0))

        def trace(gamma: float) -> float:
            rest = self.apart + (1 - gamma) * self.sigma
            return -float(np.linalg.eigvalsh(rest)[:m].sum()) / gamma

        size = _norm(self.apart) + _norm(self.sigma)
        return _quadrature(trace, 0.0, high, _rounding(len(self.sigma), size) * _TOWARDS_ZERO)

    def _misplaced(self, ratios: np.ndarray) -> float:
        """Rounding of ρ and σ moves a ratio by δ, and an eigenvalue near 0 is counted on it."""
        size, d = _norm(self.sigma), len(self.sigma)
        moved = ZERO * _EPS * d * (_norm(self.apart) + (1 + ratios) * size) / self.least
        return float(np.sum(size * moved**2 / ratios))

    def _at(self, t: float) -> np.ndarray:
        return self.apart - np.expm1(t) * self.sigma

    def _rounding(self, t: float, length: float) -> float:
        size = _norm(self.apart) + abs(np.expm1(t)) * _norm(self.sigma)
        return _rounding(len(self.sigma), size) * length


@dataclass(frozen=True)
class _Layers:
    """Projectors {H > γB} over γ > 0 less {H ≤ γB} over γ < 0, for B of full rank.

    Args:
        h: H.
        b: B, diagonal.
        ratios: generalised eigenvalues of H with B, ascending.
    """

    h: np.ndarray
    b: np.ndarray
    ratios: np.ndarray

    def parts(self) -> Iterator[Integral[np.ndarray]]:
        """Integrals over all pieces."""
        d = len(self.b)
        # Rounding of H and B by ε d of their norms moves generalised eigenvalues by so much, and
        # at each of them a projector of rank 1 begins or ends.
        least, most = self.b[0, 0], self.b[-1, -1]
        ends = float(ZERO * _EPS * d**2 * _norm(self.h) / least * (1 + most / least))
        yield Integral(np.zeros((d, d)), ends)
        for low, high in pairwise(np.unique([0.0, *self.ratios])):
            yield self._between(low, high)

    def _between(self, low: float, high: float) -> Integral[np.ndarray]:
        m = int(np.sum(self.ratios > (low + high) / 2))
        sign = 1 if high > 0 else -1
        chosen = slice(len(self.b) - m, None) if sign > 0 else slice(0, len(self.b) - m)
        gaps: list[float] = []

        def projector(gamma: float) -> np.ndarray:
            rest = self.h - gamma * self.b
            values, vectors = np.linalg.eigh(rest)
            if 0 < m < len(values):
                gap = values[len(values) - m] - values[len(values) - m - 1]
                gaps.append(max(abs(values[0]), abs(values[-1])) / gap)
            return sign * vectors[:, chosen] @ vectors[:, chosen].conj().T

        value, missed = _quadrature(projector, low, high, 0.0)
        # An eigenvector of a matrix that rounding moved by ε d‖·‖ turns by that over the gap.
        turned = ZERO * _EPS * len(self.b) * max(gaps, default=1.0)
        return Integral(value, missed + turned * (high - low))


def _quadrature(
    function: Callable[[float], Value], low: float, high: float, rounding: float
) -> Integral[Value]:
    """∫ to rounding, and the error of quadrature and rounding together."""
    from scipy.integrate import quad_vec

    value, missed = quad_vec(
        function, low, high, epsabs=rounding, epsrel=1e-13, norm="max", limit=_HALVINGS
    )
    size = np.size(value) ** 0.5  # of a matrix in the largest entry
    return Integral(value, float(missed) * size + rounding)


def _sum(parts: Iterator[Integral[Value]]) -> Integral[Value]:
    total, bound = next(parts)
    for value, missed in parts:
        total, bound = total + value, bound + missed
    return Integral(total, float(bound))


def _rounding(d: int, size: float) -> float:
    """What rounding moves a sum of eigenvalues of a d×d matrix of this norm by."""
    return ZERO * _EPS * d**2 * size


def _ratios(h: np.ndarray, q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Generalised eigenvalues of H with B = v diag(q) v†, ascending, 0 where rounding made them."""
    root = v / np.sqrt(q)
    ratios = np.linalg.eigvalsh(root.conj().T @ h @ root)
    cut = ZERO * len(q) * _EPS * np.abs(ratios).max()
    return np.where(np.abs(ratios) > cut, ratios, 0.0)


def _norm(x: np.ndarray) -> float:
    return float(np.linalg.norm(x, 2)) if x.size else 0.0


# --- arguments ------------------------------------------------------------------------------------


def _pair(*named: tuple[str, Array]) -> list[np.ndarray]:
    """Two single density matrices of one size."""
    matrices = []
    for name, x in named:
        _checks.states(name, x)
        matrices.append(_single(name, x))
    (first, x), (second, y) = named
    _checks.same_dimension(first, x, second, y)
    return matrices


def _hermitian(name: str, x: Array) -> np.ndarray:
    matrix = _single(name, x)
    skew = np.abs(matrix - matrix.conj().T).max()
    if skew > _checks.tolerance(float) * max(1.0, np.abs(matrix).max()):
        raise error(name, "be Hermitian", f"it misses it by {skew:.3g}", "`(x + x.conj().T) / 2`")
    return (matrix + matrix.conj().T) / 2


def _single(name: str, x: Array) -> np.ndarray:
    matrix = _checks.numbers(name, x).astype(complex)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise error(name, "have shape (d, d)", f"its shape is {matrix.shape}", "a single matrix")
    return matrix
