"""Real functions of powers of Hermitian matrices of JAX, differentiated twice in every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import Array

from qce._arrays import Functional, hermitian
from qce._spectral import decompose, power

Places = tuple[Array, ...]


def of_powers(function: Callable[..., Array], *exponents: float | None) -> Functional:
    """F of (C, C^x) in place of a C with the exponent x, and of (C,) in place of one with None.

    Its slope along C is that of the first place, and D(C^x) of that of the second: written out,
    because a power that reverse mode has followed has lost how its eigenvectors turn.
    """
    powers = tuple(None if x is None else power(x) for x in exponents)

    def prepare(xp: Any, *arguments: Array) -> tuple[Array, ...]:
        raised = [c for c, f in zip(arguments, powers, strict=True) if f]
        return decompose(xp, *raised) if raised else ()

    def places(at: Callable[..., Array], arrays: tuple[Array, ...]) -> list[Places]:
        bases = _bases(powers, arrays)
        each = zip(powers, arrays[: len(powers)], bases, strict=True)
        return [(c, at(f, c, *basis)) if f else (c,) for f, c, basis in each]

    def value(xp: Any, *arrays: Array) -> Array:
        return function(*places(lambda f, c, *basis: f.derivative(xp, *basis), arrays))

    def slope(k: int) -> Callable[..., Array]:
        def along(ops: Any, *arrays: Array) -> Array:
            found = jax.grad(function, argnums=k)(*places(ops.frechet, arrays))
            first, *raised = [ops.xp.conj(x) for x in found]
            if not raised:
                return first
            basis, direction = _bases(powers, arrays)[k], hermitian(ops.xp, raised[0])
            along_power = ops.frechet(powers[k], arrays[k], *basis, direction)
            return hermitian(ops.xp, first) + along_power

        return along

    slopes = tuple(slope(k) for k in range(len(powers)))
    return Functional(value, slopes, axes=(-2, -1), prepare=prepare)


def _bases(powers: tuple[Any, ...], arrays: tuple[Array, ...]) -> list[tuple[Array, ...]]:
    """Eigenvalues and vectors of each argument that is raised to a power, from behind them all."""
    behind = iter(arrays[len(powers) :])
    return [(next(behind), next(behind)) if f else () for f in powers]


__all__ = ["of_powers"]
