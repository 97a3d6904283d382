"""A real quantity of vectors or Hermitian matrices: value and gradients, for all libraries.

The gradient G with respect to an argument X is defined by dS = Re Σ conj(G) dX; for Hermitian X it
is Hermitian and dS = Re Tr G dX; only the Hermitian part of a matrix counts. Values are computed
from cleaned eigenvalues; gradients are built from `log`-like spectral functions whose own
derivatives are known, so that they can be differentiated again.

NaN in, NaN out: `value > 0` in support rules is false for NaN, and LAPACK refuses NaN. So arguments
with NaN are replaced here, once for all quantities, and their results are NaN.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from qce._arrays.choices import certain
from qce._arrays.libraries import library
from qce._dot import squares
from qce.typing import Array


class Functional:
    """A differentiable real functional; call it with arrays of any library.

    Args:
        value: (xp, *arguments, *constants) → real array, in plain operations.
        gradients: One function (ops, *arguments, *constants) → G an argument, in differentiable
            operations: those of `ops.xp`, and `ops.frechet`. None where each library can
            differentiate `value` itself: without eigenvalues or division by 0.
        axes: Axes of one argument, (-1,) for vectors and (-2, -1) for matrices; of the larger one,
            where another has length 1 along some.
        prepare: (xp, *arguments) → constants, such as eigendecompositions: computed once, and
            shared by value and gradients, which include their dependence on the arguments.
        plain: (*arguments) → real array; a shorter way for NumPy arrays, where no derivative
            follows.

    Attributes: the same, each made NaN where an argument holds NaN or an infinity.
    """

    def __init__(
        self,
        value: Callable[..., Array],
        gradients: tuple[Callable[..., Array], ...] | None = None,
        *,
        axes: tuple[int, ...],
        prepare: Callable[..., tuple[Array, ...]] = lambda xp, *arguments: (),
        plain: Callable[..., Array] | None = None,
    ):
        self.axes = axes
        self.followed = gradients is None
        self.gradients = tuple(self._slope(gradient) for gradient in gradients or ())
        self._value, self._prepare, self._plain = value, prepare, plain

    def __call__(self, *arguments: Array) -> Array:
        ops = library(*arguments)
        arrays = ops.convert(arguments)
        if len(self.axes) > 1:
            arrays = tuple([as_matrix(ops.xp, x) for x in arrays])
        return self._value(ops.xp, *arrays) if self.followed else ops.apply(self, arrays)

    def value(self, xp: Any, *arrays: Array) -> Array:
        known, lost, constants = self._known(xp, arrays)
        value = self._value(xp, *known, *constants)
        return value if lost is None else xp.where(lost, xp.nan, value)

    def prepare(self, xp: Any, *arguments: Array) -> tuple[Array, ...]:
        known, _, _ = self._known(xp, arguments)
        return self._prepare(xp, *known)

    def plain(self, *arguments: np.ndarray) -> Array:
        known, lost = set_aside(np, arguments, self.axes)
        if self._plain is not None:
            value = self._plain(*known)
        else:
            value = self._value(np, *known, *self._prepare(np, *known))
        return value if lost is None else np.where(lost, np.nan, value)[()]

    def _slope(self, gradient: Callable[..., Array]) -> Callable[..., Array]:
        def slope(ops: Any, *arrays: Array) -> Array:
            xp = ops.xp
            known, lost, constants = self._known(xp, arrays)
            found = gradient(ops, *known, *constants)
            if lost is None:
                return found
            # A product, because the derivative of `where` would be that of the replacement.
            lost, own = lost[(..., *(None for _ in self.axes))], len(self.axes)
            for argument in arrays[: len(self.gradients)]:
                nothing = xp.where(lost, xp.nan, xp.zeros_like(xp.real(argument))) * argument
                if argument.shape[-own:] != found.shape[-own:]:
                    nothing = xp.sum(nothing, self.axes)[(..., *(None for _ in self.axes))]
                found = found + nothing
            return found

        return slope

    def _known(
        self, xp: Any, arrays: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], Array | None, tuple[Array, ...]]:
        arguments, constants = arrays[: len(self.gradients)], arrays[len(self.gradients) :]
        return *set_aside(xp, arguments, self.axes), constants


def as_matrix(xp: Any, x: Array) -> Array:
    """A ket (d,) as the pure state |ψ⟩⟨ψ|; arrays of more axes as they are."""
    return x if len(x.shape) != 1 else x[:, None] * xp.conj(x)[None, :]


def set_aside(
    xp: Any, arguments: tuple[Array, ...], axes: tuple[int, ...]
) -> tuple[tuple[Array, ...], Array | None]:
    """Arguments with a replacement where they hold NaN or an infinity, and where that is.

    The latter is None if it is certain that none does. The replacement is the uniform distribution
    or maximally mixed state.
    """
    if xp is np and all([isinstance(x, np.ndarray) and _is_finite(x) for x in arguments]):
        return arguments, None
    there = [xp.isfinite(x) for x in arguments]
    if all([certain(x) for x in there]):
        return arguments, None
    known, lost = [], []
    for argument, finite in zip(arguments, there, strict=True):
        even = xp.ones_like(argument) / argument.shape[-1]
        even = even if len(axes) == 1 else xp.tril(xp.triu(even))
        lost.append(xp.sum(~finite, axes) > 0)
        known.append(xp.where(lost[-1][(..., *(None for _ in axes))], even, argument))
    return tuple(known), functools.reduce(operator.or_, lost)


def _is_finite(x: np.ndarray) -> bool:
    """Whether all entries are certainly finite, by Σ|x|², which is faster than a test of each."""
    return squares(x) < np.inf
