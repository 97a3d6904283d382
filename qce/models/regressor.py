"""Variational regressor: data encoded in a circuit, a number computed from measured outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._showing import Shown
from qce.circuits import Circuit
from qce.circuits.circuit import parameters
from qce.models.classifier import Classifier
from qce.models.thermal import born
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class Regressor(Shown):
    r"""Numbers that scatter about $f(x) = \sum_z v_z |\langle z|U(\varphi, x)|0\rangle|^2$.

    The mean is the expectation of an observable that is diagonal in the measured basis; its
    eigenvalues v are trained with the circuit, and so is the spread s, the same for all x. Targets
    are best brought to mean 0 and variance 1 before.

    Args:
        wires: Number of wires n.
        layers: Repetitions of the circuit.
        encoding: How features enter, as for `Classifier`.
        inputs: Number of features that "projected" takes; None for other encodings.

    Source:
        Expectations as models of functions: M. Schuld, R. Sweke, J. J. Meyer, Phys. Rev. A 103,
        032430 (2021).

    Example:
        >>> model = Regressor(wires=2, layers=1)
        >>> model.means(jnp.zeros(model.size), jnp.zeros((5, 2))).shape
        (5,)
    """

    wires: int
    layers: int = 3
    encoding: str = "angle"
    inputs: int | None = None

    def __post_init__(self) -> None:
        self.embedding  # noqa: B018 - refuses what it cannot take

    @property
    def embedding(self) -> Classifier:
        """The circuit, without the values of its outcomes."""
        return Classifier(self.wires, 2, self.layers, self.encoding, self.inputs)

    @property
    def size(self) -> int:
        """Number of parameters: 2^n values, the logarithm of the spread, and the circuit's."""
        return 2**self.wires + 1 + self.embedding.size

    @property
    def features(self) -> int:
        """How many features one example may have."""
        return self.embedding.features

    def initial(self, seed: int) -> np.ndarray:
        """Return a start, shape `(size,)`: values from −1 to 1, spread 1, a random circuit."""
        values = np.linspace(-1, 1, 2**self.wires)
        return np.concatenate([values, [0.0], self.embedding.initial(seed)])

    def means(self, params: Array, features: Array) -> Array:
        """Return f(x) of a batch, shape `(N,)`.

        Args:
            params: Shape `(size,)`: values, log spread, circuit.
            features: Shape `(N, f)`.

        Raises:
            ValueError: If there are too many features, or a row of amplitudes is zero.
        """
        return self.read(params, born(self.embedding.kets(self._split(params)[2], features)))

    def read(self, params: Array, distributions: Array) -> Array:
        """Return f(x), shape `(N,)`, of distributions of outcomes `(N, 2^n)`."""
        return distributions @ self._split(params)[0]

    def smoothed(self, frequencies: Array, shots: int | None) -> Array:
        """Return the frequencies as they are: the mean of a few outcomes is always finite."""
        del shots
        return frequencies

    @property
    def circuit(self) -> Circuit:
        """The trained circuit, without the values of its outcomes and the spread."""
        return self.embedding.circuit

    def prepared(self, params: Array, features: Array) -> tuple[Array, Array]:
        """Return what the circuits of a batch begin with, and their parameters, as `Classifier`."""
        return self.embedding.prepared(params[2**self.wires + 1 :], features)

    def queue(self, params: Array, features: Array) -> None:
        """Queue the circuit of one example `(f,)`, encoding first, on the QNode at hand."""
        self.embedding.queue(params[2**self.wires + 1 :], features)

    def spread(self, params: Array) -> Array:
        """Return s: a standard deviation, or the scale of a Laplace law; a positive number."""
        return jnp.exp(self._split(params)[1])

    def check(self, features: Array) -> None:
        """Refuse a batch `(N, f)` that cannot be encoded.

        Raises:
            ValueError: As `means`.
        """
        self.embedding.check(features)

    def _split(self, params: Array) -> tuple[Array, Array, Array]:
        params = parameters("params", _checks.vector("params", params, self.size), self.size)
        d = 2**self.wires
        return params[:d], params[d], params[d + 1 :]
