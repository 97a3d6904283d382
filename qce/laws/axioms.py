"""Properties expected of entropies and divergences, tried on random states."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from qce import _checks
from qce._concrete import called
from qce.laws._trials import (
    TOLERANCE,
    Case,
    LawReport,
    Quantity,
    count_of,
    difference,
    positive_part,
    random_states,
    taking,
    value_of,
    worst_case,
)

_DISTANCES = tuple(10.0**-k for k in range(2, 13))


def positivity(
    quantity: Quantity, *, seed: int = 0, draws: int = 20, tolerance: float = TOLERANCE
) -> LawReport:
    r"""Check $Q(ρ, σ) \ge 0$, and $Q(ρ, ρ) = 0$.

    Args:
        quantity: Function of data and model, density matrices `(d, d)`.
        seed: Of the random states, d = 2, 3 and 4.
        draws: How many pairs of each dimension.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1.

    Example:
        >>> from qce import quantum
        >>> print(positivity(quantum.cross_entropy).passed)
        False

    Source:
        O. Klein, Z. Phys. 72, 767 (1931), for the relative entropy.
    """
    taking("quantity", quantity, 2)

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        rho, sigma = random_states(rng, d, 2)
        yield positive_part(-value_of(quantity, (rho, sigma))), 0.0, (rho, sigma)
        yield abs(value_of(quantity, (rho, rho))), 0.0, (rho, rho)

    return worst_case(quantity, "positivity", violations, seed, draws, tolerance)


def unitary_invariance(
    quantity: Quantity,
    *,
    arguments: int = 2,
    seed: int = 0,
    draws: int = 20,
    tolerance: float = TOLERANCE,
) -> LawReport:
    r"""Check $Q(UρU^†, UσU^†) = Q(ρ, σ)$.

    Args:
        quantity: Function of states, density matrices `(d, d)`.
        arguments: How many.
        seed: Of the random states and unitaries, d = 2, 3 and 4.
        draws: How many of each dimension.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1.

    Example:
        >>> from qce import quantum
        >>> unitary_invariance(quantum.entropy, arguments=1).passed
        True

    Source:
        M. Nielsen and I. Chuang, Quantum Computation and Quantum Information (2000).
    """
    arguments = count_of(quantity, arguments)

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        states, u = random_states(rng, d, arguments), _isometry(rng, d, d)
        value = value_of(quantity, states)
        turned = value_of(quantity, [u @ x @ u.conj().T for x in states])
        yield abs(difference(turned, value)), value, states

    return worst_case(quantity, "unitary invariance", violations, seed, draws, tolerance)


def data_processing(
    quantity: Quantity,
    *,
    increases: bool = False,
    seed: int = 0,
    draws: int = 20,
    tolerance: float = TOLERANCE,
) -> LawReport:
    r"""Check $Q(Φ(ρ), Φ(σ)) \le Q(ρ, σ)$ under random channels Φ.

    A channel is a random isometry into output and environment, which is traced out; output of
    dimension 2 to 4, environment of dimension 1 to 4 as far as there is room.

    Args:
        quantity: Function of data and model, density matrices `(d, d)`.
        increases: Whether processing raises it instead, as for a fidelity.
        seed: Of the random states and channels, d = 2, 3 and 4.
        draws: How many of each dimension.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1.

    Example:
        >>> from qce import quantum
        >>> data_processing(quantum.relative_entropy).passed
        True

    Source:
        G. Lindblad, Commun. Math. Phys. 40, 147 (1975), for the relative entropy.
    """
    taking("quantity", quantity, 2)
    sign = -1.0 if _checks.truth("increases", increases) else 1.0

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        pair, channel = random_states(rng, d, 2), _channel(rng, d)
        before, after = value_of(quantity, pair), value_of(quantity, [*map(channel, pair)])
        yield positive_part(sign * difference(after, before)), before, pair

    return worst_case(quantity, "data processing", violations, seed, draws, tolerance)


def additivity(
    quantity: Quantity,
    *,
    arguments: int = 2,
    seed: int = 0,
    draws: int = 20,
    tolerance: float = TOLERANCE,
) -> LawReport:
    r"""Check $Q(ρ_1⊗ρ_2, σ_1⊗σ_2) = Q(ρ_1, σ_1) + Q(ρ_2, σ_2)$.

    Args:
        quantity: Function of states, density matrices `(d, d)`.
        arguments: How many.
        seed: Of the random states, d = 2, 3 and 4 beside a qubit.
        draws: How many of each dimension.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1.

    Example:
        >>> from qce import quantum
        >>> additivity(quantum.trace_distance).passed
        False

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. Math. Stat. Prob. 1, 547 (1961), as an axiom.
    """
    arguments = count_of(quantity, arguments)

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        first, second = random_states(rng, d, arguments), random_states(rng, 2, arguments)
        products = tuple(np.kron(a, b) for a, b in zip(first, second, strict=True))
        total = value_of(quantity, first) + value_of(quantity, second)
        yield abs(difference(value_of(quantity, products), total)), total, products

    return worst_case(quantity, "additivity", violations, seed, draws, tolerance)


def continuity(
    family: Quantity,
    limit: Quantity,
    *,
    at: float = 1.0,
    seed: int = 0,
    draws: int = 5,
    tolerance: float = TOLERANCE,
) -> LawReport:
    r"""Check $Q_α(ρ, σ) \to Q(ρ, σ)$ as $α \to 1$, from both sides and without cancellation.

    At the distances 10⁻² … 10⁻¹² of α the family has to be within twice its slope, found at 10⁻²,
    of the limit. A formula that divides a rounded difference by α − 1 fails.

    Args:
        family: Function of data and model, density matrices `(d, d)`, and the order α.
        limit: Function of data and model, density matrices `(d, d)`.
        at: Where the limit is taken.
        seed: Of the random states, d = 2, 3 and 4.
        draws: How many pairs of each dimension.
        tolerance: Violation that is put down to rounding, in units of 1 + |value|.

    Returns:
        The report.

    Raises:
        ValueError: If `draws` is below 1.

    Example:
        >>> from qce import quantum
        >>> continuity(quantum.petz_renyi_divergence, quantum.relative_entropy).passed
        True

    Source:
        M. Tomamichel, Quantum Information Processing with Finite Resources (2016).
    """
    taking("family", family, 3)
    taking("limit", limit, 2)
    at = _checks.number("at", at, "the order at which the limit is taken")

    def violations(rng: np.random.Generator, d: int) -> Iterator[Case]:
        pair = random_states(rng, d, 2)
        value = value_of(limit, pair, "limit")
        for side in (-1.0, 1.0):
            orders = [at + side * h for h in _DISTANCES]
            with called(alpha="at"):
                near = [value_of(family, (*pair, a), "family") for a in orders]
            gaps = [abs(difference(x, value)) for x in near]
            slope = 2 * gaps[0] / _DISTANCES[0]
            for gap, h in zip(gaps, _DISTANCES, strict=True):
                yield positive_part(gap - slope * h), value, pair

    return worst_case(family, f"continuity at {at:g}", violations, seed, draws, tolerance)


def _isometry(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Haar-random orthonormal columns."""
    z = rng.normal(size=(rows, columns)) + 1j * rng.normal(size=(rows, columns))
    q, r = np.linalg.qr(z)
    return q * (np.diag(r) / np.abs(np.diag(r)))


def _channel(rng: np.random.Generator, d: int) -> Callable[[np.ndarray], np.ndarray]:
    output = int(rng.integers(2, 5))
    environment = int(rng.integers(math.ceil(d / output), 5))
    v = _isometry(rng, output * environment, d).reshape(output, environment, d)

    def channel(rho: np.ndarray) -> np.ndarray:
        out = np.einsum("aei,ij,bej->ab", v, rho, v.conj())
        return (out + out.conj().T) / 2

    return channel
