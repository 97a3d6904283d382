"""Fidelity from the mean score of outcomes, for the model f |ψ⟩⟨ψ| + (1 − f) 1/D."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.typing import Array
from qce.xeb.moments import ESTIMATORS, REFERENCES, moments, of_circuits, score


@dataclass(frozen=True, repr=False)
class Fidelity(Shown):
    """An estimate of the fidelity with its errors.

    Args:
        value: the estimate; noise may put it below 0 or above 1.
        stderr: standard error from the finite number of shots, for these circuits; NaN where one
            has a single shot, which does not determine it.
        scatter: standard error from the scatter among circuits, which also includes deviations from
            the reference and the noise model; NaN for a single circuit.
        shots: outcomes in all.
        circuits: number of circuits.
        estimator: "linear", "log" or "heavy".
        reference: the mean scores assumed for an ideal and a uniform device.

    Example:
        >>> print(Fidelity(0.5123, 0.0213, 0.0252, 4000, 10, "linear", "haar"))
        0.512 ± 0.021 (linear, 10 circuits, 4000 shots)
    """

    value: float
    stderr: float
    scatter: float
    shots: int
    circuits: int
    estimator: str
    reference: str

    def __str__(self) -> str:
        places = max(0, 1 - math.floor(math.log10(self.stderr))) if self.stderr > 0 else 6
        numbers = f"{self.value:.{places}f} ± {self.stderr:.{places}f}"
        circuits = "1 circuit" if self.circuits == 1 else f"{self.circuits} circuits"
        return f"{numbers} ({self.estimator}, {circuits}, {self.shots} shots)"


def fidelity(
    ideal: Array, counts: Array, *, estimator: str = "linear", reference: str = "circuits"
) -> Fidelity:
    r"""Estimate f from outcomes q ≈ f p + (1 − f)/D by least squares over circuits.

    With the mean score m of the outcomes, e of the ideal device and u of a uniform one,
    $f = \sum (m - u)(e - u) / \sum (e - u)^2$. The logarithmic one is the difference of cross
    entropies, (H(uniform, p) − H(q, p)) / (H(uniform, p) − H(p)).

    Errors near the end of a circuit do not remove all of the score, so that the estimate of shallow
    circuits is above the fidelity of the state; the decay with depth (`fit_decay`) is not affected.

    Args:
        ideal: Probabilities p of the circuits without noise, `(c, D)` or `(D,)`.
        counts: Outcomes that were seen, of the same shape.
        estimator: "linear" for D p, "log" for ln p, "heavy" for 1 where p > (ln 2)/D. The linear
            one has the least variance below f ≈ 0.322, the logarithmic one above.
        reference: "circuits" for e and u of these circuits, which is right for any; "haar" for
            their mean over random states of this dimension; "porter_thomas" for its limit D → ∞.

    Returns:
        The estimate with both errors.

    Raises:
        ValueError: If shapes differ, there are no counts, a circuit has no outcome, the ideal
            probabilities are uniform, or one is 0 and the estimator logarithmic.

    Example:
        >>> found = fidelity([[0.7, 0.1, 0.1, 0.1]], [[55, 15, 15, 15]])
        >>> print(found)
        0.67 ± 0.11 (linear, 1 circuit, 100 shots)

    Source:
        F. Arute et al., Nature 574, 505 (2019), supplement; Y. Liu et al., arXiv:2105.05232;
        S. Boixo et al., Nat. Phys. 14, 595 (2018).
    """
    _checks.one_of("estimator", estimator, ESTIMATORS)
    _checks.one_of("reference", reference, REFERENCES)
    p, n = _data(ideal, counts)
    if estimator == "log" and (p <= 0).any():
        but = "some are 0, and have no logarithm"
        raise error("ideal", "be positive for the logarithm", but, 'estimator="linear"')
    e, u = (
        of_circuits(estimator, p)
        if reference == "circuits"
        else moments(estimator, p.shape[1], reference=reference)
    )
    gap = np.broadcast_to(np.asarray(e - u), len(p))
    if np.abs(gap).max() <= _checks.tolerance(float):
        but = "an ideal device scores no more than chance"
        raise error("ideal", "differ from uniform", but, "circuits that are random")
    g, shots = score(estimator, p), n.sum(axis=1)
    mean = (n * g).sum(axis=1) / shots
    spread = (n * (g - mean[:, None]) ** 2).sum(axis=1) / shots
    variance = np.divide(spread, shots - 1, out=np.full(len(p), np.nan), where=shots > 1)
    weight = gap / (gap @ gap)
    value = float(weight @ (mean - u))
    misfit = mean - u - value * gap
    c = len(p)
    return Fidelity(
        value=value,
        stderr=math.sqrt(float(weight**2 @ variance)),
        scatter=math.sqrt(float(weight**2 @ misfit**2) * c / (c - 1)) if c > 1 else math.nan,
        shots=int(shots.sum()),
        circuits=c,
        estimator=estimator,
        reference=reference,
    )


def heavy_output_probability(ideal: Array, counts: Array) -> float:
    r"""Share of outcomes whose ideal probability is above the median of their circuit.

    (1 + ln 2)/2 ≈ 0.847 for an ideal device and large random circuits, 1/2 for uniform outcomes;
    quantum volume requires 2/3.

    Args:
        ideal: Probabilities p of the circuits without noise, `(c, D)` or `(D,)`.
        counts: Outcomes that were seen, of the same shape.

    Returns:
        Mean over circuits.

    Raises:
        ValueError: If shapes differ, or a circuit has no outcome.

    Example:
        >>> heavy_output_probability([0.5, 0.3, 0.15, 0.05], [4, 4, 1, 1])
        0.8

    Source:
        S. Aaronson and L. Chen, arXiv:1612.05903; A. Cross et al., Phys. Rev. A 100, 032328 (2019).
    """
    p, n = _data(ideal, counts)
    heavy = p > np.median(p, axis=1, keepdims=True)
    return float(((n * heavy).sum(axis=1) / n.sum(axis=1)).mean())


def shot_variance(estimator: str, fidelity: float) -> float:
    r"""Variance of one shot's estimate of f, in the Porter-Thomas limit.

    1 + 2f − f² (linear), π²/6 − f² (logarithmic), 1/ln²2 − f² (heavy output). The standard error of
    N shots is the root of this over √N.

    Args:
        estimator: "linear", "log" or "heavy".
        fidelity: f in [0, 1].

    Returns:
        The variance.

    Raises:
        ValueError: If the estimator is unknown, or f is not in [0, 1].

    Example:
        >>> f = (np.pi**2 / 6 - 1) / 2  # where both variances are equal
        >>> round(f, 6), round(shot_variance("linear", f) - shot_variance("log", f), 12)
        (0.322467, 0.0)

    Source:
        Moments of the exponential distribution.
    """
    _checks.one_of("estimator", estimator, ESTIMATORS)
    fidelity = _checks.share("fidelity", fidelity, "a fidelity")
    second = {
        "linear": 1 + 2 * fidelity,
        "log": math.pi**2 / 6,
        "heavy": 1 / math.log(2) ** 2,
    }
    return second[estimator] - fidelity**2


def _data(ideal: Array, counts: Array) -> tuple[np.ndarray, np.ndarray]:
    _checks.probabilities("ideal", ideal)
    p = np.atleast_2d(_checks.numbers("ideal", ideal))
    n = np.atleast_2d(_checks.counts("counts", counts, least=0))
    if p.ndim != 2 or p.shape[1] < 2:
        raise error("ideal", "have shape (c, D)", f"its shape is {p.shape}", "one row a circuit")
    if n.shape != p.shape:
        must = f"have the shape {p.shape} of `ideal`"
        raise error("counts", must, f"their shape is {n.shape}", "one number an outcome")
    if (n.sum(axis=1) == 0).any():
        raise error("counts", "hold outcomes of every circuit", "one has 0 shots", "its outcomes")
    return p, n
