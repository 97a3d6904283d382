"""Types of what is passed around: arrays of any library, and what a model has to say of itself.

Nothing here is a base class. Whatever has these members is such a model: objectives ask for them by
what they do, never for one of `qce.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from qce.circuits import Circuit

__all__ = [
    "Array", "CircuitModel", "Device", "DeviceLike", "Distribution", "MixedModel", "Model",
    "OutcomeModel", "Scalar", "StateModel",
]  # fmt: skip

Array: TypeAlias = Any
Scalar: TypeAlias = float | Array
"""A number, or an array of them."""


class Device(Protocol):
    """A device of PennyLane that is open."""

    @property
    def wires(self) -> Any:
        """Its wires."""

    @property
    def name(self) -> str:
        """Its name."""


DeviceLike: TypeAlias = str | Device | None
"""A device, a line of text that opens one, or `None` for a simulation."""


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
class CircuitModel(StateModel, Protocol):
    """A model whose state a circuit makes of basis states: what devices and metrics ask for."""

    @property
    def circuit(self) -> Circuit:
        """The circuit U(φ)."""

    @property
    def is_pure(self) -> bool:
        """Whether the state is one ket, U(φ)|0⟩."""

    def angles(self, params: Array) -> Array:
        """Return φ."""

    def eigenstate(self, params: Array, key: Array) -> Array:
        """Return the number x of a basis state that U(φ) turns into an eigenstate of the model."""

    def metric(self, params: Array) -> Array:
        """Return the Hessian of the relative entropy between two settings where both meet."""

    def spectrum_information(self, params: Array) -> Array:
        """Return the Fisher information of the parameters before φ."""


@runtime_checkable
class MixedModel(CircuitModel, Protocol):
    """A model of full rank whose logarithm is known: σ = U diag(p) U†."""

    def log_probabilities(self, params: Array) -> Array:
        """Return ln p, shape `(2^n,)`."""

    def weights(self, kets: Array, params: Array) -> Array:
        """Return |⟨x|U†|ψ⟩|² of kets, shapes `(..., 2^n)` → `(..., 2^n)`."""


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
