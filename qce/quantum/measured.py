"""The least and the largest quantum relative entropy, measured and maximal: D_M ≤ D ≤ D_BS.

Both reduce to the classical relative entropy: D_M to that of the outcomes when both states are
measured, D_BS to that of two distributions from which a reverse test prepares both states.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qce import _checks, classical
from qce._arrays import (
    Functional,
    adjoint,
    as_matrix,
    certain,
    hermitian,
    library,
    safe_log,
    set_aside,
)
from qce._spectral import LOG, LOG_PLUS_ONE, ONCE, X_LOG_X, decompose, identity, kernel, power
from qce._spectral.eigen import is_diagonal
from qce._spectral.factors import cholesky
from qce._spectral.pairs import sandwich_and_data
from qce.classical.kernels import entropies as _kernels
from qce.quantum._arguments import beside_model, checked, dense, divergence, of_diagonals
from qce.quantum._bases import Pair, ReverseTest
from qce.quantum._certificate import upper_bound
from qce.quantum._factorised.renyi import belavkin_staszewski
from qce.quantum._measurement import best_basis
from qce.quantum._pairs import MATRIX, both, by_bases, outside, sizes
from qce.quantum._renyi.ratios import excess, rise
from qce.quantum._renyi.sandwiched import sandwich_matrix
from qce.quantum.entropies import relative_entropy
from qce.states import State
from qce.typing import Array

_ANGLE = 64.0  # the best eigenvectors come with an error of some ε·d


class Bounds(NamedTuple):
    """A value that is certain to lie between `lower` and `upper`, arrays (...)."""

    lower: Array
    upper: Array


def belavkin_staszewski_relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Belavkin-Staszewski relative entropy $\mathrm{Tr}\, ρ \log(ρ^{1/2} σ^{-1} ρ^{1/2})$.

    The largest quantum relative entropy. It is the classical one of P_k = m_k b_k and Q_k = b_k,
    with eigenvalues m_k and eigenvectors |k⟩ of $σ^{-1/2} ρ σ^{-1/2}$ and $b_k = ⟨k|σ|k⟩$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, or a state of
            `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`, whose eigenvalues may
            be as small as 1e-300: values alone, without derivatives. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [D(ρ‖σ), ∞], relatively accurate for close states. Gradients along the
            supports; where the value is infinite, those of the finite part inside the support of σ.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> belavkin_staszewski_relative_entropy(rho, sigma).round(12).item()
        0.738966857387

    Source:
        V. Belavkin and P. Staszewski, Ann. Inst. H. Poincaré A 37, 51 (1982); the reverse test:
        K. Matsumoto, arXiv:1010.1030.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    of_states = beside_model(belavkin_staszewski)
    return divergence(_BELAVKIN_STASZEWSKI, data, model, factorised=of_states, **settings)


def measured_relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Measured relative entropy $D_M(ρ\|σ) = \max_M D(M(ρ)\|M(σ))$ over all measurements.

    Projective measurements suffice; the best one is the eigenbasis of the ω > 0 that maximises
    $\mathrm{Tr}\, ρ \log ω + 1 - \mathrm{Tr}\, σω$, a concave function. It is found by Newton's
    method on the host.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, D(ρ‖σ)] or ∞: the classical relative entropy of an actual measurement,
            so never above D_M; `measured_relative_entropy_bounds` tells how far below it can be.
            Differentiable once.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> measured_relative_entropy(rho, sigma).round(12).item()
        0.583926035524

    Source:
        M. Berta, O. Fawzi and M. Tomamichel, Lett. Math. Phys. 107, 2239 (2017).
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    of_states = of_diagonals(classical.relative_entropy)
    return divergence(_MEASURED, data, model, factorised=of_states, **settings)


def measured_relative_entropy_bounds(
    data: State | Array, model: State | Array, *, base: float | None = None, check: bool = True
) -> Bounds:
    r"""Lower and upper bound on the measured relative entropy, from its variational formula.

    The lower bound is reached by a measurement. Any ω > 0 is the best one for the model
    Dlog_ω[ρ], whose measured relative entropy is therefore Tr ρ log ω. If that model is at most λσ,
    then $D_M(ρ\|σ) \le \mathrm{Tr}\, ρ \log ω + \log λ$. The upper bound is the least of these
    numbers for a few ω near the best, or D(ρ‖σ) if that is less.

    Args:
        data: Density matrices ρ `(..., d, d)`, of any library; values without derivatives.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        NumPy arrays `lower` and `upper` `(...)`, which differ by what the optimisation left
            open and by rounding: some 1e-13 up to 16 dimensions for data of any rank, and 1e-11
            where σ spans ten orders of magnitude. For pure data in a dozen dimensions beside such
            a σ the optimisation may stop early, and the bounds then lie far apart.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> bounds = measured_relative_entropy_bounds(rho, sigma)
        >>> bool(0 <= bounds.upper - bounds.lower < 1e-12)
        True

    Source:
        The variational formula: M. Berta, O. Fawzi and M. Tomamichel, Lett. Math. Phys. 107, 2239
        (2017), whose condition of optimality gives the upper bound.
    """
    unit = _checks.log_base(base)
    with checked(check, data=data, model=model):
        lower, upper = _bounds(dense("data", data), dense("model", model))
    return Bounds(lower * unit, upper * unit)


def _bounds(data: Array, model: Array) -> tuple[Array, Array]:
    pair = library().convert((_values("data", data), _values("model", model)))
    known, lost = set_aside(np, tuple(as_matrix(np, x) for x in pair), MATRIX)
    rho, sigma = map(np.asarray, known)
    basis, *others = _best_measurement(np, rho, sigma)
    lower = _measured(np, rho, sigma, basis, *others)
    certificate = np.minimum(
        upper_bound(rho, sigma, np.asarray(basis)), relative_entropy(rho, sigma, check=False)
    )
    upper = np.where(np.isfinite(lower), np.maximum(lower, certificate), np.inf)
    if lost is not None:
        lower, upper = (np.where(lost, np.nan, bound) for bound in (lower, upper))
    return lower, upper[()]


def _values(name: str, x: Array) -> np.ndarray:
    """The numbers of an array, for a computation on the host with NumPy."""
    found = _checks.concrete(name, x)
    if isinstance(found, _checks.Abstract):
        but = "it is traced (`torch.vmap`, `jax.jit`)"
        remedy = "the whole batch (..., d, d) at once, outside of the transformation"
        raise _checks.error(name, "hold numbers here", but, remedy, TypeError)
    return found


# --- Belavkin-Staszewski -----------------------------------------------------------------------


def _reverse_test(xp: Any, rho: Array, sigma: Array) -> ReverseTest:
    p, u, q, v = decompose(xp, rho, sigma)
    return ReverseTest(p, u, q, v, *sandwich_and_data(xp, p, u, q, v, -0.5))


def _belavkin_staszewski(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    q, v, m, w, data = ReverseTest(*bases).of_model
    beyond = (m[..., 0] == xp.inf) | (outside(xp, rho, q, v) > 0)
    m = xp.where(xp.isfinite(m), m, 1.0)
    # b_k = ⟨k|σ|k⟩; where m is large, and this is lost beside larger q, from m_k b_k itself.
    b = xp.sum(xp.abs(adjoint(xp, v) @ w) ** 2 * q[..., :, None], axis=-2)
    b = xp.where(m > 1, data / xp.where(m > 1, m, 1.0), b)
    delta = b * excess(xp, rho, sigma, q, v, m, w)
    value = _kernels.relative_entropy(xp, delta, b * m, b) + _defect(xp, rho, sigma)
    return xp.where(beyond, xp.inf, value)


def _defect(xp: Any, rho: Array, sigma: Array) -> Array:
    """Tr ρ − Tr σ where it is more than rounding, to be added to Σ p log(p/q) − p + q."""
    size, other = sizes(xp, rho, sigma)
    return size - other


def _belavkin_staszewski_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """The same with Cholesky's C for σ^½, and so with b_k = ‖C|k⟩‖².

    Rounding of small eigenvalues of σ is all it loses; a diagonal σ has none, and is left out.
    """
    lower = None if is_diagonal(np, sigma).any() else cholesky(sigma)
    matrix = rise(rho - sigma, lower)
    if lower is None or matrix is None:
        return by_bases(_belavkin_staszewski, _reverse_test)(rho, sigma)
    x, w = np.linalg.eigh(hermitian(np, matrix))
    b = np.sum(np.abs(lower @ w) ** 2, axis=-2)
    value = _kernels.relative_entropy(np, b * x, b * np.maximum(1 + x, 0.0), b)
    return value + _defect(np, rho, sigma)


def _maximal_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """σ^{−½} Df_M[σ] σ^{−½} with f = x log x; on kernels as for the relative entropy."""
    b = ReverseTest(*bases)
    root, matrix = sandwich_matrix(ops, -0.5, rho, sigma, b.q, b.v)
    slope = root @ ops.frechet(X_LOG_X, matrix, b.m, b.w, sigma) @ root
    outside, lost = kernel(ops, rho, b.p, b.u), kernel(ops, sigma, b.q, b.v)
    by_model = outside @ ops.frechet(LOG, sigma, b.q, b.v) @ outside
    return slope + lost @ ops.frechet(LOG_PLUS_ONE, rho, b.p, b.u) @ lost - by_model


def _maximal_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """f(M) + D(σ^{−½})[ρ σ^{−½} Df_M[σ] + h.c.]."""
    b = ReverseTest(*bases)
    root, matrix = sandwich_matrix(ops, -0.5, rho, sigma, b.q, b.v)
    inner = rho @ root @ ops.frechet(X_LOG_X, matrix, b.m, b.w, sigma)
    turned = ops.frechet(power(-0.5), sigma, b.q, b.v, 2 * hermitian(ops.xp, inner))
    return ops.frechet(X_LOG_X, matrix, b.m, b.w) + turned


_BELAVKIN_STASZEWSKI = Functional(
    value=_belavkin_staszewski,
    gradients=(_maximal_by_data, _maximal_by_model),
    axes=MATRIX,
    prepare=_reverse_test,
    plain=_belavkin_staszewski_array,
)


# --- measured ----------------------------------------------------------------------------------


def _best_measurement(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    w = library(rho, sigma).on_host(best_basis, rho, sigma)
    return w, *both(xp, rho, sigma)


def _outcomes(xp: Any, w: Array, p: Array, u: Array, q: Array, v: Array) -> tuple[Array, Array]:
    """⟨k|ρ|k⟩ and ⟨k|σ|k⟩ from eigenvectors, right for tiny ones too; 0 on the kernel of σ.

    The weights of data of low rank fall below ε, and their logarithm is in the gradient times their
    square root. The kernel of σ comes last in the basis.
    """
    a, b = (
        xp.sum(xp.abs(adjoint(xp, w) @ vectors) ** 2 * values[..., None, :], axis=-1)
        for values, vectors in ((p, u), (q, v))
    )
    descending = list(range(q.shape[-1] - 1, -1, -1))
    inside = (q[..., descending] > 0) & (b > 0)
    return xp.where(inside, a, 0.0), xp.where(inside, b, 0.0)


def _measured(xp: Any, rho: Array, sigma: Array, w: Array, *bases: Array) -> Array:
    known = Pair(*bases)
    a, b = _outcomes(xp, w, *known)
    delta = xp.real(xp.einsum("...ik,...ij,...jk->...k", xp.conj(w), rho - sigma, w))
    value = _kernels.relative_entropy(xp, delta, a, b) + _defect(xp, rho, sigma)
    return xp.where(outside(xp, rho, known.q, known.v) > 0, xp.inf, value)


def _in_basis(ops: Any, rho: Array, sigma: Array, w: Array, diagonal: Array) -> Array:
    """W diag W†; the basis moves with the states, so that this holds at one point only."""
    once = ops.frechet(ONCE, rho + sigma, diagonal, w)
    return once + (w * diagonal[..., None, :]) @ adjoint(ops.xp, w)


def _measured_by_data(ops: Any, rho: Array, sigma: Array, w: Array, *bases: Array) -> Array:
    """Log ω + 1; on the kernel of ρ, where ω is arbitrary, as for the relative entropy.

    Between support and kernel, log ω is a nearly infinite eigenvalue times an angle of the size of
    rounding. There it is computed from the condition of optimality, Dlog_ω[ρ] = σ, which in the
    eigenbasis of ω reads [log ω, ρ] = [ω, σ]; and ρ is 0 on the kernel.
    """
    p, u, q, v = Pair(*bases)
    a, b = _outcomes(ops.xp, w, *bases)
    logs = safe_log(ops.xp, a) - safe_log(ops.xp, b) + ops.xp.where(a > 0, 1.0, 0.0)
    slope = _in_basis(ops, rho, sigma, w, logs)
    if certain(p > 0):
        return slope
    outside = kernel(ops, rho, p, u)
    inside = identity(ops, p) - outside
    between = inside @ slope @ outside
    omega = (w * _ratios(ops.xp, a, b)[..., None, :]) @ adjoint(ops.xp, w)
    optimal = ops.frechet(power(-1), rho, p, u) @ (sigma @ omega - omega @ sigma) @ outside
    # Where the optimum is one in parts of the model's support, the condition does not hold.
    unit = _ANGLE * ops.xp.finfo(p.dtype).eps * p.shape[-1]
    rounding = unit * ops.xp.amax(ops.xp.abs(logs), axis=-1)[..., None, None]
    off = ops.xp.sum(ops.xp.abs(optimal - between), axis=(-2, -1))[..., None, None]
    between = ops.xp.where(off <= rounding, optimal, between)
    by_kernel = outside @ ops.frechet(LOG, sigma, q, v) @ outside
    return inside @ slope @ inside + 2 * hermitian(ops.xp, between) - by_kernel


def _measured_by_model(ops: Any, rho: Array, sigma: Array, w: Array, *bases: Array) -> Array:
    return _in_basis(ops, rho, sigma, w, -_ratios(ops.xp, *_outcomes(ops.xp, w, *bases)))


def _ratios(xp: Any, a: Array, b: Array) -> Array:
    """The eigenvalues of ω."""
    return xp.where(b > 0, a / xp.where(b > 0, b, 1.0), 0.0)


_MEASURED = Functional(
    value=_measured,
    gradients=(_measured_by_data, _measured_by_model),
    axes=MATRIX,
    prepare=_best_measurement,
)
