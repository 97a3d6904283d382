"""Fidelity against depth, and what gate errors predict."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from qce._checks import error

Array = Any


@dataclass(frozen=True)
class Decay:
    """An exponential decay $A r^m$ of fidelity with depth m.

    Args:
        layer: r, fidelity of one layer.
        layer_stderr: its standard error.
        amplitude: A, what preparation and measurement leave.
        amplitude_stderr: its standard error.
        chi_squared: misfit in units of the errors, over degrees of freedom.
    """

    layer: float
    layer_stderr: float
    amplitude: float
    amplitude_stderr: float
    chi_squared: float

    def pauli_error(self, dimension: int) -> float:
        """Return the probability of a Pauli error a layer, (1 − r)(1 − 1/D²)."""
        return (1 - self.layer) * (1 - 1 / dimension**2)


def fit_decay(depths: Array, fidelities: Array, stderrs: Array) -> Decay:
    """Fit A r^m to fidelities by weighted least squares.

    Args:
        depths: Numbers of layers m, `(k,)`.
        fidelities: Estimates `(k,)`.
        stderrs: Their standard errors `(k,)`, positive.

    Returns:
        The decay, with errors from those of the fidelities.

    Raises:
        ValueError: If there are fewer than three different depths, or errors are not positive.

    Example:
        >>> found = fit_decay([2, 4, 8, 16], [0.855, 0.768, 0.634, 0.424], [0.01] * 4)
        >>> print(f"{found.layer:.3f} ± {found.layer_stderr:.3f}")
        0.951 ± 0.002

    Source:
        Depolarising noise; F. Arute et al., Nature 574, 505 (2019), supplement.
    """
    m, f, s = (np.asarray(x, dtype=float).reshape(-1) for x in (depths, fidelities, stderrs))
    if not (len(m) == len(f) == len(s)) or len(np.unique(m)) < 3:
        but = f"there are {len(np.unique(m))}, {len(f)} fidelities and {len(s)} errors"
        raise error("depths", "hold three different ones and fit the rest", but, "more depths")
    if not (np.isfinite(s).all() and (s > 0).all() and np.isfinite(f).all()):
        raise error("stderrs", "be positive and finite", "they are not", "standard errors")
    (a, r), covariance = curve_fit(
        lambda x, a, r: a * r**x,
        m,
        f,
        p0=_start(m, f),
        sigma=s,
        absolute_sigma=True,
        bounds=([-np.inf, 0.0], [np.inf, np.inf]),
    )
    misfit = float(np.sum(((f - a * r**m) / s) ** 2) / (len(m) - 2))
    errors = np.sqrt(np.diag(covariance))
    return Decay(float(r), float(errors[1]), float(a), float(errors[0]), misfit)


def digital_fidelity(errors: Iterable[tuple[float, int]]) -> float:
    """Predict the fidelity of a circuit as the product of (1 − e)^k over all kinds of gates.

    Args:
        errors: Pairs of a Pauli error e and the number k of gates that have it.

    Returns:
        The fidelity, if any error at all makes outcomes uniform.

    Raises:
        ValueError: If an error is not in [0, 1], or a number is negative.

    Example:
        >>> round(digital_fidelity([(0.001, 100), (0.01, 50)]), 4)
        0.5474

    Source:
        Digital error model; S. Boixo et al., Nat. Phys. 14, 595 (2018).
    """
    logarithm = 0.0
    for e, k in errors:
        if not (0 <= e <= 1 and k >= 0):
            but = f"one is {(e, k)}"
            raise error("errors", "be pairs of an error in [0, 1] and a number", but, "(e, k)")
        if k > 0:
            logarithm += k * math.log1p(-e) if e < 1 else -math.inf
    return math.exp(logarithm)


def _start(m: np.ndarray, f: np.ndarray) -> tuple[float, float]:
    """A straight line through the logarithms of what is positive."""
    positive = f > 0
    if len(np.unique(m[positive])) < 2:
        return 1.0, 0.5
    slope, level = np.polyfit(m[positive], np.log(f[positive]), 1)
    return math.exp(level), math.exp(slope)
