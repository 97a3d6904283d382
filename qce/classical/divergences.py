"""Rényi divergences of probability vectors, their relatives, and variances.

Read it beside `qce.quantum.renyi`, `chernoff` and `variance`: same names, same order, same rules.
Both of the quantum Rényi families become `renyi_divergence`; the measured and the
Belavkin-Staszewski relative entropy become `relative_entropy`.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from qce import _checks
from qce._spectral import Functional, log_ratio, safe_log
from qce.classical import _divergence_kernels as _sums
from qce.classical import _kernels
from qce.classical.entropies import relative_entropy

Array = Any

VECTOR = (-1,)
_TIE = 16.0  # ratios within this many ε are equally large


def renyi_divergence(
    data: Array,
    model: Array,
    alpha: float,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Rényi divergence $D_α(p\|q) = \frac{1}{α-1} \log \sum_i p_i^α q_i^{1-α}$.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        alpha: Order in [0, ∞], a number. 1 is the relative entropy, ∞ the max-relative entropy.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where that is the value, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], rising in α, continuous through α = 1 and relatively accurate there
            and for close p and q. For α ≥ 1 it is +∞ where p_i > 0 = q_i, for α < 1 only where no i
            has both. At p_i = 0, where the derivative is infinite for α ≤ 1, the gradient is the
            one along the support.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or `alpha`
            is negative.

    Example:
        >>> renyi_divergence([0.5, 0.5], [0.25, 0.75], 2).round(12).item()
        0.287682072452

    Source:
        A. Rényi, Proc. 4th Berkeley Symp. 1, 547 (1961).
    """
    alpha = order(alpha)
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    if alpha == 1:
        return relative_entropy(data, model, **settings)
    return divergence(
        _MAX if alpha == math.inf else renyi_functional(alpha), data, model, **settings
    )


def max_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Max-relative entropy $\max_i \log(p_i/q_i)$, the Rényi divergence of order ∞.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞]. Where several ratios are largest the gradient is the mean of the
            subgradients.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> max_relative_entropy([0.5, 0.5], [0.25, 0.75], base=2).item()
        1.0
    """
    return divergence(_MAX, data, model, base=base, support=support, check=check)


def min_relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Min-relative entropy $-\log \sum_{i: p_i > 0} q_i$, the Rényi divergence of order 0.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where no i has p_i > 0 and q_i > 0, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞].

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> min_relative_entropy([1.0, 0.0], [0.25, 0.75], base=2).item()
        2.0
    """
    return divergence(renyi_functional(0.0), data, model, base=base, support=support, check=check)


def chernoff(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Chernoff information $-\log \min_{0 \le s \le 1} \sum_i p_i^s q_i^{1-s}$.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where no i has p_i > 0 and q_i > 0, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], symmetric, relatively accurate for close p and q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> chernoff([0.75, 0.25], [0.25, 0.75]).round(12).item()
        0.143841036226

    Source:
        H. Chernoff, Ann. Math. Stat. 23, 493 (1952).
    """
    return divergence(_CHERNOFF, data, model, base=base, support=support, check=check)


def chernoff_exponent(data: Array, model: Array, *, check: bool = True) -> Array:
    """The s in [0, 1] at which Σ p^s q^{1−s} is least, in the Chernoff information.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, ½ for equal p and q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> chernoff_exponent([0.75, 0.25], [0.25, 0.75]).round(12).item()
        0.5
    """
    if check:
        check_pair(data, model)
    return _EXPONENT(data, model)


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
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_CROSS_VARIANCE, data, model, power=2, **settings)


def order(
    alpha: float,
    least: float = 0.0,
    must: str = "lie in [0, ∞]",
    remedy: str = "an order >= 0, or math.inf",
) -> float:
    """The order as a float; it selects formulas, so it is a number and no array."""
    try:
        value = float(alpha)
    except TypeError:
        but = f"it is {type(alpha).__name__}"
        raise _checks.error("alpha", "be a number", but, "a float", TypeError) from None
    if not value >= least:
        raise _checks.error("alpha", must, f"it is {value:g}", remedy)
    return value


def check_pair(data: Array, model: Array) -> None:
    """Two probability vectors of one size."""
    _checks.probabilities("data", data)
    _checks.probabilities("model", model)
    _checks.same_dimension("data", data, "model", model)


def divergence(
    functional: Functional,
    data: Array,
    model: Array,
    *,
    base: float | None,
    support: str,
    check: bool,
    power: int = 1,
) -> Array:
    """Check, call, turn the unit: `power` is 2 for squares of logarithms."""
    unit = _checks.log_base(base) ** power
    if check:
        check_pair(data, model)
    value = functional(data, model) * unit
    _checks.within_support(value, support)
    return value


def _missing(xp: Any, p: Array, q: Array) -> Array:
    return xp.sum(xp.where(q > 0, 0.0, p), axis=-1)


def _log_ratio(xp: Any, p: Array, q: Array) -> tuple[Array, Array]:
    """Where both are positive, and log(p/q) there."""
    inside = (p > 0) & (q > 0)
    return inside, log_ratio(xp, xp.where(inside, p, 1.0), xp.where(inside, q, 1.0))


def _ones(xp: Any, p: Array, q: Array) -> Array:
    return xp.ones_like(p + q)


# --- Rényi -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def renyi_functional(alpha: float) -> Functional:
    """The Rényi divergence of one order, other than 1 and ∞."""
    log_alpha = math.log(alpha) if alpha else -math.inf

    def value(xp: Any, p: Array, q: Array) -> Array:
        missing = _missing(xp, p, q)
        return _sums.renyi(xp, _ones(xp, p, q), p - q, p, q, missing, alpha, VECTOR)

    def by_data(ops: Any, p: Array, q: Array) -> Array:
        """(α (p/q)^{α−1} − 1)/((α−1) Q): of log(1 + Q − Σp), for α < 1 along the support."""
        xp = ops.xp
        inside, length = _log_ratio(xp, p, q)
        log_sum = _log_sum(xp, p, q, alpha)
        trace = xp.exp(-log_sum) * (xp.ones_like(p) if alpha > 1 else xp.where(p > 0, 1.0, 0.0))
        exponent = (alpha - 1) * length + log_alpha
        if abs(alpha - 1) < 0.5:  # nothing cancels, nothing overflows
            slope = xp.where(inside, xp.expm1(exponent), 0.0) * xp.exp(-log_sum)
            return (slope - xp.where(inside, 0.0, trace)) / (alpha - 1)
        return (xp.where(inside, xp.exp(exponent - log_sum), 0.0) - trace) / (alpha - 1)

    def by_model(ops: Any, p: Array, q: Array) -> Array:
        inside, length = _log_ratio(ops.xp, p, q)
        log_sum = _log_sum(ops.xp, p, q, alpha)
        return -ops.xp.where(inside, ops.xp.exp(alpha * length - log_sum), 0.0)

    return Functional(value=value, gradients=(by_data, by_model), axes=VECTOR)


def _log_sum(xp: Any, p: Array, q: Array, alpha: float) -> Array:
    log_sum = _sums.log_power_sum(xp, _ones(xp, p, q), p, q, alpha, VECTOR)
    return xp.where(xp.isfinite(log_sum), log_sum, 0.0)[..., None]


# --- the end point ∞ ---------------------------------------------------------------------------


def _max(xp: Any, p: Array, q: Array) -> Array:
    inside, length = _log_ratio(xp, p, q)
    largest = xp.amax(xp.where(inside, length, -xp.inf), axis=-1)
    value = xp.where(largest > 0, largest, 0.0)
    return xp.where(_missing(xp, p, q) > 0, xp.inf, value)


def _top(ops: Any, p: Array, q: Array) -> Array:
    """Equal shares of the largest ratios."""
    xp = ops.xp
    inside, length = _log_ratio(xp, p, q)
    length = xp.where(inside, length, -xp.inf)
    tie = _TIE * xp.finfo(p.dtype).eps
    top = xp.where(length >= xp.amax(length, axis=-1)[..., None] - tie, 1.0, 0.0)
    return top / xp.sum(top, axis=-1)[..., None]


_MAX = Functional(
    value=_max,
    gradients=(
        lambda ops, p, q: _top(ops, p, q) / ops.xp.where(p > 0, p, 1.0),
        lambda ops, p, q: -_top(ops, p, q) / ops.xp.where(q > 0, q, 1.0),
    ),
    axes=VECTOR,
)


# --- Chernoff ----------------------------------------------------------------------------------


def _exponent(xp: Any, p: Array, q: Array) -> tuple[Array, ...]:
    missing = _missing(xp, p, q)
    return (_sums.chernoff_exponent(xp, _ones(xp, p, q), p - q, p, q, missing, VECTOR),)


def _chernoff(xp: Any, p: Array, q: Array, s: Array) -> Array:
    missing = _missing(xp, p, q)
    return _sums.chernoff(xp, _ones(xp, p, q), p - q, p, q, missing, s, VECTOR)


def _chernoff_slope(ops: Any, p: Array, q: Array, s: Array) -> Array:
    """(s − s p^{s−1} q^{1−s})/Σ p^s q^{1−s}, with the s that moves with p and q.

    Of −log(Q + 1 − s Σp − (1−s) Σq), which is the same on probabilities.
    """
    xp = ops.xp
    inside, length = _log_ratio(xp, p, q)
    s = _moving(xp, inside, length, q, s)[..., None]
    terms = xp.where(inside, q * xp.exp(s * length), 0.0)
    total = xp.sum(terms, axis=-1)[..., None]
    total = xp.where(total > 0, total, 1.0)
    trace = xp.where(p > 0, 1.0, 0.0)
    return s * (trace - terms / xp.where(inside, p, 1.0)) / total


def _moving(xp: Any, inside: Array, length: Array, q: Array, s: Array) -> Array:
    """One more step of Newton's, which is nothing but carries the derivative of the optimum."""
    terms = xp.where(inside, q * xp.exp(s[..., None] * length), 0.0)
    slope, bend = (xp.sum(terms * length**n, axis=-1) for n in (1, 2))
    # At an end of the interval the slope does not vanish, and s does not move.
    within = (bend > 0) & (xp.abs(slope) < 1e-6 * bend)
    return xp.where(within, s - slope / xp.where(within, bend, 1.0), s)


_CHERNOFF = Functional(
    value=_chernoff,
    gradients=(
        _chernoff_slope,
        lambda ops, p, q, s: _chernoff_slope(ops, q, p, 1 - s),
    ),
    axes=VECTOR,
    prepare=_exponent,
)
_EXPONENT = Functional(
    value=lambda xp, p, q, s: s,
    gradients=(
        lambda ops, p, q, s: ops.xp.zeros_like(p + q),
        lambda ops, p, q, s: ops.xp.zeros_like(p + q),
    ),
    axes=VECTOR,
    prepare=_exponent,
)


# --- variances ---------------------------------------------------------------------------------


def _variance(xp: Any, p: Array, q: Array) -> Array:
    mean = _kernels.relative_entropy(xp, p - q, p, q)
    value = _sums.variance(xp, _ones(xp, p, q), p - q, p, q, mean, VECTOR)
    return xp.where(_missing(xp, p, q) > 0, xp.inf, value)


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


def _cross_variance(xp: Any, p: Array, q: Array) -> Array:
    return xp.where(_missing(xp, p, q) > 0, xp.inf, _sums.cross_variance(xp, p, q))


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
