"""Fidelity against depth, and its prediction from gate errors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import chi2

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.typing import Array

# The probability of taking noise for a signal: three standard deviations of a normal distribution.
_CHANCE = 0.0027
_DEEPEST = 1e9  # layers


@dataclass(frozen=True, repr=False)
class Decay(Shown):
    """An exponential decay $A r^m$ of fidelity with depth m.

    Args:
        layer: r, fidelity of one layer; NaN where the data do not determine it.
        layer_stderr: its standard error; +∞ there.
        amplitude: A, which includes errors of preparation and measurement; NaN there.
        amplitude_stderr: its standard error; +∞ there.
        chi_squared: χ² of the fit over its degrees of freedom.
        undetermined: why the data determine no decay; empty where they do.

    Example:
        >>> print(Decay(0.951, 0.002, 0.94, 0.01, 0.8))
        0.9510 ± 0.0020 a layer, amplitude 0.940 ± 0.010
    """

    layer: float
    layer_stderr: float
    amplitude: float
    amplitude_stderr: float
    chi_squared: float
    undetermined: str = ""

    def pauli_error(self, dimension: int) -> float:
        """Return the probability of a Pauli error a layer, (1 − r)(1 − 1/D²)."""
        d = _checks.integer("dimension", dimension, "2**wires", least=2)
        return (1 - self.layer) * (1 - 1 / d**2)

    def __str__(self) -> str:
        if self.undetermined:
            return f"undetermined: {self.undetermined}"
        layer = with_error(self.layer, self.layer_stderr)
        return f"{layer} a layer, amplitude {with_error(self.amplitude, self.amplitude_stderr)}"


def fit_decay(depths: Array, fidelities: Array, stderrs: Array) -> Decay:
    """Fit A r^m to fidelities by weighted least squares.

    Args:
        depths: Numbers of layers m, `(k,)`, not negative.
        fidelities: Estimates `(k,)`.
        stderrs: Their standard errors `(k,)`, positive.

    Returns:
        The decay, with errors from those of the fidelities. It is undetermined, with the reason,
            if the fidelities together are 0 within three standard errors, if A is not positive, if
            r is above 1 by more than three of its errors, or if the errors of A and r are infinite.

    Raises:
        ValueError: If there are fewer than three different depths, or errors are not positive.

    Example:
        >>> found = fit_decay([2, 4, 8, 16], [0.855, 0.768, 0.634, 0.424], [0.01] * 4)
        >>> print(f"{found.layer:.3f} ± {found.layer_stderr:.3f}")
        0.951 ± 0.002
        >>> print(fit_decay([5, 10, 20], [0.003, -0.004, 0.001], [0.01] * 3))
        undetermined: no fidelity is seen above the noise

    Source:
        Depolarising noise; F. Arute et al., Nature 574, 505 (2019), supplement.
    """
    m, f, s = _points(depths, fidelities, stderrs)
    try:
        (a, r), covariance = _fitted(m, f, s)
    except RuntimeError:  # no best A and r: one of them diverges
        a, r, covariance = 0.0, 0.0, np.full((2, 2), np.inf)
    with np.errstate(over="ignore"):  # beyond the range of floats nothing fits
        misfit, signal = (float(np.sum((x / s) ** 2)) for x in (f - a * r**m, f))
    errors = np.sqrt(np.diag(covariance))
    why = _undetermined(float(a), float(r), errors, signal, misfit, len(m))
    reduced = misfit / (len(m) - 2)
    if why:
        return Decay(math.nan, math.inf, math.nan, math.inf, reduced, why)
    return Decay(float(r), float(errors[1]), float(a), float(errors[0]), reduced)


def _points(
    depths: Array, fidelities: Array, stderrs: Array
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    named = {"depths": depths, "fidelities": fidelities, "stderrs": stderrs}
    m, f, s = (_checks.reals(name, x, "one number a depth").ravel() for name, x in named.items())
    if not (len(m) == len(f) == len(s)) or len(np.unique(m)) < 3:
        but = f"there are {len(np.unique(m))}, {len(f)} fidelities and {len(s)} errors"
        raise error("depths", "hold three different ones and fit the rest", but, "more depths")
    if m.min() < 0 or m.max() > _DEEPEST:
        odd = m.min() if m.min() < 0 else m.max()
        must = f"lie in [0, {_DEEPEST:g}]"
        raise error("depths", must, f"one is {odd:g}", "numbers of layers")
    if s.min() <= 0:
        raise error("stderrs", "be positive", f"one is {s.min():g}", "standard errors")
    return m, f, s


def _fitted(m: np.ndarray, f: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A and r with their covariance, which is infinite where the data do not determine one."""
    unit = float(np.abs(f).max()) or 1.0  # squares of what is far from 1 leave the range of floats
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        found, covariance = curve_fit(
            lambda x, a, r: a * r**x,
            m,
            f / unit,
            p0=_start(m, f / unit),
            sigma=s / s.min(),
            absolute_sigma=True,
            bounds=([-np.inf, 0.0], [np.inf, np.inf]),
        )
    scale, error_ = np.array([unit, 1.0]), s.min() / unit
    return found * scale, covariance * np.outer(scale * error_, scale * error_)


def _undetermined(
    a: float, r: float, errors: np.ndarray, signal: float, misfit: float, points: int
) -> str:
    """Why a fit determines no decay; `signal` is the sum of squares of fidelities over errors."""
    silent = signal <= chi2.isf(_CHANCE, points)
    fitted = bool(np.isfinite(errors).all())
    explained = signal - misfit if math.isfinite(misfit) else math.inf
    if silent or (fitted and explained <= chi2.isf(_CHANCE, 2)):
        return "no fidelity is seen above the noise"
    if fitted and a < 0:
        return "fidelities are negative"
    if not (errors[0] < max(1.0, abs(a)) and errors[1] < 1):
        return "the depths do not tell amplitude and decay apart"
    if r - 3 * errors[1] > 1:
        return "fidelities grow with depth"
    return ""


def digital_fidelity(errors: Iterable[tuple[float, int]]) -> float:
    """Predict the fidelity of a circuit as the product of (1 − e)^k over all kinds of gates.

    Args:
        errors: Pairs of a Pauli error e and the number k of gates that have it.

    Returns:
        The fidelity, if any single error makes outcomes uniform.

    Raises:
        ValueError: If an error is not in [0, 1], or a number is negative.

    Example:
        >>> round(digital_fidelity([(0.001, 100), (0.01, 50)]), 4)
        0.5474

    Source:
        Digital error model; S. Boixo et al., Nat. Phys. 14, 595 (2018).
    """
    logarithm = 0.0
    for pair in _checks.sequence("errors", errors, "pairs (e, k)"):
        both = _checks.sequence("errors", pair, "pairs (e, k)")
        if len(both) != 2:
            but = f"one is {_checks.shown(pair)}"
            raise error("errors", "be pairs of an error in [0, 1] and a number", but, "(e, k)")
        e = _checks.share("errors", both[0], "an error in [0, 1]")
        k = _checks.number("errors", both[1], "a number of gates", least=0)
        if k > 0:
            logarithm += k * math.log1p(-e) if e < 1 else -math.inf
    return math.exp(logarithm)


def _start(m: np.ndarray, f: np.ndarray) -> tuple[float, float]:
    """A straight line through the logarithms of the positive values."""
    positive = f > 0
    if len(np.unique(m[positive])) < 2:
        return 1.0, 0.5
    slope, level = np.polyfit(m[positive] / m.max(), np.log(f[positive]), 1)
    return math.exp(min(level, 1.0)), math.exp(np.clip(slope / m.max(), -100.0, 1.0))


def with_error(value: float, stderr: float) -> str:
    """A number with two digits of its error."""
    places = max(0, 1 - math.floor(math.log10(stderr))) if 0 < stderr < math.inf else 6
    return f"{value:.{places}f} ± {stderr:.{places}f}"
