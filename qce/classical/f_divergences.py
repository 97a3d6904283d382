r"""f-divergences $\sum_i q_i f(p_i/q_i)$: of any convex function f, and of the family of powers.

Read it beside `qce.quantum.f_divergences`: same names, same order, same rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from qce import _checks
from qce._arrays import library
from qce._checks import truth
from qce._orders import Orders, each_order
from qce.classical._pairs import check_pair
from qce.classical.renyi import renyi_divergence
from qce.typing import Array

Given = TypeVar("Given")  # what stands for a distribution or a state
Convex = Callable[[Array], Array]
_FUNCTION = "a convex function of an array, such as lambda t: (t - 1) ** 2"


def alpha_divergence(data: Array, model: Array, alpha: Orders, *, check: bool = True) -> Array:
    r"""α-divergence $\frac{1}{α(α-1)} (\sum_i p_i^α q_i^{1-α} - 1)$.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        alpha: Order, any finite number; or an array of orders. 1 gives D(p‖q) in nats, 0 gives
            D(q‖p), ½ four times the squared Hellinger distance, 2 half of χ². Exchanging p and q
            exchanges the orders α and 1 − α.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, ∞], continuous in α,
            relatively accurate for close p and q. For α ≥ 1 it is +∞ where p_i > 0 = q_i, for
            α ≤ 0 where q_i > 0 = p_i. Gradients as in `renyi_divergence`.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, or `alpha`
            is not finite.

    Example:
        >>> alpha_divergence([0.5, 0.5], [0.25, 0.75], [0.5, 2]).round(6)
        array([0.136297, 0.166667])

    Source:
        S. Amari, IEEE Trans. Inf. Theory 55, 4925 (2009); N. Cressie and T. Read, J. R. Stat. Soc.
        B 46, 440 (1984).
    """
    if truth("check", check):
        check_pair(data, model)

    def of_one(order: float) -> Array:
        return of_order(order, data, model, renyi_divergence)

    return each_order(alpha, of_one, -math.inf)


def of_order(alpha: float, data: Given, model: Given, renyi: Callable[..., Array]) -> Array:
    """The α-divergence from the Rényi divergence of an order of ½ and more."""
    if not math.isfinite(alpha):
        raise _checks.error("alpha", "be finite", f"it is {alpha}", "a finite order")
    if alpha < 0.5:
        alpha, data, model = 1 - alpha, model, data
    value = renyi(data, model, alpha, check=False)
    if alpha == 1:
        return value
    xp = library(data, model).xp
    known = xp.where(xp.isfinite(value), value, 0.0) if alpha > 1 else value
    with np.errstate(over="ignore"):
        found = xp.expm1((alpha - 1) * known) / (alpha * (alpha - 1)) + 0.0
    # Where it is infinite the gradient is that of the finite part of the other.
    return xp.where(value == xp.inf, value, found) if alpha > 1 else found


def f_divergence(
    data: Array,
    model: Array,
    f: Convex,
    *,
    at_zero: float | None = None,
    at_infinity: float | None = None,
    check: bool = True,
) -> Array:
    r"""f-divergence $\sum_i q_i f(p_i/q_i)$ of a convex function with f(1) = 0.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        f: A convex function of arrays of this library with positive entries.
        at_zero: f(0); a term with p_i = 0 is q_i f(0). The value of `f` at 0 if None.
        at_infinity: The limit of f(t)/t for t → ∞, the factor of p_i in a term with q_i = 0; may be
            math.inf. Required where there is such a term.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, as accurate as `f` is; derivatives are those of `f`. Under tracing, where
            nothing can be refused, it is NaN where a limit is needed and not known.

    Raises:
        ValueError: If an argument is no probability vector within √ε, shapes do not fit, f(1) is
            not 0, or a limit is needed and not known.

    Example:
        >>> f_divergence([0.5, 0.5], [0.25, 0.75], lambda t: (t - 1) ** 2).round(12).item()
        0.333333333333
        >>> f_divergence([0.5, 0.5], [1.0, 0.0], lambda t: abs(t - 1) / 2, at_infinity=0.5).item()
        0.5

    Source:
        I. Csiszár, Studia Sci. Math. Hung. 2, 299 (1967).
    """
    if truth("check", check):
        check_pair(data, model)
    module = library(data, model)
    p, q = module.convert((data, model))
    one = module.xp.ones_like(p + q)
    of_zero, of_infinity = limits(module.xp, f, one, at_zero, at_infinity)
    both = p + q
    nothing = module.xp.where(module.xp.isfinite(both), 0.0, module.xp.nan)
    lost = module.xp.sum(nothing * both, axis=-1)  # 0, or NaN where a weight is
    return value(module.xp, f, one, p, q, (-1,), of_zero, of_infinity) + lost


def limits(
    xp: Any, f: Convex, one: Array, at_zero: float | None, at_infinity: float | None
) -> tuple[Array, float]:
    """f(0) and the limit of f(t)/t, NaN where not known, after checking the function."""
    _checks.function("f", f, _FUNCTION)
    try:
        at_one = _checks.concrete("f", f(one))
    except (TypeError, ValueError) as refused:
        raise _checks.error("f", "take an array", f"it says {refused}", _FUNCTION) from None
    if isinstance(at_one, np.ndarray):
        worst = float(np.max(np.abs(at_one), initial=0.0))
        if not worst <= _checks.tolerance(at_one.dtype if at_one.dtype.kind == "f" else float):
            but = f"f(1) is {worst:.6g}"
            raise _checks.error("f", "be 0 at 1", but, "lambda t: f(t) - f(1)")
    if at_zero is None:
        with np.errstate(all="ignore"):
            of_zero = f(0.0 * one)
    else:
        of_zero = _limit("at_zero", at_zero) * one
    return of_zero, math.nan if at_infinity is None else _limit("at_infinity", at_infinity)


def _limit(name: str, x: Any) -> float:
    found = _checks.concrete(name, x)
    if not (isinstance(found, np.ndarray) and found.ndim == 0 and found.dtype.kind in "iuf"):
        raise _checks.error(name, "be a number", f"it is {x!r}", "a float, or math.inf", TypeError)
    if not float(found) > -math.inf:
        raise _checks.error(name, "be a number above −∞", f"it is {x}", "a float, or math.inf")
    return float(found)


def value(
    xp: Any,
    f: Convex,
    weight: Array,
    p: Array,
    q: Array,
    axes: tuple[int, ...],
    at_zero: Array,
    at_infinity: float,
) -> Array:
    """Σ w q f(p/q), with the limits where p or q is 0."""
    p, q = p * (weight > 0), q * (weight > 0)
    both = (p > 0) & (q > 0)
    only_model, only_data = (p <= 0) & (q > 0), (q <= 0) & (p > 0)
    needed(only_model, at_zero, "at_zero", "f(0), such as at_zero=0.0 for t log t")
    needed(only_data, at_infinity, "at_infinity", "the limit of f(t)/t, or math.inf")
    ratio = xp.where(both, p, 1.0) / xp.where(both, q, 1.0)
    terms = xp.where(both, q * f(ratio), 0.0)
    terms = terms + xp.where(only_model, xp.where(only_model, q, 1.0) * at_zero, 0.0)
    terms = terms + xp.where(only_data, xp.where(only_data, p, 1.0) * at_infinity, 0.0)
    return xp.sum(terms * weight, axis=axes)


def needed(where: Array, limit: Any, name: str, remedy: str) -> None:
    """Refuse a limit that is not known where it counts."""
    there, found = _checks.concrete(name, where), _checks.concrete(name, limit)
    if isinstance(there, np.ndarray) and isinstance(found, np.ndarray):
        if np.any(there & np.isnan(found)):
            must = "be given where one of p and q is 0"
            raise _checks.error(name, must, "f says nothing there", remedy)
