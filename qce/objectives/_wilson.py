r"""Wilson's interval, for means and relative entropies over any number of outcomes.

A value belongs to the interval if the estimate lies within z standard errors of it, where the error
is that of a distribution with this value, and not that of the sample: outcomes that were not seen
may still have a probability. The distribution is taken on the path p(τ) ∝ p̂ exp(τ · slope), along
which the value changes fastest with distance from p̂ (Stein's least favourable family): on it the
value is as hard to estimate as with all probabilities free. For two outcomes the path holds all
distributions, and the interval is Wilson's. One count in all, shared by the outcomes, is added to p̂
(Perks), since a probability that starts at 0 would stay 0 on the path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import jax
import numpy as np
from scipy import special

from qce.typing import Array

# τ up to sinh 40 = 1e17: values that differ by rounding are told apart.
_FARTHEST = 40.0
_HALVINGS = 64

Ends = tuple[np.ndarray, np.ndarray]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class Mean:
    """Σ p(x) v(x) of the distribution that counts were drawn from.

    Args:
        counts: how often each outcome was seen, shape `(..., k)`.
        values: v of each outcome, shape `(k,)`.

    Example:
        >>> low, high = Mean(np.array([9, 1]), np.array([0.0, 1.0])).interval(0.95)
        >>> f"{low:.4f} {high:.4f}"  # as in Wilson (1927)
        '0.0179 0.4042'
    """

    counts: Array
    values: Array

    def interval(self, level: float) -> Ends:
        """Return the ends of the interval that holds the mean with a probability."""
        counts, v = np.asarray(self.counts), np.asarray(self.values)
        total = counts.sum(axis=-1)

        def moments(p: np.ndarray) -> Ends:
            mean = p @ v
            return mean, np.sqrt((p * (v - mean[..., None]) ** 2).sum(axis=-1) / total)

        seen = (counts @ v) / total
        path = _path(np.log(_perks(counts)), v)
        return _between(lambda t: moments(path(t)), np.asarray(seen), level, -_FARTHEST)


@dataclass(frozen=True, eq=False)
class Divergence:
    """Σ p(x) ln(p(x)/q(x)) of the distribution that counts were drawn from.

    The interval is that of Miller and Madow's estimate, whichever estimate is reported: others jump
    from one count to the next by more than their bias.

    Args:
        counts: how often each outcome was seen, shape `(..., k)`.
        model: q of each outcome, above 0; they need not sum to 1. Shape `(k,)`.
        sign: −1 for minus that number, which for q = 1 is the entropy.
    """

    counts: np.ndarray
    model: np.ndarray
    sign: int = 1

    def interval(self, level: float) -> Ends:
        """Return the ends of the interval that holds the number with a probability."""
        counts, q = self.counts, self.model
        total = counts.sum(axis=-1)

        def moments(p: np.ndarray) -> Ends:
            ratio = np.log(np.where(p > 0, p, 1.0) / q)
            mean = (p * ratio).sum(axis=-1)
            first = (p * (ratio - mean[..., None]) ** 2).sum(axis=-1) / total
            # The mean number of outcomes seen, which the second order depends on.
            outcomes = -np.expm1(-total[..., None] * p).sum(axis=-1)
            return mean, np.sqrt(first + np.maximum(outcomes - 1, 0.0) / (2 * total**2))

        f = counts / total[..., None]
        plug_in = special.rel_entr(f, q).sum(axis=-1)
        seen = plug_in - ((counts > 0).sum(axis=-1) - 1) / (2 * total)
        # From q, where the divergence is least, through the frequencies.
        slope = np.log(_perks(counts)) - np.log(q)
        flat = np.ptp(slope, axis=-1, keepdims=True) < 64 * np.finfo(float).eps
        # At q itself all directions are equivalent to second order.
        slope = np.where(flat, np.arange(counts.shape[-1]) == 0, slope)
        path = _path(np.log(q), slope)
        low, high = _between(lambda t: moments(path(t)), seen, level, 0.0)
        return (low, high) if self.sign > 0 else (-high, -low)


def _perks(counts: np.ndarray) -> np.ndarray:
    """Frequencies with one count in all added."""
    return (counts + 1 / counts.shape[-1]) / (counts.sum(axis=-1, keepdims=True) + 1)


def _path(start: np.ndarray, slope: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """τ ↦ the distribution ∝ exp(start + τ slope)."""
    return lambda t: special.softmax(start + t[..., None] * slope, axis=-1)


def _between(
    path: Callable[[np.ndarray], Ends], seen: np.ndarray, level: float, least: float
) -> Ends:
    """Ends of the values on a path, rising with τ, that are within z of their errors of `seen`."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    ends = []
    for side in (1, -1):
        low, high = np.full(seen.shape, least), np.full(seen.shape, _FARTHEST)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            value, stderr = path(np.sinh(middle))
            edge = value + side * z * stderr
            # The lowest value whose upper end reaches the estimate; the highest by its lower end.
            rise = edge < seen if side > 0 else edge <= seen
            low, high = np.where(rise, middle, low), np.where(rise, high, middle)
        ends.append(path(np.sinh(low))[0])
    return ends[0], ends[1]
