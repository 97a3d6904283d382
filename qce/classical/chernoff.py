"""The Chernoff information: how fast errors of discrimination of two distributions decay.

Read it beside `qce.quantum.chernoff`.
"""

from __future__ import annotations

from typing import Any

from qce._arrays import Functional
from qce._checks import truth
from qce.classical._pairs import (
    VECTOR,
    check_pair,
    divergence,
    log_ratios,
    missing_mass,
    normalised,
    ones,
    sizes,
)
from qce.classical.kernels import divergences as _sums
from qce.typing import Array


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
        Array `(...)` in [0, ∞], symmetric, relatively accurate for close p and q. Derivatives up to
            the fourth include the change of the best s.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> chernoff([0.75, 0.25], [0.25, 0.75]).round(12).item()
        0.143841036226

    Source:
        H. Chernoff, Ann. Math. Stat. 23, 493 (1952).
    """
    return divergence(_CHERNOFF, data, model, base=base, support=support, check=check)


def chernoff_order(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""The s in [0, 1] at which $\sum_i p_i^s q_i^{1-s}$ is least, in the Chernoff information.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, ½ for equal p and q.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> chernoff_order([0.75, 0.25], [0.25, 0.75]).round(12).item()
        0.5

    Source:
        H. Chernoff, Ann. Math. Stat. 23, 493 (1952).
    """
    if truth("check", check):
        check_pair(data, model)
    return _ORDER(data, model)


def _exponent(xp: Any, p: Array, q: Array) -> tuple[Array, ...]:
    p, q = normalised(xp, p), normalised(xp, q)
    return (_sums.chernoff_exponent(xp, ones(xp, p, q), p, q, VECTOR),)


def _chernoff(xp: Any, p: Array, q: Array, s: Array) -> Array:
    p, q = normalised(xp, p), normalised(xp, q)
    missing = missing_mass(xp, p, q)
    return _sums.chernoff(xp, ones(xp, p, q), lambda: p - q, p, q, missing, s, VECTOR)


def _chernoff_slope(ops: Any, p: Array, q: Array, s: Array) -> Array:
    """S − s p^{s−1} q^{1−s}/Σ p^s q^{1−s}, where s depends on p and q.

    p and q are normalised: where they are equal, and s undetermined, it then does not depend on s.
    """
    xp = ops.xp
    size = sizes(xp, p)[0][..., None]
    p, q = p / size, normalised(xp, q)
    inside, length = log_ratios(xp, p, q)
    s = _moving(xp, inside, length, q, s[..., None])
    terms = xp.where(inside, q * xp.exp(s * length), 0.0)
    total = xp.sum(terms, axis=-1)[..., None]
    terms = terms / xp.where(total > 0, total, 1.0)
    along = xp.where(p > 0, 1.0, 0.0)
    return s * (along - terms / xp.where(inside, p, 1.0)) / size


def _moving(xp: Any, inside: Array, length: Array, q: Array, s: Array) -> Array:
    """Two more of Newton's steps, which leave s as it is but give it its derivatives by p and q.

    Each doubles the order that is right; after two, derivatives of s are right up to the third.
    """
    for _ in range(2):
        terms = xp.where(inside, q * xp.exp(s * length), 0.0)
        slope, bend = (xp.sum(terms * length**n, axis=-1)[..., None] for n in (1, 2))
        # At an end of the interval the slope does not vanish, and s does not move.
        within = (bend > 0) & (xp.abs(slope) < _sums.FLAT * bend)
        s = xp.where(within, s - slope / xp.where(within, bend, 1.0), s)
    return s


_CHERNOFF = Functional(
    value=_chernoff,
    gradients=(
        _chernoff_slope,
        lambda ops, p, q, s: _chernoff_slope(ops, q, p, 1 - s),
    ),
    axes=VECTOR,
    prepare=_exponent,
)


_ORDER = Functional(
    value=lambda xp, p, q, s: s,
    gradients=(
        lambda ops, p, q, s: ops.xp.zeros_like(p + q),
        lambda ops, p, q, s: ops.xp.zeros_like(p + q),
    ),
    axes=VECTOR,
    prepare=_exponent,
)
