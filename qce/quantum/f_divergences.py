"""Petz' f-divergences: of any convex function f, and of the family of powers.

Read it beside `qce.classical.f_divergences`: same names, same order, same rules. Both are the
classical ones of $P_{ij} = p_i |⟨i|j⟩|^2$, $Q_{ij} = q_j |⟨i|j⟩|^2$, with i of ρ and j of σ.
"""

from __future__ import annotations

import math

import numpy as np

from qce import _checks
from qce._arrays import adjoint, as_matrix, set_aside
from qce._orders import Orders, each_order
from qce._spectral import meets
from qce.classical import f_divergences as _classical
from qce.classical.f_divergences import Convex
from qce.quantum._arguments import checked, dense
from qce.quantum._pairs import MATRIX, both, model_weights
from qce.quantum.renyi import petz_renyi_divergence
from qce.states import State
from qce.typing import Array


def alpha_divergence(
    data: State | Array, model: State | Array, alpha: Orders, *, check: bool = True
) -> Array:
    r"""α-divergence $\frac{1}{α(α-1)} (\mathrm{Tr}\, ρ^α σ^{1-α} - 1)$, in Petz' version.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        alpha: Order, any finite number; or an array of orders. 1 gives D(ρ‖σ) in nats, 0 gives
            D(σ‖ρ), ½ four times the squared Hellinger distance. Exchanging ρ and σ exchanges the
            orders α and 1 − α. Data processing holds for −1 ≤ α ≤ 2.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)`, `(..., *shape of alpha)` for an array of orders; in [0, ∞], continuous in α,
            relatively accurate for close states. For α ≥ 1 it is +∞ where ρ has weight outside the
            support of σ, for α ≤ 0 where σ has weight outside the support of ρ. Gradients as in
            `petz_renyi_divergence`.

    Raises:
        ValueError: If an argument is no density matrix within √ε, shapes do not fit, or `alpha` is
            not finite.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> alpha_divergence(rho, sigma, [0.5, 2]).round(6)
        array([0.726221, 0.706667])

    Source:
        D. Petz, Rep. Math. Phys. 23, 57 (1986): quasi-entropies; the classical family: S. Amari,
        IEEE Trans. Inf. Theory 55, 4925 (2009).
    """

    def of_one(order: float) -> Array:
        return _classical.of_order(order, data, model, petz_renyi_divergence)

    with checked(check, data=data, model=model):
        return each_order(alpha, of_one, -math.inf)


def f_divergence(
    data: State | Array,
    model: State | Array,
    f: Convex,
    *,
    at_zero: float | None = None,
    at_infinity: float | None = None,
    check: bool = True,
) -> Array:
    r"""Petz' f-divergence $\sum_{ij} |⟨i|j⟩|^2 q_j f(p_i/q_j)$ of a convex function with f(1) = 0.

    Args:
        data: Density matrices ρ `(..., d, d)`; numbers that carry no derivative.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        f: A convex function of NumPy arrays with positive entries. Where it is operator convex, as
            t log t and (t − 1)² are, data processing holds.
        at_zero: f(0); a term with p_i = 0 is q_j f(0). The value of `f` at 0 if None.
        at_infinity: The limit of f(t)/t for t → ∞, the factor of p_i in a term with q_j = 0; may be
            math.inf. Required where there is such a term.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        NumPy array `(...)`, as accurate as `f` is, absolutely.

    Raises:
        ValueError: If an argument is no density matrix within √ε or carries a derivative, shapes do
            not fit, f(1) is not 0, or a limit is needed and not known.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> f_divergence(rho, sigma, lambda t: (t - 1) ** 2).round(12).item()
        1.413333333333

    Source:
        F. Hiai and M. Mosonyi, Rev. Math. Phys. 29, 1750023 (2017), which compares it with the
        maximal and the measured f-divergence.
    """
    with checked(check, data=data, model=model):
        pair = dense("data", data), dense("model", model)
        return _of_function(*pair, f, at_zero, at_infinity)


def _of_function(
    data: Array, model: Array, f: Convex, at_zero: float | None, at_infinity: float | None
) -> Array:
    pair = tuple(as_matrix(np, _plain(name, x)) for name, x in (("data", data), ("model", model)))
    (rho, sigma), lost = set_aside(np, pair, MATRIX)
    p, u, q, v = both(np, rho, sigma)
    weight = np.abs(adjoint(np, u) @ v) ** 2
    weight = np.where(
        meets(np, rho, sigma, p, u, q, v)[..., None, None], weight, _apart(p, q, weight)
    )
    weight = _inside(rho, sigma, p, u, q, v, weight)
    one = np.ones_like(p[..., 0] + q[..., 0])
    of_zero, of_infinity = _classical.limits(np, f, one, at_zero, at_infinity)
    pair = p[..., :, None], q[..., None, :]
    value = _classical.value(
        np, f, weight, *pair, MATRIX, np.asarray(of_zero)[..., None, None], of_infinity
    )
    return value if lost is None else np.where(lost, np.nan, value)[()]


def _plain(name: str, x: Array) -> np.ndarray:
    found = _checks.concrete(name, x)
    if hasattr(x, "_node") or not isinstance(found, np.ndarray):
        but, remedy = "it carries a derivative", "plain numbers, or use alpha_divergence"
        raise _checks.error(name, "be plain numbers", but, remedy)
    return found if found.dtype.kind in "fc" else found.astype(float)


def _apart(p: Array, q: Array, weight: Array) -> Array:
    """Weights where the supports do not overlap: pairs inside both supports count as 0."""
    both = (p > 0)[..., :, None] & (q > 0)[..., None, :]
    return np.where(both, 0.0, weight)


def _inside(
    rho: Array, sigma: Array, p: Array, u: Array, q: Array, v: Array, weight: Array
) -> Array:
    """Weights without those that only rounding puts on the kernel of either state."""
    lost = model_weights(np, rho, q, v)[1] <= 0
    weight = np.where(
        lost[..., None, None] & (p > 0)[..., :, None] & (q <= 0)[..., None, :], 0, weight
    )
    lost = model_weights(np, sigma, p, u)[1] <= 0
    return np.where(
        lost[..., None, None] & (p <= 0)[..., :, None] & (q > 0)[..., None, :], 0, weight
    )
