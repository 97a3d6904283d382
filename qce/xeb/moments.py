"""Mean scores of the estimators, for an ideal device and for uniform outcomes.

Linear: D p. Logarithmic: ln p. Heavy output: 1 where p > (ln 2)/D. An ideal device draws outcomes
from p, a completely depolarised one uniformly.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, xlogy

from qce import _checks

ESTIMATORS = ("linear", "log", "heavy")
REFERENCES = ("circuits", "haar", "porter_thomas")


class Moments(NamedTuple):
    """Mean score of the ideal device and of uniform outcomes; floats or arrays `(c,)`."""

    ideal: float | np.ndarray
    uniform: float | np.ndarray


def moments(estimator: str, dimension: int, *, reference: str = "haar") -> Moments:
    r"""Mean scores over random states, $E[\sum_x p g(p)]$ and $E[\frac1D \sum_x g(p)]$.

    For Haar-random states of dimension D: 2D/(D+1) and 1 (linear); 1 − H_D and −H_{D−1}
    (logarithmic, H_k the harmonic numbers); (1−t)^{D−1} (1 + (D−1)t) and (1−t)^{D−1} with
    t = (ln 2)/D (heavy output). The Porter-Thomas limit D → ∞ is 2 and 1; 1 − γ − ln D and
    −γ − ln D; (1 + ln 2)/2 and 1/2.

    Args:
        estimator: "linear", "log" or "heavy".
        dimension: D.
        reference: "haar" or "porter_thomas".

    Returns:
        Both means.

    Raises:
        ValueError: If a name is unknown, or D < 2.

    Example:
        >>> ideal, uniform = moments("log", 8)
        >>> round(-ideal, 6), round(-uniform, 6), round(ideal - uniform, 6)
        (1.717857, 2.592857, 0.875)

    Source:
        Moments of one probability, which is of Beta(1, D − 1); the limits: S. Boixo et al., Nat.
        Phys. 14, 595 (2018).
    """
    _checks.one_of("estimator", estimator, ESTIMATORS)
    _checks.one_of("reference", reference, REFERENCES[1:])
    d = _checks.integer("dimension", dimension, "2**wires", least=2)
    infinite = reference == "porter_thomas"
    if estimator == "linear":
        return Moments(2.0, 1.0) if infinite else Moments(2 * d / (d + 1), 1.0)
    if estimator == "log":
        if infinite:
            return Moments(1 - np.euler_gamma - math.log(d), -np.euler_gamma - math.log(d))
        harmonic = float(digamma(d) + np.euler_gamma)  # H_{D−1}
        return Moments(1 - harmonic - 1 / d, -harmonic)
    if infinite:
        return Moments((1 + math.log(2)) / 2, 0.5)
    t = math.log(2) / d
    by_chance = math.exp((d - 1) * math.log1p(-t))
    return Moments(by_chance * (1 + (d - 1) * t), by_chance)


def score(estimator: str, ideal: np.ndarray) -> np.ndarray:
    """The score g(p) of every outcome, of the shape of p; −∞ for the logarithm of 0."""
    d = ideal.shape[-1]
    if estimator == "linear":
        return d * ideal
    if estimator == "log":
        with np.errstate(divide="ignore"):
            return np.log(ideal)
    return (ideal > math.log(2) / d).astype(float)


def of_circuits(estimator: str, ideal: np.ndarray) -> Moments:
    """The same means for given circuits, from probabilities `(c, D)`, exactly."""
    g = score(estimator, ideal)
    if estimator == "log":
        return Moments(xlogy(ideal, ideal).sum(axis=-1), g.mean(axis=-1))
    return Moments((ideal * g).sum(axis=-1), g.mean(axis=-1))
