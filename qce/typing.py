"""Types: arrays of any library, and the interfaces of models and devices.

Nothing here is a base class. An object with these members is such a model: objectives need only the
members, and no class of `qce.models`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from qce.circuits import Circuit

__all__ = [
    "Array", "CircuitModel", "Device", "DeviceLike", "Distribution", "MixedModel", "Model",
    "OutcomeModel", "PauliModel", "Scalar", "StateModel",
]  # fmt: skip


class Array(Protocol):
    """An array of NumPy, autograd, JAX or PyTorch; what operations return depends on it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    @property
    def size(self) -> Any:
        """Number of entries; of PyTorch's arrays a method."""

    @property
    def dtype(self) -> Any:
        """Type of the entries."""

    # The return types of what follows depend on the library, and its signatures as well.
    @property
    def real(self) -> Any:
        """As in NumPy."""

    @property
    def imag(self) -> Any:
        """As in NumPy."""

    @property
    def T(self) -> Any:
        """As in NumPy."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __array__(self, *options: Any, **more: Any) -> npt.NDArray[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def __neg__(self) -> Any: ...
    def __abs__(self) -> Any: ...
    def __invert__(self) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __rpow__(self, other: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def __and__(self, other: Any, /) -> Any: ...
    def __or__(self, other: Any, /) -> Any: ...
    def __eq__(self, other: object, /) -> Any: ...
    def __ne__(self, other: object, /) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...
    def __float__(self) -> float: ...
    def __int__(self) -> int: ...
    def __mod__(self, other: Any, /) -> Any: ...
    def __floordiv__(self, other: Any, /) -> Any: ...
    def __rshift__(self, other: Any, /) -> Any: ...
    def __lshift__(self, other: Any, /) -> Any: ...
    def __bool__(self) -> bool: ...

    @property
    def reshape(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def swapaxes(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def sum(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def max(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def min(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def all(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def any(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def mean(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def conj(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def ravel(self) -> Callable[..., Any]:
        """As in NumPy."""

    @property
    def astype(self) -> Callable[..., Any]:
        """As in NumPy."""


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
    """A model to be trained: a function of one vector of parameters."""

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
    """A model of bit strings with probabilities of single ones, without a list of all 2^n.

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
class PauliModel(OutcomeModel, Protocol):
    """A model with probabilities of single outcomes in every product Pauli basis."""

    def log_prob_of_effects(self, params: Array, effects: Array) -> Array:
        """Return ln p of effects X+, X−, Y+, Y−, Z+, Z−, 0 … 5, −1 where not seen, `(..., n)`."""


@runtime_checkable
class StateModel(Model, Protocol):
    """A model of a quantum state, small enough for its kets to be written down."""

    def mixture(self, params: Array) -> tuple[Array, Array]:
        """Return the weights, shape `(K,)`, and the kets that they weigh, `(K, 2^n)`."""


@runtime_checkable
class CircuitModel(StateModel, Protocol):
    """A model whose state a circuit makes from basis states, for devices and metrics."""

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
        """Return the Hessian of the relative entropy of two settings where they are equal."""

    def spectrum_information(self, params: Array) -> Array:
        """Return the Fisher information of the parameters before φ."""


@runtime_checkable
class MixedModel(CircuitModel, Protocol):
    r"""A model of full rank whose logarithm is known: $σ = U\,\mathrm{diag}(p)\,U^†$."""

    def log_probabilities(self, params: Array) -> Array:
        """Return ln p, shape `(2^n,)`."""

    def weights(self, kets: Array, params: Array) -> Array:
        """Return $|⟨x|U^†|ψ⟩|^2$ of kets, shapes `(..., 2^n)` → `(..., 2^n)`."""


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
