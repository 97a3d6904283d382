"""Entropy, cross entropy and relative entropy of probability vectors.

Read it beside `qce.quantum.entropies`: same names, same order, same rules.
"""

from __future__ import annotations

from typing import Any

from qce import _checks
from qce._arrays import Functional, safe_log
from qce._checks import truth
from qce.classical._pairs import ANY_SUM, check_pair
from qce.classical.kernels import entropies as _kernels
from qce.typing import Array

_VECTOR = (-1,)

_ENTROPY = Functional(
    value=lambda xp, p: _kernels.never_negative(xp, _kernels.entropy(xp, p)),
    gradients=(lambda ops, p: -_log_plus_one(ops.xp, p),),
    axes=_VECTOR,
)

_CROSS_ENTROPY = Functional(
    value=lambda xp, p, q: _kernels.never_negative(xp, _kernels.cross_entropy(xp, p, q)),
    gradients=(
        lambda ops, p, q: -safe_log(ops.xp, q),
        lambda ops, p, q: -_quotient(ops.xp, p, q),
    ),
    axes=_VECTOR,
)


def _relative_entropy(xp: Any, p: Array, q: Array) -> Array:
    value = _kernels.relative_entropy(xp, p - q, p, q)
    return value + _kernels.trace_defect(xp, p, q) + _kernels.outside(xp, p, q)


RELATIVE_ENTROPY = Functional(
    value=_relative_entropy,
    gradients=(
        lambda ops, p, q: _log_plus_one(ops.xp, p) - safe_log(ops.xp, q),
        lambda ops, p, q: -_quotient(ops.xp, p, q),
    ),
    axes=_VECTOR,
)


def entropy(x: Array, *, base: float | None = None, check: bool = True) -> Array:
    r"""Shannon entropy $H(p) = -\sum_i p_i \log p_i$.

    Args:
        x: Probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [0, log k]. 0 log 0 = 0. At p_i = 0, where the derivative is infinite, the
            gradient is the one along the support, 0.

    Raises:
        ValueError: If `x` is not a probability vector within √ε, or `base` no base.

    Example:
        >>> entropy([0.5, 0.5, 0.0], base=2).item()
        1.0

    Source:
        C. Shannon, Bell Syst. Tech. J. 27, 379 (1948).
    """
    unit = _checks.log_base(base)
    if truth("check", check):
        _checks.probabilities("x", x)
    return _checks.in_unit(_ENTROPY(x), unit)


def cross_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Cross entropy $H(p, q) = -\sum_i p_i \log q_i$, the negative log-likelihood of a model.

    Args:
        data: Probabilities p `(..., k)`: what is observed.
        model: Probabilities q `(..., k)`: what explains it. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [H(p), ∞]. 0 log 0 = 0, and only 0 is 0. Where the value is infinite, the
            gradient is that of the finite part.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> cross_entropy([0.5, 0.5], [0.25, 0.75], base=2).round(6).item()
        1.207519

    Source:
        Equal to the negative log-likelihood: arXiv:2102.11887.
    """
    unit = _checks.log_base(base)
    if truth("check", check):
        check_pair(data, model, ANY_SUM)
    return _within(_checks.in_unit(_CROSS_ENTROPY(data, model), unit), support)


def relative_entropy(
    data: Array,
    model: Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Relative entropy (Kullback-Leibler) $D(p\|q) = \sum_i p_i \log(p_i/q_i) = H(p, q) - H(p)$.

    Args:
        data: Probabilities p `(..., k)`.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where p_i > 0 = q_i, "raise" for an error there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], never negative, relatively accurate however close p and q are:
            $\sum_i p_i \log(p_i/q_i) - p_i + q_i$ is summed, whose terms are non-negative. Sums
            that agree within √ε count as equal; others (`check=False`) add their difference.
            Gradients as in `cross_entropy` and `entropy`.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> relative_entropy([0.5, 0.5], [0.25, 0.75], base=2).round(6).item()
        0.207519

    Source:
        S. Kullback and R. Leibler, Ann. Math. Stat. 22, 79 (1951).
    """
    unit = _checks.log_base(base)
    if truth("check", check):
        check_pair(data, model, ANY_SUM)
    return _within(_checks.in_unit(RELATIVE_ENTROPY(data, model), unit), support)


def _within(value: Array, support: str) -> Array:
    _checks.within_support(value, support)
    return value


def _log_plus_one(xp: Any, p: Array) -> Array:
    return safe_log(xp, p) + xp.where(p > 0, 1.0, 0.0)


def _quotient(xp: Any, p: Array, q: Array) -> Array:
    inside = q > 0
    return xp.where(inside, p / xp.where(inside, q, 1.0), 0.0)
