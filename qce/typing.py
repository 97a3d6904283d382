"""Types of what is passed around: arrays of any library, and what a model has to say of itself.

Nothing here is a base class. Whatever has these members is such a model: objectives ask for them by
what they do, never for one of `qce.models`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

__all__ = ["Array", "Distribution", "Model", "OutcomeModel", "StateModel"]

Array: TypeAlias = Any


class Model(Protocol):
    """What is trained: a function of one vector of parameters."""

    @property
    def wires(self) -> int:
        """Number of wires."""

    @property
    def size(self) -> int:
        """Number of parameters."""

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`."""


@runtime_checkable
class OutcomeModel(Model, Protocol):
    """A model of bit strings that answers for single ones, and needs no list of all 2^n.

    Bits are 0 or 1, wire 0 first; a wire that was not seen is −1. The logarithm is then that of the
    marginal of the wires that were.
    """

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x), bits `(..., n)` → `(...)`: exact, normalised, traceable by JAX.

        It is −inf where p(x) = 0.
        """

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings, exactly: integers 0 or 1, shape `(shots, n)`."""


@runtime_checkable
class StateModel(Model, Protocol):
    """A model of a quantum state, small enough for its kets to be written down."""

    def mixture(self, params: Array) -> tuple[Array, Array]:
        """Return the weights, shape `(K,)`, and the kets that they weigh, `(K, 2^n)`."""


@runtime_checkable
class Distribution(Protocol):
    """A distribution of bit strings without parameters: one that was fitted, or is known."""

    @property
    def wires(self) -> int:
        """Number of wires."""

    def log_prob(self, bits: Array) -> Array:
        """Return ln p(x), bits `(..., n)` → `(...)`, −1 for a wire that was not seen."""

    def sample(self, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings: integers 0 or 1, shape `(shots, n)`."""
