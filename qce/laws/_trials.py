"""A law tried on random states: the worst case, and its states."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.states import random_density_matrix

Quantity = Callable[..., Any]

# Random states of full rank have eigenvalues of 1/d³ and more, as a rule: rounding moves an entropy
# by less than 1e-12, and a wrong formula by more than 1e-3. What is checked may be solved to 1e-9.
TOLERANCE = 1e-9
_MOST_DRAWS, _MOST_ARGUMENTS = 10**5, 100


@dataclass(frozen=True, repr=False)
class LawReport(Shown):
    """How well a quantity satisfies a law.

    Args:
        quantity: Its name.
        law: The law.
        deviation: The worst violation, in units of 1 + |value|; 0 where the law holds strictly.
        tolerance: The deviation that rounding may cause.
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


def value_of(function: Quantity, arguments: Sequence[Any], name: str = "quantity") -> float:
    """The value of a function of states, which has to be one number, or NaN."""
    found = function(*arguments)
    try:
        return float(found)
    except (TypeError, ValueError):
        but, remedy = f"it returned {_checks.shown(found)}", "a function of states with one value"
        raise error(name, "return a number", but, remedy, TypeError) from None


def taking(name: str | tuple[str, str], function: Any, arguments: int) -> None:
    """Refuse a function whose signature does not take this number of arguments."""
    remedy = "a function of density matrices"
    _checks.function(name if isinstance(name, str) else name[0], function, remedy)
    try:
        signature(function).bind(*range(arguments))
    except TypeError:
        but = f"{name_of(function)} does not"
        raise error(name, f"take {arguments} argument(s)", but, remedy, TypeError) from None
    except ValueError:  # built in, and without a signature
        pass


def count_of(quantity: Quantity, arguments: int) -> int:
    """Check the number of states that a quantity takes."""
    remedy = "1 for a quantity of one state, 2 for one of data and model"
    arguments = _checks.integer("arguments", arguments, remedy, least=1, most=_MOST_ARGUMENTS)
    taking(("quantity", "arguments"), quantity, arguments)
    return arguments


Case = tuple[float, float, tuple[np.ndarray, ...]]  # violation, value, states


def worst_case(
    quantity: Quantity,
    law: str,
    violations: Callable[[np.random.Generator, int], Iterator[Case]],
    seed: int,
    draws: int,
    tolerance: float,
    *,
    most: int = _MOST_DRAWS,
) -> LawReport:
    """Try a law on `draws` random cases of d = 2, 3 and 4 each, and keep the worst."""
    draws = _checks.integer("draws", draws, "draws=20", least=1, most=most)
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
                    return LawReport(name_of(quantity), law, share, tolerance, states, seed)
    return LawReport(name_of(quantity), law, worst, tolerance, witness, seed)


def difference(a: float, b: float) -> float:
    """The difference a − b, 0 where both are infinite."""
    return 0.0 if a == b else a - b


def positive_part(x: float) -> float:
    """The larger of x and 0; NaN stays NaN, unlike with `max`."""
    return float(np.maximum(x, 0.0))


def name_of(quantity: Quantity) -> str:
    """The name of a quantity in a report."""
    return getattr(quantity, "__name__", repr(quantity))


def random_states(rng: np.random.Generator, d: int, count: int) -> tuple[np.ndarray, ...]:
    """Density matrices `(d, d)` of full rank."""
    return tuple(random_density_matrix(d, seed=rng) for _ in range(count))
