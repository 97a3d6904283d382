"""Laws of information measures, to be tried on a quantity of one's own.

Each function takes a quantity, a function of density matrices `(d, d)` that returns a number, tries
a law on random states, and reports the worst case together with the states it was found on. A law
that holds here is not proved; one that fails is refuted by its witness.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.states import random_density_matrix

__all__ = [
    "LawReport",
    "additivity",
    "continuity",
    "data_processing",
    "positivity",
    "unitary_invariance",
]

Quantity = Callable[..., Any]

# Random states of full rank have eigenvalues of 1/d³ and more, as a rule: rounding moves an entropy
# by less than 1e-12, and a wrong formula by more than 1e-3. What is checked may be solved to 1e-9.
TOLERANCE = 1e-9
_MOST_DRAWS, _MOST_ARGUMENTS = 10**5, 100


@dataclass(frozen=True, repr=False)
class LawReport(Shown):
    """How well a quantity keeps a law.

    Args:
        quantity: Its name.
        law: The law.
        deviation: The worst violation, in units of 1 + |value|; 0 where the law holds strictly.
        tolerance: How large rounding may make it.
        witness: The states of the worst case.
        seed: Of the random states.

    Example:
        >>> LawReport("entropy", "additivity", 1e-15, 1e-9, (), seed=0).passed
        True
    """

    quantity: str
    law: str
    deviation: float
    tolerance: float
    witness: tuple[np.ndarray, ...] = field(repr=False)
    seed: int

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the tolerance; NaN is not."""
        return self.deviation <= self.tolerance

    def __str__(self) -> str:
        verdict = "holds" if self.passed else "FAILS"
        sizes = f"deviation {self.deviation:.1e}, tolerance {self.tolerance:.1e}"
        return f"{self.quantity}: {self.law} {verdict} ({sizes}, seed {self.seed})"


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
    _taking("quantity", quantity, 2)

    def violations(rng: np.random.Generator, d: int) -> Iterator[_Case]:
        rho, sigma = _states(rng, d, 2)
        yield _positive(-_value(quantity, (rho, sigma))), 0.0, (rho, sigma)
        yield abs(_value(quantity, (rho, rho))), 0.0, (rho, rho)

    return _worst(quantity, "positivity", violations, seed, draws, tolerance)


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
    arguments = _count(quantity, arguments)

    def violations(rng: np.random.Generator, d: int) -> Iterator[_Case]:
        states, u = _states(rng, d, arguments), _isometry(rng, d, d)
        value = _value(quantity, states)
        turned = _value(quantity, [u @ x @ u.conj().T for x in states])
        yield abs(_difference(turned, value)), value, states

    return _worst(quantity, "unitary invariance", violations, seed, draws, tolerance)


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
        increases: Whether processing rather raises it, as it does a fidelity.
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
    _taking("quantity", quantity, 2)
    sign = -1.0 if _checks.truth("increases", increases) else 1.0

    def violations(rng: np.random.Generator, d: int) -> Iterator[_Case]:
        pair, channel = _states(rng, d, 2), _channel(rng, d)
        before, after = _value(quantity, pair), _value(quantity, [*map(channel, pair)])
        yield _positive(sign * _difference(after, before)), before, pair

    return _worst(quantity, "data processing", violations, seed, draws, tolerance)


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
    arguments = _count(quantity, arguments)

    def violations(rng: np.random.Generator, d: int) -> Iterator[_Case]:
        first, second = _states(rng, d, arguments), _states(rng, 2, arguments)
        products = tuple(np.kron(a, b) for a, b in zip(first, second, strict=True))
        total = _value(quantity, first) + _value(quantity, second)
        yield abs(_difference(_value(quantity, products), total)), total, products

    return _worst(quantity, "additivity", violations, seed, draws, tolerance)


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

    At the distances 10⁻² … 10⁻¹² of α the family has to be as close to the limit as twice its
    slope, found at 10⁻², allows. A formula that divides a rounded difference by α − 1 fails.

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
    _taking("family", family, 3)
    _taking("limit", limit, 2)
    at = _checks.number("at", at, "the order at which the limit is taken")

    def violations(rng: np.random.Generator, d: int) -> Iterator[_Case]:
        pair = _states(rng, d, 2)
        value = _value(limit, pair, "limit")
        for side in (-1.0, 1.0):
            orders = [at + side * h for h in _DISTANCES]
            with called(alpha="at"):
                near = [_value(family, (*pair, a), "family") for a in orders]
            gaps = [abs(_difference(x, value)) for x in near]
            slope = 2 * gaps[0] / _DISTANCES[0]
            for gap, h in zip(gaps, _DISTANCES, strict=True):
                yield _positive(gap - slope * h), value, pair

    return _worst(family, f"continuity at {at:g}", violations, seed, draws, tolerance)


def _value(function: Quantity, arguments: Sequence[Any], name: str = "quantity") -> float:
    """What a function says of states, which has to be one number; NaN is one."""
    found = function(*arguments)
    try:
        return float(found)
    except (TypeError, ValueError):
        but, remedy = f"it returned {_checks.shown(found)}", "a function of states with one value"
        raise error(name, "return a number", but, remedy, TypeError) from None


def _taking(name: str | tuple[str, str], function: Any, arguments: int) -> None:
    """A function that can be called with so many arguments, as far as its signature tells."""
    remedy = "a function of density matrices"
    _checks.function(name if isinstance(name, str) else name[0], function, remedy)
    try:
        signature(function).bind(*range(arguments))
    except TypeError:
        but = f"{_name(function)} does not"
        raise error(name, f"take {arguments} argument(s)", but, remedy, TypeError) from None
    except ValueError:  # built in, and without a signature
        pass


def _count(quantity: Quantity, arguments: int) -> int:
    """How many states a quantity is of."""
    remedy = "1 for a quantity of one state, 2 for one of data and model"
    arguments = _checks.integer("arguments", arguments, remedy, least=1, most=_MOST_ARGUMENTS)
    _taking(("quantity", "arguments"), quantity, arguments)
    return arguments


_DISTANCES = tuple(10.0**-k for k in range(2, 13))
_Case = tuple[float, float, tuple[np.ndarray, ...]]  # violation, value, states


def _worst(
    quantity: Quantity,
    law: str,
    violations: Callable[[np.random.Generator, int], Iterator[_Case]],
    seed: int,
    draws: int,
    tolerance: float,
) -> LawReport:
    draws = _checks.integer("draws", draws, "draws=20", least=1, most=_MOST_DRAWS)
    tolerance = _checks.number("tolerance", tolerance, "tolerance=1e-9", least=0)
    rng = _checks.rng("seed", seed)
    worst = -1.0
    witness: tuple[np.ndarray, ...] = ()
    for d in (2, 3, 4):
        for _ in range(draws):
            for violation, value, states in violations(rng, d):
                share = violation / (1 + abs(value))
                if share > worst:
                    worst, witness = share, states
                if math.isnan(share):
                    return LawReport(_name(quantity), law, share, tolerance, states, seed)
    return LawReport(_name(quantity), law, worst, tolerance, witness, seed)


def _difference(a: float, b: float) -> float:
    """The difference a − b, 0 where both are infinite."""
    return 0.0 if a == b else a - b


def _positive(x: float) -> float:
    """The larger of x and 0; NaN stays NaN, where `max` would take it for 0."""
    return float(np.maximum(x, 0.0))


def _name(quantity: Quantity) -> str:
    return getattr(quantity, "__name__", repr(quantity))


def _states(rng: np.random.Generator, d: int, count: int) -> tuple[np.ndarray, ...]:
    return tuple(random_density_matrix(d, seed=rng) for _ in range(count))


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
