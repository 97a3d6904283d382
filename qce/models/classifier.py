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
from qce._showing import Shown
from qce.circuits import Circuit, strongly_entangling
from qce.circuits.circuit import (
    Block,
    check_wires,
    parameters,
    random_angles,
    real_array,
    remade,
)
from qce.losses._arrays import unit
from qce.models.thermal import born
from qce.typing import Array

ENCODINGS = ("angle", "amplitude", "affine", "reuploading", "projected")

# Encodings with trained parameters: only with these can training bring states together.
TRAINED = ("reuploading", "projected")


@dataclass(frozen=True, repr=False)
class Classifier(Shown):
    r"""Class probabilities $P(c|x) = \sum_{z \equiv c} |\langle z|U(\varphi, x)|0\rangle|^2$.

    Outcome z of all wires, read as a number, counts for the class z mod k: a measurement with k
    outcomes, whose probabilities sum to 1 for any k.

    Args:
        wires: Number of wires n, at least log2 k.
        classes: Number of classes k.
        layers: Repetitions of the circuit.
        encoding: "angle": x_i is the angle of RY on wire i, once. "amplitude": x / ‖x‖ is the
            state, padded with zeros. "affine": the same with (x, 1), so that lengths count and x
            may be zero. "reuploading": RY by w_li x_i before each layer l, with trained w; outputs
            have up to `layers` harmonics of each feature. "projected": the same by
            Σ_i w_lji x_i / √f on wire j, any number of features on few wires.
        inputs: Number of features f that "projected" takes; None for the others.

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
    inputs: int | None = None

    def __post_init__(self) -> None:
        one_of("encoding", self.encoding, ENCODINGS)
        put = partial(object.__setattr__, self)
        put("wires", check_wires(self.wires))
        put("classes", _checks.integer("classes", self.classes, "classes=2"))
        if not 2 <= self.classes <= 2**self.wires:
            but = f"it is {self.classes} on {self.wires} wires"
            remedy = "fewer classes or more wires"
            raise error("classes", f"lie in 2 … {2**self.wires}", but, remedy)
        put("layers", _checks.integer("layers", self.layers, "for example layers=3", least=1))
        if self.encoding == "projected":
            remedy = "how many features there are"
            put("inputs", _checks.integer("inputs", self.inputs, remedy, least=1))
        elif self.inputs is not None:
            but = f"{self.encoding!r} takes up to {self.features}, as the wires are"
            raise error("inputs", "be None for this encoding", but, "encoding='projected', or None")

    @property
    def circuit(self) -> Circuit:
        """The trained circuit; with re-uploading its angles include those of the data."""
        if self.encoding in TRAINED:
            return Circuit(self.wires, ((_encode_and_rotate(self.wires), self.layers),))
        return strongly_entangling(self.wires, self.layers)

    @property
    def size(self) -> int:
        """Number of parameters."""
        if self.encoding == "projected":
            return self.layers * self.wires * self.features + self.circuit.size - self._angles
        return self.circuit.size

    @property
    def _angles(self) -> int:
        """How many angles of the circuit are data."""
        return self.layers * self.wires if self.encoding in TRAINED else 0

    @property
    def features(self) -> int:
        """How many features one example may have."""
        if self.inputs is not None:
            return self.inputs
        return {"amplitude": 2**self.wires, "affine": 2**self.wires - 1}.get(
            self.encoding, self.wires
        )

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`: any angles, and weights of features near 1.

        Those of projections have a standard deviation of 0.3, so that angles are small at first.
        """
        rng = _checks.rng("seed", seed)
        start = random_angles(self.size, rng)
        rows = start.reshape(self.layers, -1)
        if self.encoding == "reuploading":
            rows[:, : self.wires] = 1 + 0.1 * rng.normal(size=(self.layers, self.wires))
        elif self.encoding == "projected":
            shape = self.layers, self.wires * self.features
            rows[:, : shape[1]] = 0.3 * rng.normal(size=shape)
        return start

    def probabilities(self, params: Array, features: Array) -> Array:
        """Return P(c|x) of a batch, traced once, shape `(N, classes)`.

        Args:
            params: shape `(size,)`.
            features: shape `(N, f)`, f at most `model.features`; angles in radians.

        Raises:
            ValueError: If there are too many features, or a row of amplitudes is zero.
        """
        return self.read(params, born(self.kets(params, features)))

    def read(self, params: Array, distributions: Array) -> Array:
        """Return P(c|x), shape `(N, classes)`, of distributions of outcomes `(N, 2^n)`."""
        del params  # nothing but the circuit is trained
        group = jnp.arange(distributions.shape[-1]) % self.classes
        return distributions @ jax.nn.one_hot(group, self.classes, dtype=distributions.dtype)

    def smoothed(self, frequencies: Array, shots: int | None) -> Array:
        """Return distributions of outcomes, with half a count more for each class than was drawn.

        An outcome may be possible and yet not be drawn; its loss would be infinite.
        """
        if shots is None:
            return frequencies
        dimension = frequencies.shape[-1]
        group = np.arange(dimension) % self.classes
        extra = 0.5 / np.bincount(group)[group]
        return (shots * frequencies + extra) / (shots + 0.5 * self.classes)

    def prepared(self, params: Array, features: Array) -> tuple[Array, Array]:
        """Return what the circuits of a batch `(N, f)` begin with, and their parameters.

        Returns:
            Kets, shape `(N, 2^n)`, and parameters of `circuit`: `(circuit.size,)`, or one row an
            example where its features are among them.
        """
        x = self._encoded(features)
        if self.encoding in TRAINED:
            zero = jnp.zeros((len(x), 2**self.wires)).at[:, 0].set(1.0)
            return zero, self._uploads(params, x)
        return jnp.asarray(_product_kets(x) if self.encoding == "angle" else x), params

    def queue(self, params: Array, features: Array) -> None:
        """Queue the circuit of one example `(f,)`, encoding first, on the QNode at hand."""
        (x,) = self._encoded(np.asarray(features, dtype=float)[None])
        wires = range(self.wires)
        if self.encoding in ("amplitude", "affine"):
            qml.StatePrep(x, wires=wires)
        elif self.encoding == "angle":
            for wire, angle in zip(wires, x, strict=True):
                qml.RY(angle, wires=wire)
        else:
            params = self._uploaded(params, x)
        self.circuit.queue(params)

    def _uploaded(self, params: Array, x: np.ndarray) -> Array:
        """Angles of the circuit for one example, in the array library of the parameters."""
        rows = params.reshape(self.layers, -1)
        if self.encoding == "reuploading":
            weights, rest = rows[:, : self.wires], rows[:, self.wires :]
            angles = weights * x
        else:
            cut = self.wires * self.features
            weights, rest = rows[:, :cut], rows[:, cut:]
            shape = self.layers, self.wires, self.features
            angles = weights.reshape(shape) @ (x / self.features**0.5)
        return qml.math.reshape(qml.math.concatenate([angles, rest], axis=1), (-1,))

    def kets(self, params: Array, features: Array) -> Array:
        """Return the states before the measurement, shape `(N, 2^n)`: embeddings of the examples.

        Args:
            params: shape `(size,)`.
            features: shape `(N, f)`.

        Raises:
            ValueError: As `probabilities`.
        """
        x = real_array("features", features)
        self.check(x)
        _checks.wires_fit("features", self.wires, numbers=4 * len(x))
        return self._evolve(parameters("params", params, self.size), self._encoded(x))

    def _encoded(self, x: Array) -> Array:
        """The data that enter the circuit: amplitudes of norm 1, or angles; one column a feature.

        Arrays that are not JAX's are scaled by NumPy, in double precision in both modes of JAX.
        """
        xp = jnp if isinstance(x, jax.Array) else np
        x = xp.pad(x, ((0, 0), (0, self.features - x.shape[1])))
        if self.encoding == "affine":
            x = xp.concatenate([x, xp.ones_like(x[:, :1])], axis=1)
        if self.encoding in ("amplitude", "affine"):
            return unit(xp, x)
        if not isinstance(x, jax.Array) and not jax.config.jax_enable_x64:
            _check_single(np.asarray(x))
        return x

    @partial(jax.jit, static_argnames="self")
    def _evolve(self, params: Array, x: Array) -> Array:
        if self.encoding in ("amplitude", "affine"):
            return self.circuit.evolve(x, params)
        if self.encoding == "angle":
            return self.circuit.evolve(_product_kets(x), params)
        zero = jnp.zeros(2**self.wires).at[0].set(1.0)
        all_ = self._uploads(params, x)
        return jax.vmap(lambda angles: self.circuit.evolve(zero, angles))(all_)

    def _uploads(self, params: Array, x: Array) -> Array:
        """Angles of the circuit for each example, `(N, size of the circuit)`."""
        rows = jnp.reshape(params, (self.layers, -1))
        if self.encoding == "reuploading":
            weights, rest = rows[:, : self.wires], rows[:, self.wires :]
            angles = weights * x[:, None, :]
        else:
            weights, rest = jnp.split(rows, [self.wires * self.features], axis=1)
            shape = self.layers, self.wires, self.features
            # By √f, so that a step of an optimiser rotates as far for any number of features.
            angles = jnp.einsum("lwf,nf->nlw", weights.reshape(shape), x / self.features**0.5)
        rest = jnp.broadcast_to(rest, (len(x), *rest.shape))
        return jnp.concatenate([angles, rest], axis=2).reshape(len(x), -1)

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
        if self.encoding == "amplitude" and not traced and _directionless(np.asarray(features)):
            but = "a row of it is zero, which is the direction of no state"
            raise error("features", "be amplitudes", but, "rows that are not zero")


def _check_single(angles: np.ndarray) -> None:
    """Refuse angles that JAX would make infinite."""
    largest = np.abs(angles).max(initial=0.0)
    if np.isfinite(largest) and largest > np.finfo(np.float32).max:
        but, remedy = f"one is {largest:.3g}", "angles in radians, or JAX's 64-bit mode"
        raise error("features", "fit single precision", but, remedy)


def _directionless(rows: np.ndarray) -> bool:
    """Whether a row is zero, or so small that its digits are lost."""
    least = np.finfo(rows.dtype).tiny if rows.dtype.kind == "f" else 1
    return bool((np.abs(rows).max(axis=1) < least).any())


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
