"""Tell two qubit states apart from many copies: together, or one by one.

The exponent of the error of the second kind goes to the relative entropy where all copies are
measured together, and to the measured relative entropy where each is measured at once: what
measuring early costs. One by one has two curves: the best basis for each number of copies, and the
one basis that is the best for n → ∞. The expansion of second order is drawn without the term
(ln n)/2n, and with it, which is known for states that commute only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from qce import quantum
from qce.coding import (
    best_measured_stein_exponent,
    measured_stein_exponent,
    second_order_exponent,
    stein_exponent,
)
from qce.reproduce import drawn_by
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data_length: float = setting(0.9, "Bloch vector of the data, along z", least=0, most=1)
    model_length: float = setting(0.5, "Bloch vector of the model, along x", above=0, most=1)
    epsilon: float = setting(0.05, "error of the first kind", above=0, most=0.5)
    copies: tuple[int, ...] = setting(
        (2, 4, 6, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52), "numbers of copies", least=1
    )
    singly: int = setting(10_000, "most copies that are measured one by one", least=1)


WAYS: dict[str, Callable[..., float]] = {
    "together": stein_exponent,
    "one by one": best_measured_stein_exponent,
    "one by one, basis of n → ∞": measured_stein_exponent,
    "second order": second_order_exponent,
    "second order and (ln n)/2n": partial(second_order_exponent, third_order=True),
}


def run(spec: Spec) -> Outcome:
    """Find the best exponents."""
    rho = qubit(0, spec.data_length)
    sigma = qubit(spec.model_length, 0)
    pair = rho, sigma, spec.epsilon
    copies = np.array(spec.copies)
    far = np.unique(np.geomspace(copies[0], max(spec.singly, copies[-1]), 40).round().astype(int))
    history: dict[str, np.ndarray] = {"copies": copies, "copies, far": far}
    for way, of in WAYS.items():
        history[way] = exponents(of, copies, pair)
        if way != "together":
            history[f"{way}, far"] = exponents(of, far, pair)
    limits = {
        "relative entropy": float(quantum.relative_entropy(rho, sigma)),
        "measured relative entropy": float(quantum.measured_relative_entropy(rho, sigma)),
    }
    limits["lost by measuring early"] = (
        limits["relative entropy"] - limits["measured relative entropy"]
    )
    finite = {
        f"{way}, {n} copies": float(x)
        for way in WAYS
        for n, x in zip(copies, history[way], strict=True)
    }
    return Outcome({"Limits (nats a copy)": limits, "Exponents (nats a copy)": finite}, {}, history)


def exponents(of: Callable[..., float], copies: np.ndarray, pair: tuple) -> np.ndarray:
    """One exponent for each number of copies."""
    rho, sigma, epsilon = pair
    return np.array([of(rho, sigma, int(n), epsilon) for n in copies])


def qubit(x: float, z: float) -> np.ndarray:
    """The state with Bloch vector (x, 0, z)."""
    return np.array([[1 + z, x], [x, 1 - z]]) / 2


draw = drawn_by("hypothesis")
