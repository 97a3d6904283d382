"""Relative entropy and the derivative of the logarithm as integrals over a threshold γ.

Both look at one matrix less γ times another and ask for its positive part: no logarithm of a matrix
is taken, so that what other formulas share with each other is not shared with these. The number m
of positive eigenvalues changes at the generalised eigenvalues only, and is known between them
(Sylvester's law of inertia): there the m largest eigenvalues and their projector are analytic in γ,
and adaptive quadrature is right to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qce import _checks
from qce._checks import error
from qce._spectral import ZERO, data_weights, decompose
from qce.laws._pieces import (
    EPS,
    TOWARDS_ZERO,
    Hockey,
    Integral,
    Layers,
    norm,
    ratios_of,
    total,
)
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

_MOST_DRAWS = 100  # each takes an integral


def frenkel_integral(data: Array, model: Array) -> Integral[float]:
    r"""Relative entropy $D(ρ\|σ) = \int_1^∞ [E_γ(ρ\|σ)/γ + E_γ(σ\|ρ)/γ^2]\, dγ$.

    $E_γ(ρ\|σ) = \mathrm{Tr}\,(ρ - γσ)_+$ is the hockey-stick divergence. With $γ = e^t$ and
    $1/γ = e^t$ the two terms are
    $\int_0^∞ \mathrm{Tr}\,(ρ - e^t σ)_+\, dt + \int_{-∞}^0 \mathrm{Tr}\,(e^t σ - ρ)_+\, dt$, where
    $ρ - e^t σ$ is formed as $(ρ - σ) - (e^t - 1) σ$: close states cancel nowhere.

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
    ratios, apart, dropped = ratios_of(rho, q[inside], turn), rho - sigma, 0.0
    if not inside.all():
        small, sigma = (turn.conj().T @ x @ turn for x in (apart, sigma))
        dropped, apart = norm(apart - turn @ small @ turn.conj().T), small
    value, bound = total(Hockey(apart, sigma, ratios, q[inside][0]).parts())
    positive = np.log(ratios[ratios > 0])
    # What is left out of ρ − σ counts by its trace norm, along all t or towards γ = 0.
    length = np.ptp([0.0, *positive]) + TOWARDS_ZERO * (len(positive) < len(ratios))
    return Integral(float(value), bound + len(q) * dropped * float(length))


def layer_cake_integral(state: Array, direction: Array) -> Integral[np.ndarray]:
    r"""Return $D\log[B](H) = \int_0^∞ \{H > γB\}\, dγ - \int_{-∞}^0 \{H \le γB\}\, dγ$.

    {·} is the projector on the eigenvectors with such an eigenvalue. D log[B](H) is the derivative
    of log(B + tH) at t = 0; minus that of ρ is the gradient of $-\mathrm{Tr}\, ρ \log σ$ at σ = B,
    H = ρ.

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
    # It is linear in H, and products of the largest and the smallest floats leave their range. A
    # power of two changes no digit; ±1000 keeps it, and its inverse, a float.
    scale = 2.0 ** np.clip(np.frexp(np.abs(h).max())[1], -1000, 1000)
    h = h / scale
    least = np.linalg.eigvalsh(b)[0]
    q, v = decompose(np, b)
    inside = q > 0
    if least < -_checks.tolerance(float) * q[-1] or not inside.any():
        but = f"its least eigenvalue is {least:.6g}"
        raise error("state", "be positive", but, "a density matrix, for example")
    turn = v[:, inside]
    small = turn.conj().T @ h @ turn
    # Rounding of B by ε‖B‖ turns its support by that over its least eigenvalue.
    slack = ZERO * len(b) * EPS * norm(h) * q[-1] / q[inside][0]
    left = norm(h - turn @ small @ turn.conj().T)
    if left > slack:
        but = f"{left * scale:.3g} of it lies outside, and the derivative is infinite"
        must, remedy = "lie in the support of `state`", "the part of `direction` in the support"
        raise error(("direction", "state"), must, but, remedy)
    layers = Layers(small, np.diag(q[inside]), ratios_of(h, q[inside], turn))
    value, bound = total(layers.parts())
    with np.errstate(over="ignore", invalid="ignore"):
        return Integral(scale * (turn @ value @ turn.conj().T), float(scale * bound))


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
        yield norm(found - value), norm(value), (b, h)

    return worst_case(
        derivative, "layer cake", violations, seed, draws, tolerance, most=_MOST_DRAWS
    )


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
    return matrix / 2 + matrix.conj().T / 2


def _single(name: str, x: Array) -> np.ndarray:
    matrix = _checks.numbers(name, x).astype(complex)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise error(name, "have shape (d, d)", f"its shape is {matrix.shape}", "a single matrix")
    return matrix
