r"""A likelihood with relative frequencies as probabilities, which is constant if none is seen.

Target and data are one bit string. Of N outcomes of a random state k are equal to it; the loss is
−ln max(k/N, ε). The distribution of k is exact: for a Haar-random ket it is beta-binomial; for a
product of Haar-random wires each wire in turn leaves 0 … k of the k outcomes that agree so far, all
equally likely.
"""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce.trainability.laws import Moments

_ENSEMBLES = ("haar", "product")
# Wires of which the dimension 2^n is a finite number.
_MOST = 1000


def miss_probability(wires: int, shots: int, *, ensemble: str = "haar") -> float:
    r"""Probability that a given bit string is not among the outcomes of a random state.

    $(d - 1) / (d - 1 + N)$ for Haar-random kets, d = 2^n: at least ½ up to N = d − 1. For products
    of Haar-random wires by n cumulative sums of N + 1 numbers.

    Args:
        wires: Number of wires n.
        shots: Number of outcomes N.
        ensemble: "haar" for kets of all wires, "product" for wires one by one.

    Returns:
        The probability.

    Raises:
        ValueError: If n is not in 1 … 1000, N < 1, or the ensemble is unknown.

    Example:
        >>> round(miss_probability(8, 1000), 6), round(miss_probability(1, 3), 6)
        (0.203187, 0.25)

    Source:
        k ~ BetaBinomial(N, 1, d − 1); the problem: M. Rudolph et al., arXiv:2305.02881v2,
        Cor. 2.
    """
    wires, shots = _checked(wires, shots, ensemble)
    return float(_hits(wires, shots, ensemble)[0])


def sampled_likelihood(
    wires: int, shots: int, *, clip: float = 1e-6, ensemble: str = "haar"
) -> Moments:
    r"""Moments of $-\ln \max(k/N, ε)$ for one bit string, k of N outcomes of a random state.

    With more wires the mean goes to ln(1/ε) and the variance to 0, so that training is impossible.

    Args:
        wires: Number of wires n.
        shots: Number of outcomes N.
        clip: ε in (0, 1], what stands for a frequency of 0.
        ensemble: "haar" for kets of all wires, "product" for wires one by one.

    Returns:
        Mean (nats) and variance (nats²).

    Raises:
        ValueError: If n is not in 1 … 1000, N < 1, ε not in (0, 1], or the ensemble is unknown.

    Example:
        >>> print("{:.4f} {:.2f}".format(*sampled_likelihood(8, 1000)))
        7.3242 11.32

    Source:
        Exact law of k, see `miss_probability`; simulated in M. Rudolph et al.,
        arXiv:2305.02881v2, Fig. 4.
    """
    wires, shots = _checked(wires, shots, ensemble)
    clip = _checks.number("clip", clip, "clip=1e-6", above=0, most=1)
    law = _hits(wires, shots, ensemble)
    loss = -np.log(np.maximum(np.arange(shots + 1) / shots, clip))
    mean = law @ loss
    return Moments(float(mean), float(law @ (loss - mean) ** 2))


def _hits(wires: int, shots: int, ensemble: str) -> np.ndarray:
    """Probability of k = 0 … N hits."""
    if ensemble == "haar":
        others = 2.0**wires - 1
        left = shots - np.arange(shots)
        # P(k+1) / P(k) = (N − k) / (N − k + d − 2)
        ratios = np.log(left) - np.log(left + others - 1)
        return others / (others + shots) * np.exp(np.concatenate([[0.0], np.cumsum(ratios)]))
    law = np.zeros(shots + 1)
    law[-1] = 1.0
    for _ in range(wires):
        law = np.cumsum((law / np.arange(1, shots + 2))[::-1])[::-1]
    return law


def _checked(wires: int, shots: int, ensemble: str) -> tuple[int, int]:
    wires = _checks.integer("wires", wires, "a number there", least=1, most=_MOST)
    shots = _checks.integer("shots", shots, "a number there", least=1)
    _checks.memory("shots", f"laws of {shots} outcomes", 40.0 * shots, None, "fewer")
    _checks.one_of("ensemble", ensemble, _ENSEMBLES)
    return wires, shots
