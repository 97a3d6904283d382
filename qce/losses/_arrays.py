"""Arrays of any library: one namespace, class axes moved last, and sums that know 0 · ∞ = 0.

Choices ask for what is beside the rule, as in `x <= 0`, to which NaN says no: so it goes the way of
numbers and stays NaN, in values and in slopes.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from qce._arrays import library
from qce._arrays.libraries import of_namespace
from qce.typing import Array, Scalar


def together(*given: Scalar | None, numbers: tuple[Scalar, ...] = ()) -> tuple[Any, ...]:
    """The namespace of the library the arrays belong to, and the arrays in it; None stays None.

    Settings come last: Python's numbers as they are, for they have no precision of their own, and
    those of a library in the precision of the first array.
    """
    present = [x for x in given if x is not None]
    settings = [n for n in numbers if not known(n)]
    ops = library(*present, *settings)
    # Where no array is of that library, a setting decides about device and precision.
    deciding = settings if library(*present) is not ops else []
    converted = iter(ops.convert((*present, *deciding)))
    arrays = [None if x is None else next(converted) for x in given]
    # PyTorch makes all of them complex where one is: labels and weights stay real.
    pairs = zip(given, arrays, strict=True)
    arrays = [
        ops.xp.real(y) if y is not None and is_complex(y) and not is_complex(x) else y
        for x, y in pairs
    ]
    return ops.xp, *arrays, *(n if known(n) else ops.like(n, arrays[0]) for n in numbers)


def known(number: Scalar) -> TypeGuard[float]:
    """Whether a setting is a number of Python, and no array that may be traced."""
    return isinstance(number, (int, float))


def is_complex(x: Any) -> bool:
    dtype = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    return getattr(dtype, "kind", "") == "c" or "complex" in str(dtype)  # ">c16" is complex too


def axis_last(xp: Any, x: Array, axis: int) -> Array:
    return x if axis == -1 else xp.moveaxis(x, axis, -1)


def positions(xp: Any, x: Array) -> Array:
    """0, 1, … along the last axis, on the device of `x`."""
    return xp.cumsum(xp.ones_like(x), axis=-1) - 1


def one_hot(xp: Any, labels: Array, classes: Array) -> Array:
    """Class numbers `(...)` as distributions `(..., k)`, by comparison with 0 … k − 1."""
    labels = labels[..., None]
    other = xp.where(labels == labels, xp.zeros_like(classes), xp.nan)
    return xp.where(labels == classes, xp.ones_like(classes), other)


def positive_part(xp: Any, x: Array) -> Array:
    """max(x, 0), with slope 0 at its corner."""
    return xp.where(x <= 0, 0.0, x * _one(xp, x))


def magnitude(xp: Any, x: Array) -> Array:
    """|x|, with slope 0 at 0."""
    sign = xp.where(x > 0, 1.0, xp.where(x < 0, -1.0, 0.0 * x))  # PyTorch's own is 0 for NaN
    return sign * x


def _one(xp: Any, x: Array) -> Array:
    """1, and NaN where x is: as a factor it makes slopes NaN that do not depend on x."""
    return xp.where(x == x, xp.ones_like(x), xp.nan)


def charge(xp: Any, p: Array, cost: Array) -> Array:
    """Elementwise p · cost, where an infinite cost counts only if p > 0.

    The rule of `qce.classical`: the gradient is that of the finite part, so that it never is NaN,
    and the slope by p is the cost even where p = 0.
    """
    infinite = cost == xp.inf
    term = p * _one(xp, p) * xp.where(infinite, 0.0, cost)
    return term + xp.where((p > 0) & infinite, xp.inf, xp.zeros_like(term))


def shares(xp: Any, x: Array) -> Array:
    """Numbers in [0, 1]: what rounding has pushed out is 0 or 1, with the derivative there."""
    value = of_namespace(xp).constant(x)
    return x - (value - xp.clip(value, 0.0, 1.0))


def bits(xp: Any, x: Array) -> Array:
    """Numbers 0 and 1, without what rounding has added to them; any others stay as they are."""
    value = of_namespace(xp).constant(x)
    off = value - xp.round(value)
    slack = float(xp.finfo(x.dtype).eps) ** 0.5
    return x - xp.where(xp.abs(off) <= slack, off, 0.0 * off)


def surprisal(xp: Any, q: Array) -> Array:
    """−log q, +∞ where q = 0."""
    outside = q <= 0
    return xp.where(outside, xp.inf, -log(xp, xp.where(outside, 1.0, q)))


def log(xp: Any, x: Array) -> Array:
    """The logarithm of x > 0; of a root where 1/x² overflows, as which derivatives pass it on."""
    small = x < least_square(xp, x)
    root = xp.sqrt(xp.where(small, x, 1.0))
    return xp.where(small, 2 * xp.log(root), xp.log(xp.where(small, 1.0, x)))


def least_square(xp: Any, x: Array) -> float:
    """The least number whose square is none that underflows, in the precision of `x`."""
    return float(xp.finfo(x.dtype).tiny) ** 0.5


def certain_not(xp: Any, q: Array) -> Array:
    """−log(1 − q), relatively exact for small q, +∞ where q = 1."""
    outside = q >= 1
    return xp.where(outside, xp.inf, -xp.log1p(-xp.where(outside, 0.0, q)))


def softmax_surprisal(xp: Any, logits: Array) -> Array:
    """−log softmax over the last axis, `(..., k)`, relatively exact however certain the class.

    The largest logit stays out of the sum: log(1 + r) with the r of all the others keeps what
    log Σ would round away next to 1.
    """
    _, excluded, behind, odds = _behind(xp, logits)
    rest = xp.sum(odds, axis=-1)[..., None]
    return xp.where(excluded, xp.inf, behind + xp.log1p(rest))


def softmax_rest(xp: Any, logits: Array) -> tuple[Array, Array]:
    """1 − softmax over the last axis, and its logarithm where it may underflow, `(..., k)`.

    Only for the class of the largest logit it may; of all others it is at least ½.
    """
    top, excluded, behind, odds = _behind(xp, logits)
    rest = xp.sum(odds, axis=-1)[..., None]
    share = (xp.where(top, 0.0, xp.ones_like(odds)) + (rest - odds)) / (1 + rest)
    others = xp.where(top | excluded, xp.inf, behind)
    nearest = of_namespace(xp).constant(xp.amin(others, axis=-1)[..., None])
    possible = nearest < xp.inf  # any other class at all
    nearest = xp.where(possible, nearest, 0.0)
    total = xp.sum(xp.where(top | excluded, 0.0, xp.exp(nearest - behind)), axis=-1)[..., None]
    log_rest = xp.log(xp.where(possible, total, 1.0)) - nearest - xp.log1p(rest)
    return share, xp.where(top, xp.where(possible, log_rest, -xp.inf), 0.0)


def _behind(xp: Any, logits: Array) -> tuple[Array, Array, Array, Array]:
    """Which logit is the largest and which are −∞, how far all are behind, and odds, 0 for it."""
    top = positions(xp, logits) == xp.argmax(logits, axis=-1)[..., None]
    behind = xp.sum(xp.where(top, logits, 0.0), axis=-1)[..., None] - logits
    excluded = behind == xp.inf
    behind = xp.where(excluded, 0.0, behind)
    nothing = 0.0 * behind  # a slope of 1 − 1 beside small ones would cost them their digits
    behind = xp.where(top, nothing, behind)
    return top, excluded, behind, xp.where(top | excluded, nothing, xp.exp(-behind))


def softplus(xp: Any, x: Array) -> Array:
    """log(1 + eˣ) = −log sigmoid(−x), with the limits 0 and +∞; derivatives as exact as it."""
    return xp.where(x > 0, x, 0.0) + xp.log1p(_smaller_odds(xp, x))


def sigmoid(xp: Any, x: Array) -> Array:
    """1/(1 + e^−x), relatively exact on both sides."""
    odds = _smaller_odds(xp, x)
    return xp.where(x > 0, 1.0, odds) / (1 + odds)


def _smaller_odds(xp: Any, x: Array) -> Array:
    """e^−|x|, smooth in x on each side."""
    return xp.exp(xp.where(x > 0, -x, x))


def root(xp: Any, x: Array) -> Array:
    """√x, with slope 0 at 0."""
    outside = x <= 0
    return xp.where(outside, 0.0, xp.sqrt(xp.where(outside, 1.0, x)))


def length(xp: Any, x: Array) -> Array:
    """Euclidean norms over the last axis, also where squares over- or underflow; slope 0 at 0."""
    scale = _scale(xp, x)
    return scale[..., 0] * root(xp, xp.sum((x / scale) ** 2, axis=-1))


def unit(xp: Any, x: Array) -> Array:
    """Vectors along the last axis divided by their Euclidean norms."""
    x = x / _scale(xp, x)
    return x / root(xp, xp.sum(x**2, axis=-1))[..., None]


def _scale(xp: Any, x: Array) -> Array:
    """1, or the largest entry where its square would leave the range of numbers."""
    info = xp.finfo(x.dtype)
    top = of_namespace(xp).constant(xp.amax(xp.abs(x), axis=-1)[..., None])
    extreme = (top > info.max**0.25) | ((top > 0) & (top < info.tiny**0.25))
    return xp.where(extreme & (top < xp.inf), top, 1.0)


def all_pairs(xp: Any, x: Array, y: Array, axes: int = 1) -> tuple[Array, Array]:
    """Two batches `(..., n, *)` as all pairs of them, `(..., n, n, *)`; `axes` is how many * are.

    By addition, which autograd differentiates twice; its `where` does not sum over broadcast axes.
    """
    one = (slice(None),) * axes
    x, y = x[(..., None, *one)], y[(..., None, slice(None), *one)]
    return x + xp.zeros_like(y), y + xp.zeros_like(x)
