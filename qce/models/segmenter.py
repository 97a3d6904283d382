"""Patch-wise segmenter: a variational classifier run over the patches of an image."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.circuits.circuit import real_array
from qce.models.classifier import Classifier
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class Segmenter(Shown):
    r"""Class probabilities $P(c|\text{patch})$ of every pixel, from the patch around it.

    One circuit sees the patch of s × s pixels around each pixel in turn, as a convolution does;
    beyond the border of the image pixels are 0.

    Args:
        wires: Number of wires n of the circuit, at least log2 k.
        classes: Number of classes k of a pixel.
        layers: Repetitions of the circuit.
        patch: Side s of a patch, odd, so that it has a pixel in its middle.
        encoding: How the s² pixels enter, as for `Classifier`; "affine" takes up to 2^n − 1, and
            empty patches.

    Source:
        A circuit in the place of a convolution's kernel: M. Henderson et al., Quantum Mach.
        Intell. 2, 2 (2020), arXiv:1904.04767; here its outcome is a class.

    Example:
        >>> model = Segmenter(wires=4, classes=2, layers=1)
        >>> model.probabilities(jnp.zeros(model.size), jnp.zeros((5, 8, 8))).shape
        (5, 2, 8, 8)
    """

    wires: int
    classes: int = 2
    layers: int = 3
    patch: int = 3
    encoding: str = "affine"

    def __post_init__(self) -> None:
        object.__setattr__(self, "patch", _checks.integer("patch", self.patch, "for example 3"))
        pixels, most = self.patch**2, self.classifier.features
        if self.patch < 1 or self.patch % 2 == 0:
            raise error("patch", "be odd and positive", f"it is {self.patch}", "for example 3")
        if pixels > most:
            but = f"it has {pixels} pixels for {most} features on {self.wires} wires"
            raise error("patch", "fit the wires", but, "more wires, or a smaller patch")

    @property
    def classifier(self) -> Classifier:
        """The circuit that looks at one patch."""
        return Classifier(self.wires, self.classes, self.layers, self.encoding)

    @property
    def size(self) -> int:
        """Number of parameters: those of one patch, shared by all."""
        return self.classifier.size

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`."""
        return self.classifier.initial(seed)

    def probabilities(self, params: Array, images: Array) -> Array:
        """Return P(c|pixel) of a batch, patches and images traced once, `(N, classes, H, W)`.

        Args:
            params: Shape `(size,)`.
            images: Shape `(N, H, W)`.

        Raises:
            ValueError: If images have another number of axes, or a patch cannot be encoded.
        """
        images = real_array("images", images)
        self._check_shape(images)
        p = self.classifier.probabilities(params, self._patches(images))
        return jnp.moveaxis(p.reshape(*np.shape(images), self.classes), -1, 1)

    def check(self, images: Array) -> None:
        """Refuse a batch `(N, H, W)` that has a patch that cannot be encoded.

        Raises:
            ValueError: As `probabilities`.
        """
        self._check_shape(images)
        self.classifier.check(self._patches(images))

    def _patches(self, images: Array) -> Array:
        """The patch around each pixel, row by row, `(N · H · W, s²)`."""
        height, width = np.shape(images)[1:]
        margin = self.patch // 2
        xp = jnp if isinstance(images, jax.Array) else np
        padded = xp.pad(images, ((0, 0), (margin, margin), (margin, margin)))
        shifts = [(i, j) for i in range(self.patch) for j in range(self.patch)]
        pixels = [padded[:, i : i + height, j : j + width] for i, j in shifts]
        return xp.stack(pixels, axis=-1).reshape(-1, self.patch**2)

    def _check_shape(self, images: Array) -> None:
        shape = np.shape(images)
        if len(shape) != 3 or 0 in shape[1:]:
            but = f"its shape is {shape}"
            raise error("images", "have shape (N, H, W)", but, "grey images, one after the other")
