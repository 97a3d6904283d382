"""A source of letters, and the model that its code was made for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import brentq

from qce import _checks, classical, quantum
from qce._checks import error
from qce._showing import Shown
from qce._spectral import weighted
from qce.typing import Array

# Inverse temperature of the letters beyond which only the likeliest have weight.
_COLD = 2.0**60


@dataclass(frozen=True, eq=False, repr=False)
class Source(Shown):
    """Independent letters of one distribution, with a code made for another.

    A quantum source is the classical one of its weights in the model's eigenbasis: a code for σ
    uses σ's eigenstrings, and depends on ρ only by the weights ⟨j|ρ|j⟩. Make one by
    `Source.shannon` or `Source.schumacher`.

    Args:
        distribution: Probability of each letter, `(k,)`; for states the weights ⟨j|ρ|j⟩.
        model: Probabilities for which the code is made, `(k,)`; for states the spectrum of σ.
        entropy: Least rate of any code (bits a letter): H(p), or S(ρ).

    Example:
        >>> source = Source.shannon([0.5, 0.25, 0.25], [0.25, 0.25, 0.5])
        >>> round(source.entropy, 12), round(source.cross_entropy, 12)
        (1.5, 1.75)

    Source:
        arXiv:2106.13823.
    """

    distribution: np.ndarray = field(repr=False)
    model: np.ndarray = field(repr=False)
    entropy: float

    def __post_init__(self) -> None:
        if self.model is None:  # which `_pair` takes for the distribution itself
            raise error("model", "be given", "it is None", "`Source.shannon(p)`", TypeError)
        distribution, model = _pair(
            self.distribution, self.model, _checks.probabilities, axes=1, names=_FIELDS
        )
        object.__setattr__(self, "distribution", distribution)
        object.__setattr__(self, "model", model)
        # Rounding may leave the entropy of a pure state below 0.
        slack = _checks.tolerance(np.float64)
        entropy = _checks.number("entropy", self.entropy, "bits a letter", least=-slack)
        object.__setattr__(self, "entropy", max(0.0, entropy))

    @classmethod
    def shannon(cls, data: Array, model: Array | None = None) -> Source:
        """Return the source of p with a code for q, both `(k,)`; for p itself if `model` is None.

        Args:
            data: Probabilities p `(k,)`.
            model: Probabilities q `(k,)`.

        Returns:
            The source.

        Raises:
            ValueError: If an argument is no probability vector, or their lengths differ.

        Example:
            >>> Source.shannon([0.5, 0.5]).cross_entropy
            1.0
        """
        p, q = _pair(data, model, _checks.probabilities, axes=1)
        return cls(p, q, float(classical.entropy(p, base=2)))

    @classmethod
    def schumacher(cls, data: Array, model: Array | None = None) -> Source:
        """Return the source of states ρ with a code for σ, both `(d, d)`; for ρ itself if None.

        Args:
            data: Density matrix ρ `(d, d)`.
            model: Density matrix σ `(d, d)`.

        Returns:
            The source.

        Raises:
            ValueError: If an argument is no density matrix, or their dimensions differ.

        Example:
            >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
            >>> round(Source.schumacher(rho, sigma).cross_entropy, 6)
            1.207519
        """
        rho, sigma = _pair(data, model, _checks.states, axes=2)
        distribution, spectrum = map(np.asarray, weighted(np, rho, sigma))
        # A weight of 0 may come out as −1e-17.
        return cls(np.maximum(distribution, 0.0), spectrum, float(quantum.entropy(rho, base=2)))

    @property
    def cross_entropy(self) -> float:
        """Rate of the code lengths, H(a, q) = S(ρ, σ), in bits a letter; may be +∞."""
        return float(classical.cross_entropy(self.distribution, self.model, base=2, check=False))

    @property
    def letter_entropy(self) -> float:
        """Entropy H(a) of the weights of the letters: S(ρ) ≤ H(a) ≤ S(ρ, σ), in bits."""
        return float(classical.entropy(self.distribution, base=2, check=False))

    @property
    def subspace_rate(self) -> float:
        r"""Size of the code at its step, $\min_{t \ge 0}\,[t S(ρ, σ) + \log_2 \sum_j q_j^t]$.

        The exponent of the number of strings whose code words have n·S(ρ, σ) bits at most, for
        n → ∞, in bits a letter: the largest entropy with a mean length of at most S(ρ, σ), between
        H(a) and S(ρ, σ). For two letters it is H(a), if the letter less likely in the model has a
        probability of at most ½; for three or more it is above H(a) wherever a is no power of q.
        """
        q = self.model[self.model > 0]
        lengths, rate = -np.log2(q), self.cross_entropy
        # Uniform letters already have that mean length; where the rate is infinite all strings fit.
        if rate >= lengths.mean():
            return math.log2(len(q))

        def distribution(t: float) -> np.ndarray:
            weights = np.exp2(-t * (lengths - lengths.min()))
            return weights / weights.sum()

        # The mean length under q^t falls with t; at t = 1 it is S(σ), and rates below it need more.
        def mean(t: float) -> float:
            return float(distribution(t) @ lengths) - rate

        high = 1.0
        while mean(high) > 0 and high < _COLD:
            high *= 2
        if mean(high) > 0:  # only the likeliest letters fit
            return math.log2(np.count_nonzero(lengths == lengths.min()))
        t = float(brentq(mean, 0.0, high, xtol=1e-15, rtol=8.9e-16))
        return float(classical.entropy(distribution(t), base=2, check=False))

    @property
    def model_entropy(self) -> float:
        """Rate of the code if the model were right, H(q) = S(σ), in bits a letter."""
        return float(classical.entropy(self.model, base=2, check=False))

    @property
    def variance(self) -> float:
        """Variance of the code length a letter, in bits²: the width of the step is √(V/n)."""
        return float(
            classical.cross_entropy_variance(self.distribution, self.model, base=2, check=False)
        )


_FIELDS = ("distribution", "model")


def _pair(
    data: Array,
    model: Array | None,
    check: Any,
    axes: int,
    names: tuple[str, str] = ("data", "model"),
) -> tuple[np.ndarray, np.ndarray]:
    """Both arguments, checked; the data twice where no model is given."""
    named = dict(zip(names, (data, data if model is None else model), strict=True))
    arrays = []
    for name, x in named.items():
        check(name, x)
        if np.ndim(x) != axes:
            but = f"its shape is {_checks.shape_of(x)}"
            raise error(name, "be one source, without batch axes", but, "one at a time")
        array = _checks.concrete(name, x)
        arrays.append(array if array.dtype.kind in "fc" else array.astype(float))
    _checks.same_dimension(names[0], arrays[0], names[1], arrays[1])
    return arrays[0], arrays[1]
