"""A real quantity of vectors or Hermitian matrices: its value and its gradients, for every array library.

The gradient G with respect to an argument X is defined by dS = Re Σ conj(G) dX; for Hermitian X it is Hermitian
and dS = Re Tr G dX. Values are computed from cleaned eigenvalues; gradients are built from
`log`-like spectral functions whose own derivatives are known, so that they can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qce._spectral.eigen import Eigen, decompose
from qce._spectral.libraries import library

Array = Any


class Functional:
    """A differentiable real functional; call it with arrays of any library.

    Attributes:
        axes: Axes of one argument, (-1,) for vectors and (-2, -1) for matrices.
        decomposed: Positions of the arguments whose eigendecompositions `value` and the gradients take,
            in this order, after the arguments themselves.
        value: (xp, *arguments, *eigens) → real array, in plain operations.
        gradients: One function (ops, *arguments, *eigens) → G an argument, in differentiable
            operations: `ops.xp` and `ops.frechet(f, argument, eigen, *directions)`.
        plain: (*arguments) → real array; a shorter way for NumPy arrays, where no derivative follows.
    """

    def __init__(
        self,
        value: Callable[..., Array],
        gradients: tuple[Callable[..., Array], ...],
        *,
        axes: tuple[int, ...],
        decomposed: tuple[int, ...] = (),
        plain: Callable[..., Array] | None = None,
    ):
        self.value = value
        self.gradients = gradients
        self.axes = axes
        self.decomposed = decomposed
        self.plain = plain

    def __call__(self, *arguments: Array) -> Array:
        ops = library(*arguments)
        return ops.apply(self, ops.convert(arguments))

    def eigens(self, xp: Any, arguments: tuple[Array, ...]) -> tuple[Eigen, ...]:
        return tuple(decompose(xp, arguments[k]) for k in self.decomposed)

    def regroup(self, arrays: tuple[Array, ...]) -> tuple[Array | Eigen, ...]:
        """Arguments followed by `Eigen` records, from the flat list that a primitive takes."""
        count = len(self.gradients)
        pairs = arrays[count:]
        return *arrays[:count], *(Eigen(*pairs[k : k + 2]) for k in range(0, len(pairs), 2))
