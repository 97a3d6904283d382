"""A real quantity of vectors or Hermitian matrices: value and gradients, for all libraries.

The gradient G with respect to an argument X is defined by dS = Re Σ conj(G) dX; for Hermitian X it
is Hermitian and dS = Re Tr G dX; all is a function of the Hermitian part of a matrix. Values are
computed from cleaned eigenvalues; gradients are built from `log`-like spectral functions whose own
derivatives are known, so that they can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qce._spectral.libraries import library

Array = Any


class Functional:
    """A differentiable real functional; call it with arrays of any library.

    Attributes:
        axes: Axes of one argument, (-1,) for vectors and (-2, -1) for matrices.
        value: (xp, *arguments, *constants) → real array, in plain operations.
        gradients: One function (ops, *arguments, *constants) → G an argument, in differentiable
            operations: those of `ops.xp`, and `ops.frechet`.
        prepare: (xp, *arguments) → constants, such as eigendecompositions: computed once, and
            shared by value and gradients, which know how they depend on the arguments.
        plain: (*arguments) → real array; a shorter way for NumPy arrays, where no derivative
            follows.
    """

    def __init__(
        self,
        value: Callable[..., Array],
        gradients: tuple[Callable[..., Array], ...],
        *,
        axes: tuple[int, ...],
        prepare: Callable[..., tuple[Array, ...]] = lambda xp, *arguments: (),
        plain: Callable[..., Array] | None = None,
    ):
        self.value = value
        self.gradients = gradients
        self.axes = axes
        self.prepare = prepare
        self.plain = plain or self._prepared

    def __call__(self, *arguments: Array) -> Array:
        ops = library(*arguments)
        return ops.apply(self, ops.convert(arguments))

    def _prepared(self, *arguments: np.ndarray) -> Array:
        return self.value(np, *arguments, *self.prepare(np, *arguments))
