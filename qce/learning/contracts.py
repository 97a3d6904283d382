"""The interfaces of models for training, and common types."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import pennylane as qml

from qce.circuits import Circuit
from qce.models import Regressor
from qce.typing import Array

Device: TypeAlias = qml.devices.Device | str | None
"""A PennyLane device or its line of text; None for a simulation."""

Validation: TypeAlias = float | tuple[Array, ...] | None
"""A share to hold out, or features, labels and perhaps weights."""

RandomState: TypeAlias = int | np.random.RandomState | None
"""As scikit-learn takes it."""


class ClassModel(Protocol):
    """A model of class probabilities: `models.Classifier`, `models.Segmenter`, or your own."""

    @property
    def size(self) -> int:
        """Number of parameters."""

    @property
    def classes(self) -> int:
        """Number of classes k."""

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`."""

    def probabilities(self, params: Array, features: Array, /) -> Array:
        """Return P(c|x) of a batch, shape `(N, k)`, or `(N, k, H, W)` of pixels; traced by JAX."""

    def check(self, features: Array, /) -> None:
        """Refuse a batch that cannot be encoded."""

    def __hash__(self) -> int:
        """Equal models share what is compiled."""


class EmbeddingModel(ClassModel, Protocol):
    """A model with a state for each example, which contrastive losses compare."""

    def kets(self, params: Array, features: Array) -> Array:
        """Return the states, shape `(N, 2^n)`."""


class Measured(Protocol):
    """A model for devices: one circuit an example, and predictions from its outcomes."""

    @property
    def wires(self) -> int:
        """Number of wires n."""

    def queue(self, params: Array, features: Array) -> None:
        """Queue the circuit of one example `(f,)`."""

    def read(self, params: Array, distributions: Array) -> Array:
        """Return predictions from distributions of outcomes `(N, 2^n)`."""

    def smoothed(self, frequencies: Array, shots: int | None) -> Array:
        """Return distributions in which outcomes that were not drawn are not impossible."""


@runtime_checkable
class Traceable(Measured, Protocol):
    """A model with circuits of `qce.circuits`, whose outcomes JAX draws inside a training."""

    @property
    def circuit(self) -> Circuit:
        """The circuit after the preparation of an example."""

    def prepared(self, params: Array, features: Array) -> tuple[Array, Array]:
        """Return the initial states and the parameters of the circuits of a batch; traced by JAX.

        Returns:
            Kets, shape `(B, 2^n)`, and parameters of `circuit`, one row an example, or shape
            `(circuit.size,)` where all have the same.
        """

    def __hash__(self) -> int:
        """Equal models share what is compiled."""


TrainedModel: TypeAlias = ClassModel | Regressor
"""What `train` and `Online` take: a model of classes, or one of numbers."""
