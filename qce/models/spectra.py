"""Latent distributions p_θ over bit strings: the spectrum of a thermal model.

Each is p ∝ exp(−E_θ), normalised in the logarithm, so that no probability under- or overflows and
ln p needs no logarithm of a matrix. Spins are s_i = 1 − 2 x_i: bit 0 is +1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Protocol, runtime_checkable

import jax
import numpy as np

from qce import _checks
from qce._concrete import constant
from qce._showing import Shown
from qce._wires import all_bits
from qce.circuits.circuit import check_wires, parameters
from qce.typing import Array


@runtime_checkable
class Spectrum(Protocol):
    """A distribution over the bit strings of `wires` wires with `size` parameters."""

    @property
    def wires(self) -> int:
        """Number of wires."""

    @property
    def size(self) -> int:
        """Number of parameters."""

    def log_probabilities(self, theta: Array) -> Array:
        """Return ln p_θ(x), shape `(2^n,)`, from parameters of shape `(size,)`."""


@dataclass(frozen=True, repr=False)
class ProductSpectrum(Shown):
    r"""Independent bits: $E(x) = \sum_i θ_i (1 - 2 x_i)$, so that $Z = \prod_i 2 \cosh θ_i$.

    Example:
        >>> import jax.numpy as jnp
        >>> p = jnp.exp(ProductSpectrum(2).log_probabilities(jnp.zeros(2)))
        >>> p.tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    wires: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", check_wires(self.wires))

    @property
    def size(self) -> int:
        """One parameter a wire."""
        return self.wires

    def log_probabilities(self, theta: Array) -> Array:
        r"""Return $\ln p_θ(x) = \sum_i \ln \mathrm{sigmoid}(-2 θ_i s_i)$, shape `(2^n,)`."""
        theta = parameters("theta", theta, self.size)
        return jax.nn.log_sigmoid(-2 * theta * constant(spins(self.wires))).sum(axis=-1)


@dataclass(frozen=True, repr=False)
class PairwiseSpectrum(Shown):
    r"""Fields and couplings: $E(x) = \sum_i θ_i s_i + \sum_{i<j} θ_{ij} s_i s_j$.

    Fields first, then pairs in the order (0,1), (0,2), …, (1,2), ….
    """

    wires: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", check_wires(self.wires))

    @property
    def size(self) -> int:
        """One parameter a wire and one a pair."""
        return self.wires * (self.wires + 1) // 2

    def log_probabilities(self, theta: Array) -> Array:
        """Return ln p_θ(x) = −E(x) − ln Z, shape `(2^n,)`."""
        theta = parameters("theta", theta, self.size)
        return jax.nn.log_softmax(-(constant(_pair_features(self.wires)) @ theta))


@dataclass(frozen=True, repr=False)
class CategoricalSpectrum(Shown):
    """Any distribution: E(x) = −θ_x. A constant added to all θ changes nothing."""

    wires: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", check_wires(self.wires))

    @property
    def size(self) -> int:
        """One parameter a bit string."""
        return 2**self.wires

    def log_probabilities(self, theta: Array) -> Array:
        r"""Return $\ln p_θ(x) = θ_x - \ln \sum_y e^{θ_y}$, shape `(2^n,)`."""
        return jax.nn.log_softmax(parameters("theta", theta, self.size))


@cache
def spins(wires: int) -> np.ndarray:
    """Return s_i(x) = 1 − 2 x_i of every bit string, shape `(2^n, n)`; wire 0 most significant."""
    _checks.wires_fit("wires", wires, numbers=2 * wires)
    return 1.0 - 2.0 * all_bits(wires)


@cache
def _pair_features(wires: int) -> np.ndarray:
    _checks.wires_fit("wires", wires, numbers=wires * (wires + 1) / 2)
    s = spins(wires)
    pairs = [s[:, i] * s[:, j] for i, j in combinations(range(wires), 2)]
    return np.column_stack([s, *pairs])
