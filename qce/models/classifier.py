"""Variational classifier: data encoded in a circuit, a class read off the measured outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce import _checks
from qce._checks import error, one_of
from qce.circuits import Circuit, strongly_entangling
from qce.circuits.circuit import (
    Block,
    check_wires,
    jax_array,
    parameters,
    random_angles,
    remade,
)
from qce.models.thermal import born

Array = Any

ENCODINGS = ("angle", "amplitude", "affine", "reuploading")


@dataclass(frozen=True)
class Classifier:
    r"""Class probabilities $P(c|x) = \sum_{z \equiv c} |\langle z|U(\varphi, x)|0\rangle|^2$.

    Outcome z of all wires, read as a number, speaks for the class z mod k: a measurement with k
    outcomes, whose probabilities sum to 1 for any k.

    Args:
        wires: Number of wires n, at least log2 k.
        classes: Number of classes k.
        layers: Repetitions of the circuit.
        encoding: "angle": x_i is the angle of RY on wire i, once. "amplitude": x / ‖x‖ is the
            state, padded with zeros. "affine": the same of (x, 1), so that lengths count and zero
            is an example like others. "reuploading": RY by w_li x_i before each layer l, with
            trained w; it sees up to `layers` harmonics of each feature.

    Source:
        Amplitudes and angles: M. Schuld and F. Petruccione, Supervised Learning with Quantum
        Computers (2018), chapter 5; re-uploading: A. Pérez-Salinas et al., Quantum 4, 226 (2020).

    Example:
        >>> model = Classifier(wires=2, classes=3, layers=1)
        >>> model.probabilities(jnp.zeros(model.size), jnp.zeros((5, 2))).shape
        (5, 3)
    """

    wires: int
    classes: int
    layers: int = 3
    encoding: str = "angle"

    def __post_init__(self) -> None:
        one_of("encoding", self.encoding, ENCODINGS)
        object.__setattr__(self, "wires", check_wires(self.wires))
        _checks.integer("classes", self.classes, "classes=2")
        if not 2 <= self.classes <= 2**self.wires:
            but = f"it is {self.classes} on {self.wires} wires"
            remedy = "fewer classes or more wires"
            raise error("classes", f"lie in 2 … {2**self.wires}", but, remedy)
        _checks.integer("layers", self.layers, "for example layers=3", least=1)

    @property
    def circuit(self) -> Circuit:
        """What is trained, as a circuit of `qce.circuits`; re-uploading has its angles in it."""
        if self.encoding == "reuploading":
            return Circuit(self.wires, ((_encode_and_rotate(self.wires), self.layers),))
        return strongly_entangling(self.wires, self.layers)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.circuit.size

    @property
    def features(self) -> int:
        """How many features one example may have."""
        return {"amplitude": 2**self.wires, "affine": 2**self.wires - 1}.get(
            self.encoding, self.wires
        )

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`: any angles, and weights of features near 1."""
        rng = _checks.rng("seed", seed)
        start = random_angles(self.size, rng)
        if self.encoding == "reuploading":
            rows = start.reshape(self.layers, -1)
            rows[:, : self.wires] = 1 + 0.1 * rng.normal(size=(self.layers, self.wires))
        return start

    def probabilities(self, params: Array, features: Array) -> Array:
        """Return P(c|x) of a batch, traced once, shape `(N, classes)`.

        Args:
            params: shape `(size,)`.
            features: shape `(N, f)`, f at most `model.features`; angles in radians.

        Raises:
            ValueError: If there are too many features, or a row is zero that is an amplitude.
        """
        outcomes = born(self.kets(params, features))
        group = jnp.arange(outcomes.shape[-1]) % self.classes
        return outcomes @ jax.nn.one_hot(group, self.classes, dtype=outcomes.dtype)

    def kets(self, params: Array, features: Array) -> Array:
        """Return the states before the measurement, shape `(N, 2^n)`: embeddings of the examples.

        Args:
            params: shape `(size,)`.
            features: shape `(N, f)`.

        Raises:
            ValueError: As `probabilities`.
        """
        x = jax_array("features", features)
        self.check(x)
        return self._evolve(parameters("params", params, self.size), x)

    @partial(jax.jit, static_argnames="self")
    def _evolve(self, params: Array, features: Array) -> Array:
        x = jnp.pad(features, ((0, 0), (0, self.features - features.shape[1])))
        if self.encoding == "affine":
            x = jnp.concatenate([x, jnp.ones_like(x[:, :1])], axis=1)
        if self.encoding in ("amplitude", "affine"):
            norms = jnp.linalg.norm(x, axis=-1, keepdims=True)
            return self.circuit.evolve(x / norms, params)
        if self.encoding == "angle":
            return self.circuit.evolve(_product_kets(x), params)
        rows = jnp.reshape(params, (self.layers, -1))
        weights, rest = rows[:, : self.wires], rows[:, self.wires :]
        zero = jnp.zeros(2**self.wires).at[0].set(1.0)

        def one(example: Array) -> Array:
            angles = jnp.concatenate([weights * example, rest], axis=1)
            return self.circuit.evolve(zero, angles.reshape(-1))

        return jax.vmap(one)(x)

    def check(self, features: Array) -> None:
        """Refuse a batch `(N, f)` that cannot be encoded.

        Raises:
            ValueError: As `probabilities`.
        """
        shape = np.shape(features)
        if len(shape) != 2 or not 1 <= shape[1] <= self.features:
            must = f"have shape (N, f) with f in 1 … {self.features}"
            remedy = "more wires, or fewer features"
            raise error("features", must, f"its shape is {shape}", remedy)
        traced = isinstance(features, jax.core.Tracer)  # it has no values yet
        if self.encoding == "amplitude" and not traced and not np.any(features, axis=1).all():
            but = "a row of it is zero, which is the direction of no state"
            raise error("features", "be amplitudes", but, "rows that are not zero")


def _product_kets(angles: Array) -> Array:
    """⊗ RY(x_i)|0⟩ of each row, wire 0 first, shape `(N, 2^n)`."""
    qubits = jnp.stack([jnp.cos(angles / 2), jnp.sin(angles / 2)], axis=-1)
    kets = qubits[:, 0]
    for wire in range(1, angles.shape[1]):
        kets = (kets[:, :, None] * qubits[:, wire, None, :]).reshape(len(kets), -1)
    return kets


@remade
def _encode_and_rotate(wires: int) -> Block:
    """RY on every wire, by data, then one layer of the strongly entangling circuit."""
    ((layer, _),) = strongly_entangling(wires, 1).parts

    def encoded(gates: Any) -> Any:
        def apply(params: Array, on: Sequence[int]) -> None:
            for wire, angle in zip(on, params[:wires], strict=True):
                qml.RY(angle, wires=wire)
            gates(params[wires:], on)

        return apply

    fused = encoded(layer.fused) if layer.fused else None
    return Block("RY by data, " + layer.name, wires + layer.size, encoded(layer.apply), fused)
