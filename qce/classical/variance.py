"""Variances of the logarithms whose means are relative entropy and cross entropy.

Read it beside `qce.quantum.variance`.
"""

from __future__ import annotations

from typing import Any

from qce._arrays import Functional, safe_log
from qce.classical._pairs import VECTOR, divergence, missing_mass, ones, sizes
from qce.classical.kernels import divergences as _sums
from qce.classical.kernels import entropies as _kernels
from qce.typing import Array


def relative_entropy_variance(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Variance $\sum_i p_i (\log(p_i/q_i) - D(p\|q))^2$ of the log-likelihood ratio.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm, which enters squared; nats² if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], a sum of squares.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> relative_entropy_variance([0.5, 0.5], [0.25, 0.75]).round(12).item()
        0.301737240203

    Source:
        V. Strassen, Trans. 3rd Prague Conf. Inf. Theory, 689 (1962).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_VARIANCE, data, model, power=2, **settings)


def cross_entropy_variance(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Variance $\sum_i p_i (\log q_i + H(p, q))^2$ of the log-likelihood, per sample.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm, which enters squared; nats² if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], a sum of squares.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> cross_entropy_variance([0.5, 0.5], [0.25, 0.75]).round(12).item()
        0.301737240203

    Source:
        The twin of `qce.quantum.cross_entropy_variance`: the spread of a log-likelihood.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_CROSS_VARIANCE, data, model, power=2, **settings)


# --- relative entropy --------------------------------------------------------------------------


def _variance(xp: Any, p: Array, q: Array) -> Array:
    size, other = sizes(xp, p, q)
    mean = _kernels.relative_entropy(xp, p - q, p, q) + (size - other)
    value = _sums.variance(xp, ones(xp, p, q), p - q, p, q, mean, size, VECTOR)
    return xp.where(missing_mass(xp, p, q) > 0, xp.inf, value)


def _logarithms(ops: Any, p: Array, q: Array) -> tuple[Array, Array]:
    k = safe_log(ops.xp, p) - safe_log(ops.xp, q)
    return k, ops.xp.sum(p * k, axis=-1)[..., None]


def _variance_by_data(ops: Any, p: Array, q: Array) -> Array:
    k, mean = _logarithms(ops, p, q)
    inside = ops.xp.where(p > 0, 1.0, 0.0)
    return k**2 + 2 * k * inside - 2 * mean * (k + inside)


def _variance_by_model(ops: Any, p: Array, q: Array) -> Array:
    k, mean = _logarithms(ops, p, q)
    slope = 2 * p * (k - mean) / ops.xp.where(q > 0, q, 1.0)
    return -ops.xp.where(q > 0, slope, 0.0)


_VARIANCE = Functional(
    value=_variance, gradients=(_variance_by_data, _variance_by_model), axes=VECTOR
)


# --- cross entropy -----------------------------------------------------------------------------


def _cross_variance(xp: Any, p: Array, q: Array) -> Array:
    return xp.where(missing_mass(xp, p, q) > 0, xp.inf, _sums.cross_variance(xp, p, q))


def _cross_by_data(ops: Any, p: Array, q: Array) -> Array:
    log = safe_log(ops.xp, q)
    return log**2 - 2 * ops.xp.sum(p * log, axis=-1)[..., None] * log


def _cross_by_model(ops: Any, p: Array, q: Array) -> Array:
    log = safe_log(ops.xp, q)
    mean = ops.xp.sum(p * log, axis=-1)[..., None]
    slope = 2 * p * (log - mean) / ops.xp.where(q > 0, q, 1.0)
    return ops.xp.where(q > 0, slope, 0.0)


_CROSS_VARIANCE = Functional(
    value=_cross_variance, gradients=(_cross_by_data, _cross_by_model), axes=VECTOR
)
