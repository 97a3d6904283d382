"""Tell two qubit states apart from many copies: together, or one by one.

The exponent of the error of the second kind goes to the relative entropy where all copies are
measured together, and to the measured relative entropy where each is measured at once: what
measuring early costs.
"""

from dataclasses import dataclass

import numpy as np

from qce import quantum
from qce.coding import measured_stein_exponent, second_order_exponent, stein_exponent
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


def run(spec: Spec) -> Outcome:
    """Find the best exponents."""
    rho = qubit(0, spec.data_length)
    sigma = qubit(spec.model_length, 0)
    pair = rho, sigma, spec.epsilon
    copies = np.array(spec.copies)
    far = np.unique(np.geomspace(copies[0], max(spec.singly, copies[-1]), 40).round().astype(int))
    history = {
        "copies": copies,
        "together": exponents(stein_exponent, copies, pair),
        "second order": exponents(second_order_exponent, copies, pair),
        "one by one": exponents(measured_stein_exponent, copies, pair),
        "copies, far": far,
        "second order, far": exponents(second_order_exponent, far, pair),
        "one by one, far": exponents(measured_stein_exponent, far, pair),
    }
    limits = {
        "relative entropy": float(quantum.relative_entropy(rho, sigma)),
        "measured relative entropy": float(quantum.measured_relative_entropy(rho, sigma)),
    }
    limits["lost by measuring early"] = (
        limits["relative entropy"] - limits["measured relative entropy"]
    )
    finite = {
        f"{way}, {n} copies": float(x)
        for way in ("together", "second order", "one by one")
        for n, x in zip(copies, history[way], strict=True)
    }
    return Outcome({"Limits (nats a copy)": limits, "Exponents (nats a copy)": finite}, {}, history)


def exponents(of: object, copies: np.ndarray, pair: tuple) -> np.ndarray:
    """One exponent for each number of copies."""
    rho, sigma, epsilon = pair
    return np.array([of(rho, sigma, int(n), epsilon) for n in copies])


def qubit(x: float, z: float) -> np.ndarray:
    """The state with Bloch vector (x, 0, z)."""
    return np.array([[1 + z, x], [x, 1 - z]]) / 2


draw = drawn_by("hypothesis")
