"""Arrays of any library: one namespace, class axes moved last, and sums that know 0 · ∞ = 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._spectral import library

Array = Any


def together(*given: Array | None) -> tuple[Any, ...]:
    """The namespace of the library the arrays belong to, and the arrays in it; None stays None."""
    present = [x for x in given if x is not None]
    ops = library(*present)
    converted = iter(ops.convert(tuple(present)))
    arrays = [None if x is None else next(converted) for x in given]
    # PyTorch makes all of them complex where one is: labels and weights stay real.
    pairs = zip(given, arrays, strict=True)
    return ops.xp, *(
        ops.xp.real(y) if y is not None and is_complex(y) and not is_complex(x) else y
        for x, y in pairs
    )


def is_complex(x: Array) -> bool:
    return "complex" in str(x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype)


def axis_last(xp: Any, x: Array, axis: int) -> Array:
    return x if axis == -1 else xp.moveaxis(x, axis, -1)


def positions(xp: Any, x: Array) -> Array:
    """0, 1, … along the last axis, on the device of `x`."""
    return xp.cumsum(xp.ones_like(x), axis=-1) - 1


def one_hot(xp: Any, labels: Array, classes: Array) -> Array:
    """Class numbers `(...)` as distributions `(..., k)`, by comparison with 0 … k − 1."""
    return xp.where(labels[..., None] == classes, xp.ones_like(classes), 0.0)


def positive_part(xp: Any, x: Array) -> Array:
    """max(x, 0), with slope 0 at its corner."""
    return xp.where(x > 0, x, 0.0)


def charge(xp: Any, p: Array, cost: Array) -> Array:
    """Elementwise p · cost, where an infinite cost counts only if p > 0.

    The rule of `qce.classical`: the gradient is that of the finite part, so that it never is NaN,
    and the slope by p is the cost even where p = 0.
    """
    finite = cost < xp.inf
    term = p * xp.where(finite, cost, 0.0)
    return term + xp.where((p > 0) & ~finite, xp.inf, xp.zeros_like(term))


def surprisal(xp: Any, q: Array) -> Array:
    """−log q, +∞ where q = 0."""
    inside = q > 0
    return xp.where(inside, -xp.log(xp.where(inside, q, 1.0)), xp.inf)


def certain_not(xp: Any, q: Array) -> Array:
    """−log(1 − q), relatively exact for small q, +∞ where q = 1."""
    inside = q < 1
    return xp.where(inside, -xp.log1p(-xp.where(inside, q, 0.0)), xp.inf)


def softmax_surprisal(xp: Any, logits: Array) -> Array:
    """−log softmax over the last axis, `(..., k)`, relatively exact however certain the class.

    The largest logit stays out of the sum: log(1 + r) with the r of all the others keeps what
    log Σ would round away next to 1.
    """
    top = positions(xp, logits) == xp.argmax(logits, axis=-1)[..., None]
    behind = xp.sum(xp.where(top, logits, 0.0), axis=-1)[..., None] - logits
    excluded = behind == xp.inf  # a logit of −∞
    behind = xp.where(excluded, 0.0, behind)
    rest = xp.sum(xp.where(top | excluded, 0.0, xp.exp(-behind)), axis=-1)[..., None]
    return xp.where(excluded, xp.inf, behind + xp.log1p(rest))


def softplus(xp: Any, x: Array) -> Array:
    """log(1 + eˣ) = −log sigmoid(−x), with the limits 0 and +∞."""
    finite = xp.abs(x) < xp.inf
    inner = xp.where(finite, x, 0.0)
    limit = xp.where(x > 0, xp.inf, xp.zeros_like(inner))
    return xp.where(finite, xp.logaddexp(inner, xp.zeros_like(inner)), limit)


def root(xp: Any, x: Array) -> Array:
    """√x, with slope 0 at 0."""
    inside = x > 0
    return xp.where(inside, xp.sqrt(xp.where(inside, x, 1.0)), 0.0)


def all_pairs(xp: Any, x: Array, y: Array, axes: int = 1) -> tuple[Array, Array]:
    """Two batches `(..., n, *)` as all pairs of them, `(..., n, n, *)`; `axes` is how many * are.

    By addition, which autograd differentiates twice; its `where` does not sum over broadcast axes.
    """
    one = (slice(None),) * axes
    x, y = x[(..., None, *one)], y[(..., None, slice(None), *one)]
    return x + xp.zeros_like(y), y + xp.zeros_like(x)


def log_factorial(xp: Any, n: Array) -> Array:
    name = xp.__name__.partition(".")[0]
    if name == "torch":
        return xp.lgamma(n + 1)
    if name == "jax":
        from jax.scipy.special import gammaln
    elif name == "autograd":
        from autograd.scipy.special import gammaln
    else:
        from scipy.special import gammaln
    return gammaln(n + 1)
