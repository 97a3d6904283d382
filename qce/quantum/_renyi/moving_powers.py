"""Powers ρ^s whose exponent moves with the states, as functions of both ρ and s.

A spectral function has fixed constants, but here s is an array. With y = s(1 − log x) the power is
e^s e^{−y}: two spectral functions without s, and a product between them. Both y and e^{−y} are
positive on the support and 0 outside it, so that the support rule is that of a power.
"""

from __future__ import annotations

import math
from typing import Any

from qce._spectral import SUPPORT, SURPRISAL, Derivatives, SpectralFunction
from qce.typing import Array

SURPRISE = SpectralFunction(
    lambda xp, x: 1.0 - xp.log(x),
    SURPRISAL.slope,
    SURPRISAL.taylor,
)


class _Decay(SpectralFunction):
    """e^{−y} for y > 0, which depends on differences of its arguments and not on their ratios."""

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        """Shift the least argument to 1: there, close arguments also have ratios near 1."""
        low = xp.minimum(xp.minimum(x, y), z)
        shift = xp.where(low > 0, low - 1.0, 0.0)
        moved = super().second_difference(xp, x - shift, y - shift, z - shift)
        return xp.exp(-shift) * moved


def _decay_slope(xp: Any, x: Array, y: Array) -> Array:
    gap = xp.abs(x - y)
    apart = xp.where(gap > 0, gap, 1.0)
    return xp.exp(-xp.minimum(x, y)) * xp.where(gap > 0, xp.expm1(-apart) / apart, -1.0)


DECAY = _Decay(
    lambda xp, x: xp.exp(-x),
    _decay_slope,
    lambda xp, x, k: (-x) ** k / math.factorial(k) * xp.exp(-x),
)


class _Linear(Derivatives):
    """The matrix itself; its second derivative is refused, and so are those of linear functions."""

    def on_support(self, xp: Any, x: Array) -> Array:
        return x

    def first_difference(self, xp: Any, x: Array, y: Array) -> Array:
        return xp.ones_like(x + y)

    def second_difference(self, xp: Any, x: Array, y: Array, z: Array) -> Array:
        raise NotImplementedError(
            "The Chernoff information is differentiable twice, but a third derivative was asked "
            "for. Pass a Rényi divergence of a fixed order."
        )


LINEAR = _Linear()


class Moving:
    """A state and its powers.

    Attributes:
        matrix: ρ.
        values: Its eigenvalues.
        vectors: Its eigenvectors.
    """

    def __init__(self, ops: Any, matrix: Array, values: Array, vectors: Array):
        self.ops, self.matrix, self.values, self.vectors = ops, matrix, values, vectors
        self.surprise = ops.frechet(SURPRISE, matrix, values, vectors)

    def power(self, s: Array, fixed: Array) -> Array:
        """ρ^s, where s `(..., 1, 1)` has the value `fixed` and may carry a derivative."""
        s, levels = self._exponents(s, fixed)
        return self.ops.xp.exp(s) * self.ops.frechet(DECAY, s * self.surprise, levels, self.vectors)

    def slope(self, s: Array, fixed: Array, direction: Array) -> Array:
        """D(x^s)_ρ[direction], by the chain rule of the two functions."""
        s, levels = self._exponents(s, fixed)
        inner = self.ops.frechet(DECAY, s * self.surprise, levels, self.vectors, direction)
        inner = s * self.ops.xp.exp(s) * inner
        return self.ops.frechet(SURPRISE, self.matrix, self.values, self.vectors, inner)

    def support(self) -> Array:
        """The projector on the support."""
        return self.ops.frechet(SUPPORT, self.matrix, self.values, self.vectors)

    def _exponents(self, s: Array, fixed: Array) -> tuple[Array, Array]:
        """s, moved from 0 to where y is still above 0, and the eigenvalues of y."""
        xp = self.ops.xp
        least = float(xp.finfo(self.values.dtype).tiny) ** (1 / 3)
        shift = xp.where(fixed > 0, 0.0, xp.zeros_like(fixed) + least)
        s, fixed = s + shift, fixed + shift
        return s, fixed[..., 0] * SURPRISE.on_support(xp, self.values)
