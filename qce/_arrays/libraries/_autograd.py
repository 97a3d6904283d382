"""autograd, PennyLane's default: primitives with vector-Jacobian products.

autograd's cotangent c of an argument X satisfies dS = Re Σ c dX, so c is the conjugate of G.
"""

from __future__ import annotations

import sys
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp_argnum, primitive
from autograd.tracer import getval, isbox

from qce._arrays.libraries import _numpy
from qce._arrays.libraries._numpy import convert as _convert

# Constants are NumPy arrays.
from qce._arrays.libraries._numpy import on_host as on_host
from qce._arrays.libraries._numpy import product as product
from qce._arrays.libraries._numpy import repeat as repeat
from qce._arrays.libraries._numpy import together as together


class _Namespace:
    """autograd's NumPy, with a `where` that can be differentiated.

    autograd's own derivative of it has the shape of the result and not of a broadcast argument.
    """

    __name__ = anp.__name__

    def __getattr__(self, name: str) -> Any:
        return getattr(anp, name)

    @staticmethod
    def where(condition: Any, x: Any, y: Any) -> Any:
        shape = np.broadcast_shapes(*map(anp.shape, (condition, x, y)))
        return anp.where(condition, _spread(x, shape), _spread(y, shape))


xp = _Namespace()
_OPS = sys.modules[__name__]  # the operations in which gradients are written


def convert(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x if isbox(x) else _convert((x,))[0] for x in arrays)


def apply(functional: Any, arguments: tuple[Any, ...]) -> Any:
    constants = functional.prepare(np, *map(_strip, arguments))
    return _apply(functional, *arguments, *constants)


def again(functional: Any, arguments: tuple[Any, ...], constants: tuple[Any, ...]) -> Any:
    return _apply(functional, *arguments, *constants)


def frechet(f: Any, matrix: Any, q: Any, v: Any, *directions: Any, image: Any = None) -> Any:
    return _derivative(f, image, matrix, q, v, *directions)


def where_needed(condition: Any, exact: Any, value: Any) -> Any:
    return xp.where(condition, exact(), value)


def constant(x: Any) -> Any:
    return _strip(x)


def beside(x: Any, other: Any) -> Any:
    del other
    return x if isbox(x) else np.asarray(x)


def like(x: Any, other: Any) -> Any:
    # Boxes have one precision.
    return x if isbox(x) else _numpy.like(x, _strip(other))


def take_along(x: Any, order: Any) -> Any:
    return anp.take_along_axis(x, order, -1)


def log_factorial(n: Any) -> Any:
    from autograd.scipy.special import gammaln

    return gammaln(n + 1)


@primitive
def _apply(functional: Any, *arrays: Any) -> Any:
    return functional.value(np, *arrays)


def _apply_vjp(position: int, ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    functional, *arrays = args
    # Primitives are for repeated derivatives.
    ops = _OPS if any(map(isbox, arrays)) else _numpy
    gradient = functional.gradients[position - 1](ops, *arrays)
    ones = (1,) * len(functional.axes)

    def pull(cotangent: Any) -> Any:
        # autograd's NumPy takes longer a call: only for what is differentiated again.
        plain = np if ops is _numpy and not isbox(cotangent) else anp
        spread = plain.reshape(cotangent, plain.shape(cotangent) + ones)
        return _fit(spread * plain.conj(gradient), arrays[position - 1])

    return pull


@primitive
def _derivative(f: Any, image: Any, matrix: Any, q: Any, v: Any, *directions: Any) -> Any:
    return f.derivative(np, q, v, *directions, image=image)


def _derivative_vjp(position: int, ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    f, _, matrix, q, v, *directions = args

    def pull(cotangent: Any) -> Any:
        slot = position - 5  # directions follow f, image, matrix, q, v
        others = directions if slot < 0 else directions[:slot] + directions[slot + 1 :]
        adjoint = _derivative(f, None, matrix, q, v, *others, anp.conj(cotangent))
        return _fit(anp.conj(adjoint), args[position])

    return pull


defvjp_argnum(_apply, _apply_vjp)
defvjp_argnum(_derivative, _derivative_vjp)


def _fit(cotangent: Any, like: Any) -> Any:
    """Sum over broadcast axes, and keep a real argument's cotangent real."""
    shape = like.shape
    extra = cotangent.ndim - len(shape)
    cotangent = anp.sum(cotangent, axis=tuple(range(extra))) if extra else cotangent
    kept = tuple(k for k, n in enumerate(shape) if n == 1 and cotangent.shape[k] != 1)
    cotangent = anp.sum(cotangent, axis=kept, keepdims=True) if kept else cotangent
    return cotangent if like.dtype.kind == "c" else anp.real(cotangent)


def _spread(x: Any, shape: tuple[int, ...]) -> Any:
    """A differentiated argument in full shape, by addition, whose derivative sums correctly.

    Adding False changes no value and no precision.
    """
    return x + np.zeros(shape, dtype=bool) if isbox(x) and anp.shape(x) != shape else x


def _strip(x: Any) -> np.ndarray:
    while isbox(x):
        x = getval(x)
    return np.asarray(x)
